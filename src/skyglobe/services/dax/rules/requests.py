"""Requests of DAX's clients as DynamoDB's parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from skyglobe.services.dax.rules import methods
from skyglobe.services.dax.rules.expressions import Expressions, Path, projected_paths
from skyglobe.services.dax.rules.framing import Malformed
from skyglobe.services.dax.rules.keys import Schema, key_from
from skyglobe.services.dax.rules.values import Item, attribute_of, decode_all

Schemas = Mapping[str, Schema]
"""Of every table a request names."""
Lists = Mapping[int, tuple[str, ...]]
"""Every attribute list a request names."""
Params = dict[str, Any]


class Asked(NamedTuple):
    """A request: DynamoDB's parameters without projections, which are DAX's own to make, and the paths of these."""

    params: Params
    paths: list[Path] | None = None


def text_in(value: Any) -> str:
    """Return text that clients send as bytes or as text. Raises ``Malformed``."""
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            raise Malformed("The name is not text.") from None
    text: str = expect(value, str)
    return text


def expect(value: Any, kind: Any) -> Any:
    """Return ``value`` if it is of a type. Raises ``Malformed``."""
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is int):
        raise Malformed("The request is malformed.")
    return value


def tables_in(name: str, arguments: list[Any]) -> set[str]:
    """Return the tables a request is about."""
    if name in ("BatchGetItem", "BatchWriteItem"):
        return {text_in(table) for table in expect(arguments[0], dict)}
    if name == "TransactGetItems":
        return {text_in(table) for table in _list_in(arguments[0])}
    if name == "TransactWriteItems":
        return {text_in(table) for table in _list_in(arguments[1])}
    return {text_in(arguments[0])}


def lists_in(name: str, arguments: list[Any]) -> set[int]:
    """Return the attribute lists the items of a request go by."""
    written: list[Any] = []
    if name == "PutItem":
        written = [arguments[2]]
    elif name == "BatchWriteItem":
        written = [value for pairs in expect(arguments[0], dict).values() for value in _list_in(pairs)[1::2]]
    elif name == "TransactWriteItems" and arguments[3] is not None:
        written = _list_in(arguments[3])
    found = [decode_all(value) for value in written if isinstance(value, bytes)]
    return {expect(values[0], int) for values in found if values}


def item_from(schema: Schema, key: bytes, values: bytes, lists: Lists) -> Item:
    """Return an item, which is sent as its key and the values of the rest of its attributes."""
    number, *rest = decode_all(values)
    names = lists[expect(number, int)]
    if len(names) != len(rest):
        raise Malformed("The item does not fit its attribute list.")
    return {**key_from(schema, key), **{name: attribute_of(value) for name, value in zip(names, rest, strict=True)}}


def get_from(arguments: list[Any], schemas: Schemas) -> Asked:
    """Return a GetItem."""
    table = text_in(arguments[0])
    options = _options(arguments[2])
    params: Params = {"TableName": table, "Key": key_from(schemas[table], expect(arguments[1], bytes))}
    if options.get(methods.CONSISTENT):
        params["ConsistentRead"] = True
    return Asked(params | _counted(options), _paths(options))


def put_from(arguments: list[Any], schemas: Schemas, lists: Lists) -> Asked:
    """Return a PutItem."""
    table = text_in(arguments[0])
    key, values = expect(arguments[1], bytes), expect(arguments[2], bytes)
    item = item_from(schemas[table], key, values, lists)
    return Asked({"TableName": table, "Item": item, **_written(_options(arguments[3]))})


def change_from(arguments: list[Any], schemas: Schemas) -> Asked:
    """Return an UpdateItem or a DeleteItem."""
    table = text_in(arguments[0])
    key = key_from(schemas[table], expect(arguments[1], bytes))
    return Asked({"TableName": table, "Key": key, **_written(_options(arguments[2]))})


def query_from(arguments: list[Any], schemas: Schemas) -> Asked:
    """Return a Query."""
    expressions = Expressions()
    options = _options(arguments[2])
    params = _listed(text_in(arguments[0]), options, schemas)
    if arguments[1] is not None:
        params["KeyConditionExpression"] = expressions.condition(expect(arguments[1], bytes))
    if methods.FORWARD in options:
        params["ScanIndexForward"] = bool(options[methods.FORWARD])
    return _selected(params, options, expressions)


def scan_from(arguments: list[Any], schemas: Schemas) -> Asked:
    """Return a Scan."""
    options = _options(arguments[1])
    params = _listed(text_in(arguments[0]), options, schemas)
    for member, name in ((methods.SEGMENT, "Segment"), (methods.SEGMENTS, "TotalSegments")):
        if member in options:
            params[name] = expect(options[member], int)
    return _selected(params, options, Expressions())


def batch_get_from(arguments: list[Any], schemas: Schemas) -> tuple[Params, dict[str, list[Path] | None]]:
    """Return a BatchGetItem, and the paths that are asked for of each table's items."""
    tables: Params = {}
    paths: dict[str, list[Path] | None] = {}
    for name, one in expect(arguments[0], dict).items():
        table = text_in(name)
        is_consistent, projection, keys = _list_in(one)
        asked: Params = {"Keys": [key_from(schemas[table], expect(key, bytes)) for key in _list_in(keys)]}
        if is_consistent:
            asked["ConsistentRead"] = True
        tables[table] = asked
        paths[table] = projected_paths(expect(projection, bytes)) if projection is not None else None
    return {"RequestItems": tables, **_counted(_options(arguments[1]))}, paths


def batch_write_from(arguments: list[Any], schemas: Schemas, lists: Lists) -> Params:
    """Return a BatchWriteItem."""
    tables: Params = {}
    for name, pairs in expect(arguments[0], dict).items():
        table = text_in(name)
        pairs = _list_in(pairs)
        requests = tables[table] = []
        for key, values in zip(pairs[::2], pairs[1::2], strict=True):
            if values is None:
                requests.append({"DeleteRequest": {"Key": key_from(schemas[table], expect(key, bytes))}})
            else:
                item = item_from(schemas[table], expect(key, bytes), expect(values, bytes), lists)
                requests.append({"PutRequest": {"Item": item}})
    return {"RequestItems": tables, **_counted(_options(arguments[1]))}


def transact_get_from(arguments: list[Any], schemas: Schemas) -> tuple[Params, list[list[Path] | None]]:
    """Return a TransactGetItems, and the paths that are asked for of each item."""
    names, keys = _list_in(arguments[0]), _list_in(arguments[1])
    projections = _list_in(arguments[2]) if arguments[2] is not None else [None] * len(keys)
    gets = []
    for name, key in zip(names, keys, strict=True):
        table = text_in(name)
        gets.append({"Get": {"TableName": table, "Key": key_from(schemas[table], expect(key, bytes))}})
    paths = [projected_paths(expect(one, bytes)) if one is not None else None for one in projections]
    if len(paths) != len(gets):
        raise Malformed("The request is malformed.")
    return {"TransactItems": gets, **_counted(_options(arguments[3]))}, paths


def transact_write_from(arguments: list[Any], schemas: Schemas, lists: Lists) -> Params:
    """Return a TransactWriteItems."""
    kinds = _list_in(arguments[0])
    columns = [_column(arguments[place], len(kinds)) for place in (1, 2, 3, 5, 6, 7)]
    writes = []
    for kind, name, key, values, returned, condition, update in zip(kinds, *columns, strict=True):
        called = methods.TRANSACTED.get(expect(kind, int))
        if called is None:
            raise Malformed("The request is malformed.")
        table = text_in(name)
        expressions = Expressions()
        one: Params = {"TableName": table}
        if called == "Put":
            one["Item"] = item_from(schemas[table], expect(key, bytes), expect(values, bytes), lists)
        else:
            one["Key"] = key_from(schemas[table], expect(key, bytes))
        if condition is not None:
            one["ConditionExpression"] = expressions.condition(expect(condition, bytes))
        if update is not None:
            one["UpdateExpression"] = expressions.update(expect(update, bytes))
        if returned is not None:
            one["ReturnValuesOnConditionCheckFailure"] = _chosen(methods.FAILURE_RETURNS, returned)
        writes.append({called: one | expressions.placeholders()})
    options = _options(arguments[8])
    params = {"TransactItems": writes, **_counted(options)}
    if methods.TOKEN in options:
        params["ClientRequestToken"] = text_in(options[methods.TOKEN])
    return params


def _list_in(value: Any) -> list[Any]:
    return list(expect(value, list))


def _column(value: Any, size: int) -> list[Any]:
    return [None] * size if value is None else _list_in(value)


def _options(value: Any) -> dict[int, Any]:
    options: dict[int, Any] = {} if value is None else expect(value, dict)
    return options


def _chosen(choices: tuple[str, ...], number: Any) -> str:
    place: int = expect(number, int)
    if not 0 <= place < len(choices) or not choices[place]:
        raise Malformed("The request is malformed.")
    return choices[place]


def _counted(options: dict[int, Any]) -> Params:
    """Return what is to be counted for the answer."""
    params = {}
    if methods.CAPACITY in options:
        params["ReturnConsumedCapacity"] = _chosen(methods.CAPACITIES, options[methods.CAPACITY])
    if methods.COLLECTIONS in options:
        params["ReturnItemCollectionMetrics"] = _chosen(methods.COLLECTION_SIZES, options[methods.COLLECTIONS])
    return params


def _written(options: dict[int, Any]) -> Params:
    """Return the options of a write."""
    params = _counted(options)
    expressions = Expressions()
    if methods.RETURNED in options:
        params["ReturnValues"] = _chosen(methods.RETURNS, options[methods.RETURNED])
    if options.get(methods.CONDITION):
        params["ConditionExpression"] = expressions.condition(expect(options[methods.CONDITION], bytes))
    if options.get(methods.UPDATE):
        params["UpdateExpression"] = expressions.update(expect(options[methods.UPDATE], bytes))
    return params | expressions.placeholders()


def _paths(options: dict[int, Any]) -> list[Path] | None:
    projection = options.get(methods.PROJECTION)
    return projected_paths(expect(projection, bytes)) if projection else None


def _listed(table: str, options: dict[int, Any], schemas: Schemas) -> Params:
    """Return what Query and Scan have in common."""
    params: Params = {"TableName": table, **_counted(options)}
    if methods.INDEX in options:
        params["IndexName"] = text_in(options[methods.INDEX])
    if methods.SELECT in options:
        params["Select"] = _chosen(methods.SELECTS, options[methods.SELECT])
    if methods.LIMIT in options:
        params["Limit"] = expect(options[methods.LIMIT], int)
    if options.get(methods.CONSISTENT):
        params["ConsistentRead"] = True
    if methods.START in options:
        start = expect(options[methods.START], bytes)
        params["ExclusiveStartKey"] = _compound(start) if "IndexName" in params else key_from(schemas[table], start)
    return params


def _compound(data: bytes) -> Item:
    """Return the key an index goes on from: of the index and of its table."""
    (found,) = decode_all(data)
    return {text_in(name): attribute_of(value) for name, value in expect(found, dict).items()}


def _selected(params: Params, options: dict[int, Any], expressions: Expressions) -> Asked:
    if options.get(methods.FILTER):
        params["FilterExpression"] = expressions.condition(expect(options[methods.FILTER], bytes))
    paths = _paths(options)
    if paths is not None:
        params["ProjectionExpression"] = expressions.roots(paths)
    return Asked(params | expressions.placeholders(), paths)
