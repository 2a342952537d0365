"""Tables: made, described, listed, changed and deleted."""

import pytest

from tests.services.dynamodb.conftest import definition, index


@pytest.mark.spec("DDB-009")
def test_a_table_is_described_as_it_was_created(dynamodb):
    made = dynamodb.create_table(TableName="orders", **definition("pk:S", "sk:N"))["TableDescription"]
    assert made["TableStatus"] == "CREATING"
    shown = dynamodb.describe_table(TableName="orders")["Table"]
    assert shown["TableStatus"] == "ACTIVE"
    assert shown["TableArn"] == "arn:aws:dynamodb:us-east-1:000000000000:table/orders"
    assert shown["TableId"] == made["TableId"]
    assert shown["KeySchema"] == [
        {"AttributeName": "pk", "KeyType": "HASH"},
        {"AttributeName": "sk", "KeyType": "RANGE"},
    ]
    assert shown["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert (shown["ItemCount"], shown["TableSizeBytes"]) == (0, 0)
    assert dynamodb.describe_table(TableName=shown["TableArn"])["Table"] == shown


@pytest.mark.spec("DDB-009")
def test_tables_are_listed_a_hundred_a_page(dynamodb):
    names = [f"table-{number:03}" for number in range(103)]
    for name in names:
        dynamodb.create_table(TableName=name, **definition("pk:S"))
    first = dynamodb.list_tables()
    assert (first["TableNames"], first["LastEvaluatedTableName"]) == (names[:100], names[99])
    second = dynamodb.list_tables(ExclusiveStartTableName=names[99])
    assert second["TableNames"] == names[100:]
    assert "LastEvaluatedTableName" not in second
    pages = dynamodb.get_paginator("list_tables").paginate(PaginationConfig={"PageSize": 7})
    assert [name for page in pages for name in page["TableNames"]] == names


@pytest.mark.spec("DDB-032")
def test_a_slow_cloud_shows_every_state_of_a_table(cloud, dynamodb, make_table, refused):
    cloud.shake("dynamodb", "delay", 10)
    table = make_table(name="slow")
    assert table.describe()["TableStatus"] == "CREATING"
    assert refused(table.put, {"pk": "a"})[0] == "ResourceNotFoundException"
    assert refused(dynamodb.delete_table, TableName="slow")[0] == "ResourceInUseException"
    cloud.turn(10)
    assert table.describe()["TableStatus"] == "ACTIVE"
    dynamodb.update_table(TableName="slow", DeletionProtectionEnabled=False)
    assert table.describe()["TableStatus"] == "UPDATING"
    assert refused(dynamodb.update_table, TableName="slow", TableClass="STANDARD")[0] == "ResourceInUseException"
    table.put({"pk": "a"})
    cloud.turn(10)
    assert dynamodb.delete_table(TableName="slow")["TableDescription"]["TableStatus"] == "DELETING"
    assert table.describe()["TableStatus"] == "DELETING"
    cloud.turn(10)
    assert refused(table.describe)[0] == "ResourceNotFoundException"


@pytest.mark.spec("DDB-032", "DBD-015", "DBD-016")
def test_waiters_see_tables_come_and_go(dynamodb, make_table, refused):
    table = make_table(name="mine")
    dynamodb.get_waiter("table_exists").wait(TableName="mine")
    assert refused(make_table, name="mine") == ("ResourceInUseException", 400, "Table already exists: mine")
    dynamodb.delete_table(TableName=table.name)
    dynamodb.get_waiter("table_not_exists").wait(TableName="mine")
    assert refused(table.get, {"pk": "a"}) == ("ResourceNotFoundException", 400, "Requested resource not found")
    text = "Requested resource not found: Table: mine not found"
    assert refused(table.describe) == ("ResourceNotFoundException", 400, text)


def test_a_table_made_anew_has_nothing_of_the_old_one(cloud, dynamodb, make_table):
    table = make_table(name="again")
    for number in range(30):
        table.put({"pk": str(number)})
    dynamodb.delete_table(TableName="again")
    again = make_table(name="again")
    assert again.items() == []
    again.put({"pk": "new"})
    cloud.turn(1)  # what is left of the old one is cleared away
    assert again.items() == [{"pk": "new"}]
    assert again.describe()["ItemCount"] == 1


@pytest.mark.spec("DDB-016")
def test_provisioned_mode_is_the_default_and_wants_throughput(dynamodb, refused, make_table):
    given = definition("pk:S")
    del given["BillingMode"]
    code, _, text = refused(dynamodb.create_table, TableName="plain", **given)
    assert (code, text) == (
        "ValidationException",
        (
            "One or more parameter values were invalid: ReadCapacityUnits and WriteCapacityUnits must both be "
            "specified "
            "when BillingMode is PROVISIONED"
        ),
    )
    table = make_table(ProvisionedThroughput={"ReadCapacityUnits": 7, "WriteCapacityUnits": 3})
    shown = table.describe()
    assert "BillingModeSummary" not in shown
    units = shown["ProvisionedThroughput"]
    assert (units["ReadCapacityUnits"], units["WriteCapacityUnits"]) == (7, 3)


@pytest.mark.spec("DDB-037")
def test_throughput_may_be_lowered_four_times_a_day_and_then_once_an_hour(cloud, dynamodb, make_table, refused):
    table = make_table(ProvisionedThroughput={"ReadCapacityUnits": 10, "WriteCapacityUnits": 10})

    def lower(reads):
        units = {"ReadCapacityUnits": reads, "WriteCapacityUnits": 10}
        return dynamodb.update_table(TableName=table.name, ProvisionedThroughput=units)

    day = 86_400
    cloud.turn(day - cloud.now // 1000 % day)  # the day begins
    for reads in (9, 8, 7, 6):
        lower(reads)
    assert refused(lower, 5)[0] == "LimitExceededException"
    assert refused(lower, 6)[0] == "ValidationException"  # nothing would change
    cloud.turn(hours=1)
    lower(5)
    assert table.describe()["ProvisionedThroughput"]["NumberOfDecreasesToday"] == 5


@pytest.mark.spec("DDB-037")
def test_a_table_may_go_on_demand_four_times_in_a_day(cloud, dynamodb, make_table, refused):
    units = {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}
    table = make_table(ProvisionedThroughput=units)

    def switch(mode):
        more = {"ProvisionedThroughput": units} if mode == "PROVISIONED" else {}
        dynamodb.update_table(TableName=table.name, BillingMode=mode, **more)

    for _ in range(4):
        switch("PAY_PER_REQUEST")
        switch("PROVISIONED")
    assert refused(switch, "PAY_PER_REQUEST")[0] == "LimitExceededException"
    cloud.turn(days=1)
    switch("PAY_PER_REQUEST")


@pytest.mark.spec("DDB-033")
def test_a_protected_table_is_not_deleted(dynamodb, make_table, refused):
    table = make_table(DeletionProtectionEnabled=True)
    code, status, text = refused(dynamodb.delete_table, TableName=table.name)
    assert (code, status) == ("ValidationException", 400)
    assert text.startswith("Resource cannot be deleted as it is currently protected against deletion.")
    dynamodb.update_table(TableName=table.name, DeletionProtectionEnabled=False)
    dynamodb.delete_table(TableName=table.name)


@pytest.mark.spec("DDB-033")
def test_tags_are_kept_by_arn(dynamodb, make_table):
    table = make_table(Tags=[{"Key": "team", "Value": "red"}])
    dynamodb.tag_resource(ResourceArn=table.arn, Tags=[{"Key": f"k{n:02}", "Value": str(n)} for n in range(12)])
    dynamodb.untag_resource(ResourceArn=table.arn, TagKeys=["team"])
    pages = dynamodb.get_paginator("list_tags_of_resource").paginate(ResourceArn=table.arn)
    assert [tag["Key"] for page in pages for tag in page["Tags"]] == [f"k{n:02}" for n in range(12)]


def test_the_class_of_a_table_can_be_changed(dynamodb, make_table):
    table = make_table(TableClass="STANDARD_INFREQUENT_ACCESS")
    assert table.describe()["TableClassSummary"]["TableClass"] == "STANDARD_INFREQUENT_ACCESS"
    dynamodb.update_table(TableName=table.name, TableClass="STANDARD")
    assert table.describe()["TableClassSummary"]["TableClass"] == "STANDARD"


@pytest.mark.spec("DDB-013")
def test_the_count_of_items_follows_writes(table):
    for number in range(12):
        table.put({"pk": str(number), "text": "x" * number})
    table.put({"pk": "3", "text": "shorter"})
    table.delete({"pk": "11"})
    table.delete({"pk": "never there"})
    shown = table.describe()
    assert shown["ItemCount"] == 11
    items = table.items()
    assert shown["TableSizeBytes"] == sum(len("pk") + len(i["pk"]) + len("text") + len(i["text"]) for i in items)


def test_accounts_and_regions_have_tables_of_their_own(cloud, make_table):
    elsewhere = cloud.client("dynamodb", region_name="eu-west-1")
    other = cloud.session(account="111122223333").client("dynamodb")
    make_table(name="shared-name").put({"pk": "a"})
    assert elsewhere.list_tables()["TableNames"] == []
    assert make_table(name="shared-name", client=other).items() == []


def test_limits_and_the_endpoint_are_told(dynamodb):
    assert dynamodb.describe_limits()["TableMaxReadCapacityUnits"] == 40_000
    assert dynamodb.describe_endpoints()["Endpoints"][0]["Address"]


@pytest.mark.spec("DDB-038")
def test_warm_throughput_and_bounds_on_demand_are_shown(dynamodb, make_table):
    table = make_table(OnDemandThroughput={"MaxReadRequestUnits": 5, "MaxWriteRequestUnits": 6})
    shown = table.describe()
    assert shown["OnDemandThroughput"] == {"MaxReadRequestUnits": 5, "MaxWriteRequestUnits": 6}
    warm = {"ReadUnitsPerSecond": 12_000, "WriteUnitsPerSecond": 4_000, "Status": "ACTIVE"}
    assert shown["WarmThroughput"] == warm


def test_no_more_than_twenty_global_and_five_local_indexes(dynamodb, refused):
    wide = [index(f"gsi-{number}", "pk") for number in range(21)]
    local = [index(f"lsi-{number}", "pk", "sk") for number in range(6)]
    for more in ({"GlobalSecondaryIndexes": wide}, {"LocalSecondaryIndexes": local}):
        code = refused(dynamodb.create_table, TableName="many", **definition("pk:S", "sk:S", **more))[0]
        assert code == "ValidationException"
        kept = {name: given[:-1] for name, given in more.items()}
        dynamodb.create_table(TableName=f"fits-{len(local)}-{next(iter(kept))}", **definition("pk:S", "sk:S", **kept))
