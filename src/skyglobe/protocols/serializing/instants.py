"""Instants as the wire writes them: epoch seconds, ISO 8601 and RFC 822, all cut to milliseconds.

Every function takes an aware ``datetime`` or a number of seconds since the epoch.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from skyglobe.models import Shape

Instant = datetime | int | float

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)
_DAY: Final = timedelta(days=1)
_DAY_SECONDS: Final = 86_400
_TWO_DIGITS: Final = [f"{number:02d}" for number in range(60)]
_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def epoch_milliseconds(instant: Instant) -> int:
    """Return whole milliseconds since the epoch. Raises TypeError for a naive ``datetime``."""
    if isinstance(instant, datetime):
        return (instant - EPOCH) // _MILLISECOND
    return round(instant * 1000)


def epoch_seconds(instant: Instant) -> int | float:
    """Return seconds since the epoch: an int when whole, else a float of milliseconds' precision."""
    seconds, milliseconds = divmod(epoch_milliseconds(instant), 1000)
    return seconds + milliseconds / 1000 if milliseconds else seconds


def iso8601(instant: Instant) -> str:
    """Return ``2024-02-29T12:00:00Z``, with milliseconds only when there are some."""
    second, milliseconds = divmod(epoch_milliseconds(instant), 1000)
    return f"{_date_and_time(second)}.{milliseconds:03d}Z" if milliseconds else f"{_date_and_time(second)}Z"


def iso8601_milliseconds(instant: Instant) -> str:
    """Return ``2024-02-29T12:00:00.000Z``, the form EC2 and S3 always use."""
    second, milliseconds = divmod(epoch_milliseconds(instant), 1000)
    return f"{_date_and_time(second)}.{milliseconds:03d}Z"


def rfc822(instant: Instant) -> str:
    """Return ``Thu, 29 Feb 2024 12:00:00 GMT``, whatever the locale."""
    day, second = divmod(epoch_milliseconds(instant) // 1000, _DAY_SECONDS)
    return f"{_dates(day)[1]} {_time(second)} GMT"


def _date_and_time(second: int) -> str:
    day, second = divmod(second, _DAY_SECONDS)
    return f"{_dates(day)[0]}T{_time(second)}"


@lru_cache(maxsize=1024)
def _dates(day: int) -> tuple[str, str]:
    """Return a day, counted from the epoch, as ``2024-02-29`` and as ``Thu, 29 Feb 2024``."""
    at = EPOCH + day * _DAY
    written = f"{_DAYS[at.weekday()]}, {at.day:02d} {_MONTHS[at.month - 1]} {at.year:04d}"
    return f"{at.year:04d}-{at.month:02d}-{at.day:02d}", written


def _time(second: int) -> str:
    minute, second = divmod(second, 60)
    hour, minute = divmod(minute, 60)
    return f"{_TWO_DIGITS[hour]}:{_TWO_DIGITS[minute]}:{_TWO_DIGITS[second]}"


FORMATS: Final[dict[str, Callable[[Any], Any]]] = {
    "iso8601": iso8601,
    "rfc822": rfc822,
    "unixTimestamp": epoch_seconds,
}
"""By the names the models use in ``timestampFormat``."""


def formatter(shape: Shape, default: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return how ``shape``'s instants are written: as the model says, else by ``default``.

    A ``default`` of ``iso8601_milliseconds`` also holds where the model names ISO 8601 itself.
    """
    named = FORMATS[shape.timestamp_format] if shape.timestamp_format else default
    return default if named is iso8601 and default is iso8601_milliseconds else named
