"""Instants as the wire writes them: epoch seconds, ISO 8601 and RFC 822, all cut to milliseconds.

Every function takes an aware ``datetime`` or a number of seconds since the epoch.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from skyglobe.models import Shape

Instant = datetime | int | float

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


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
    moment = _in_utc(instant)
    return _date_and_time(moment) + (f".{moment.microsecond // 1000:03d}Z" if moment.microsecond >= 1000 else "Z")


def iso8601_milliseconds(instant: Instant) -> str:
    """Return ``2024-02-29T12:00:00.000Z``, the form EC2 and S3 always use."""
    moment = _in_utc(instant)
    return f"{_date_and_time(moment)}.{moment.microsecond // 1000:03d}Z"


def rfc822(instant: Instant) -> str:
    """Return ``Thu, 29 Feb 2024 12:00:00 GMT``, whatever the locale."""
    at = _in_utc(instant)
    day = f"{_DAYS[at.weekday()]}, {at.day:02d} {_MONTHS[at.month - 1]} {at.year:04d}"
    return f"{day} {at.hour:02d}:{at.minute:02d}:{at.second:02d} GMT"


def _in_utc(instant: Instant) -> datetime:
    if not isinstance(instant, datetime):
        return EPOCH + epoch_milliseconds(instant) * _MILLISECOND
    if instant.tzinfo is None:
        raise TypeError(f"a timestamp without time zone: {instant!r}")
    return instant if instant.tzinfo is UTC else instant.astimezone(UTC)


def _date_and_time(at: datetime) -> str:
    return f"{at.year:04d}-{at.month:02d}-{at.day:02d}T{at.hour:02d}:{at.minute:02d}:{at.second:02d}"


FORMATS: dict[str, Callable[[Any], Any]] = {
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
