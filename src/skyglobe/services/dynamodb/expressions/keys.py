"""Key conditions: which range of a table or index a query reads.

API reference of Query, "KeyConditionExpression".
"""

from __future__ import annotations

from typing import Any, NamedTuple

from skyglobe.services.dynamodb.expressions.binding import Binding, Values
from skyglobe.services.dynamodb.expressions.conditions import ORDERED, check_bounds, count_operands
from skyglobe.services.dynamodb.expressions.tokens import ExpressionError
from skyglobe.services.dynamodb.expressions.trees import (
    Between,
    Comparison,
    Condition,
    Invocation,
    Junction,
    Membership,
    Operand,
    Path,
    Placeholder,
)
from skyglobe.services.dynamodb.layout import Attribute, Keys, successor
from skyglobe.services.dynamodb.refusals import invalid, invalid_values
from skyglobe.services.dynamodb.rules.values import Value

_MIRRORED = {"=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


class KeyCondition(NamedTuple):
    """One condition on one key attribute."""

    attribute: str
    operator: str
    """A comparator, BETWEEN or begins_with."""
    values: tuple[str, ...]
    """Names of the values it compares with."""


class BadKeyCondition(Exception):
    """What AWS words without naming the parameter first."""


def compile_key_condition(tree: Condition, binding: Binding) -> tuple[KeyCondition, ...]:
    """Return the conditions that an expression joins by AND. Raises ExpressionError and BadKeyCondition."""
    found: list[KeyCondition] = []
    for part in _parts(tree):
        condition = _condition(part, binding)
        if any(condition.attribute == other.attribute for other in found):
            raise ExpressionError("KeyConditionExpressions must only contain one condition per key")
        found.append(condition)
    return tuple(found)


def _parts(tree: Condition) -> list[Condition]:
    if isinstance(tree, Junction):
        if tree.word != "AND":
            raise BadKeyCondition("Invalid operator used in KeyConditionExpression: OR")
        return [part for below in tree.parts for part in _parts(below)]
    return [tree]


def _condition(tree: Condition, binding: Binding) -> KeyCondition:
    if isinstance(tree, Comparison) and tree.sign != "<>":
        if isinstance(tree.left, Path):
            return _made(tree.left, tree.sign, (tree.right,), binding)
        return _made(tree.right, _MIRRORED[tree.sign], (tree.left,), binding)
    if isinstance(tree, Between):
        made = _made(tree.operand, "BETWEEN", (tree.lower, tree.upper), binding)
        lower, upper = made.values
        binding.checks.append(lambda values: check_bounds(values[lower], values[upper]))
        return made
    if isinstance(tree, Invocation) and tree.function == "begins_with":
        count_operands("begins_with", len(tree.arguments), 2)
        binding.demand(tree.arguments[1], frozenset(("S", "B")), "begins_with")
        return _made(tree.arguments[0], "begins_with", tree.arguments[1:], binding)
    raise BadKeyCondition(f"Invalid operator used in KeyConditionExpression: {_name_of(tree)}")


def _name_of(tree: Condition) -> str:
    if isinstance(tree, Comparison):
        return tree.sign
    if isinstance(tree, Membership):
        return "IN"
    return tree.function if isinstance(tree, Invocation) else "NOT"


def _made(path: Operand, operator: str, others: tuple[Operand, ...], binding: Binding) -> KeyCondition:
    if not isinstance(path, Path):
        raise BadKeyCondition("Invalid condition in KeyConditionExpression: No key attribute specified")
    steps = binding.steps(path)
    if len(steps) > 1:
        raise ExpressionError("KeyConditionExpressions cannot have conditions on nested attributes")
    names = []
    for other in others:
        if not isinstance(other, Placeholder):
            raise BadKeyCondition(
                "Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition"
            )
        names.append(binding.value(other))
        if operator != "begins_with":
            binding.demand(other, ORDERED, operator)
    return KeyCondition(str(steps[0]), operator, tuple(names))


class Range(NamedTuple):
    """What a query reads, and the bounds of its partition."""

    start: bytes
    stop: bytes
    partition: bytes


def range_of(keys: Keys, conditions: tuple[KeyCondition, ...], values: Values) -> Range:
    """Return the range that conditions on a table's or index's keys speak of. Raises ValidationException."""
    by_name = {condition.attribute: condition for condition in conditions}
    contents = []
    for part in keys.hashes:
        condition = by_name.pop(part.name, None)
        if condition is None:
            raise invalid(f"Query condition missed key schema element: {part.name}")
        if condition.operator != "=":
            raise invalid("Query key condition not supported")
        contents.append(_content(part, values[condition.values[0]]))
    partition = at = keys.partition(contents)
    start, stop = at, at + b"\xff"
    for part in keys.sorts:
        if not by_name:
            break
        condition = by_name.pop(part.name, None)
        if condition is None:
            raise invalid(f"Query condition missed key schema element: {part.name}")
        packed = [at + part.pack(_content(part, values[name])) for name in condition.values]
        start, stop = _bounds(condition.operator, packed, at)
        if condition.operator != "=" and by_name:
            raise invalid("Query key condition not supported")
        at = packed[0]
    if by_name:
        raise invalid("Query key condition not supported")
    return Range(start, stop, partition)


def _bounds(operator: str, packed: list[bytes], at: bytes) -> tuple[bytes, bytes]:
    first = packed[0]
    if operator == "=":
        return first, first + b"\xff"
    if operator == "<":
        return at, first
    if operator == "<=":
        return at, first + b"\xff"
    if operator == ">":
        return first + b"\xff", at + b"\xff"
    if operator == ">=":
        return first, at + b"\xff"
    if operator == "BETWEEN":
        return first, packed[1] + b"\xff"
    beginning = first[:-1]  # without the terminator: every text that goes on from here
    return beginning, successor(beginning)


def _content(part: Attribute, value: Value) -> Any:
    content = value.get(part.kind)
    if content is None:
        raise invalid_values("Condition parameter type does not match schema type")
    if len(content) == 0:
        word = "string" if part.kind == "S" else "binary"
        raise invalid(
            "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an "
            f"empty {word} value. Key: {part.name}"
        )
    return content
