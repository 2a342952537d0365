"""What a pattern asks of one value: equal, not equal, larger, smaller, like this text or regular expression."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

from skyglobe.kernel.regexes import Regex
from skyglobe.services.logs.rules.patterns.regexes import compile_regex
from skyglobe.services.logs.rules.patterns.scanning import BadPattern, Scanner

Number = int | Decimal
Value = str | Number

_OPERATORS = ("!=", ">=", "<=", "=", ">", "<")
_ORDERS: dict[str, Callable[[Number, Number], bool]] = {
    ">": lambda one, other: one > other,
    "<": lambda one, other: one < other,
    ">=": lambda one, other: one >= other,
    "<=": lambda one, other: one <= other,
}
_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,40}(?:\.[0-9]{0,40})?|\.[0-9]{1,40})(?:[eE][+-]?[0-9]{1,3})?")


class Condition:
    """An operator and what it compares with."""

    __slots__ = ("_number", "_operator", "_regex", "_text")

    def __init__(self, operator: str, text: str, regex: Regex | None, number: Decimal | None) -> None:
        self._operator = operator
        self._text = text
        self._regex = regex
        self._number = number

    @property
    def has_regex(self) -> bool:
        return self._regex is not None

    def holds(self, value: Value) -> bool:
        """Return whether a value meets the condition."""
        operator = self._operator
        if operator == "=":
            return self._equals(value)
        if operator == "!=":
            return not self._equals(value)
        assert self._number is not None
        return not isinstance(value, str) and _ORDERS[operator](value, self._number)

    def holds_in_text(self, text: str) -> bool:
        """As ``holds``, for a text that is taken for a number where the condition compares with one."""
        number = number_of(text) if self._number is not None else None
        return self.holds(text if number is None else number)

    def _equals(self, value: Value) -> bool:
        if not isinstance(value, str) and self._number is not None:
            return value == self._number
        text = value if isinstance(value, str) else str(value)
        if self._regex is not None:
            return self._regex.matches(text)
        return is_like(text, self._text)


def is_like(text: str, wanted: str) -> bool:
    """Return whether a text is ``wanted``, in which an asterisk at the start or the end stands for anything."""
    opens, closes = wanted.startswith("*"), len(wanted) > 1 and wanted.endswith("*")
    core = wanted[opens : len(wanted) - closes]
    if opens and closes:
        return core in text
    if opens:
        return text.endswith(core)
    return text.startswith(core) if closes else text == core


def number_of(text: str) -> Decimal | None:
    """Return the number a text is, None when it is none. Exponents beyond three digits count as none."""
    return Decimal(text) if _NUMBER.fullmatch(text) else None


def read_operator(scanner: Scanner) -> str | None:
    """Return the comparison that comes next, None when none does."""
    return next((operator for operator in _OPERATORS if scanner.take(operator)), None)


def read_condition(scanner: Scanner, operator: str, stops: str) -> Condition:
    """Return the condition whose operator was read. Raises BadPattern."""
    regex, number = None, None
    if scanner.starts('"'):
        text = scanner.enclosed('"', escapes=True)
    elif scanner.starts("%"):
        text = scanner.enclosed("%", escapes=False)
        regex = compile_regex(text)
    else:
        text = scanner.word(stops, ("&&", "||"))
        if not text:
            raise BadPattern(f"a value is missing after {operator}")
        number = number_of(text)
    if number is None and operator in _ORDERS:
        raise BadPattern(f"{operator} needs a number")
    return Condition(operator, text, regex, number)
