"""What may stand in a field's list: plain values, and the match expressions ``{"prefix": "a"}``."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from typing import Any

Test = Callable[[Any], bool]
"""Whether one scalar of an event fits: text, number, True, False or None."""

_Compare = Callable[[float, float], bool]
_TOP: dict[str, _Compare] = {"<": lambda value, top: value < top, "<=": lambda value, top: value <= top}
_BOTTOM: dict[str, _Compare] = {">": lambda value, bottom: value > bottom, ">=": lambda value, bottom: value >= bottom}


class InvalidPattern(ValueError):
    """The pattern cannot be read; the message is AWS's."""


def is_number(value: Any) -> bool:
    """Whether ``value`` is a number of JSON. Python takes True for one; JSON does not."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_same(one: Any, other: Any) -> bool:
    """Whether two scalars of JSON are the same: 1 is 1.0, but neither True nor ``"1"``."""
    if is_number(one) and is_number(other):
        return bool(one == other)
    return type(one) is type(other) and bool(one == other)


def equals(wanted: Any) -> Test:
    """Return the test for a plain value."""
    return lambda value: is_same(value, wanted)


def compile_expression(expression: dict[str, Any]) -> Test:
    """Return the test of a match expression other than ``exists``. Raises InvalidPattern."""
    if len(expression) != 1:
        raise InvalidPattern(
            "Only one key allowed in match expression" if expression else "Match expression name not found"
        )
    ((name, operand),) = expression.items()
    compile_operator = _OPERATORS.get(name)
    if compile_operator is None:
        raise InvalidPattern(f"Unrecognized match type {name}")
    return compile_operator(operand)


def _text(operand: Any, operator: str) -> str:
    if not isinstance(operand, str):
        raise InvalidPattern(f"{operator} match pattern must be a string")
    return operand


def _of_text(test: Callable[[str], bool]) -> Test:
    return lambda value: isinstance(value, str) and test(value)


def _prefix(operand: Any) -> Test:
    if (folded := _folded(operand)) is not None:
        return _of_text(lambda value: value.casefold().startswith(folded))
    start = _text(operand, "prefix")
    return _of_text(lambda value: value.startswith(start))


def _suffix(operand: Any) -> Test:
    if (folded := _folded(operand)) is not None:
        return _of_text(lambda value: value.casefold().endswith(folded))
    end = _text(operand, "suffix")
    return _of_text(lambda value: value.endswith(end))


def _folded(operand: Any) -> str | None:
    """Return what ``{"prefix": {"equals-ignore-case": "a"}}`` asks for, in folded case; None where it is plain."""
    if isinstance(operand, dict) and list(operand) == ["equals-ignore-case"]:
        return _text(operand["equals-ignore-case"], "equals-ignore-case").casefold()
    return None


def _equals_ignore_case(operand: Any) -> Test:
    folded = _text(operand, "equals-ignore-case").casefold()
    return _of_text(lambda value: value.casefold() == folded)


def _wildcard(operand: Any) -> Test:
    """An asterisk stands for any run of characters, unless a backslash is before it."""
    first, *rest = _between_stars(_text(operand, "wildcard"))
    if not rest:
        return _of_text(lambda value: value == first)
    *middle, last = rest

    def test(value: str) -> bool:
        at, end = len(first), len(value) - len(last)
        if at > end or not value.startswith(first) or not value.endswith(last):
            return False
        for part in middle:
            found = value.find(part, at, end)
            if found < 0:
                return False
            at = found + len(part)
        return True

    return _of_text(test)


def _between_stars(text: str) -> list[str]:
    """Return what stands between the asterisks of a wildcard. Raises InvalidPattern."""
    parts, at = [""], 0
    while at < len(text):
        if text[at] == "\\":
            if text[at + 1 : at + 2] not in ("*", "\\"):
                raise InvalidPattern(f"Invalid escape character at pos {at}")
            at += 1
            parts[-1] += text[at]
        elif text[at] == "*":
            if text[at + 1 : at + 2] == "*":
                raise InvalidPattern(f"Consecutive wildcard characters at pos {at}")
            parts.append("")
        else:
            parts[-1] += text[at]
        at += 1
    return parts


def _cidr(operand: Any) -> Test:
    text = _text(operand, "prefix")  # sic: AWS's library says prefix here
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError as error:
        raise InvalidPattern(f"Malformed CIDR, one '/' required: {text}" if "/" not in text else str(error)) from error
    if "/" not in text:
        raise InvalidPattern("Malformed CIDR, one '/' required")

    def test(value: str) -> bool:
        try:
            return ipaddress.ip_address(value) in network
        except ValueError:
            return False

    return _of_text(test)


def _numeric(operand: Any) -> Test:
    if not isinstance(operand, list):
        raise InvalidPattern("Value of numeric must be an array.")
    if not operand or not isinstance(operand[0], str):
        raise InvalidPattern(f"Invalid member in numeric match: {operand[0] if operand else ']'}")
    operator, bound = operand[0], _bound(operand, 0)
    if operator == "=":
        _end(operand, 2, "Too many elements in numeric expression")
        return equals(bound)
    if operator in _TOP:
        _end(operand, 2, "Too many elements in numeric expression")
        below = _TOP[operator]
        return lambda value: is_number(value) and below(value, bound)
    if operator not in _BOTTOM:
        raise InvalidPattern(f"Unrecognized numeric range operator: {operator}")
    above = _BOTTOM[operator]
    if len(operand) == 2:
        return lambda value: is_number(value) and above(value, bound)
    return _between(operand, above, bound)


def _between(operand: list[Any], above: Callable[[Any, Any], bool], bottom: float) -> Test:
    second = operand[2]
    if not isinstance(second, str):
        raise InvalidPattern(f"Bad value in numeric range: {second}")
    if second not in _TOP:
        raise InvalidPattern(f"Bad numeric range operator: {second}")
    below, top = _TOP[second], _bound(operand, 2)
    _end(operand, 4, "Too many terms in numeric range expression")
    if bottom >= top:
        raise InvalidPattern("Bottom must be less than top")
    return lambda value: is_number(value) and above(value, bottom) and below(value, top)


def _bound(operand: list[Any], at: int) -> Any:
    value = operand[at + 1] if at + 1 < len(operand) else None
    if not is_number(value):
        name = "equals" if operand[at] == "=" else operand[at]
        raise InvalidPattern(f"Value of {name} must be numeric")
    return value


def _end(operand: list[Any], length: int, message: str) -> None:
    if len(operand) > length:
        raise InvalidPattern(message)


def _anything_but(operand: Any) -> Test:
    if isinstance(operand, dict):
        return _anything_but_expression(operand)
    values = operand if isinstance(operand, list) else [operand]
    if not isinstance(operand, list) and not (isinstance(operand, str) or is_number(operand)):
        raise InvalidPattern("Value of anything-but must be an array or single string/number value.")
    if not all(isinstance(value, str) or is_number(value) for value in values):
        raise InvalidPattern("Inside anything but list, start|null|boolean is not supported.")
    if len({isinstance(value, str) for value in values}) != 1:
        raise InvalidPattern(
            "Inside anything but list, either all values are number or string, mixed type is not supported"
        )
    return lambda value: not any(is_same(value, excluded) for excluded in values)


_EXCLUDABLE = ("prefix", "suffix", "equals-ignore-case", "wildcard")


def _anything_but_expression(operand: dict[str, Any]) -> Test:
    if len(operand) != 1:
        raise InvalidPattern(
            "Only one key allowed in match expression" if operand else "Anything-But expression name not found"
        )
    ((name, inner),) = operand.items()
    if name not in _EXCLUDABLE:
        raise InvalidPattern(f"Unsupported anything-but pattern: {name}")
    values = inner if isinstance(inner, list) else [inner]
    if not values or not all(isinstance(value, str) for value in values):
        raise InvalidPattern(
            "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported."
            if name == "equals-ignore-case"
            else f"{name} match pattern must be a string"
        )
    if name in ("prefix", "suffix") and "" in values:
        raise InvalidPattern("Null prefix/suffix not allowed")
    tests = [_OPERATORS[name](value) for value in values]
    return lambda value: not any(test(value) for test in tests)


_OPERATORS: dict[str, Callable[[Any], Test]] = {
    "prefix": _prefix,
    "suffix": _suffix,
    "equals-ignore-case": _equals_ignore_case,
    "wildcard": _wildcard,
    "cidr": _cidr,
    "numeric": _numeric,
    "anything-but": _anything_but,
}
