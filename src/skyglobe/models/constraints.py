"""What a model demands of one value by itself: length, range, pattern, enum; as a quick test and in AWS's words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from skyglobe.models.patterns import find_pattern
from skyglobe.models.shapes import Shape

Kind = Literal["required", "length", "range", "pattern", "enum"]
Test = Callable[[Any], bool]

_SIZED = frozenset({"string", "blob", "list", "map"})
_NUMBERS = frozenset({"integer", "long", "float", "double"})


class Constraint:
    """One demand: what kind it is, how AWS words it, and whether a value meets it."""

    __slots__ = ("kind", "test", "text")

    def __init__(self, kind: Kind, text: str, test: Test) -> None:
        self.kind = kind
        self.text = text
        self.test = test


def own_constraints(shape: Shape) -> tuple[Constraint, ...]:
    """Return what ``shape`` demands of a value itself, not of its members, in the order AWS lists them.

    A pattern that cannot be translated demands nothing (see ``patterns``); neither does anything of a stream, whose
    bytes have yet to arrive.
    """
    if shape.is_streaming:
        return ()
    found: list[Constraint] = []
    if shape.type in _SIZED:
        found += _lengths(shape.min, shape.max)
    elif shape.type in _NUMBERS:
        found += _ranges(shape.min, shape.max)
    if shape.type == "string":
        found += _texts(shape.pattern, shape.enum)
    return tuple(found)


def joint_test(shape: Shape, constraints: tuple[Constraint, ...]) -> Test:
    """Return one test that holds when all ``constraints``, which are those of ``shape``, hold."""
    tests = [constraint.test for constraint in constraints if constraint.kind not in ("length", "range")]
    if len(tests) < len(constraints):
        tests.insert(0, _bounds(shape.min, shape.max, is_length=shape.type in _SIZED))
    if len(tests) == 1:
        return tests[0]
    if len(tests) == 2:
        first, second = tests
        return lambda value: first(value) and second(value)
    return lambda value: all(test(value) for test in tests)


def _bounds(least: Any, most: Any, *, is_length: bool) -> Test:
    """Return both bounds as one test: every request passes here, and most values only here."""
    least = float("-inf") if least is None else least
    most = float("inf") if most is None else most
    if is_length:
        return lambda value: least <= len(value) <= most
    return lambda value: least <= value <= most


def _lengths(least: Any, most: Any) -> list[Constraint]:
    found = []
    if most is not None:
        text = f"Member must have length less than or equal to {_number(most)}"
        found.append(Constraint("length", text, lambda value: len(value) <= most))
    if least:
        text = f"Member must have length greater than or equal to {_number(least)}"
        found.append(Constraint("length", text, lambda value: len(value) >= least))
    return found


def _ranges(least: Any, most: Any) -> list[Constraint]:
    found = []
    if most is not None:
        text = f"Member must have value less than or equal to {_number(most)}"
        found.append(Constraint("range", text, lambda value: value <= most))
    if least is not None:
        text = f"Member must have value greater than or equal to {_number(least)}"
        found.append(Constraint("range", text, lambda value: value >= least))
    return found


def _texts(pattern: str | None, enum: tuple[str, ...]) -> list[Constraint]:
    found = []
    compiled = find_pattern(pattern) if pattern else None
    if compiled is not None:
        text = f"Member must satisfy regular expression pattern: {pattern}"
        found.append(Constraint("pattern", text, compiled.matches))
    if enum:
        text = f"Member must satisfy enum value set: [{', '.join(enum)}]"
        found.append(Constraint("enum", text, frozenset(enum).__contains__))
    return found


def _number(bound: float) -> str:
    return str(int(bound)) if bound == int(bound) else str(bound)
