"""What expressions refer to: ``#names`` looked up, reserved words refused, ``:values`` noted, operands checked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from skyglobe.services.dynamodb.expressions.reserved import RESERVED_WORDS
from skyglobe.services.dynamodb.expressions.tokens import ExpressionError
from skyglobe.services.dynamodb.expressions.trees import Operand, Path, Placeholder
from skyglobe.services.dynamodb.rules.values import Item, Value

Values = dict[str, Value]
Getter = Callable[[Item, Values], Value | None]
"""Returns an operand's value, None where the item has none."""
Check = Callable[[Values], None]
"""Holds the values of one request against what an operator takes. Raises ExpressionError."""
Steps = tuple[str | int, ...]


class Binding:
    """Looks up what the parts of one expression stand for, and notes what it uses."""

    def __init__(self, names: dict[str, str]) -> None:
        self._names = names
        self.used_names: set[str] = set()
        self.used_values: dict[str, None] = {}
        """In the order they come."""
        self.checks: list[Check] = []
        self.attributes: set[str] = set()
        """Top-level attributes it speaks of."""

    def steps(self, path: Path) -> Steps:
        """Return a path's steps by their real names. Raises ExpressionError."""
        steps = tuple(step if type(step) is int else self.name(str(step)) for step in path.steps)
        self.attributes.add(str(steps[0]))
        return steps

    def name(self, written: str) -> str:
        if written[0] != "#":
            if written.upper() in RESERVED_WORDS:
                raise ExpressionError(f"Attribute name is a reserved keyword; reserved keyword: {written}")
            return written
        real = self._names.get(written)
        if real is None:
            raise ExpressionError(
                f"An expression attribute name used in the document path is not defined; attribute name: {written}"
            )
        self.used_names.add(written)
        return real

    def value(self, placeholder: Placeholder) -> str:
        """Note the use of a value and return its name."""
        self.used_values[placeholder.name] = None
        return placeholder.name

    def demand(self, operand: Operand, kinds: frozenset[str], operator: str) -> None:
        """Have an operand given as a value refused, before any item is looked at, when its type does not fit."""
        if isinstance(operand, Placeholder):
            name = operand.name

            def check(values: Values) -> None:
                kind = next(iter(values[name]))
                if kind not in kinds:
                    raise _unfit(operator, kind)

            self.checks.append(check)


_LONG_NAMES = {
    "S": "STRING",
    "N": "NUMBER",
    "B": "BINARY",
    "BOOL": "BOOLEAN",
    "NULL": "NULL",
    "L": "LIST",
    "M": "MAP",
    "SS": "STRING_SET",
    "NS": "NUMBER_SET",
    "BS": "BINARY_SET",
}


def _unfit(operator: str, kind: str) -> ExpressionError:
    problem = "Incorrect operand type for operator or function;"
    if operator in ("ADD", "DELETE"):
        return ExpressionError(
            f"{problem} operator: {operator}, operand type: {_LONG_NAMES[kind]}, "
            f"typeSet: ALLOWED_FOR_{operator}_OPERAND"
        )
    return ExpressionError(f"{problem} operator or function: {operator}, operand type: {kind}")


def getter(steps: Steps) -> Getter:
    """Return the function that finds what a document path leads to."""
    if len(steps) == 1:
        name = steps[0]
        return lambda item, values: item.get(name)  # type: ignore[arg-type]
    return lambda item, values: find(item, steps)


def find(item: Item, steps: Steps) -> Value | None:
    """Return what a document path leads to in an item; None when it leads nowhere."""
    value: Any = item.get(steps[0])  # type: ignore[arg-type]
    for step in steps[1:]:
        if value is None:
            return None
        if type(step) is int:
            elements = value.get("L")
            value = elements[step] if elements is not None and step < len(elements) else None
        else:
            members = value.get("M")
            value = members.get(step) if members is not None else None
    return value  # type: ignore[no-any-return]


def shown(steps: Steps) -> str:
    """Return a path as AWS's messages write it: ``[a, b, [0]]``."""
    return "[" + ", ".join(f"[{step}]" if type(step) is int else str(step) for step in steps) + "]"
