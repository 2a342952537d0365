"""Queries and scans: answers are remembered whole, by all that was asked, and know nothing of items."""

import pytest
from boto3.dynamodb.conditions import Attr, Key

from tests.services.dax.conftest import make_table


@pytest.fixture
def dynamodb(aws):
    make_table(aws, sort="N")
    client = aws.client("dynamodb")
    for place in range(-3, 6):
        item = {"pk": {"S": "a"}, "sk": {"N": str(place * 1.5)}, "v": {"N": str(place)}, "tags": {"SS": ["x"]}}
        client.put_item(TableName="items", Item=item)
    return client


@pytest.fixture
def dax(dynamodb, make_cluster):
    return make_cluster().client()


QUERY = {
    "TableName": "items",
    "KeyConditionExpression": "pk = :p",
    "ExpressionAttributeValues": {":p": {"S": "a"}},
}


@pytest.mark.spec("DAX-006")
def test_answers_of_queries_and_scans_are_remembered_apart_from_items(cloud, dynamodb, dax):
    place = {"pk": {"S": "a"}, "sk": {"N": "0"}}
    before = [dax.query(**QUERY), dax.scan(TableName="items"), dax.get_item(TableName="items", Key=place)]
    assert [before[0]["Count"], before[1]["Count"]] == [9, 9]
    dax.put_item(TableName="items", Item={**place, "v": {"N": "100"}})
    assert dax.query(**QUERY) == before[0]
    assert dax.scan(TableName="items") == before[1]
    assert dax.get_item(TableName="items", Key=place)["Item"]["v"] == {"N": "100"}
    assert {"N": "100"} in [item["v"] for item in dax.query(**QUERY, ConsistentRead=True)["Items"]]
    assert {"N": "100"} in [item["v"] for item in dax.query(**QUERY, ScanIndexForward=False)["Items"]]
    cloud.turn(301)
    assert {"N": "100"} in [item["v"] for item in dax.query(**QUERY)["Items"]]


def test_answers_are_those_of_the_table(dynamodb, dax):
    asked = [
        QUERY,
        {**QUERY, "Limit": 2},
        {**QUERY, "ScanIndexForward": False, "Limit": 4},
        {**QUERY, "Select": "COUNT"},
        {**QUERY, "ProjectionExpression": "v"},
        {
            **QUERY,
            "KeyConditionExpression": "pk = :p AND sk BETWEEN :low AND :high",
            "FilterExpression": "(v > :zero AND contains(tags, :x)) OR NOT attribute_exists(#v)",
            "ExpressionAttributeNames": {"#v": "v"},
            "ExpressionAttributeValues": {
                ":p": {"S": "a"},
                ":low": {"N": "-1.5"},
                ":high": {"N": "4.5"},
                ":zero": {"N": "0"},
                ":x": {"S": "x"},
            },
        },
    ]
    for one in asked:
        mine, theirs = dax.query(**one), dynamodb.query(**one)
        theirs.pop("ResponseMetadata")
        assert mine == theirs


def test_pages_go_on_where_the_one_before_ended(dynamodb, dax):
    for read, more in ((dax.query, QUERY), (dax.scan, {"TableName": "items"})):
        found, start = [], {}
        while True:
            page = read(**more, Limit=4, **start)
            found += [item["sk"]["N"] for item in page["Items"]]
            if "LastEvaluatedKey" not in page:
                break
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
        assert found == ["-4.5", "-3", "-1.5", "0", "1.5", "3", "4.5", "6", "7.5"]


def test_indexes_are_read_with_both_keys(aws, make_cluster):
    aws.client("dynamodb").create_table(
        TableName="indexed",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "by")],
        BillingMode="PAY_PER_REQUEST",
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by-by",
                "KeySchema": [{"AttributeName": "by", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
        ],
    )
    dax = make_cluster().client()
    for name in "abc":
        dax.put_item(TableName="indexed", Item={"pk": {"S": name}, "by": {"S": "x"}, "more": {"S": "y"}})
    asked = {
        "TableName": "indexed",
        "IndexName": "by-by",
        "KeyConditionExpression": "#by = :x",
        "ExpressionAttributeNames": {"#by": "by"},
        "ExpressionAttributeValues": {":x": {"S": "x"}},
        "ReturnConsumedCapacity": "INDEXES",
    }
    first = dax.query(**asked, Limit=2)
    assert first["LastEvaluatedKey"] == first["Items"][-1]
    assert first["ConsumedCapacity"]["GlobalSecondaryIndexes"]["by-by"]["CapacityUnits"] == 0.5
    rest = dax.query(**asked, ExclusiveStartKey=first["LastEvaluatedKey"])
    names = {item["pk"]["S"] for item in first["Items"] + rest["Items"]}
    assert names == {"a", "b", "c"}
    assert set(rest["Items"][0]) == {"pk", "by"}


@pytest.mark.spec("DAX-004")
def test_code_for_a_table_is_code_for_a_cluster(aws, dynamodb, make_cluster):
    """The same program, on boto3's resource and on the client's: nothing of it changes."""
    cluster = make_cluster()
    resources = [aws.resource("dynamodb"), cluster.resource()]
    outcomes = []
    for resource in resources:
        table = resource.Table("items")
        table.put_item(Item={"pk": "b", "sk": 1, "v": 1, "list": ["x", {"y": None}]})
        table.update_item(
            Key={"pk": "b", "sk": 1},
            UpdateExpression="SET v = v + :n, #l[0] = :z REMOVE gone ADD seen :s",
            ExpressionAttributeNames={"#l": "list"},
            ExpressionAttributeValues={":n": 4, ":z": "z", ":s": {"t"}},
        )
        with table.batch_writer() as batch:
            batch.put_item(Item={"pk": "b", "sk": 2, "v": 7})
            batch.delete_item(Key={"pk": "b", "sk": 3})
        found = table.query(KeyConditionExpression=Key("pk").eq("b"), FilterExpression=Attr("v").gt(2))
        outcomes.append([found["Items"], table.get_item(Key={"pk": "b", "sk": 1})["Item"]])
        table.delete_item(Key={"pk": "b", "sk": 1})
    assert outcomes[0] == outcomes[1]
    assert outcomes[0][1]["v"] == 5
