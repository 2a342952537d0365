"""GetItem, PutItem, UpdateItem, DeleteItem."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.protocols.serializing.json_body import Ready
from skyglobe.services.dynamodb import dynamodb
from skyglobe.services.dynamodb.consumption import Consumption
from skyglobe.services.dynamodb.counting import measured
from skyglobe.services.dynamodb.expressions.legacy import refuse_mixture
from skyglobe.services.dynamodb.expressions.parameters import Parameters
from skyglobe.services.dynamodb.expressions.projections import Projection, projection_of
from skyglobe.services.dynamodb.finding import Found, get_table
from skyglobe.services.dynamodb.items import Written, read_item
from skyglobe.services.dynamodb.refusals import invalid
from skyglobe.services.dynamodb.rules.capacity import read_units
from skyglobe.services.dynamodb.rules.values import Item
from skyglobe.services.dynamodb.throughput import spend_reads
from skyglobe.services.dynamodb.writing import (
    Write,
    collection_metrics,
    prepare_delete,
    prepare_put,
    prepare_update,
)

Request = dict[str, Any]


@dynamodb.operation
@measured
def get_item(call: Call, request: Request) -> dict[str, Any]:
    """Return the item with a key, or nothing."""
    found = get_table(call, request["TableName"])
    projection = projection_from(request)
    stored = read_item(found.scope, found.table.layout.primary.of_key(request["Key"]))
    answer: dict[str, Any] = {}
    size = 0
    if stored is not None:
        size, item = stored
        answer["Item"] = Ready(projection(item) if projection is not None else item)
    units = read_units(size, consistent=bool(request.get("ConsistentRead")))
    spend_reads(found, units, "", request["Key"])
    mode = request.get("ReturnConsumedCapacity")
    if mode is not None:
        consumed = Consumption(found, request["TableName"])
        consumed.add(units)
        answer["ConsumedCapacity"] = consumed.shown(mode)
    return answer


def projection_from(request: Request) -> Projection | None:
    """Return what a request wants of items, in whichever form; None for all."""
    if request.get("AttributesToGet") is not None:
        refuse_mixture(request, ("AttributesToGet",), ("ProjectionExpression",))
        names = request["AttributesToGet"]
        if len(set(names)) < len(names):
            raise invalid("One or more parameter values were invalid: Duplicate value in attribute name: " + names[-1])
        return projection_of([(name,) for name in names])
    if "ProjectionExpression" not in request and "ExpressionAttributeNames" not in request:
        return None
    parameters = Parameters(request, ("ProjectionExpression",))
    projection = parameters.projection()
    parameters.finish()
    return projection[0] if projection is not None else None


@dynamodb.operation
@measured
def put_item(call: Call, request: Request) -> dict[str, Any]:
    """Put an item in the place of whatever has its key."""
    if request.get("ReturnValues", "NONE") not in ("NONE", "ALL_OLD"):
        raise invalid("ReturnValues can only be ALL_OLD or NONE")
    found = get_table(call, request["TableName"])
    write = prepare_put(found, request)
    old, item, written = write.perform()
    answer: dict[str, Any] = {}
    if old is not None and request.get("ReturnValues") == "ALL_OLD":
        answer["Attributes"] = Ready(old.item)
    return _told(found, request, answer, written, item or {})


@dynamodb.operation
@measured
def delete_item(call: Call, request: Request) -> dict[str, Any]:
    """Delete the item with a key. Nothing happens when there is none."""
    if request.get("ReturnValues", "NONE") not in ("NONE", "ALL_OLD"):
        raise invalid("ReturnValues can only be ALL_OLD or NONE")
    found = get_table(call, request["TableName"])
    write = prepare_delete(found, request)
    old, _, written = write.perform()
    answer: dict[str, Any] = {}
    if old is not None and request.get("ReturnValues") == "ALL_OLD":
        answer["Attributes"] = Ready(old.item)
    return _told(found, request, answer, written, request["Key"])


@dynamodb.operation
@measured
def update_item(call: Call, request: Request) -> dict[str, Any]:
    """Change an item, or make one when there is none with its key."""
    found = get_table(call, request["TableName"])
    write = prepare_update(found, request)
    old, item, written = write.perform()
    answer: dict[str, Any] = {}
    wanted = request.get("ReturnValues", "NONE")
    if wanted != "NONE":
        attributes = _returned(write, wanted, old.item if old is not None else None, item)
        if attributes:
            answer["Attributes"] = Ready(attributes)
    return _told(found, request, answer, written, request["Key"])


def _returned(write: Write, wanted: str, old: Item | None, new: Item | None) -> Item | None:
    item = old if wanted.endswith("OLD") else new
    if item is None or wanted.startswith("ALL"):
        return item
    return projection_of(list(write.paths))(item)


def _told(found: Found, request: Request, answer: dict[str, Any], written: Written, item: Item) -> dict[str, Any]:
    """Add to an answer what the request asked to be told beside it."""
    mode = request.get("ReturnConsumedCapacity")
    if mode is not None:
        consumed = Consumption(found, request["TableName"])
        consumed.add(written.units, written.index_units)
        answer["ConsumedCapacity"] = consumed.shown(mode)
    if "ReturnItemCollectionMetrics" in request:
        answer["ItemCollectionMetrics"] = collection_metrics(found, request, item)
    return answer
