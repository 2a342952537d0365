"""Batches and transactions through a cluster."""

import pytest
from botocore.exceptions import ClientError

from tests.services.dax.conftest import make_table


@pytest.fixture
def dynamodb(aws):
    make_table(aws, sort="S")
    return aws.client("dynamodb")


@pytest.fixture
def dax(dynamodb, make_cluster):
    return make_cluster().client()


def key(name):
    return {"pk": {"S": "p"}, "sk": {"S": name}}


def item(name, value):
    return {**key(name), "v": {"S": value}}


def read(client, *names, **more):
    asked = {"items": {"Keys": [key(name) for name in names], **more}}
    answer = client.batch_get_item(RequestItems=asked)
    assert not answer["UnprocessedKeys"]
    found = answer["Responses"].get("items", [])
    return {one["sk"]["S"] if "sk" in one else "": one["v"]["S"] for one in found}


def test_batches_are_answered_from_memory_as_far_as_it_goes(dynamodb, dax):
    puts = [{"PutRequest": {"Item": item(name, "1")}} for name in "abc"]
    assert dax.batch_write_item(RequestItems={"items": puts})["UnprocessedItems"] == {}
    for name in "abcd":
        dynamodb.put_item(TableName="items", Item=item(name, "2"))
    assert read(dax, *"abcd") == {"a": "1", "b": "1", "c": "1", "d": "2"}
    assert read(dax, *"abcd", ConsistentRead=True) == dict.fromkeys("abcd", "2")
    dynamodb.delete_item(TableName="items", Key=key("d"))
    assert read(dax, *"abcd") == {"a": "1", "b": "1", "c": "1", "d": "2"}
    assert read(dax, "a", ProjectionExpression="v") == {"": "1"}
    dax.batch_write_item(RequestItems={"items": [{"DeleteRequest": {"Key": key("a")}}]})
    assert read(dax, "a", "b") == {"b": "1"}


def test_too_large_batches_are_dynamodbs_to_refuse(dax):
    with pytest.raises(ClientError) as caught:
        read(dax, *map(str, range(101)))
    assert caught.value.response["Error"]["Code"] == "ValidationException"
    assert "100" in caught.value.response["Error"]["Message"]


def test_transactions_pass_through_and_what_they_wrote_is_read_again(dynamodb, dax):
    dax.put_item(TableName="items", Item=item("a", "1"))
    dax.put_item(TableName="items", Item=item("b", "1"))
    condition = {"ConditionExpression": "attribute_exists(pk)", "TableName": "items"}
    dax.transact_write_items(
        TransactItems=[
            {"Put": {"TableName": "items", "Item": item("c", "3")}},
            {"Delete": {"Key": key("b"), **condition}},
            {
                "Update": {
                    "TableName": "items",
                    "Key": key("a"),
                    "UpdateExpression": "SET v = :v",
                    "ExpressionAttributeValues": {":v": {"S": "2"}},
                }
            },
        ],
        ClientRequestToken="once",
    )
    gets = [{"Get": {"TableName": "items", "Key": key(name)}} for name in "abc"]
    gets[2]["Get"]["ProjectionExpression"] = "v"
    answer = dax.transact_get_items(TransactItems=gets, ReturnConsumedCapacity="TOTAL")
    assert answer["Responses"] == [{"Item": item("a", "2")}, {}, {"Item": {"v": {"S": "3"}}}]
    assert answer["ConsumedCapacity"][0]["TableName"] == "items"
    found = [dax.get_item(TableName="items", Key=key(name)).get("Item") for name in "abc"]
    assert found == [item("a", "2"), None, item("c", "3")]


def test_cancelled_transactions_tell_their_reasons(dax):
    dax.put_item(TableName="items", Item=item("a", "1"))
    with pytest.raises(ClientError) as caught:
        dax.transact_write_items(
            TransactItems=[
                {"Put": {"TableName": "items", "Item": item("b", "1")}},
                {
                    "ConditionCheck": {
                        "TableName": "items",
                        "Key": key("a"),
                        "ConditionExpression": "v = :v",
                        "ExpressionAttributeValues": {":v": {"S": "2"}},
                        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
                    }
                },
            ]
        )
    assert caught.value.response["Error"]["Code"] == "TransactionCanceledException"
    reasons = caught.value.cancellation_reasons
    assert [reasons[0], reasons[3]] == ["None", "ConditionalCheckFailed"]
    assert reasons[5] is not None
    assert dax.get_item(TableName="items", Key=key("b")).get("Item") is None
