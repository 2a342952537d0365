"""Batches, each write by itself; transactions, all or nothing."""

import pytest

from tests.services.dynamodb.conftest import plain, wire


def put(table, item, **more):
    return {"Put": {"TableName": table.name, "Item": wire(item), **more}}


def update(table, key, expression, values, **more):
    return {
        "Update": {
            "TableName": table.name,
            "Key": wire(key),
            "UpdateExpression": expression,
            "ExpressionAttributeValues": wire(values),
            **more,
        }
    }


@pytest.mark.spec("DDB-028")
def test_batches_write_and_read_several_tables(dynamodb, table, sorted_table):
    requests = {
        table.name: [{"PutRequest": {"Item": wire({"pk": str(n), "n": n})}} for n in range(20)],
        sorted_table.name: [{"PutRequest": {"Item": wire({"pk": "a", "sk": n})}} for n in range(5)],
    }
    answer = dynamodb.batch_write_item(RequestItems=requests, ReturnConsumedCapacity="TOTAL")
    assert answer["UnprocessedItems"] == {}
    assert {told["TableName"]: told["CapacityUnits"] for told in answer["ConsumedCapacity"]} == {
        table.name: 20,
        sorted_table.name: 5,
    }
    found = dynamodb.batch_get_item(
        RequestItems={
            table.name: {"Keys": [wire({"pk": str(n)}) for n in (3, 4, 99)], "ProjectionExpression": "n"},
            sorted_table.name: {"Keys": [wire({"pk": "a", "sk": 2})], "ConsistentRead": True},
        }
    )
    assert [plain(item) for item in found["Responses"][table.name]] == [{"n": 3}, {"n": 4}]
    assert [plain(item) for item in found["Responses"][sorted_table.name]] == [{"pk": "a", "sk": 2}]
    assert found["UnprocessedKeys"] == {}
    deletes = [{"DeleteRequest": {"Key": wire({"pk": str(n)})}} for n in range(20)]
    dynamodb.batch_write_item(RequestItems={table.name: deletes})
    assert table.items() == []


@pytest.mark.spec("DDB-028")
def test_a_batch_answer_has_at_most_sixteen_megabytes(dynamodb, table):
    for number in range(45):
        table.put({"pk": str(number), "text": "x" * 400_000})
    wanted = {table.name: {"Keys": [wire({"pk": str(n)}) for n in range(45)]}}
    found, calls = 0, 0
    while wanted:
        answer = dynamodb.batch_get_item(RequestItems=wanted)
        found += len(answer["Responses"][table.name])
        wanted, calls = answer["UnprocessedKeys"], calls + 1
    assert (found, calls) == (45, 2)


@pytest.mark.spec("DDB-028")
def test_batches_refuse_duplicates_and_too_many(dynamodb, table, sorted_table, refused):
    twice = [{"PutRequest": {"Item": wire({"pk": "a"})}}, {"DeleteRequest": {"Key": wire({"pk": "a"})}}]
    text = "Provided list of item keys contains duplicates"
    failed = ("ValidationException", 400, text)
    assert refused(dynamodb.batch_write_item, RequestItems={table.name: twice}) == failed
    keys = [wire({"pk": "a"})] * 2
    assert refused(dynamodb.batch_get_item, RequestItems={table.name: {"Keys": keys}}) == failed
    many = {
        table.name: [{"PutRequest": {"Item": wire({"pk": str(n)})}} for n in range(20)],
        sorted_table.name: [{"PutRequest": {"Item": wire({"pk": "a", "sk": n})}} for n in range(6)],
    }
    text = "Too many items requested for the BatchWriteItem call"
    assert refused(dynamodb.batch_write_item, RequestItems=many)[2] == text
    assert table.items() == []


@pytest.mark.spec("DDB-029", "DBD-004")
def test_a_transaction_writes_everything_or_nothing(dynamodb, table, sorted_table):
    table.put({"pk": "a", "n": 1})
    table.put({"pk": "gone"})
    dynamodb.transact_write_items(
        TransactItems=[
            update(table, {"pk": "a"}, "SET n = n + :one", {":one": 1}),
            put(sorted_table, {"pk": "b", "sk": 1}),
            {"Delete": {"TableName": table.name, "Key": wire({"pk": "gone"})}},
            {
                "ConditionCheck": {
                    "TableName": table.name,
                    "Key": wire({"pk": "none"}),
                    "ConditionExpression": "attribute_not_exists(pk)",
                }
            },
        ]
    )
    assert table.items() == [{"pk": "a", "n": 2}]
    assert sorted_table.items() == [{"pk": "b", "sk": 1}]
    with pytest.raises(dynamodb.exceptions.TransactionCanceledException) as caught:
        dynamodb.transact_write_items(
            TransactItems=[
                put(sorted_table, {"pk": "b", "sk": 2}),
                update(
                    table,
                    {"pk": "a"},
                    "SET n = :v",
                    {":v": 9},
                    ConditionExpression="n = :v",
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                ),
                update(table, {"pk": "x"}, "SET n = n + :one", {":one": 1}),
            ]
        )
    response = caught.value.response
    assert response["Error"]["Message"] == (
        "Transaction cancelled, please refer cancellation reasons for specific reasons "
        "[None, ConditionalCheckFailed, ValidationError]"
    )
    none, failed, invalid = response["CancellationReasons"]
    assert none == {"Code": "None"}
    assert failed["Message"] == "The conditional request failed"
    assert plain(failed["Item"]) == {"pk": "a", "n": 2}
    assert invalid["Message"] == "The provided expression refers to an attribute that does not exist in the item"
    assert table.items() == [{"pk": "a", "n": 2}]
    assert sorted_table.items() == [{"pk": "b", "sk": 1}]


@pytest.mark.spec("DDB-029")
def test_a_token_makes_a_transaction_happen_once_in_ten_minutes(cloud, dynamodb, table, refused):
    items = [update(table, {"pk": "a"}, "ADD n :one", {":one": 1})]

    def transact(given=items):
        return dynamodb.transact_write_items(
            TransactItems=given, ClientRequestToken="token", ReturnConsumedCapacity="TOTAL"
        )

    (told,) = transact()["ConsumedCapacity"]
    assert (told["CapacityUnits"], told["WriteCapacityUnits"]) == (2, 2)
    cloud.turn(599)
    (told,) = transact()["ConsumedCapacity"]
    assert told["ReadCapacityUnits"] == 2
    assert table.get({"pk": "a"})["n"] == 1
    other = [update(table, {"pk": "b"}, "ADD n :one", {":one": 1})]
    assert refused(transact, other)[0] == "IdempotentParameterMismatchException"
    cloud.turn(2)
    transact()
    assert table.get({"pk": "a"})["n"] == 2


@pytest.mark.spec("DDB-029")
def test_a_transaction_touches_each_item_once_and_at_most_a_hundred(dynamodb, table, refused):
    twice = [put(table, {"pk": "a"}), update(table, {"pk": "a"}, "SET n = :n", {":n": 1})]
    text = "Transaction request cannot include multiple operations on one item"
    assert refused(dynamodb.transact_write_items, TransactItems=twice)[2] == text
    hundred = [put(table, {"pk": str(n)}) for n in range(101)]
    assert refused(dynamodb.transact_write_items, TransactItems=hundred)[0] == "ValidationException"
    dynamodb.transact_write_items(TransactItems=hundred[:100])
    assert len(table.items()) == 100
    large = [put(table, {"pk": str(n), "text": "x" * 400_000}) for n in range(11)]
    assert refused(dynamodb.transact_write_items, TransactItems=large)[0] == "ValidationException"
    assert all("text" not in item for item in table.items())


@pytest.mark.spec("DDB-029")
def test_a_transaction_reads_several_items_at_one_moment(dynamodb, table, sorted_table):
    table.put({"pk": "a", "n": 1, "m": 2})
    gets = [
        {"Get": {"TableName": table.name, "Key": wire({"pk": "a"}), "ProjectionExpression": "n"}},
        {"Get": {"TableName": sorted_table.name, "Key": wire({"pk": "a", "sk": 1})}},
    ]
    answer = dynamodb.transact_get_items(TransactItems=gets, ReturnConsumedCapacity="TOTAL")
    assert answer["Responses"] == [{"Item": {"n": {"N": "1"}}}, {}]
    assert [told["ReadCapacityUnits"] for told in answer["ConsumedCapacity"]] == [2, 2]
    gets[1]["Get"]["Key"] = wire({"pk": "a"})
    with pytest.raises(dynamodb.exceptions.TransactionCanceledException) as caught:
        dynamodb.transact_get_items(TransactItems=gets)
    reasons = caught.value.response["CancellationReasons"]
    assert [reason["Code"] for reason in reasons] == ["None", "ValidationError"]
