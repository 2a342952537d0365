"""Working expressions out: operators between numbers, series and lists of series; functions are in ``functions``."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from functools import lru_cache

from skyglobe.services.cloudwatch.rules.expressions import parsing
from skyglobe.services.cloudwatch.rules.expressions.functions import FUNCTIONS
from skyglobe.services.cloudwatch.rules.expressions.parsing import Node
from skyglobe.services.cloudwatch.rules.expressions.values import (
    Band,
    MathError,
    Series,
    Setting,
    Text,
    Value,
    Word,
)

Operate = Callable[[float, float], float]


def _power(base: float, exponent: float) -> float:
    result: float | complex = base**exponent
    if isinstance(result, complex):
        raise ValueError("no real number")
    return result


OPERATORS: dict[str, Operate] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "^": _power,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "AND": lambda left, right: bool(left) and bool(right),
    "&&": lambda left, right: bool(left) and bool(right),
    "OR": lambda left, right: bool(left) or bool(right),
    "||": lambda left, right: bool(left) or bool(right),
}

parse = lru_cache(maxsize=512)(parsing.parse)


def evaluate(text: str, setting: Setting) -> Value:
    """Return what an expression comes to. Raises MathError, and Unbuilt for functions that are not built here."""
    return _value(parse(text), setting)


def _value(node: Node, setting: Setting) -> Value:
    if isinstance(node, parsing.Number):
        return node.value
    if isinstance(node, parsing.Quoted):
        return Text(node.text)
    if isinstance(node, parsing.Name):
        found = setting.find(node.text)
        return found if found is not None else Word(node.text)
    if isinstance(node, parsing.Listed):
        return _listed([_value(element, setting) for element in node.elements])
    if isinstance(node, parsing.Unary):
        return _unary(node.operator, _value(node.operand, setting))
    if isinstance(node, parsing.Binary):
        return operate(node.operator, _value(node.left, setting), _value(node.right, setting))
    function = FUNCTIONS.get(node.function)
    if function is None:
        raise MathError(f"Unknown function '{node.function}'")
    return function(setting, [_value(argument, setting) for argument in node.arguments])


def _listed(values: list[Value]) -> list[Series]:
    found: list[Series] = []
    for value in values:
        if isinstance(value, Series):
            found.append(value)
        elif isinstance(value, list):
            found.extend(value)
        else:
            raise MathError("A list can hold time series only")
    return found


def _unary(sign: str, value: Value) -> Value:
    if sign == "+":
        return value
    if sign == "!":
        return operate("==", value, 0.0)
    return operate("-", 0.0, value)


def operate(name: str, left: Value, right: Value) -> Value:
    """Return ``left`` and ``right`` put together. Instants at which one has no value are left out."""
    for side in (left, right):
        if isinstance(side, Word):
            raise MathError(f"Undefined variable '{side.text}'")
        if isinstance(side, Text | Band):
            raise MathError(f"The operator '{name}' does not take this kind of value")
    if isinstance(left, list) and isinstance(right, list):
        if len(left) != len(right):
            raise MathError(f"The operator '{name}' takes lists of the same length")
        return [_series(name, one, other) for one, other in zip(left, right, strict=True)]
    if isinstance(left, list):
        assert isinstance(right, float | int | Series)
        return [_series(name, one, right) for one in left]
    if isinstance(right, list):
        assert isinstance(left, float | int | Series)
        return [_series(name, left, other) for other in right]
    if isinstance(left, Series) or isinstance(right, Series):
        assert isinstance(left, float | int | Series)
        assert isinstance(right, float | int | Series)
        return _series(name, left, right)
    result = _number(OPERATORS[name], float(left), float(right))  # type: ignore[arg-type]
    return result if result is not None else math.nan


def _series(name: str, left: float | Series, right: float | Series) -> Series:
    work = OPERATORS[name]
    points: dict[int, float] = {}
    if isinstance(left, Series):
        shape = left
        for at, value in left.points.items():
            other = right.points.get(at) if isinstance(right, Series) else right
            result = _number(work, value, other) if other is not None else None
            if result is not None:
                points[at] = result
    else:
        assert isinstance(right, Series)
        shape = right
        for at, value in right.points.items():
            result = _number(work, left, value)
            if result is not None:
                points[at] = result
    return shape.like(points)


def _number(work: Operate, left: float, right: float) -> float | None:
    """Return what ``work`` makes of two numbers; None where there is nothing, as when one divides by zero."""
    try:
        result = float(work(left, right))
    except (ArithmeticError, ValueError):
        return None
    return result if math.isfinite(result) else None
