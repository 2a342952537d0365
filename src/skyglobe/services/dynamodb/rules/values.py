"""Attribute values as DynamoDB's API writes them, ``{"S": "text"}``: checked, made canonical and measured in one pass.

The API's own form is also what is stored and computed with. In canonical form equal values are equal objects: numbers
are canonical texts, sets are sorted. Sizes follow the developer guide, "DynamoDB item sizes and formats".
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from skyglobe.services.dynamodb.refusals import invalid, invalid_values
from skyglobe.services.dynamodb.rules.numbers import BadNumber, canonical, size_of

Value = dict[str, Any]
Item = dict[str, Value]

MAX_ITEM_BYTES: Final = 409_600  # DynamoDB quotas, "Item size": 400 KB
MAX_DEPTH: Final = 32  # levels of lists and maps within each other; DynamoDB quotas, "Nested attribute depth"
CONTAINER_BYTES: Final = 3  # overhead of a list or map; developer guide, "DynamoDB item sizes and formats"
ELEMENT_BYTES: Final = 1  # overhead of each of its elements; same page

EMPTY_VALUE: Final = "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
SEVERAL_VALUES: Final = (
    "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes"
)


def text_bytes(text: str) -> int:
    """Return the UTF-8 length of ``text``."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def measure_item(item: Item) -> int:
    """Check an item, bring its values into canonical form, and return its size in bytes. Raises ValidationException."""
    size = 0
    for name, value in item.items():
        size += (len(name) if name.isascii() else text_bytes(name)) + measure(value, 1)
    return size


def measure(value: Value, depth: int = 1) -> int:
    """Check one value, bring it into canonical form, and return its size in bytes. Raises ValidationException."""
    if len(value) != 1:
        raise invalid(SEVERAL_VALUES if value else EMPTY_VALUE)
    for kind, content in value.items():
        if kind == "S":
            return len(content) if content.isascii() else text_bytes(content)
        if kind == "N":
            return _measure_number(value, content)
        return _MEASURES[kind](value, content, depth)
    raise AssertionError("a value of one member has no member")


def size_of_item(item: Item) -> int:
    """Return the size in bytes of an item in canonical form."""
    return sum(text_bytes(name) + size_of_value(value) for name, value in item.items())


def size_of_value(value: Value) -> int:
    """Return the size in bytes of a value in canonical form."""
    ((kind, content),) = value.items()
    return _SIZES[kind](content)


def _measure_number(value: Value, text: str) -> int:
    try:
        number = canonical(text)
    except BadNumber as error:
        raise invalid(str(error)) from error
    if number is not text:
        value["N"] = number
    return size_of(number)


def _measure_binary(value: Value, content: bytes, depth: int) -> int:
    return len(content)


def _measure_one(value: Value, content: Any, depth: int) -> int:
    return 1


def _measure_null(value: Value, content: bool, depth: int) -> int:
    if content is not True:
        raise invalid_values("Null attribute value types must have the value of true")
    return 1


def _measure_list(value: Value, content: list[Value], depth: int) -> int:
    _check_depth(depth)
    size = CONTAINER_BYTES
    for element in content:
        size += ELEMENT_BYTES + measure(element, depth + 1)
    return size


def _measure_map(value: Value, content: Item, depth: int) -> int:
    _check_depth(depth)
    size = CONTAINER_BYTES
    for name, element in content.items():
        size += ELEMENT_BYTES + text_bytes(name) + measure(element, depth + 1)
    return size


def _check_depth(depth: int) -> None:
    if depth > MAX_DEPTH:
        raise invalid("Nesting Levels have exceeded supported limits")


def _measure_texts(value: Value, content: list[str], depth: int) -> int:
    if not content:
        raise invalid_values("An string set  may not be empty")
    if len(set(content)) < len(content):
        raise invalid_values(f"Input collection [{', '.join(content)}] contains duplicates.")
    # Code points order as UTF-8's bytes do.
    value["SS"] = sorted(content)
    return sum(map(text_bytes, content))


def _measure_numbers(value: Value, content: list[str], depth: int) -> int:
    if not content:
        raise invalid_values("An number set  may not be empty")
    try:
        numbers = [canonical(text) for text in content]
    except BadNumber as error:
        raise invalid(str(error)) from error
    if len(set(numbers)) < len(numbers):
        raise invalid_values("Input collection contains duplicates.")
    value["NS"] = sorted(numbers, key=Decimal)
    return sum(map(size_of, numbers))


def _measure_binaries(value: Value, content: list[bytes], depth: int) -> int:
    if not content:
        raise invalid_values("Binary sets should not be empty")
    if len(set(content)) < len(content):
        shown = ", ".join(b64encode(part).decode() for part in content)
        raise invalid_values(f"Input collection [{shown}]of type BS contains duplicates.")
    value["BS"] = sorted(content)
    return sum(map(len, content))


_MEASURES: Final[dict[str, Callable[[Value, Any, int], int]]] = {
    "B": _measure_binary,
    "BOOL": _measure_one,
    "NULL": _measure_null,
    "L": _measure_list,
    "M": _measure_map,
    "SS": _measure_texts,
    "NS": _measure_numbers,
    "BS": _measure_binaries,
}

_SIZES: Final[dict[str, Callable[[Any], int]]] = {
    "S": text_bytes,
    "N": size_of,
    "B": len,
    "BOOL": lambda content: 1,
    "NULL": lambda content: 1,
    "L": lambda content: CONTAINER_BYTES + sum(ELEMENT_BYTES + size_of_value(element) for element in content),
    "M": lambda content: (
        CONTAINER_BYTES + sum(ELEMENT_BYTES + text_bytes(name) + size_of_value(e) for name, e in content.items())
    ),
    "SS": lambda content: sum(map(text_bytes, content)),
    "NS": lambda content: sum(map(size_of, content)),
    "BS": lambda content: sum(map(len, content)),
}
