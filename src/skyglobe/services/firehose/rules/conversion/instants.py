"""Timestamps in JSON, as both of the deserializers read them: to nanoseconds since the epoch, in UTC."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache

Number = int | Decimal
ReadInstant = Callable[[str | Number], int]
"""Raises ValueError for what is no instant."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?Z")
_SQL = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2}) (\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.(\d{1,9}))?")
_MILLIS_FROM = 100_000_000_000  # whole numbers from here on are milliseconds: as seconds they lie after the year 5000
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
MAX_NUMBER = 1 << 63


def nanoseconds(year: int, month: int, day: int, hour: int, minute: int, second: int, fraction: str | None) -> int:
    """Return an instant. Raises ValueError for one that no calendar has."""
    whole = datetime(year, month, day, hour, minute, second, tzinfo=UTC) - _EPOCH
    return _bounded((whole.days * 86_400 + whole.seconds) * 10**9 + int((fraction or "0").ljust(9, "0")))


def _bounded(value: int) -> int:
    if not -MAX_NUMBER <= value < MAX_NUMBER:
        raise ValueError("the instant is out of range")
    return value


def _matched(pattern: re.Pattern[str], text: str) -> int | None:
    match = pattern.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second = map(int, match.groups()[:6])
    return nanoseconds(year, month, day, hour, minute, second, match[7])


def read_openx(value: str | Number) -> int:
    """Read what the OpenX deserializer takes: two spellings, and seconds or milliseconds since the epoch."""
    if isinstance(value, str):
        for pattern in (_ISO, _SQL):
            if (found := _matched(pattern, value)) is not None:
                return found
        value = _as_number(value)
    if isinstance(value, Decimal):
        return _bounded(int(value * 10**9))
    return _bounded(value * (10**6 if abs(value) >= _MILLIS_FROM else 10**9))


def _as_number(text: str) -> Number:
    if not re.fullmatch(r"-?\d{1,18}(\.\d{1,18})?", text):
        raise ValueError(f"{text[:100]!r} is no timestamp")
    return Decimal(text) if "." in text else int(text)


def hive_reader(formats: Iterable[str]) -> ReadInstant:
    """Return what reads timestamps in one of several formats, or as ``java.sql.Timestamp.valueOf`` does without any.

    Raises ValueError for a format that cannot be used.
    """
    readers = [_millis if one == "millis" else joda_reader(one) for one in formats] or [_sql]

    def read(value: str | Number) -> int:
        for reader in readers:
            try:
                return reader(value)
            except ValueError:
                continue
        raise ValueError(f"{str(value)[:100]!r} is in none of the timestamp formats")

    return read


def _millis(value: str | Number) -> int:
    return _bounded(int(_as_number(str(value)) * 10**6))


def _sql(value: str | Number) -> int:
    found = _matched(_SQL, value) if isinstance(value, str) else None
    if found is None:
        raise ValueError(f"{str(value)[:100]!r} is no timestamp")
    return found


_NUMERIC = "yYuMdHhkmsS"
_TOKEN = re.compile(r"'((?:[^']|'')*)'|([A-Za-z])\2*|.", re.DOTALL)


@lru_cache(maxsize=256)
def joda_reader(pattern: str) -> ReadInstant:
    """Return what reads texts of a Joda-Time pattern; what the pattern does not name is 1970-01-01, midnight, UTC.

    Raises ValueError for letters that are not known here.
    """
    pieces = list(_TOKEN.finditer(pattern))
    names: list[str] = []
    source = ""
    for place, piece in enumerate(pieces):
        letter, text = piece[2], piece[0]
        if letter is None:
            source += re.escape((piece[1] or "'").replace("''", "'") if text[0] == "'" else text)
            continue
        following = pieces[place + 1] if place + 1 < len(pieces) else None
        is_tight = following is not None and following[2] is not None and following[2] in _NUMERIC
        source += f"({_shape(letter, len(text), is_tight)})"
        names.append(letter if letter != "M" or len(text) < 3 else "L")
    shape = re.compile(source, re.IGNORECASE | re.ASCII)

    def read(value: str | Number) -> int:
        match = shape.fullmatch(str(value))
        if match is None:
            raise ValueError(f"{str(value)[:100]!r} is not of the form {pattern}")
        return _instant(dict(zip(names, match.groups(), strict=True)))

    return read


def _shape(letter: str, length: int, is_tight: bool) -> str:
    if letter == "M" and length >= 3:
        return "[a-z]+"
    if letter == "S":
        return rf"\d{{{length}}}" if is_tight else r"\d{1,9}"
    if letter in _NUMERIC:
        most = max(length, 4 if letter in "yYu" else 2)
        return rf"\d{{{length}}}" if is_tight else rf"\d{{1,{most}}}"
    shapes = {"a": "[ap]m", "E": "[a-z]+", "Z": r"[+-]\d\d:?\d\d|Z"}
    if letter not in shapes:
        raise ValueError(f"the letter {letter} is not supported in timestamp formats")
    return shapes[letter]


def _instant(found: dict[str, str]) -> int:
    year_text = found.get("y") or found.get("Y") or found.get("u") or "1970"
    year = int(year_text) + (2000 if len(year_text) == 2 else 0)
    month = int(found.get("M", "1"))
    if "L" in found:
        month = _MONTHS.index(found["L"][:3].lower()) + 1
    hour = int(found.get("H") or found.get("k") or found.get("h") or "0")
    if "a" in found:
        hour = hour % 12 + (12 if found["a"].lower() == "pm" else 0)
    moment = nanoseconds(
        year, month, int(found.get("d", "1")), hour, int(found.get("m", "0")), int(found.get("s", "0")), found.get("S")
    )
    return _bounded(moment - _offset(found.get("Z", "Z")))


def _offset(zone: str) -> int:
    if zone in "Zz":
        return 0
    away = timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:]))
    return int(away.total_seconds()) * (10**9 if zone[0] == "+" else -(10**9))
