"""Values written as text: form fields, XML text, headers, query parameters and URI labels."""

from __future__ import annotations

import binascii
import math
from base64 import b64decode
from collections.abc import Callable
from typing import Any, Final

from skyglobe.models import Shape
from skyglobe.protocols.parsing.failures import TextFailure
from skyglobe.protocols.parsing.instants import instant_from_text

INT32: Final = range(-(2**31), 2**31)
INT64: Final = range(-(2**63), 2**63)
SPECIAL_FLOATS: Final = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}
MAX_NUMBER_CHARACTERS: Final = 400  # the longest double written out in full has 326

FromText = Callable[[str], Any]


def text_converter(shape: Shape, member: str, fail: TextFailure) -> FromText | None:
    """Return what turns a text into the scalar ``shape``, or None where the text is already the value.

    What it returns raises ``fail(member, text, type)``; ``member`` is the name to show.
    """
    if shape.type == "string":
        return None
    read, type_name = _READERS[shape.type]

    def convert(text: str) -> Any:
        try:
            return read(text)
        except ValueError:
            raise fail(member, text, type_name) from None

    return convert


def read_boolean(text: str) -> bool:
    lowered = text.strip().lower()
    if lowered == "true":
        return True
    if lowered == "false":
        return False
    raise ValueError(text)


def read_integer(text: str) -> int:
    return _bounded(text, INT32)


def read_long(text: str) -> int:
    return _bounded(text, INT64)


def _bounded(text: str, bounds: range) -> int:
    """Read a decimal integer. Unlike ``int``, takes neither underscores nor other scripts' digits."""
    text = text.strip()
    if len(text) > MAX_NUMBER_CHARACTERS or not text.isascii() or not text.lstrip("+-").isdigit():
        raise ValueError(text)
    number = int(text)
    if number not in bounds:
        raise ValueError(text)
    return number


def read_float(text: str) -> float:
    special = SPECIAL_FLOATS.get(text)
    if special is not None:
        return special
    if len(text) > MAX_NUMBER_CHARACTERS or not text.isascii() or "_" in text or "n" in text.lower():
        raise ValueError(text)
    number = float(text)
    if math.isinf(number):
        raise ValueError(text)
    return number


def read_blob(text: str) -> bytes:
    """Read base64; white space within is ignored, as XML writers break lines."""
    try:
        return binascii.a2b_base64(text, strict_mode=True)
    except ValueError:
        pass
    try:
        return b64decode("".join(text.split()), validate=True)
    except binascii.Error as error:
        raise ValueError(text) from error


_READERS: Final[dict[str, tuple[FromText, str]]] = {
    "boolean": (read_boolean, "Boolean"),
    "integer": (read_integer, "Integer"),
    "long": (read_long, "Long"),
    "float": (read_float, "Float"),
    "double": (read_float, "Double"),
    "blob": (read_blob, "Blob"),
    "timestamp": (instant_from_text, "Timestamp"),
}
