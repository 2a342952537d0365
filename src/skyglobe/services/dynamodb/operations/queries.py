"""Query and Scan."""

from __future__ import annotations

from typing import Any, NamedTuple

from skyglobe.kernel.call import Call
from skyglobe.protocols.serializing.json_body import ReadyList
from skyglobe.services.dynamodb import dynamodb
from skyglobe.services.dynamodb.consumption import Consumption
from skyglobe.services.dynamodb.counting import count_returned, measured
from skyglobe.services.dynamodb.expressions.binding import Steps, Values
from skyglobe.services.dynamodb.expressions.conditions import Test
from skyglobe.services.dynamodb.expressions.keys import KeyCondition, Range, range_of
from skyglobe.services.dynamodb.expressions.legacy import compile_filter, compile_key_conditions, refuse_mixture
from skyglobe.services.dynamodb.expressions.parameters import Parameters
from skyglobe.services.dynamodb.expressions.projections import Projection, projection_of
from skyglobe.services.dynamodb.finding import Found, get_table
from skyglobe.services.dynamodb.layout import MISMATCH, Index, Keys
from skyglobe.services.dynamodb.paging import Page, Reading, read_page
from skyglobe.services.dynamodb.refusals import invalid, invalid_values
from skyglobe.services.dynamodb.rules.capacity import read_units
from skyglobe.services.dynamodb.rules.values import Item, measure
from skyglobe.services.dynamodb.throughput import spend_reads

Request = dict[str, Any]
_NO_KEY: Item = {}
_QUERY_LEGACY = ("KeyConditions", "QueryFilter", "AttributesToGet", "ConditionalOperator")
_SCAN_LEGACY = ("ScanFilter", "AttributesToGet", "ConditionalOperator")
_QUERY_NEW = ("KeyConditionExpression", "FilterExpression", "ProjectionExpression")
_SCAN_NEW = ("FilterExpression", "ProjectionExpression")


class Wish(NamedTuple):
    """What a request says of the items it wants, in whichever form it says so."""

    conditions: tuple[KeyCondition, ...]
    condition_values: Values
    test: Test | None
    test_attributes: frozenset[str]
    values: Values
    projection: Projection | None
    paths: tuple[Steps, ...] | None


@dynamodb.operation
@measured
def query(call: Call, request: Request) -> dict[str, Any]:
    """Read a partition of a table or index, in the order of its sort keys."""
    found = get_table(call, request["TableName"])
    refuse_mixture(request, _QUERY_LEGACY, _QUERY_NEW)
    index = _index(found, request)
    wish = _query_wish(request)
    keys: Keys = index or found.table.layout.primary
    place = range_of(keys, wish.conditions, wish.condition_values)
    for name in keys.names:
        if name in wish.test_attributes:
            raise invalid(
                f"Filter Expression can only contain non-primary key attributes: Primary key attribute: {name}"
            )
    is_reverse = request.get("ScanIndexForward") is False
    start, stop = place.start, place.stop
    if request.get("ExclusiveStartKey") is not None:
        start, stop = _continued(found, index, request["ExclusiveStartKey"], place, is_reverse=is_reverse)
    return _answer(found, index, request, wish, start, stop, is_reverse=is_reverse)


@dynamodb.operation
@measured
def scan(call: Call, request: Request) -> dict[str, Any]:
    """Read a table or index, or one segment of it."""
    found = get_table(call, request["TableName"])
    refuse_mixture(request, _SCAN_LEGACY, _SCAN_NEW)
    index = _index(found, request)
    wish = _scan_wish(request)
    keys: Keys = index or found.table.layout.primary
    start, stop = _segment(keys, request)
    if request.get("ExclusiveStartKey") is not None:
        key = _start_key(found, index, request["ExclusiveStartKey"])
        if not start <= key < stop:
            raise invalid(
                "The provided starting key is invalid: Invalid ExclusiveStartKey. "
                "Please use ExclusiveStartKey with correct Segment. "
                f"TotalSegments: {request.get('TotalSegments')} Segment: {request.get('Segment')}"
            )
        start = key + b"\0"
    return _answer(found, index, request, wish, start, stop, is_reverse=False)


def _index(found: Found, request: Request) -> Index | None:
    name = request.get("IndexName")
    if name is None:
        return None
    index = found.table.layout.by_name.get(name)
    if index is None:
        raise invalid(f"The table does not have the specified index: {name}")
    if not index.is_local:
        described = found.table.find_index(name)
        if described is not None and described.status == "CREATING":
            raise invalid(f"Cannot read from backfilling global secondary index: {name}")
        if request.get("ConsistentRead"):
            raise invalid("Consistent reads are not supported on global secondary indexes")
    return index


def _query_wish(request: Request) -> Wish:
    legacy = request.get("KeyConditions")
    if legacy is not None:
        conditions, values = compile_key_conditions(legacy)
        return _legacy_wish(request, "QueryFilter", conditions, values)
    parameters = Parameters(request, ("KeyConditionExpression", "FilterExpression", "ProjectionExpression"))
    compiled = parameters.key_conditions()
    if compiled is None:
        raise invalid("Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.")
    return _new_wish(parameters, compiled)


def _scan_wish(request: Request) -> Wish:
    if any(request.get(name) is not None for name in _SCAN_LEGACY):
        return _legacy_wish(request, "ScanFilter", (), {})
    return _new_wish(Parameters(request, _SCAN_NEW), ())


def _new_wish(parameters: Parameters, conditions: tuple[KeyCondition, ...]) -> Wish:
    test, projection = parameters.condition("FilterExpression"), parameters.projection()
    parameters.finish()
    values = parameters.values
    attributes = parameters.attributes.get("FilterExpression", frozenset())
    take, paths = projection if projection is not None else (None, None)
    return Wish(conditions, values, test, attributes, values, take, paths)


def _legacy_wish(request: Request, name: str, conditions: tuple[KeyCondition, ...], values: Values) -> Wish:
    filters = request.get(name) or {}
    test = compile_filter(filters, request.get("ConditionalOperator"))
    wanted = request.get("AttributesToGet")
    paths = tuple((attribute,) for attribute in wanted) if wanted is not None else None
    take = projection_of(list(paths)) if paths is not None else None
    return Wish(conditions, values, test, frozenset(filters), {}, take, paths)


def _segment(keys: Keys, request: Request) -> tuple[bytes, bytes]:
    segment, total = request.get("Segment"), request.get("TotalSegments")
    if segment is None and total is None:
        return keys.prefix, keys.stop
    if total is None:
        raise invalid(
            "The TotalSegments parameter is required but was not present in the request when Segment parameter is "
            "present"
        )
    if segment is None:
        raise invalid(
            "The Segment parameter is required but was not present in the request when parameter TotalSegments is "
            "present"
        )
    if segment >= total:
        raise invalid(
            "The Segment parameter is zero-based and must be less than parameter TotalSegments: "
            f"Segment: {segment} is not less than TotalSegments: {total}"
        )
    return keys.segment(segment, total)


def _start_key(found: Found, index: Index | None, given: Item) -> bytes:
    """Return the place in the store that an ExclusiveStartKey names."""
    primary = found.table.layout.primary
    wanted = {*primary.names, *(index.names if index is not None else ())}
    if given.keys() != wanted:
        raise invalid(
            f"The provided starting key is invalid: {MISMATCH}"
            if index is None
            else "The provided starting key is invalid"
        )
    for value in given.values():
        measure(value)
    for name, value in given.items():
        if found.table.attributes[name] not in value:
            raise invalid(f"The provided starting key is invalid: {MISMATCH}")
    key = primary.of_key({name: given[name] for name in primary.names})
    if index is None:
        return key
    index.check(given)
    entry = index.entry_key(given, key)
    assert entry is not None
    return entry


def _continued(
    found: Found, index: Index | None, given: Item, place: Range, *, is_reverse: bool
) -> tuple[bytes, bytes]:
    key = _start_key(found, index, given)
    if not key.startswith(place.partition):
        raise invalid("The provided starting key is outside query boundaries based on provided conditions")
    if not place.start <= key < place.stop:
        raise invalid("The provided starting key does not match the range key predicate")
    return (place.start, key) if is_reverse else (key + b"\0", place.stop)


def _answer(
    found: Found,
    index: Index | None,
    request: Request,
    wish: Wish,
    start: bytes,
    stop: bytes,
    *,
    is_reverse: bool,
) -> dict[str, Any]:
    counts_only, fetches = _selection(found, index, request, wish)
    page = read_page(
        found,
        index,
        Reading(
            start,
            stop,
            is_reverse,
            request.get("Limit"),
            wish.test,
            wish.values,
            wish.projection,
            fetches,
            counts_only,
        ),
    )
    answer: dict[str, Any] = {"Count": page.matched, "ScannedCount": page.scanned}
    if not counts_only:
        answer["Items"] = ReadyList(page.items)
    if page.last is not None:
        names = {*found.table.layout.primary.names, *(index.names if index is not None else ())}
        answer["LastEvaluatedKey"] = {name: page.last[name] for name in names}
    _consume(found, index, request, page, wish, answer)
    return answer


def _consume(
    found: Found, index: Index | None, request: Request, page: Page, wish: Wish, answer: dict[str, Any]
) -> None:
    is_consistent = bool(request.get("ConsistentRead"))
    units = read_units(page.size, consistent=is_consistent)
    fetched = page.fetched_units if is_consistent else page.fetched_units / 2
    key = _asked_key(wish) if found.table.has_insights else _NO_KEY
    spend_reads(found, units + fetched, index.name if index is not None else "", key)
    mode = request.get("ReturnConsumedCapacity")
    operation = "Scan" if request.keys().isdisjoint(("KeyConditionExpression", "KeyConditions")) else "Query"
    count_returned(found, operation, page.matched)
    if mode is None:
        return
    consumed = Consumption(found, request["TableName"])
    if index is None:
        consumed.add(units)
    else:
        consumed.add(fetched, {index.name: units})
    answer["ConsumedCapacity"] = consumed.shown(mode)


def _asked_key(wish: Wish) -> Item:
    """Return the key attributes that a query asks to be equal to something."""
    return {
        condition.attribute: wish.condition_values[condition.values[0]]
        for condition in wish.conditions
        if condition.operator == "="
    }


def _selection(found: Found, index: Index | None, request: Request, wish: Wish) -> tuple[bool, bool]:
    """Return whether only counts are wanted, and whether items must be fetched from the table."""
    select = request.get("Select")
    if wish.paths is not None and select not in (None, "SPECIFIC_ATTRIBUTES"):
        if select == "COUNT":
            raise invalid("Cannot specify the AttributesToGet when choosing to get only the Count")
        word = "AttributesToGet" if request.get("AttributesToGet") is not None else "ProjectionExpression"
        raise invalid(f"Cannot specify the {word} when choosing to get {select}")
    if select == "SPECIFIC_ATTRIBUTES" and wish.paths is None:
        raise invalid(
            "Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES"
        )
    if select == "ALL_PROJECTED_ATTRIBUTES" and index is None:
        raise invalid("ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName")
    if index is None or index.projected is None:
        return select == "COUNT", False
    if select == "ALL_ATTRIBUTES" and not index.is_local:
        raise invalid_values(
            f"Select type ALL_ATTRIBUTES is not supported for global secondary index {index.name} "
            "because its projection type is not ALL"
        )
    wanted = {str(steps[0]) for steps in wish.paths or ()} | (wish.test_attributes if not index.is_local else set())
    absent = sorted(wanted - index.projected)
    if absent and not index.is_local:
        raise invalid_values(f"Global secondary index {index.name} does not project [{', '.join(absent)}]")
    return select == "COUNT", select == "ALL_ATTRIBUTES" or bool(absent)
