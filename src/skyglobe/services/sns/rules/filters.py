"""Filter policies: what SNS demands of them beyond the patterns' own grammar, and messages as patterns see them.

After "Filter policy constraints in Amazon SNS" in the developer guide.
"""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from math import prod
from typing import Any

import msgspec

from skyglobe.kernel.patterns import InvalidPattern, Pattern, parse_pattern, stored_pattern
from skyglobe.kernel.patterns.compiling import Branch, Either, Leaf
from skyglobe.services.sns.records import Attributes
from skyglobe.services.sns.refusals import invalid

MAX_KEYS = 5
MAX_COMBINATIONS = 150
MAX_BYTES = 262_144
MAX_NUMBER = 10**9  # either way, with five digits after the point
MAX_FOR_TOPIC = 200
MAX_FOR_ACCOUNT = 10_000
SCOPES = ("MessageAttributes", "MessageBody")


def check_filter(text: str, scope: str) -> None:
    """Raise InvalidParameter for a ``FilterPolicy`` that is none, or too much of one, for this scope."""
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise _refused("Filter policy is too large")
    try:
        pattern = parse_pattern(text)
    except InvalidPattern as error:
        raise _refused(str(error)) from error
    is_body = scope == "MessageBody"
    if not is_body and any(depth > 1 for _, depth in pattern.leaves()):
        raise _refused("Filter policy scope MessageAttributes does not support nested filter policy")
    if len(_keys(pattern)) > MAX_KEYS:
        raise _refused(f"Filter policy can not have more than {MAX_KEYS} keys")
    if combinations(pattern) > MAX_COMBINATIONS:
        raise _refused("Filter policy is too complex")
    _check_numbers(json.loads(text))


def _keys(pattern: Pattern) -> set[str]:
    """The keys at the top, those within ``$or`` too: keys below them do not count."""
    found: set[str] = set()
    for part in pattern.parts:
        if isinstance(part, Either):
            found.update(*map(_keys, part.patterns))
        else:
            found.add(part.key)
    return found


def combinations(pattern: Pattern, depth: int = 1) -> int:
    """Return how complex a pattern is: the product of its lists' lengths, each times how deep it lies.

    The patterns of an ``$or`` exclude each other: they add up.
    """
    return prod(_weight(part, depth) for part in pattern.parts)


def _weight(part: Leaf | Branch | Either, depth: int) -> int:
    if isinstance(part, Leaf):
        return part.count * depth
    if isinstance(part, Branch):
        return combinations(part.pattern, depth + 1)
    return sum(combinations(pattern, depth) for pattern in part.patterns)


def _check_numbers(value: Any) -> None:
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            _check_numbers(inner)
    elif isinstance(value, int | float) and not isinstance(value, bool) and not -MAX_NUMBER <= value <= MAX_NUMBER:
        raise _refused(f"Value must be between -{MAX_NUMBER}.0 and {MAX_NUMBER}.0, inclusive")


def _refused(reason: str) -> Exception:
    return invalid(f"FilterPolicy: {reason}")


def accepts(text: str, scope: str, attributes: Attributes, body: str) -> bool:
    """Whether a stored filter policy lets a message through."""
    pattern = stored_pattern(text)
    try:
        if scope != "MessageBody":
            return pattern.matches(seen_attributes(attributes))
        event = msgspec.json.decode(body)
        return isinstance(event, dict) and pattern.matches(event)
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
        return False  # no JSON is no property of any name


def seen_attributes(attributes: Attributes) -> dict[str, Any]:
    """Return message attributes as the event a pattern is held against. Binary ones are not looked at."""
    seen: dict[str, Any] = {}
    for name, attribute in attributes.items():
        kind = attribute["DataType"]
        if kind.startswith("Binary"):
            continue
        text = attribute["StringValue"]
        if kind == "String.Array":
            seen[name] = _elements(text)
        elif kind.startswith("Number"):
            seen[name] = _number(text)
        else:
            seen[name] = text
    return seen


def _elements(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return text


def _number(text: str) -> Any:
    try:
        value = Decimal(text)
    except InvalidOperation:
        return text
    if not value.is_finite():
        return text
    return int(value) if value == value.to_integral_value() and abs(value) < 10**20 else float(value)
