"""Statements carried out: reads as queries and scans, writes as the writes of items they stand for."""

from __future__ import annotations

from typing import Any, NamedTuple

from skyglobe.kernel.call import Call
from skyglobe.kernel.errors import ServiceError
from skyglobe.services.dynamodb import dynamodb
from skyglobe.services.dynamodb.expressions.binding import Binding, Steps
from skyglobe.services.dynamodb.expressions.conditions import Test, compile_condition
from skyglobe.services.dynamodb.expressions.keys import KeyCondition, range_of
from skyglobe.services.dynamodb.expressions.projections import Projection, compile_projection
from skyglobe.services.dynamodb.expressions.tokens import ExpressionError
from skyglobe.services.dynamodb.expressions.trees import (
    Between,
    Comparison,
    Condition,
    Invocation,
    Junction,
    Path,
    Placeholder,
    Update,
)
from skyglobe.services.dynamodb.expressions.updates import compile_update
from skyglobe.services.dynamodb.finding import Found, get_table
from skyglobe.services.dynamodb.items import Stored, check_new
from skyglobe.services.dynamodb.layout import Index, Keys
from skyglobe.services.dynamodb.paging import Page, Reading, read_page
from skyglobe.services.dynamodb.partiql.statements import Statement
from skyglobe.services.dynamodb.refusals import invalid, invalid_values
from skyglobe.services.dynamodb.rules.values import Item, measure_item
from skyglobe.services.dynamodb.writing import TOO_LARGE, UPDATED_TOO_LARGE, Made, Write

DUPLICATE = "Duplicate primary key exists in table"
NOT_A_KEY = "Where clause does not contain a mandatory equality on all key attributes"


class Bound(NamedTuple):
    """A statement whose names and values are looked up."""

    found: Found
    secondary: Index | None
    statement: Statement
    test: Test | None
    projection: Projection | None
    paths: tuple[Steps, ...] | None


def bind(call: Call, statement: Statement) -> Bound:
    """Look up the table, the index, the names and the values of a statement. Raises ValidationException."""
    found = get_table(call, statement.table)
    index = None
    if statement.index_name is not None:
        index = found.table.layout.by_name.get(statement.index_name)
        if index is None:
            raise invalid(f"The table does not have the specified index: {statement.index_name}")
    try:
        binding = Binding(statement.names)
        test = compile_condition(statement.where, binding) if statement.where is not None else None
        for check in binding.checks:
            check(statement.values)
        taken = compile_projection(statement.paths, binding) if statement.paths is not None else (None, None)
    except ExpressionError as error:
        raise invalid(f"Invalid statement: {error}") from error
    return Bound(found, index, statement, test, *taken)


def _simple(statement: Statement) -> dict[str, KeyCondition]:
    """Return the conditions, joined by AND, that compare a top-level attribute with a value."""
    found: dict[str, KeyCondition] = {}
    for part in _parts(statement.where):
        condition = _as_key_condition(part, statement.names)
        if condition is not None:
            found.setdefault(condition.attribute, condition)
    return found


def _parts(tree: Condition | None) -> list[Condition]:
    if tree is None:
        return []
    if isinstance(tree, Junction) and tree.word == "AND":
        return [below for part in tree.parts for below in _parts(part)]
    return [tree]


def _as_key_condition(tree: Condition, names: dict[str, str]) -> KeyCondition | None:
    if isinstance(tree, Comparison) and tree.sign != "<>":
        sides, operator = (tree.left, tree.right), tree.sign
    elif isinstance(tree, Between):
        sides, operator = (tree.operand, tree.lower, tree.upper), "BETWEEN"  # type: ignore[assignment]
    elif isinstance(tree, Invocation) and tree.function == "begins_with" and len(tree.arguments) == 2:
        sides, operator = tree.arguments, "begins_with"
    else:
        return None
    path, *others = sides
    if not isinstance(path, Path) or len(path.steps) != 1:
        return None
    values = tuple(other.name for other in others if isinstance(other, Placeholder))
    return KeyCondition(names[str(path.steps[0])], operator, values) if len(values) == len(others) else None


def is_scan(bound: Bound) -> bool:
    """Whether a SELECT looks at every item, for lack of an equality on the partition key."""
    keys: Keys = bound.secondary or bound.found.table.layout.primary
    simple = _simple(bound.statement)
    return any(part.name not in simple or simple[part.name].operator != "=" for part in keys.hashes)


def partition_of(bound: Bound) -> Item:
    """Return the attributes of the partition key that a SELECT names; none where it looks at every item."""
    if is_scan(bound):
        return {}
    keys: Keys = bound.secondary or bound.found.table.layout.primary
    simple = _simple(bound.statement)
    return {part.name: bound.statement.values[simple[part.name].values[0]] for part in keys.hashes}


def select(bound: Bound, start_key: bytes | None, limit: int | None) -> tuple[Page, bytes | None]:
    """Read one page of a SELECT; return it and the place to go on from."""
    keys: Keys = bound.secondary or bound.found.table.layout.primary
    values = bound.statement.values
    is_reverse = _is_reverse(bound, keys)
    if is_scan(bound):
        start, stop = keys.prefix, keys.stop
    else:
        simple = _simple(bound.statement)
        wanted = [simple[part.name] for part in keys.hashes]
        for part in keys.sorts:
            condition = simple.get(part.name)
            if condition is None or any(part.kind not in values[name] for name in condition.values):
                break
            wanted.append(condition)
            if condition.operator != "=":
                break
        start, stop, _ = range_of(keys, tuple(wanted), values)
    if start_key is not None:
        start, stop = (start, start_key) if is_reverse else (start_key + b"\0", stop)
    fetches = False
    if bound.secondary is not None and bound.secondary.projected is not None and bound.paths is not None:
        absent = sorted({str(steps[0]) for steps in bound.paths} - bound.secondary.projected)
        if absent and not bound.secondary.is_local:
            raise invalid_values(
                f"Global secondary index {bound.secondary.name} does not project [{', '.join(absent)}]"
            )
        fetches = bool(absent)
    reading = Reading(start, stop, is_reverse, limit, bound.test, values, bound.projection, fetches, False)
    page = read_page(bound.found, bound.secondary, reading)
    if page.last is None:
        return page, None
    primary_key = bound.found.table.layout.primary.of_item(page.last)
    if bound.secondary is None:
        return page, primary_key
    return page, bound.secondary.entry_key(page.last, primary_key)


def _is_reverse(bound: Bound, keys: Keys) -> bool:
    order = bound.statement.order
    if not order:
        return False
    if is_scan(bound):
        raise invalid("Must have WHERE clause in the statement when using ORDER BY clause.")
    if any(name not in keys.names for name, _ in order):
        raise invalid("Variable reference in ORDER BY clause must be part of the primary key")
    return next((descends for name, descends in order if name in {part.name for part in keys.sorts}), False)


def key_of(bound: Bound) -> Item | None:
    """Return the whole key that a statement's WHERE names by equalities, None when it does not."""
    simple = _simple(bound.statement)
    key: Item = {}
    for name in bound.found.table.layout.primary.names:
        condition = simple.get(name)
        if condition is None or condition.operator != "=":
            return None
        key[name] = bound.statement.values[condition.values[0]]
    return key


def write_of(bound: Bound, more: dict[str, Any]) -> Write:
    """Return the write that INSERT, UPDATE, DELETE or EXISTS stands for. Raises ValidationException."""
    statement, found = bound.statement, bound.found
    if statement.verb == "INSERT":
        return _insertion(found, statement, more)
    key = key_of(bound)
    if key is None:
        raise invalid(NOT_A_KEY)
    place = found.table.layout.primary.of_key(key)
    if statement.verb == "EXISTS":
        return Write(found, place, more, _there(bound.test), statement.values, None)
    if statement.verb == "DELETE":
        if statement.returning not in (None, "ALL OLD"):
            raise invalid("Unsupported RETURNING clause in a DELETE statement: only ALL OLD * is supported")
        is_bare = len(_parts(statement.where)) == len(found.table.layout.primary.names)
        test = None if is_bare else bound.test
        return Write(found, place, more, test, statement.values, lambda old: (None, 0))
    return _updating(bound, place, key, more)


def _there(test: Test | None) -> Test:
    return lambda item, values: bool(item) and (test is None or test(item, values))


def _insertion(found: Found, statement: Statement, more: dict[str, Any]) -> Write:
    item = statement.item or {}
    size = measure_item(item)
    layout = found.table.layout
    place = layout.primary.of_item(item)
    check_new(layout, item, size, TOO_LARGE)
    return Write(found, place, more, lambda known, values: not known, {}, lambda old: (item, size))


def _updating(bound: Bound, place: bytes, key: Item, more: dict[str, Any]) -> Write:
    statement, found = bound.statement, bound.found
    layout = found.table.layout
    binding = Binding(statement.names)
    try:
        update = compile_update(Update(statement.actions), binding)
        for check in binding.checks:
            check(statement.values)
    except ExpressionError as error:
        raise invalid(f"Invalid statement: {error}") from error
    for steps in update.paths:
        if steps[0] in layout.key_names:
            raise invalid_values(f"Cannot update attribute {steps[0]}. This attribute is part of the key")

    def plan(old: Stored | None) -> Made:
        item = update.apply(old.item if old is not None else key, statement.values)
        size = measure_item(item)
        check_new(layout, item, size, UPDATED_TOO_LARGE)
        return item, size

    return Write(found, place, more, _there(bound.test), statement.values, plan, update.paths)


def duplicate() -> ServiceError:
    """Return DuplicateItemException."""
    return dynamodb.errors.DuplicateItemException(DUPLICATE)
