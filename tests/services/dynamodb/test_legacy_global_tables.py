"""Global tables of the version 2017.11.29: tables that were made alike, joined and taken apart again."""

import pytest

from tests.services.dynamodb.conftest import TableInHand, definition, index

REGIONS = ("us-east-1", "eu-west-1", "ap-south-1")
STREAM = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
UNITS = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 6}


def named(*regions):
    return [{"RegionName": region} for region in regions]


@pytest.fixture
def clients(cloud):
    return {region: cloud.client("dynamodb", region_name=region) for region in REGIONS}


@pytest.fixture
def members(clients):
    """A table of one name and form in each region."""
    for client in clients.values():
        groups = index("groups", "group", ProvisionedThroughput=UNITS)
        given = {"StreamSpecification": STREAM, "ProvisionedThroughput": UNITS, "GlobalSecondaryIndexes": [groups]}
        client.create_table(TableName="shared", **definition("pk:S", attributes=["group:S"], **given))
    return {region: TableInHand(client, "shared") for region, client in clients.items()}


@pytest.fixture
def joined(dynamodb, members):
    group = named("us-east-1", "eu-west-1")
    made = dynamodb.create_global_table(GlobalTableName="shared", ReplicationGroup=group)["GlobalTableDescription"]
    assert made["GlobalTableArn"] == "arn:aws:dynamodb::000000000000:global-table/shared"
    return members


@pytest.mark.spec("DGT-004")
def test_only_empty_tables_that_are_alike_and_stream_can_be_joined(dynamodb, clients, members, refused):
    create = dynamodb.create_global_table
    two = named("us-east-1", "eu-west-1")
    assert refused(create, GlobalTableName="other", ReplicationGroup=two)[0] == "TableNotFoundException"
    for name, differs in (
        ("quiet", {}),
        ("keyed", {"StreamSpecification": STREAM, "hash_key": "other:S"}),
        ("single", {"StreamSpecification": {**STREAM, "StreamViewType": "NEW_IMAGE"}}),
    ):
        clients["us-east-1"].create_table(
            TableName=name, **definition("pk:S", StreamSpecification=STREAM, BillingMode="PAY_PER_REQUEST")
        )
        hash_key = differs.pop("hash_key", "pk:S")
        given = definition(hash_key, BillingMode="PAY_PER_REQUEST", **differs)
        clients["eu-west-1"].create_table(TableName=name, **given)
        assert refused(create, GlobalTableName=name, ReplicationGroup=two)[0] == "ValidationException", name
    members["eu-west-1"].put({"pk": "a"})
    assert refused(create, GlobalTableName="shared", ReplicationGroup=two)[0] == "ValidationException"
    members["eu-west-1"].delete({"pk": "a"})
    create(GlobalTableName="shared", ReplicationGroup=two)
    assert refused(create, GlobalTableName="shared", ReplicationGroup=two)[0] == "GlobalTableAlreadyExistsException"


def test_writes_go_between_joined_tables_until_they_are_parted(cloud, dynamodb, joined, refused):
    here, there, third = (joined[region] for region in REGIONS)
    here.put({"pk": "a"})
    there.put({"pk": "b", "group": "g"})
    cloud.settle()
    assert sorted(item["pk"] for item in here.items()) == sorted(item["pk"] for item in there.items()) == ["a", "b"]
    assert here.scan(IndexName="groups")["Count"] == 1
    assert third.items() == []
    assert "Replicas" not in here.describe()
    change = dynamodb.update_global_table
    late = [{"Create": {"RegionName": "ap-south-1"}}]
    assert refused(change, GlobalTableName="shared", ReplicaUpdates=late)[0] == "ValidationException"  # not empty
    twice = [{"Create": {"RegionName": "eu-west-1"}}]
    assert refused(change, GlobalTableName="shared", ReplicaUpdates=twice)[0] == "ReplicaAlreadyExistsException"
    gone = [{"Delete": {"RegionName": "eu-west-1"}}]
    change(GlobalTableName="shared", ReplicaUpdates=gone)
    assert refused(change, GlobalTableName="shared", ReplicaUpdates=gone)[0] == "ReplicaNotFoundException"
    here.put({"pk": "c"})
    cloud.settle()
    assert len(there.items()) == 2  # it is a table of its own now
    told = dynamodb.describe_global_table(GlobalTableName="shared")["GlobalTableDescription"]
    assert [one["RegionName"] for one in told["ReplicationGroup"]] == ["us-east-1"]
    here.client.delete_table(TableName="shared")
    assert refused(dynamodb.describe_global_table, GlobalTableName="shared")[0] == "GlobalTableNotFoundException"


def test_a_third_region_can_join_while_all_are_empty(cloud, dynamodb, joined):
    joined["us-east-1"].client.update_global_table(
        GlobalTableName="shared", ReplicaUpdates=[{"Create": {"RegionName": "ap-south-1"}}]
    )
    joined["ap-south-1"].put({"pk": "from afar"})
    cloud.settle()
    assert [table.items() for table in joined.values()] == [[{"pk": "from afar"}]] * 3
    joined["eu-west-1"].client.delete_table(TableName="shared")
    told = dynamodb.describe_global_table(GlobalTableName="shared")["GlobalTableDescription"]
    assert [one["RegionName"] for one in told["ReplicationGroup"]] == ["ap-south-1", "us-east-1"]


def test_global_tables_are_listed_by_region(dynamodb, clients, joined):
    for name in ("first", "second"):
        given = {"StreamSpecification": STREAM, "BillingMode": "PAY_PER_REQUEST"}
        clients["ap-south-1"].create_table(TableName=name, **definition("pk:S", **given))
        dynamodb.create_global_table(GlobalTableName=name, ReplicationGroup=named("ap-south-1"))
    page = dynamodb.list_global_tables(Limit=2)
    assert [one["GlobalTableName"] for one in page["GlobalTables"]] == ["first", "second"]
    rest = dynamodb.list_global_tables(ExclusiveStartGlobalTableName=page["LastEvaluatedGlobalTableName"])
    assert [one["GlobalTableName"] for one in rest["GlobalTables"]] == ["shared"]
    (listed,) = dynamodb.list_global_tables(RegionName="eu-west-1")["GlobalTables"]
    assert listed == {"GlobalTableName": "shared", "ReplicationGroup": named("eu-west-1", "us-east-1")}


def test_settings_are_changed_for_all_regions_or_one(dynamodb, joined, refused):
    change = dynamodb.update_global_table_settings
    change(
        GlobalTableName="shared",
        GlobalTableProvisionedWriteCapacityUnits=9,
        GlobalTableGlobalSecondaryIndexSettingsUpdate=[{"IndexName": "groups", "ProvisionedWriteCapacityUnits": 7}],
        ReplicaSettingsUpdate=[
            {
                "RegionName": "eu-west-1",
                "ReplicaProvisionedReadCapacityUnits": 11,
                "ReplicaTableClass": "STANDARD_INFREQUENT_ACCESS",
            }
        ],
    )
    told = dynamodb.describe_global_table_settings(GlobalTableName="shared")["ReplicaSettings"]
    units = [
        (
            one["RegionName"],
            one["ReplicaProvisionedReadCapacityUnits"],
            one["ReplicaProvisionedWriteCapacityUnits"],
            one["ReplicaGlobalSecondaryIndexSettings"][0]["ProvisionedWriteCapacityUnits"],
        )
        for one in told
    ]
    assert units == [("eu-west-1", 11, 9, 7), ("us-east-1", 5, 9, 7)]
    assert joined["eu-west-1"].describe()["TableClassSummary"]["TableClass"] == "STANDARD_INFREQUENT_ACCESS"
    change(GlobalTableName="shared", GlobalTableBillingMode="PAY_PER_REQUEST")
    assert joined["us-east-1"].describe()["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    change(GlobalTableName="shared", GlobalTableBillingMode="PROVISIONED", GlobalTableProvisionedWriteCapacityUnits=3)
    assert joined["eu-west-1"].describe()["ProvisionedThroughput"]["WriteCapacityUnits"] == 3
    unknown = [{"IndexName": "none", "ProvisionedWriteCapacityUnits": 7}]
    more = {"GlobalTableName": "shared", "GlobalTableGlobalSecondaryIndexSettingsUpdate": unknown}
    assert refused(change, **more)[0] == "IndexNotFoundException"
    elsewhere = [{"RegionName": "ap-south-1"}]
    assert refused(change, GlobalTableName="shared", ReplicaSettingsUpdate=elsewhere)[0] == "ReplicaNotFoundException"
    scaling = {"MinimumUnits": 1}
    more = {"GlobalTableName": "shared", "GlobalTableProvisionedWriteCapacityAutoScalingSettingsUpdate": scaling}
    assert refused(change, **more)[:2] == ("NotImplemented", 501)
