"""DynamoDB's numbers: up to 38 significant digits, exact, compared by value.

Developer guide, "Naming rules and data types": magnitudes from 1E-130 to 9.9999999999999999999999999999999999999E+125.
A number is kept as its plain decimal text without needless zeros (from 1E+38 on with an exponent): equal numbers are
equal texts.
"""

from __future__ import annotations

import re
from decimal import Context, Decimal, Inexact
from functools import lru_cache
from typing import Final

MAX_DIGITS: Final = 38
MAX_EXPONENT: Final = 126  # of 0.d × 10^e: 9.99…E+125
MIN_EXPONENT: Final = -129  # 1E-130
_MAX_EXPONENT_TEXT: Final = 6  # characters; more is beyond any bound, whatever the digits are worth

_FORM: Final = re.compile(r"([+-]?)([0-9]*)(?:\.([0-9]*))?(?:[eE]([+-]?)([0-9]+))?").fullmatch
_EXACT: Final = Context(prec=MAX_DIGITS, traps=[Inexact])
_PAIRS: Final = {f"{pair:02}": pair + 1 for pair in range(100)}

NOT_A_NUMBER: Final = "The parameter cannot be converted to a numeric value"
TOO_PRECISE: Final = "Attempting to store more than 38 significant digits in a Number"
TOO_LARGE: Final = "Number overflow. Attempting to store a number with magnitude larger than supported range"
TOO_SMALL: Final = "Number underflow. Attempting to store a number with magnitude smaller than supported range"


class BadNumber(ValueError):
    """The text is no number, or none that DynamoDB can hold; carries DynamoDB's words for it."""


def canonical(text: str) -> str:
    """Return the one text that stands for the number ``text`` writes. Raises ``BadNumber``."""
    if len(text) <= MAX_DIGITS and text.isdigit() and text.isascii() and (text[0] != "0" or text == "0"):
        return text
    return _canonical(text)


@lru_cache(maxsize=4096)
def _canonical(text: str) -> str:
    negative, digits, exponent = _read(text)
    if not digits:
        return "0"
    if len(digits) > MAX_DIGITS:
        raise BadNumber(TOO_PRECISE)
    if exponent > MAX_EXPONENT:
        raise BadNumber(TOO_LARGE)
    if exponent < MIN_EXPONENT:
        raise BadNumber(TOO_SMALL)
    sign = "-" if negative else ""
    if exponent <= 0:
        return f"{sign}0.{'0' * -exponent}{digits}"
    if exponent > MAX_DIGITS:
        # As many digits written out would be more than boto3 and other clients take for a number.
        rest = f".{digits[1:]}" if len(digits) > 1 else ""
        return f"{sign}{digits[0]}{rest}E+{exponent - 1}"
    if exponent >= len(digits):
        return sign + digits + "0" * (exponent - len(digits))
    return f"{sign}{digits[:exponent]}.{digits[exponent:]}"


def _read(text: str) -> tuple[bool, str, int]:
    """Return sign, digits without zeros at either end, and e, of a number that is ±0.digits × 10^e."""
    form = _FORM(text)
    if form is None or not (form[2] or form[3]):
        raise BadNumber(f"{NOT_A_NUMBER}: {text}" if text else NOT_A_NUMBER)
    whole, part = form[2], form[3] or ""
    shift = 0
    if form[5]:
        power = form[5].lstrip("0")
        shift = int(power or "0") if len(power) <= _MAX_EXPONENT_TEXT else 10**_MAX_EXPONENT_TEXT
        shift = -shift if form[4] == "-" else shift
    all_digits = whole + part
    digits = all_digits.lstrip("0")
    exponent = len(whole) - (len(all_digits) - len(digits)) + shift
    return form[1] == "-", digits.rstrip("0"), exponent


@lru_cache(maxsize=8192)
def in_order(number: str) -> bytes:
    """Return bytes that sort as canonical numbers do. None is the beginning of another's."""
    if number == "0":
        return b"\x80"
    negative, digits, exponent = _read(number)
    if len(digits) % 2:
        digits += "0"
    body = bytes((exponent - MIN_EXPONENT, *(_PAIRS[digits[at : at + 2]] for at in range(0, len(digits), 2)), 0))
    if negative:
        return b"\x7f" + bytes(255 - byte for byte in body)
    return b"\x81" + body


def size_of(number: str) -> int:
    """Return the bytes a canonical number counts for: one for two significant digits, one more, one for a sign.

    Developer guide, "DynamoDB item sizes and formats".
    """
    digits = number.partition("E")[0].replace(".", "").lstrip("-0").rstrip("0")
    return (len(digits) + 1) // 2 + 1 + (number[0] == "-")


def add(left: str, right: str) -> str:
    """Return the exact sum of two canonical numbers. Raises ``BadNumber`` when it cannot be held."""
    return _exactly("add", left, right)


def subtract(left: str, right: str) -> str:
    """Return the exact difference of two canonical numbers. Raises ``BadNumber`` when it cannot be held."""
    return _exactly("subtract", left, right)


def _exactly(operation: str, left: str, right: str) -> str:
    try:
        result: Decimal = getattr(_EXACT, operation)(Decimal(left), Decimal(right))
    except Inexact as error:
        raise BadNumber(TOO_PRECISE) from error
    return canonical(format(result, "f"))
