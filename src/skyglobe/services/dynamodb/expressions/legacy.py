"""The parameters that were there before expressions: Expected, filters, KeyConditions, AttributeUpdates.

Developer guide, "Legacy conditional parameters". Each becomes what an expression becomes: a test, key conditions, an
update.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import ge, gt, le, lt
from typing import Any

from skyglobe.services.dynamodb.expressions.binding import Values
from skyglobe.services.dynamodb.expressions.conditions import Test, contains_value, in_order
from skyglobe.services.dynamodb.expressions.keys import KeyCondition
from skyglobe.services.dynamodb.expressions.updates import SETS, WRONG_TYPE, CompiledUpdate, added, put, remove, without
from skyglobe.services.dynamodb.refusals import invalid, invalid_values
from skyglobe.services.dynamodb.rules.values import Item, Value, measure

_OPERANDS = {"NULL": (0, 0), "NOT_NULL": (0, 0), "BETWEEN": (2, 2), "IN": (1, 100)}
_KEY_OPERATORS = {
    "EQ": "=",
    "LT": "<",
    "LE": "<=",
    "GT": ">",
    "GE": ">=",
    "BETWEEN": "BETWEEN",
    "BEGINS_WITH": "begins_with",
}
_SCALARS = frozenset(("S", "N", "B"))
_TEXTUAL = frozenset(("S", "B"))
_KINDS = {
    **dict.fromkeys(("LT", "LE", "GT", "GE", "BETWEEN"), _SCALARS),
    "BEGINS_WITH": _TEXTUAL,
    "CONTAINS": _SCALARS,
    "NOT_CONTAINS": _SCALARS,
    "IN": _SCALARS,
}
Given = dict[str, Any]
Matcher = Callable[[Value | None, list[Value]], bool]


def refuse_mixture(request: Given, legacy: tuple[str, ...], expressions: tuple[str, ...]) -> None:
    """Raise ValidationException when a request uses both kinds of parameters."""
    old = [name for name in legacy if request.get(name) is not None]
    new = [name for name in expressions if request.get(name) is not None]
    if old and new:
        raise invalid(
            "Can not use both expression and non-expression parameters in the same request: "
            f"Non-expression parameters: {{{', '.join(old)}}} Expression parameters: {{{', '.join(new)}}}"
        )


def _ordered(compare: Callable[[Any, Any], bool]) -> Matcher:
    return lambda value, given: value is not None and in_order(compare, value, given[0])


def _between(value: Value | None, given: list[Value]) -> bool:
    return value is not None and in_order(ge, value, given[0]) and in_order(le, value, given[1])


def _begins(value: Value | None, given: list[Value]) -> bool:
    ((kind, start),) = given[0].items()
    return value is not None and kind in value and value[kind].startswith(start)


_MATCHERS: dict[str, Matcher] = {
    "EQ": lambda value, given: value == given[0],
    "NE": lambda value, given: value != given[0],
    "LT": _ordered(lt),
    "LE": _ordered(le),
    "GT": _ordered(gt),
    "GE": _ordered(ge),
    "NOT_NULL": lambda value, given: value is not None,
    "NULL": lambda value, given: value is None,
    "CONTAINS": lambda value, given: value is not None and contains_value(value, given[0]),
    "NOT_CONTAINS": lambda value, given: value is not None and not contains_value(value, given[0]),
    "BEGINS_WITH": _begins,
    "IN": lambda value, given: value in given,
    "BETWEEN": _between,
}


def check_operands(operator: str, given: list[Value]) -> None:
    """Raise ValidationException when a comparison operator is not given what it takes."""
    least, most = _OPERANDS.get(operator, (1, 1))
    if not least <= len(given) <= most:
        raise invalid_values(f"Invalid number of argument(s) for the {operator} ComparisonOperator")
    for value in given:
        measure(value)
        kind = next(iter(value))
        if kind not in _KINDS.get(operator, value):
            raise invalid_values(f"ComparisonOperator {operator} is not valid for {kind} AttributeValue type")
    if operator == "BETWEEN" and in_order(gt, given[0], given[1]):
        raise invalid(
            "The BETWEEN condition was provided a range where the lower bound is greater than the upper bound"
        )


def compile_filter(conditions: dict[str, Given], operator: str | None) -> Test | None:
    """Return the test of a QueryFilter or ScanFilter, joined by ConditionalOperator. Raises ValidationException."""
    matches = []
    for name, condition in conditions.items():
        comparison = condition.get("ComparisonOperator")
        given = condition.get("AttributeValueList") or []
        check_operands(comparison, given)  # type: ignore[arg-type]
        matches.append((name, _MATCHERS[comparison], given))  # type: ignore[index]
    return _joined(matches, operator)


def compile_expected(expected: dict[str, Given], operator: str | None) -> Test | None:
    """Return the test of Expected. Raises ValidationException."""
    matches: list[tuple[str, Matcher, list[Value]]] = []
    for name, condition in expected.items():
        comparison, given = _expectation(name, condition)
        matches.append((name, _MATCHERS[comparison], given))
    return _joined(matches, operator)


def _expectation(name: str, condition: Given) -> tuple[str, list[Value]]:
    value, exists, comparison = condition.get("Value"), condition.get("Exists"), condition.get("ComparisonOperator")
    if comparison is not None:
        if exists is not None:
            raise invalid_values(f"Exists and ComparisonOperator cannot be used together for Attribute: {name}")
        if value is not None and condition.get("AttributeValueList") is not None:
            raise invalid_values(f"Value and AttributeValueList cannot be used together for Attribute: {name}")
        given = [value] if value is not None else condition.get("AttributeValueList") or []
        check_operands(comparison, given)
        return comparison, given
    if condition.get("AttributeValueList") is not None:
        raise invalid_values(f"AttributeValueList can only be used with a ComparisonOperator for Attribute: {name}")
    if value is None:
        if exists is not False:
            told = "null" if exists is None else "true"
            raise invalid_values(f"Value must be provided when Exists is {told} for Attribute: {name}")
        return "NULL", []
    if exists is False:
        raise invalid_values(f"Value cannot be used when Exists is false for Attribute: {name}")
    measure(value)
    return "EQ", [value]


def _joined(matches: list[tuple[str, Matcher, list[Value]]], operator: str | None) -> Test | None:
    if not matches:
        if operator is not None:
            raise invalid("ConditionalOperator cannot be used without Filter or Expected")
        return None
    if operator is not None and len(matches) == 1:
        raise invalid("ConditionalOperator can only be used when Filter or Expected has two or more elements")
    join = any if operator == "OR" else all
    return lambda item, values: join(match(item.get(name), given) for name, match, given in matches)


def compile_key_conditions(conditions: dict[str, Given]) -> tuple[tuple[KeyCondition, ...], Values]:
    """Return KeyConditions as an expression would have them. Raises ValidationException."""
    if not 1 <= len(conditions) <= 2:
        raise invalid("Conditions can be of length 1 or 2 only")
    made: list[KeyCondition] = []
    values: Values = {}
    for name, condition in conditions.items():
        operator = condition.get("ComparisonOperator", "")
        given = condition.get("AttributeValueList") or []
        check_operands(operator, given)
        if operator not in _KEY_OPERATORS:
            raise invalid("Attempted conditional constraint is not an indexable operation")
        names = tuple(f"{name} {place}" for place in range(len(given)))
        values.update(zip(names, given, strict=True))
        made.append(KeyCondition(name, _KEY_OPERATORS[operator], names))
    return tuple(made), values


def compile_updates(updates: dict[str, Given]) -> CompiledUpdate:
    """Return what AttributeUpdates does. Raises ValidationException."""
    changes = [_update(name, update) for name, update in updates.items()]
    only_removes = bool(updates) and all(update.get("Action") == "DELETE" for update in updates.values())
    return CompiledUpdate(changes, tuple((name,) for name in updates), only_removes=only_removes)


def _update(name: str, update: Given) -> Callable[[Item, Item, Values], None]:
    action, value = update.get("Action", "PUT"), update.get("Value")
    if value is None:
        if action != "DELETE":
            raise invalid_values("Only DELETE action is allowed when no attribute value is specified")
        return lambda item, made, values: remove(made, (name,))
    measure(value)
    kind = next(iter(value))
    if action == "PUT":
        return lambda item, made, values: put(made, (name,), value)
    if action == "ADD":
        if kind not in SETS | {"N", "L"}:
            raise invalid_values(f"ADD action is not supported for the type {kind}")
        return lambda item, made, values: put(made, (name,), _added(item.get(name), value))
    if kind not in SETS:
        raise invalid_values(f"DELETE action with value is not supported for the type {kind}")
    return lambda item, made, values: _take_out(made, name, item.get(name), value)


def _added(known: Value | None, value: Value) -> Value:
    if known is not None and "L" in value:
        if "L" not in known:
            raise invalid(WRONG_TYPE)
        return {"L": [*known["L"], *value["L"]]}
    if known is not None and next(iter(value)) not in known:
        raise invalid("Type mismatch for attribute to update")
    return added(known, value)


def _take_out(made: Item, name: str, known: Value | None, gone: Value) -> None:
    if known is None:
        return
    if next(iter(gone)) not in known:
        raise invalid("Type mismatch for attribute to update")
    left = without(known, gone)
    if left is None:
        remove(made, (name,))
    else:
        put(made, (name,), left)
