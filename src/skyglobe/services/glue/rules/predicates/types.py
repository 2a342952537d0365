"""Values of partition keys by their types; API reference of GetPartitions, "Supported Partition Key Types"."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

Reader = Callable[[str], Any]
"""Reads a value. Raises ValueError for a text that is none of its type."""

_INTEGER = re.compile(r"[+-]?\d{1,38}")
_MOMENT = re.compile(r"(\d{4}-\d{1,2}-\d{1,2})(?:[ T](\d{1,2}:\d{2}:\d{2})(?:\.(\d{1,9}))?Z?)?")


def reader_of(type_name: str) -> Reader | None:
    """Return what reads the values of a type; None for a type that expressions cannot speak of."""
    name = type_name.strip().lower().partition("(")[0].strip()
    return _READERS.get(name)


def family_of(type_name: str) -> str:
    """Return which types can be compared with each other: ``text``, ``number`` or ``moment``."""
    name = type_name.strip().lower().partition("(")[0].strip()
    if name in ("string", "char", "varchar"):
        return "text"
    return "moment" if name in ("date", "timestamp") else "number"


def _integer(text: str) -> int:
    if not _INTEGER.fullmatch(text):
        raise ValueError(text)
    return int(text)


def _number(text: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation as error:
        raise ValueError(text) from error
    if not value.is_finite():
        raise ValueError(text)
    return value


def _moment(text: str) -> datetime:
    match = _MOMENT.fullmatch(text)
    if match is None:
        raise ValueError(text)
    year, month, day = map(int, match[1].split("-"))
    hour, minute, second = map(int, (match[2] or "0:0:0").split(":"))
    return datetime(year, month, day, hour, minute, second, int((match[3] or "0").ljust(6, "0")[:6]), UTC)


def _day(text: str) -> datetime:
    day = date.fromisoformat(text[:10]) if len(text) == 10 else _moment(text).date()
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


_READERS: dict[str, Reader] = {
    **dict.fromkeys(("string", "char", "varchar"), str),
    **dict.fromkeys(("int", "integer", "bigint", "long", "tinyint", "smallint"), _integer),
    "decimal": _number,
    "date": _day,
    "timestamp": _moment,
}
NUMBER: Reader = _number
