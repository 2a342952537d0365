"""Reading timestamps: always to timezone-aware UTC datetimes, as leniently as AWS reads them."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any

from skyglobe.models import Shape

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LOCATION_FORMATS = {"header": "rfc822", "headers": "rfc822", "querystring": "iso8601", "uri": "iso8601"}


def timestamp_format(shape: Shape, body_format: str) -> str:
    """Return ``iso8601``, ``rfc822`` or ``unixtimestamp``: the model's choice, else that of place and protocol."""
    chosen = shape.timestamp_format or LOCATION_FORMATS.get(shape.location or "", body_format)
    return chosen.lower()


def instant_from_number(seconds: Any) -> datetime:
    """Return the instant ``seconds`` after the epoch. Raises ValueError outside the years 1 to 9999."""
    try:
        whole = math.floor(seconds)  # of infinity: OverflowError; of NaN: ValueError
        return EPOCH + timedelta(seconds=whole, microseconds=round((seconds - whole) * 1_000_000))
    except OverflowError as error:
        raise ValueError("not an instant") from error


def instant_from_text(text: str) -> datetime:
    """Return the instant that ``text`` names in any of AWS's three formats. Raises ValueError.

    Seconds since the epoch (with or without fraction), ISO 8601 (date alone, with or without fraction and zone;
    no zone means UTC) and RFC 822 dates are told apart by their look: AWS takes each where another is documented.
    """
    text = text.strip()
    if text[:3].isalpha():
        return _from_rfc822(text)
    if "-" in text[1:] or ":" in text:
        return as_utc(datetime.fromisoformat(text))
    if text.replace(".", "", 1).lstrip("-").isdigit() and text.isascii() and len(text) <= 32:
        return instant_from_number(float(text) if "." in text else int(text))
    return _from_compact(text)


def _from_compact(text: str) -> datetime:
    """Read ISO 8601's basic format, ``20150830T123600Z``."""
    if "T" not in text:
        raise ValueError(f"not an instant: {text}")
    return as_utc(datetime.fromisoformat(text))


def _from_rfc822(text: str) -> datetime:
    from email.utils import parsedate_to_datetime  # slow to import, and seldom needed

    try:
        return as_utc(parsedate_to_datetime(text))
    except (TypeError, IndexError, OverflowError) as error:
        raise ValueError(f"not an instant: {text}") from error


def as_utc(moment: datetime) -> datetime:
    """Return the same instant in UTC, which a naive ``moment`` is in already. Raises ValueError out of range."""
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"not an instant: {moment}") from error
