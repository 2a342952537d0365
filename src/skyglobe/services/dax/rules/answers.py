"""Answers as DAX's clients read them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from skyglobe.services.dax.rules.expressions import Path
from skyglobe.services.dax.rules.keys import Schema, key_bytes
from skyglobe.services.dax.rules.values import Attribute, Item, encode, value_of

SUCCESS = b"\x80"
"""An empty list of error codes: what every answer begins with that is no error."""
ITEM, CAPACITY, ATTRIBUTES, COLLECTION, ITEMS, COUNT, LAST_KEY, SCANNED = 0, 1, 2, 3, 7, 8, 9, 10
ListIds = Mapping[tuple[str, ...], int]
"""Every attribute list an answer goes by."""

CODES = {
    "ProvisionedThroughputExceededException": (4, 37, 38, 39, 40),
    "ResourceNotFoundException": (4, 37, 38, 39, 41),
    "AccessDeniedException": (4, 37, 38, 42),
    "ConditionalCheckFailedException": (4, 37, 38, 39, 43),
    "ResourceInUseException": (4, 37, 38, 39, 45),
    "ValidationException": (4, 37, 38, 39, 46),
    "InternalServerError": (4, 37, 38, 39, 47),
    "ItemCollectionSizeLimitExceededException": (4, 37, 38, 39, 48),
    "LimitExceededException": (4, 37, 38, 39, 49),
    "ThrottlingException": (4, 37, 38, 39, 50),
    "TransactionCanceledException": (4, 37, 38, 39, 58),
    "RequestLimitExceeded": (4, 37, 38, 39, 61),
}
OTHER_CODES = (4, 37, 38)
AUTHENTICATION_CODES = (4, 23, 31, 33)


def names_in(schema: Schema, item: Item) -> tuple[str, ...]:
    """Return the attribute list of an item: the sorted names of all but its key."""
    keys = {part.name for part in schema}
    return tuple(sorted(name for name in item if name not in keys))


def stream_of(names: tuple[str, ...], number: int, item: Item) -> bytes:
    """Return the attributes ``names`` of an item, the list's number first."""
    return encode(number) + b"".join(encode(value_of(item[name])) for name in names)


def projected(item: Item, paths: list[Path]) -> dict[int, Any]:
    """Return what ``item`` has at each of ``paths``, by their places."""
    found = {}
    for place, path in enumerate(paths):
        attribute = _at(item, path)
        if attribute is not None:
            found[place] = value_of(attribute)
    return found


def _at(item: Item, path: Path) -> Attribute | None:
    found: Attribute | None = {"M": item}
    for element in path:
        if found is None:
            return None
        if isinstance(element, str):
            found = found["M"].get(element) if "M" in found else None
        else:
            elements = found.get("L", ())
            found = elements[element] if 0 <= element < len(elements) else None
    return found


def capacity_bytes(capacity: Mapping[str, Any]) -> bytes:
    """Return consumed capacity as single operations and batches tell it."""
    table = capacity.get("Table")
    parts = [
        capacity["TableName"],
        float(capacity["CapacityUnits"]),
        float(table["CapacityUnits"]) if table is not None else None,
        _index_units(capacity.get("GlobalSecondaryIndexes")),
        _index_units(capacity.get("LocalSecondaryIndexes")),
    ]
    return b"".join(map(encode, parts))


def _index_units(indexes: Mapping[str, Any] | None) -> dict[str, float] | None:
    return {name: float(one["CapacityUnits"]) for name, one in indexes.items()} if indexes is not None else None


def capacity_map(capacity: Mapping[str, Any]) -> dict[int, Any]:
    """Return consumed capacity as transactions tell it."""
    numbers = {"CapacityUnits": 1, "ReadCapacityUnits": 2, "WriteCapacityUnits": 3}
    found: dict[int, Any] = {number: float(capacity[name]) for name, number in numbers.items() if name in capacity}
    if "TableName" in capacity:
        found[4] = capacity["TableName"]
    if "Table" in capacity:
        found[5] = capacity_map(capacity["Table"])
    for name, number in (("GlobalSecondaryIndexes", 6), ("LocalSecondaryIndexes", 7)):
        if name in capacity:
            found[number] = {index: capacity_map(units) for index, units in capacity[name].items()}
    return found


def collection_bytes(metrics: Mapping[str, Any]) -> bytes:
    """Return the size of one item collection."""
    (key,) = metrics["ItemCollectionKey"].values()
    low, high = metrics["SizeEstimateRangeGB"]
    return encode(value_of(key)) + encode(float(low)) + encode(float(high))


def collections_of(answer: Mapping[str, Any]) -> dict[str, list[bytes]]:
    """Return the sizes of item collections by table."""
    by_table = answer.get("ItemCollectionMetrics") or {}
    return {table: [collection_bytes(one) for one in found] for table, found in by_table.items()}


def page_of(
    answer: Mapping[str, Any], schema: Schema, ids: ListIds, paths: list[Path] | None, *, is_index: bool
) -> dict[int, Any]:
    """Return what a Query or Scan found."""
    found: dict[int, Any] = {COUNT: answer["Count"], SCANNED: answer["ScannedCount"]}
    if "Items" in answer:
        found[ITEMS] = [_listed(item, schema, ids, paths) for item in answer["Items"]]
    if "LastEvaluatedKey" in answer:
        last = answer["LastEvaluatedKey"]
        compound = encode({name: value_of(value) for name, value in last.items()}) if is_index else b""
        found[LAST_KEY] = compound or key_bytes(schema, last)
    return found


def _listed(item: Item, schema: Schema, ids: ListIds, paths: list[Path] | None) -> Any:
    if paths is not None:
        return projected(item, paths)
    names = names_in(schema, item)
    return [key_bytes(schema, item), stream_of(names, ids[names], item)]


def error_bytes(
    code: str, message: str, status: int, request_id: str, codes: tuple[int, ...], reasons: list[Any] | None = None
) -> bytes:
    """Return an error. ``reasons`` are a cancelled transaction's: code, message and item, one after the other."""
    details = [request_id, code, status] if reasons is None else [request_id, code, status, reasons]
    return encode(list(codes)) + encode(message) + encode(details)
