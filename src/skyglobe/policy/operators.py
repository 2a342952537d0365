"""Condition operators: how one value of a request is held against the values a policy expects.

IAM user guide, "IAM JSON policy elements: Condition operators". What cannot be read as the operator's type equals
nothing; it never raises.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import operator
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

from skyglobe.policy.patterns import Context, Test, matcher_of


class Operator(NamedTuple):
    """A condition operator without its modifiers."""

    compile: Callable[[Sequence[str], bool], Test]
    """From the expected values, and whether variables count, to the test whether a value is one of them."""
    is_negated: bool = False
    """Whether the operator is true where the test is not (``StringNotEquals``)."""


def _texts(*, wildcards: bool, fold: bool = False) -> Callable[[Sequence[str], bool], Test]:
    return lambda expected, variables: matcher_of(expected, "text", variables=variables, wildcards=wildcards, fold=fold)


def _arns(expected: Sequence[str], variables: bool) -> Test:
    return matcher_of(expected, "arn", variables=variables)


def _booleans(expected: Sequence[str], variables: bool) -> Test:
    return matcher_of(expected, "text", variables=variables, wildcards=False, fold=True)


_NUMBER = re.compile(r"\s*[+-]?(?:[0-9]{1,40}(?:\.[0-9]{0,40})?|\.[0-9]{1,40})\s*")
_INSTANT = re.compile(
    r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2})"
    r"(?:[Tt ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,9}))?)?([Zz]|[+-][0-9]{2}:?[0-9]{2})?)?)?)?"
)


@lru_cache(maxsize=2048)
def number_of(text: str) -> Decimal | None:
    """Return the number ``text`` writes, or None."""
    return Decimal(text.strip()) if _NUMBER.fullmatch(text) else None


@lru_cache(maxsize=2048)
def instant_of(text: str) -> Decimal | None:
    """Return the instant ``text`` writes in seconds since the epoch: W3C's ISO 8601 forms, or the seconds; or None.

    Four digits are a year, as in W3C's shortest form.
    """
    match = _INSTANT.fullmatch(text.strip())
    if match is None:
        return number_of(text)
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    try:
        instant = datetime(
            int(year), int(month or 1), int(day or 1), int(hour or 0), int(minute or 0), int(second or 0), tzinfo=UTC
        ) - _offset(zone)
    except (ValueError, OverflowError):
        return None
    whole = (instant - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1)
    return Decimal(whole) + (Decimal(f"0.{fraction}") if fraction else 0)


def _offset(zone: str | None) -> timedelta:
    """Raises ValueError on offsets no zone has."""
    if zone is None or zone in "Zz":
        return timedelta()
    hours, minutes = int(zone[1:3]), int(zone[-2:])
    offset = timedelta(hours=hours, minutes=minutes)
    timezone(offset)  # a day or more is none
    return -offset if zone[0] == "-" else offset


def _compared(
    read: Callable[[str], Any | None], holds: Callable[[Any, Any], Any]
) -> Callable[[Sequence[str], bool], Test]:
    """Return an operator's compiler: both sides are read, and ``holds`` between the request's and the policy's."""

    def compile_(expected: Sequence[str], variables: bool) -> Test:
        read_values = [value for value in map(read, expected) if value is not None]

        def test(value: str, context: Context) -> bool:
            actual = read(value)
            return actual is not None and any(holds(actual, expected) for expected in read_values)

        return test

    return compile_


def bytes_of(text: str) -> bytes | None:
    """Return the bytes ``text`` writes in base 64, or None."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def network_of(text: str) -> Network | None:
    """Return the network in CIDR notation (an address alone is a network of one), or None."""
    try:
        return ipaddress.ip_network(text.strip(), strict=False)
    except ValueError:
        return None


@lru_cache(maxsize=2048)
def address_of(text: str) -> Address | None:
    """Return the IP address, or None."""
    try:
        return ipaddress.ip_address(text.strip())
    except ValueError:
        return None


def _addresses(expected: Sequence[str], variables: bool) -> Test:
    networks = [network for network in map(network_of, expected) if network is not None]

    def test(value: str, context: Context) -> bool:
        address = address_of(value)
        return address is not None and any(address in network for network in networks)

    return test


def _ordered(prefix: str, read: Callable[[str], Any | None]) -> dict[str, Operator]:
    equal = _compared(read, operator.eq)
    return {
        f"{prefix}equals": Operator(equal),
        f"{prefix}notequals": Operator(equal, is_negated=True),
        f"{prefix}lessthan": Operator(_compared(read, operator.lt)),
        f"{prefix}lessthanequals": Operator(_compared(read, operator.le)),
        f"{prefix}greaterthan": Operator(_compared(read, operator.gt)),
        f"{prefix}greaterthanequals": Operator(_compared(read, operator.ge)),
    }


OPERATORS: dict[str, Operator] = {
    "stringequals": Operator(_texts(wildcards=False)),
    "stringnotequals": Operator(_texts(wildcards=False), is_negated=True),
    "stringequalsignorecase": Operator(_texts(wildcards=False, fold=True)),
    "stringnotequalsignorecase": Operator(_texts(wildcards=False, fold=True), is_negated=True),
    "stringlike": Operator(_texts(wildcards=True)),
    "stringnotlike": Operator(_texts(wildcards=True), is_negated=True),
    **_ordered("numeric", number_of),
    **_ordered("date", instant_of),
    "bool": Operator(_booleans),
    "binaryequals": Operator(_compared(bytes_of, operator.eq)),
    "ipaddress": Operator(_addresses),
    "notipaddress": Operator(_addresses, is_negated=True),
    "arnequals": Operator(_arns),
    "arnlike": Operator(_arns),  # "ArnEquals and ArnLike behave identically"; IAM user guide, condition operators
    "arnnotequals": Operator(_arns, is_negated=True),
    "arnnotlike": Operator(_arns, is_negated=True),
}
