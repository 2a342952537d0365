"""DynamoDB's workloads: single items, a query, a transaction, a batch, and how reads grow with what is stored."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from benchmarks.growth import renewed
from benchmarks.prepared import Preparer
from benchmarks.targets import Target
from benchmarks.workloads import OBJECTS, Job, Workload, around, expect, unique

Item = dict[str, Any]
PARTITION = 20  # items of a partition: what a query returns
PROBES = 300
BATCH = 25  # BatchWriteItem; API reference


def item(number: int) -> Item:
    """Return an item of about 300 bytes; twenty of them share a partition."""
    return {
        **key(number),
        "name": {"S": "x" * 80},
        "age": {"N": str(number % 100)},
        "tags": {"SS": ["a", "b"]},
        "address": {"M": {"street": {"S": "y" * 60}, "zip": {"S": "12345"}}},
    }


def key(number: int) -> Item:
    return {"pk": {"S": f"user-{number // PARTITION:07d}"}, "sk": {"N": str(number % PARTITION)}}


def make_table(target: Target, preparer: Preparer, filled: int = 0) -> str:
    """Create a table with so many items; return its name."""
    table = unique("table")
    if target.is_null:
        return table
    client = preparer.client("dynamodb")
    client.create_table(
        TableName=table,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "N"},
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    client.get_waiter("table_exists").wait(TableName=table, WaiterConfig={"Delay": 1})
    for first in range(0, filled, BATCH):
        requests = [{"PutRequest": {"Item": item(number)}} for number in range(first, min(first + BATCH, filled))]
        client.batch_write_item(RequestItems={table: requests})
    if filled:
        expect(client.get_item(TableName=table, Key=key(0)).get("Item") == item(0), "not the item that was put")
    return table


def _many(preparer: Preparer, operation: str, bodies: list[Item]) -> Job:
    one = preparer.prepare("dynamodb", operation, **bodies[0])
    return Job(around([one.varied(body=json.dumps(body).encode()).wire for body in bodies]))


def puts(target: Target, preparer: Preparer) -> Job:
    table = make_table(target, preparer)
    return _many(preparer, "put_item", [{"TableName": table, "Item": item(number)} for number in range(OBJECTS)])


def gets(target: Target, preparer: Preparer) -> Job:
    table = make_table(target, preparer, OBJECTS)
    return _many(preparer, "get_item", [{"TableName": table, "Key": key(number)} for number in range(OBJECTS)])


def updates(target: Target, preparer: Preparer) -> Job:
    table = make_table(target, preparer, OBJECTS)
    more = {
        "UpdateExpression": "SET age = age + :one, #n = :n",
        "ExpressionAttributeNames": {"#n": "name"},
        "ExpressionAttributeValues": {":one": {"N": "1"}, ":n": {"S": "z" * 80}},
    }
    return _many(preparer, "update_item", [{"TableName": table, "Key": key(n), **more} for n in range(OBJECTS)])


def queries(target: Target, preparer: Preparer) -> Job:
    table = make_table(target, preparer, OBJECTS)
    bodies = [
        {
            "TableName": table,
            "KeyConditionExpression": "pk = :p",
            "ExpressionAttributeValues": {":p": key(number * PARTITION)["pk"]},
        }
        for number in range(OBJECTS // PARTITION)
    ]
    if not target.is_null:
        page = preparer.client("dynamodb").query(**bodies[0])
        expect(page["Count"] == PARTITION, f"a page of {page['Count']} items")
    return _many(preparer, "query", bodies)


def transactions(target: Target, preparer: Preparer) -> Job:
    table = make_table(target, preparer)
    bodies = [
        {"TransactItems": [{"Put": {"TableName": table, "Item": item(4 * number + place)}} for place in range(4)]}
        for number in range(OBJECTS)
    ]
    return _many(preparer, "transact_write_items", bodies)


def batches(target: Target, preparer: Preparer) -> Job:
    table = make_table(target, preparer)
    bodies = [
        {"RequestItems": {table: [{"PutRequest": {"Item": item(BATCH * number + n)}} for n in range(BATCH)]}}
        for number in range(64)
    ]
    return _many(preparer, "batch_write_item", bodies)


TABLE_WORKLOADS = [
    Workload("DynamoDB PutItem", puts),
    Workload("DynamoDB GetItem", gets),
    Workload("DynamoDB UpdateItem", updates),
    Workload("DynamoDB Query of 20", queries),
    Workload("DynamoDB TransactWriteItems of 4", transactions),
    Workload("DynamoDB BatchWriteItem of 25", batches),
]


class Items:
    """A table that is filled step by step, and read item by item."""

    name = "DynamoDB GetItem by items stored"
    levels: tuple[int, ...] = ()
    _operation = "get_item"

    def __init__(self, target: Target) -> None:
        self._preparer = target.preparer()
        self.table = make_table(target, self._preparer)

    def additions(self, start: int, stop: int) -> Iterator[bytes]:
        request = {"RequestItems": {self.table: [{"PutRequest": {"Item": item(0)}}]}}
        fresh: Callable[..., bytes] = renewed(self._preparer, "dynamodb", "batch_write_item", **request)
        for first in range(start, stop, BATCH):
            numbers = range(first, min(first + BATCH, stop))
            requests = [{"PutRequest": {"Item": item(number)}} for number in numbers]
            yield fresh(json.dumps({"RequestItems": {self.table: requests}}).encode(), None)

    def probes(self, level: int) -> list[bytes]:
        bodies = [self._body(number * level // PROBES) for number in range(PROBES)]
        one = self._preparer.prepare("dynamodb", self._operation, **bodies[0])
        return [one.varied(body=json.dumps(body).encode()).wire for body in bodies]

    def _body(self, number: int) -> Item:
        return {"TableName": self.table, "Key": key(number)}

    def check(self) -> None:
        """Expect the first item to be there."""
        found = self._preparer.client("dynamodb").get_item(TableName=self.table, Key=key(0))
        expect("Item" in found, "nothing was found")


class Partitions(Items):
    """A table that is filled step by step, and queried partition by partition."""

    name = "DynamoDB Query of 20 by items stored"
    levels: tuple[int, ...] = ()
    _operation = "query"

    def _body(self, number: int) -> Item:
        values = {":p": key(number)["pk"]}
        return {
            "TableName": self.table,
            "KeyConditionExpression": "pk = :p",
            "ExpressionAttributeValues": values,
        }
