"""Timestamps of S3 Select: as precise as they are written, with their own offset from UTC.

S3 user guide, "Date functions" and "Supported data types".
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone

_PRECISIONS = ("year", "month", "day", "minute", "second")
_FORM = re.compile(
    r"(\d{4})(?:T|-(\d\d)(?:T|-(\d\d)(?:T?|[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?(Z|[+-]\d\d:\d\d)?)))"
)
_PATTERN = re.compile(r"'(?:[^']|'')*'|y+|M+|d+|a|h+|H+|m+|s+|S+|n|X+|x+|.", re.DOTALL)
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
PARTS = frozenset(("year", "month", "day", "hour", "minute", "second"))
"""What DATE_ADD and DATE_DIFF count in; EXTRACT knows the offset besides."""
_SECONDS = {"day": 86_400, "hour": 3_600, "minute": 60, "second": 1}


class BadTimestamp(ValueError):
    """A text that is no timestamp, or a pattern that is none."""


@dataclass(frozen=True, order=True)
class Timestamp:
    """An instant; two that are written otherwise are equal when they are the same one."""

    at: datetime
    """With its own offset."""
    precision: str = field(default="second", compare=False)
    digits: int = field(default=0, compare=False)
    """Of the fraction of its second."""

    def __str__(self) -> str:
        at = self.at
        if self.precision == "year":
            return f"{at.year:04}T"
        if self.precision == "month":
            return f"{at.year:04}-{at.month:02}T"
        if self.precision == "day":
            return f"{at.year:04}-{at.month:02}-{at.day:02}"
        is_exact = self.precision == "second"
        text = at.replace(microsecond=0, tzinfo=None).isoformat(timespec="seconds" if is_exact else "minutes")
        if is_exact and self.digits:
            text += f".{at.microsecond:06}"[: self.digits + 1]
        return text + offset_of(at, ":", zulu=True)


def parsed(text: str) -> Timestamp:
    """Return the timestamp a text is. Raises BadTimestamp."""
    found = _FORM.fullmatch(text)
    if found is None:
        raise BadTimestamp(text)
    year, month, day, hour, minute, second, fraction, offset = found.groups()
    precision = _PRECISIONS[sum(part is not None for part in (month, day, hour, second))]
    zone = UTC
    if offset not in (None, "Z"):
        away = timedelta(hours=int(offset[1:3]), minutes=int(offset[4:]))
        zone = timezone(-away if offset[0] == "-" else away)
    digits = min(len(fraction or ""), 6)
    micros = int((fraction or "")[:6].ljust(6, "0"))
    try:
        at = datetime(
            int(year), int(month or 1), int(day or 1), int(hour or 0), int(minute or 0), int(second or 0), micros, zone
        )
    except ValueError as error:
        raise BadTimestamp(text) from error
    return Timestamp(at, precision, digits)


def of_value(value: date | datetime) -> Timestamp:
    """Return a date or instant that a Parquet file has as what it is."""
    if isinstance(value, datetime):
        return Timestamp(value if value.tzinfo else value.replace(tzinfo=UTC), "second", 6 if value.microsecond else 0)
    return Timestamp(datetime(value.year, value.month, value.day, tzinfo=UTC), "day")


def add(part: str, quantity: int, to: Timestamp) -> Timestamp:
    """Return a timestamp some years, months, … later; as precise as that needs. Raises BadTimestamp."""
    needed = "minute" if part == "hour" else part
    precision = max(to.precision, needed, key=_PRECISIONS.index)
    try:
        if part in ("year", "month"):
            months = to.at.year * 12 + to.at.month - 1 + quantity * (12 if part == "year" else 1)
            year, month = divmod(months, 12)
            day = min(to.at.day, monthrange(year, month + 1)[1])
            at = to.at.replace(year=year, month=month + 1, day=day)
        else:
            at = to.at + timedelta(seconds=quantity * _SECONDS[part])
    except (ValueError, OverflowError) as error:
        raise BadTimestamp(str(to)) from error
    return Timestamp(at, precision, to.digits)


def between(part: str, first: Timestamp, second: Timestamp) -> int:
    """Return how many whole years, months, … lie between two timestamps; negative when the second is earlier."""
    one, other = first.at.astimezone(UTC), second.at.astimezone(UTC)
    if part in _SECONDS:
        seconds = (other - one) / timedelta(seconds=1)
        return int(seconds / _SECONDS[part])
    if one > other:
        return -between(part, second, first)
    months = (other.year - one.year) * 12 + other.month - one.month
    if _rest(other) < _rest(one):
        months -= 1
    return months if part == "month" else months // 12


def _rest(at: datetime) -> tuple[int, ...]:
    return at.day, at.hour, at.minute, at.second, at.microsecond


def extracted(part: str, value: Timestamp) -> int:
    """Return one part of a timestamp, as its own offset has it. Raises BadTimestamp for what is no part."""
    if part in PARTS:
        return int(getattr(value.at, part))
    minutes = int((value.at.utcoffset() or timedelta()).total_seconds()) // 60
    if part == "timezone_hour":
        return int(minutes / 60)
    if part == "timezone_minute":
        return minutes - int(minutes / 60) * 60
    raise BadTimestamp(part)


def formatted(value: Timestamp, pattern: str) -> str:
    """Return a timestamp as TO_STRING's pattern says. Raises BadTimestamp for letters it does not know."""
    return "".join(_formatted(value.at, piece) for piece in _PATTERN.findall(pattern))


def _formatted(at: datetime, piece: str) -> str:
    letter, count = piece[0], len(piece)
    if letter == "'":
        return piece[1:-1].replace("''", "'") if count > 1 else piece
    if letter == "y":
        return f"{at.year % 100:02}" if count == 2 else f"{at.year:0{count if count > 2 else 1}}"
    if letter == "M" and count > 2:
        name = _MONTHS[at.month - 1]
        return {3: name[:3], 4: name}.get(count, name[:1])
    if letter == "S":
        return f"{at.microsecond:06}".ljust(count, "0")[:count]
    if letter == "n":
        return str(at.microsecond * 1_000)
    if letter in "Xx":
        return _offset(at, count, zulu=letter == "X")
    if letter == "a":
        return "AM" if at.hour < 12 else "PM"
    numbers = {"M": at.month, "d": at.day, "h": at.hour % 12 or 12, "H": at.hour, "m": at.minute, "s": at.second}
    if letter in numbers:
        return f"{numbers[letter]:0{min(count, 2)}}"
    if letter.isalpha():
        raise BadTimestamp(letter)
    return piece


def _offset(at: datetime, count: int, *, zulu: bool) -> str:
    text = offset_of(at, ":" if count in (3, 5) else "", zulu=zulu)
    return text[:3] if count == 1 else text


def offset_of(at: datetime, between_: str, *, zulu: bool) -> str:
    """Return an offset from UTC, hours and minutes; ``Z`` for none where that is wanted."""
    minutes = int((at.utcoffset() or timedelta()).total_seconds()) // 60
    if not minutes and zulu:
        return "Z"
    hours, rest = divmod(abs(minutes), 60)
    return f"{'-' if minutes < 0 else '+'}{hours:02}{between_}{rest:02}"
