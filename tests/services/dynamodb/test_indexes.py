"""Secondary indexes: sparse, projected, filled later."""

import pytest

from tests.services.dynamodb.conftest import index, plain, wire


def names(answer):
    return sorted(plain(item)["pk"] for item in answer["Items"])


@pytest.fixture
def indexed(make_table):
    return make_table(
        "pk:S",
        "sk:N",
        attributes=["group:S", "rank:N"],
        GlobalSecondaryIndexes=[index("by-group", "group", "rank"), index("keys", "group", projection="KEYS_ONLY")],
        LocalSecondaryIndexes=[index("by-rank", "pk", "rank", ["text"])],
    )


@pytest.mark.spec("DDB-027")
def test_an_index_has_the_items_with_its_keys_and_follows_them(indexed):
    indexed.put({"pk": "a", "sk": 1, "group": "g", "rank": 2})
    indexed.put({"pk": "b", "sk": 1, "group": "g", "rank": 1})
    indexed.put({"pk": "c", "sk": 1, "group": "g"})
    indexed.put({"pk": "d", "sk": 1, "group": "h", "rank": 1})

    def found():
        page = indexed.query("#g = :g", {":g": "g"}, IndexName="by-group", ExpressionAttributeNames={"#g": "group"})
        return [plain(item)["pk"] for item in page["Items"]]

    assert found() == ["b", "a"]
    indexed.update({"pk": "c", "sk": 1}, "SET #r = :r", {":r": 0}, ExpressionAttributeNames={"#r": "rank"})
    assert found() == ["c", "b", "a"]
    indexed.update({"pk": "b", "sk": 1}, "SET #g = :g", {":g": "h"}, ExpressionAttributeNames={"#g": "group"})
    indexed.delete({"pk": "a", "sk": 1})
    assert found() == ["c"]
    assert [shown["ItemCount"] for shown in indexed.describe()["GlobalSecondaryIndexes"]] == [3, 3]


@pytest.mark.spec("DDB-027")
def test_an_index_carries_what_it_projects(indexed, refused):
    item = {"pk": "a", "sk": 1, "group": "g", "rank": 2, "text": "t", "more": "m"}
    indexed.put(item)
    given = {":g": "g"}
    alias = {"ExpressionAttributeNames": {"#g": "group"}}
    keys = indexed.query("#g = :g", given, IndexName="keys", **alias)
    assert plain(keys["Items"][0]) == {"pk": "a", "sk": 1, "group": "g"}
    everything = indexed.query("#g = :g", given, IndexName="by-group", **alias)
    assert plain(everything["Items"][0]) == item
    text = refused(indexed.query, "#g = :g", given, IndexName="keys", Select="ALL_ATTRIBUTES", **alias)[2]
    assert text == (
        "One or more parameter values were invalid: Select type ALL_ATTRIBUTES is not supported for global secondary "
        "index keys because its projection type is not ALL"
    )
    local = indexed.query("pk = :p", {":p": "a"}, IndexName="by-rank")
    assert plain(local["Items"][0]) == {"pk": "a", "sk": 1, "rank": 2, "text": "t"}
    fetched = indexed.query(
        "pk = :p", {":p": "a"}, IndexName="by-rank", Select="ALL_ATTRIBUTES", ReturnConsumedCapacity="INDEXES"
    )
    assert plain(fetched["Items"][0]) == item
    assert fetched["ConsumedCapacity"]["CapacityUnits"] == 1  # half of the index, half of the table


@pytest.mark.spec("DDB-027")
def test_global_indexes_are_not_read_consistently(indexed, refused):
    alias = {"ExpressionAttributeNames": {"#g": "group"}}
    more = {"IndexName": "by-group", "ConsistentRead": True, **alias}
    failed = refused(indexed.query, "#g = :g", {":g": "g"}, **more)
    assert failed == (
        "ValidationException",
        400,
        "Consistent reads are not supported on global secondary indexes",
    )
    indexed.query("pk = :p", {":p": "a"}, IndexName="by-rank", ConsistentRead=True)
    assert refused(indexed.scan, IndexName="none")[2] == "The table does not have the specified index: none"


@pytest.mark.spec("DDB-035")
def test_values_that_cannot_be_index_keys_are_refused(indexed, refused):
    text = refused(indexed.put, {"pk": "a", "sk": 1, "rank": "first"})[2]
    assert text == (
        "One or more parameter values were invalid: Type mismatch for Index Key rank Expected: N Actual: S "
        "IndexName: by-rank"
    )
    text = refused(indexed.put, {"pk": "a", "sk": 1, "group": ""})[2]
    assert "IndexName: by-group, IndexKey: group" in text
    alias = {"#g": "group"}
    failed = refused(indexed.update, {"pk": "a", "sk": 1}, "SET #g = :g", {":g": 5}, ExpressionAttributeNames=alias)
    assert failed[0] == "ValidationException"


def test_pages_of_an_index_meet_every_item_once(indexed):
    for number in range(20):
        indexed.put({"pk": f"p{number:02}", "sk": 1, "group": "g", "rank": number // 5})
    more = {"IndexName": "by-group", "ExpressionAttributeNames": {"#g": "group"}, "Limit": 3}
    for is_forward in (True, False):
        found, start = [], {}
        while True:
            page = indexed.query("#g = :g", {":g": "g"}, ScanIndexForward=is_forward, **start, **more)
            found += [plain(item)["pk"] for item in page["Items"]]
            if "LastEvaluatedKey" not in page:
                break
            assert set(page["LastEvaluatedKey"]) == {"pk", "sk", "group", "rank"}
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
        assert sorted(found) == [f"p{number:02}" for number in range(20)]


@pytest.mark.spec("DDB-027", "DDB-032")
def test_an_index_added_later_is_filled_with_what_is_there(cloud, dynamodb, make_table, refused):
    table = make_table()
    for start in range(0, 1100, 25):
        requests = [
            {"PutRequest": {"Item": wire({"pk": f"{n:04}", "colour": "red" if n % 2 else "green"})}}
            for n in range(start, start + 25)
        ]
        dynamodb.batch_write_item(RequestItems={table.name: requests})
    table.put({"pk": "odd", "colour": 5})  # it cannot be in the index, and does not keep it from being filled
    cloud.shake("dynamodb", "delay", 5)
    updated = dynamodb.update_table(
        TableName=table.name,
        AttributeDefinitions=[{"AttributeName": "colour", "AttributeType": "S"}],
        GlobalSecondaryIndexUpdates=[{"Create": index("colours", "colour")}],
    )["TableDescription"]
    assert updated["TableStatus"] == "UPDATING"
    (shown,) = updated["GlobalSecondaryIndexes"]
    assert (shown["IndexStatus"], shown["Backfilling"]) == ("CREATING", True)
    assert refused(table.scan, IndexName="colours")[0] == "ValidationException"
    table.put({"pk": "new", "colour": "red"})
    table.delete({"pk": "0001"})
    cloud.turn(5)
    (shown,) = table.describe()["GlobalSecondaryIndexes"]
    assert (shown["IndexStatus"], shown["ItemCount"]) == ("ACTIVE", 1100)
    assert table.describe()["TableStatus"] == "ACTIVE"
    found = table.query("colour = :c", {":c": "red"}, IndexName="colours", Select="COUNT")
    assert found["Count"] == 550


@pytest.mark.spec("DDB-037")
def test_only_one_index_is_created_at_a_time(dynamodb, make_table, refused):
    table = make_table()
    code = refused(
        dynamodb.update_table,
        TableName=table.name,
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("one", "two")],
        GlobalSecondaryIndexUpdates=[{"Create": index("first", "one")}, {"Create": index("second", "two")}],
    )[0]
    assert code == "LimitExceededException"


def test_a_deleted_index_goes_and_may_come_back(cloud, dynamodb, indexed):
    for number in range(5):
        indexed.put({"pk": str(number), "sk": 1, "group": "g", "rank": number})
    dynamodb.update_table(TableName=indexed.name, GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "by-group"}}])
    cloud.turn(1)
    (left,) = indexed.describe()["GlobalSecondaryIndexes"]
    assert left["IndexName"] == "keys"
    indexed.delete({"pk": "0", "sk": 1})
    dynamodb.update_table(
        TableName=indexed.name,
        AttributeDefinitions=[
            {"AttributeName": name, "AttributeType": kind}
            for name, kind in (("pk", "S"), ("sk", "N"), ("group", "S"), ("rank", "N"))
        ],
        GlobalSecondaryIndexUpdates=[{"Create": index("by-group", "group", "rank")}],
    )
    cloud.turn(1)
    assert names(indexed.scan(IndexName="by-group")) == ["1", "2", "3", "4"]


@pytest.mark.spec("DDB-027")
def test_a_global_index_may_have_keys_of_several_attributes(make_table, refused):
    keys = [("team", "HASH"), ("season", "HASH"), ("day", "RANGE"), ("hour", "RANGE")]
    wide = {
        "IndexName": "wide",
        "KeySchema": [{"AttributeName": name, "KeyType": role} for name, role in keys],
        "Projection": {"ProjectionType": "ALL"},
    }
    table = make_table(attributes=["team:S", "season:N", "day:N", "hour:N"], GlobalSecondaryIndexes=[wide])
    for number in range(8):
        table.put({"pk": str(number), "team": "t", "season": number % 2, "day": number // 4, "hour": number})
    given = {":t": "t", ":s": 1, ":d": 0, ":h": 1}
    found = table.query(
        "team = :t AND season = :s AND #d = :d AND #h > :h",
        given,
        IndexName="wide",
        ExpressionAttributeNames={"#d": "day", "#h": "hour"},
    )
    assert names(found) == ["3"]
    assert refused(table.query, "team = :t", {":t": "t"}, IndexName="wide")[0] == "ValidationException"


def test_item_collection_metrics_are_told_of_tables_with_local_indexes(indexed, table):
    more = {"ReturnItemCollectionMetrics": "SIZE"}
    told = indexed.put({"pk": "a", "sk": 1}, **more)["ItemCollectionMetrics"]
    assert told == {"ItemCollectionKey": {"pk": {"S": "a"}}, "SizeEstimateRangeGB": [0.0, 1.0]}
    assert "ItemCollectionMetrics" not in table.put({"pk": "a"}, **more)


@pytest.mark.spec("DDB-031")
def test_writes_cost_units_in_each_index_they_change(indexed):
    more = {"ReturnConsumedCapacity": "INDEXES"}
    told = indexed.put({"pk": "a", "sk": 1, "group": "g", "rank": 1}, **more)["ConsumedCapacity"]
    assert told["CapacityUnits"] == 4
    assert told["GlobalSecondaryIndexes"] == {"by-group": {"CapacityUnits": 1.0}, "keys": {"CapacityUnits": 1.0}}
    assert told["LocalSecondaryIndexes"] == {"by-rank": {"CapacityUnits": 1.0}}
    told = indexed.put({"pk": "a", "sk": 1, "group": "g", "rank": 2}, **more)["ConsumedCapacity"]
    assert told["GlobalSecondaryIndexes"] == {"by-group": {"CapacityUnits": 2.0}}  # one taken out, one put in
