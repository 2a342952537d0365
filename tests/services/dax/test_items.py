"""Items through Amazon's client: written through, remembered, and read again when their time is up."""

import pytest
from botocore.exceptions import ClientError

from tests.services.dax.conftest import make_table


@pytest.fixture
def dynamodb(aws):
    make_table(aws)
    return aws.client("dynamodb")


@pytest.fixture
def cluster(make_cluster):
    return make_cluster()


@pytest.fixture
def dax(dynamodb, cluster):
    return cluster.client()


def key(name="a"):
    return {"pk": {"S": name}}


def put(client, name="a", value=1):
    client.put_item(TableName="items", Item={**key(name), "v": {"N": str(value)}})


def value(client, name="a", **more):
    item = client.get_item(TableName="items", Key=key(name), **more).get("Item")
    return int(item["v"]["N"]) if item else None


@pytest.mark.spec("DAX-001", "DAX-007")
def test_what_is_written_through_is_read_without_the_table(dynamodb, dax):
    item = {
        **key(),
        "n": {"N": "1.50"},
        "big": {"N": "123456789012345678901234567890"},
        "tiny": {"N": "-1E-130"},
        "m": {"M": {"l": {"L": [{"B": b"\x00\xff"}, {"NULL": True}, {"BOOL": False}, {"S": "é"}]}}},
        "ns": {"NS": ["1", "2.5"]},
        "ss": {"SS": ["a", "b"]},
        "bs": {"BS": [b"x"]},
    }
    dax.put_item(TableName="items", Item=item)
    stored = dynamodb.get_item(TableName="items", Key=key())["Item"]
    assert stored["n"] == {"N": "1.5"}
    found = dax.get_item(TableName="items", Key=key())["Item"]
    assert float(found.pop("tiny")["N"]) == float(stored.pop("tiny")["N"]) == -1e-130
    assert {name: sorted(found["ns"]["NS"]) for name in ("ns",)} == {"ns": ["1", "2.5"]}
    assert {**found, "ns": stored["ns"]} == stored
    dynamodb.delete_item(TableName="items", Key=key())
    assert dax.get_item(TableName="items", Key=key())["Item"]["n"] == {"N": "1.5"}


@pytest.mark.spec("DAX-002")
def test_many_reads_of_one_key_cost_the_table_one(dynamodb, dax):
    put(dynamodb)
    consumed = 0.0
    for _ in range(200):
        answer = dax.get_item(TableName="items", Key=key(), ReturnConsumedCapacity="TOTAL")
        assert answer["Item"]["v"] == {"N": "1"}
        consumed += answer.get("ConsumedCapacity", {}).get("CapacityUnits", 0.0)
    assert consumed == 0.5


@pytest.mark.spec("DAX-007")
def test_what_is_written_around_is_seen_when_its_time_is_up(cloud, dynamodb, dax):
    put(dax)
    put(dynamodb, value=2)
    assert value(dax) == 1
    cloud.turn(301)
    assert value(dax) == 2


@pytest.mark.spec("DAX-005")
def test_items_are_remembered_for_five_minutes_by_the_clock(cloud, cluster, dynamodb, dax):
    shown = cluster.control.describe_parameters(ParameterGroupName="default.dax1.0")["Parameters"]
    assert {one["ParameterName"]: one["ParameterValue"] for one in shown} == {
        "query-ttl-millis": "300000",
        "record-ttl-millis": "300000",
    }
    put(dynamodb)
    assert value(dax) == 1
    put(dynamodb, value=2)
    cloud.turn(290)
    assert value(dax) == 1
    cloud.turn(11)
    assert value(dax) == 2


@pytest.mark.spec("DAX-008")
def test_consistent_reads_go_to_the_table_and_are_not_remembered(dynamodb, dax):
    put(dynamodb)
    assert value(dax, ConsistentRead=True) == 1
    put(dynamodb, value=2)
    assert value(dax) == 2  # nothing was remembered of the read before
    put(dynamodb, value=3)
    assert value(dax, ConsistentRead=True) == 3
    assert value(dax) == 2


def test_that_nothing_is_there_is_remembered_too_until_it_is_written(dynamodb, dax):
    assert value(dax) is None
    put(dynamodb)
    assert value(dax) is None
    put(dax, value=2)
    assert value(dax) == 2
    dax.delete_item(TableName="items", Key=key())
    put(dynamodb, value=3)
    assert value(dax) is None


def test_updates_are_remembered_as_they_left_the_item(dynamodb, dax):
    put(dax)
    more = {"UpdateExpression": "ADD v :one SET #n = :text", "ExpressionAttributeNames": {"#n": "name"}}
    values = {":one": {"N": "1"}, ":text": {"S": "x"}}
    answer = dax.update_item(TableName="items", Key=key(), **more, ExpressionAttributeValues=values)
    assert "Attributes" not in answer
    put(dynamodb, value=9)
    assert dax.get_item(TableName="items", Key=key())["Item"] == {**key(), "v": {"N": "2"}, "name": {"S": "x"}}


@pytest.mark.parametrize("wanted", ["ALL_OLD", "UPDATED_OLD", "ALL_NEW", "UPDATED_NEW"])
def test_updates_return_what_they_are_asked_for_and_are_seen_at_once(dynamodb, dax, wanted):
    put(dax)
    change = {"UpdateExpression": "SET v = v + :one", "ExpressionAttributeValues": {":one": {"N": "1"}}}
    answer = dax.update_item(TableName="items", Key=key(), ReturnValues=wanted, **change)
    expected = {"v": {"N": "1" if wanted.endswith("OLD") else "2"}}
    assert answer["Attributes"] == (expected | key() if wanted.startswith("ALL") else expected)
    assert value(dax) == 2


def test_refused_writes_change_nothing_that_is_remembered(dynamodb, dax):
    put(dax)
    with pytest.raises(ClientError) as caught:
        dax.put_item(TableName="items", Item=key(), ConditionExpression="attribute_not_exists(pk)")
    assert caught.value.response["Error"]["Code"] == "ConditionalCheckFailedException"
    assert value(dax) == 1


def test_old_items_are_returned_whole(dynamodb, dax):
    put(dax)
    answer = dax.delete_item(TableName="items", Key=key(), ReturnValues="ALL_OLD")
    assert answer["Attributes"] == {**key(), "v": {"N": "1"}}


def test_parts_of_a_remembered_item_are_projected(dynamodb, dax):
    deep = {"M": {"list": {"L": [{"S": "first"}, {"S": "second"}]}}}
    dax.put_item(TableName="items", Item={**key(), "deep": deep, "other": {"S": "x"}})
    dynamodb.delete_item(TableName="items", Key=key())
    answer = dax.get_item(
        TableName="items",
        Key=key(),
        ProjectionExpression="#d.list[1], missing, pk",
        ExpressionAttributeNames={"#d": "deep"},
    )
    assert answer["Item"] == {**key(), "deep": {"M": {"list": {"L": [{"S": "second"}]}}}}


def test_tables_that_are_not_there_are_dynamodbs_to_refuse(dynamodb, dax):
    with pytest.raises(ClientError) as caught:
        dax.get_item(TableName="missing", Key=key())
    assert caught.value.response["Error"]["Code"] == "ResourceNotFoundException"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_cloudwatch_counts_what_caches_had_and_had_not(aws, cloud, dynamodb, dax, cluster):
    put(dynamodb)
    assert [value(dax), value(dax), value(dax, ConsistentRead=True)] == [1, 1, 1]
    with pytest.raises(ClientError, match="conditional request failed"):
        dax.put_item(TableName="items", Item=key(), ConditionExpression="attribute_not_exists(pk)")
    for _ in range(2):
        dax.batch_get_item(RequestItems={"items": {"Keys": [key("a"), key("b")]}})
    wanted = ("ItemCacheHits", "ItemCacheMisses", "GetItemRequestCount", "ErrorRequestCount", "TotalRequestCount")
    counted = {}
    for name in wanted:
        points = aws.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/DAX",
            MetricName=name,
            Dimensions=[{"Name": "ClusterId", "Value": cluster.name}],
            StartTime=cloud.now / 1000 - 300,
            EndTime=cloud.now / 1000 + 60,
            Period=60,
            Statistics=["Sum"],
        )["Datapoints"]
        counted[name] = sum(point["Sum"] for point in points)
    failed = counted.pop("ErrorRequestCount")
    assert failed >= 1  # the client tries again
    assert counted == {
        "ItemCacheHits": 4,
        "ItemCacheMisses": 2,
        "GetItemRequestCount": 3,
        "TotalRequestCount": 5 + failed,
    }
