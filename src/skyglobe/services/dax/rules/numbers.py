"""Numbers as DAX writes them: in CBOR, and in sort keys in an order-preserving form."""

from __future__ import annotations

import re
import struct
from decimal import Decimal

from skyglobe.services.dax.rules.framing import Malformed

MAX_DIGITS = 38  # DynamoDB developer guide, "Naming rules and data types"
MAX_MAGNITUDE = 200  # as a power of ten; what DynamoDB refuses itself in its own words lies well below
_WHOLE = re.compile(r"-?\d+").fullmatch
_SHORT = 62
"""Exponents below this, of either sign, are part of a sort key's first byte."""
_GROUP = 10  # bits of three digits
_FIRST_DIGIT = 12
_LAST_DIGIT = 1011


def text_of(number: int | Decimal) -> str:
    """Return a number as DynamoDB writes it. Raises ``Malformed`` for what is far beyond its numbers."""
    if isinstance(number, int):
        if number.bit_length() > 700:  # about MAX_MAGNITUDE digits
            raise Malformed("The number is too long.")
        number = Decimal(number)
    if not number.is_finite():
        raise Malformed("The value is not a number.")
    sign, digits, exponent = number.as_tuple()
    assert isinstance(exponent, int)
    written = "".join(map(str, digits)).strip("0")
    if not written:
        return "0"
    point = len("".join(map(str, digits)).lstrip("0")) + exponent
    start = "-" if sign else ""
    if abs(point) > MAX_MAGNITUDE or point > MAX_DIGITS:
        rest = f".{written[1:]}" if len(written) > 1 else ""
        return f"{start}{written[0]}{rest}E{point - 1:+}"
    if point <= 0:
        return f"{start}0.{'0' * -point}{written}"
    if point >= len(written):
        return start + written + "0" * (point - len(written))
    return f"{start}{written[:point]}.{written[point:]}"


def number_of(text: str) -> int | Decimal:
    """Return what ``text``, a number of DynamoDB's, is in CBOR."""
    return int(text) if _WHOLE(text) else Decimal(text)


def sortable(text: str) -> bytes:
    """Return a number in the form of sort keys, whose bytes sort as the numbers do."""
    sign, digits, power = Decimal(text).as_tuple()
    assert isinstance(power, int)
    written = "".join(map(str, digits)).lstrip("0")
    exponent = len(written) + power
    written = written.rstrip("0")
    if not written:
        return b"\x80"
    spare = -len(written) % 3
    padded = written + "0" * spare
    groups = [int(padded[place : place + 3]) for place in range(0, len(padded), 3)]
    if sign:
        head = _head(exponent, 0x3F - exponent, 0x7E if exponent < 0 else 0x01, 0x7FFF_FFFF)
        return head + _packed([*(_LAST_DIGIT - group for group in groups), 1021 + spare])
    head = _head(exponent, 0xC0 + exponent, 0x81 if exponent < 0 else 0xFE, 0x8000_0000)
    return head + _packed([*(_FIRST_DIGIT + group for group in groups), 2 - spare])


def from_sortable(data: bytes) -> str:
    """Return the number that ``sortable`` wrote. Raises ``Malformed``."""
    if data in (b"\x80", b"\x7f"):
        return "0"
    try:
        first = data[0]
        is_negative = first < 0x80
        if first in (0x01, 0x7E, 0x81, 0xFE):
            (raw,) = struct.unpack_from(">I", data, 1)
            raw ^= 0x7FFF_FFFF if is_negative else 0x8000_0000
            exponent = raw - (1 << 32) if raw >> 31 else raw
            rest = data[5:]
        else:
            exponent = 0x3F - first if is_negative else first - 0xC0
            rest = data[1:]
    except (IndexError, struct.error):
        raise Malformed("The sort key is not a number.") from None
    digits = _digits(rest, is_negative=is_negative)
    return text_of(Decimal((int(is_negative), tuple(map(int, digits)), exponent - len(digits))))


def _head(exponent: int, short: int, long: int, mask: int) -> bytes:
    if -_SHORT <= exponent < _SHORT:
        return bytes((short,))
    return bytes((long,)) + struct.pack(">I", (exponent & 0xFFFF_FFFF) ^ mask)


def _packed(groups: list[int]) -> bytes:
    bits = 0
    for group in groups:
        bits = bits << _GROUP | group
    size = len(groups) * _GROUP
    spare = -size % 8
    return (bits << spare).to_bytes((size + spare) // 8)


def _digits(packed: bytes, *, is_negative: bool) -> str:
    """Return the digits up to the terminator, which says how many of the last three do not count."""
    bits = int.from_bytes(packed)
    left = len(packed) * 8
    found: list[str] = []
    while left >= _GROUP:
        left -= _GROUP
        group = bits >> left & 1023
        if group < 3 or group > 1020:
            spare = group - 1021 if is_negative else 2 - group
            digits = "".join(found)
            if not digits or not 0 <= spare <= 2:
                break
            return digits[: len(digits) - spare]
        if not _FIRST_DIGIT <= group <= _LAST_DIGIT or len(found) > MAX_DIGITS:
            break
        found.append(f"{_LAST_DIGIT - group if is_negative else group - _FIRST_DIGIT:03}")
    raise Malformed("The sort key is not a number.")
