"""Instants as Glacier writes them."""

from __future__ import annotations

from datetime import UTC, datetime

HOUR = 3_600_000
DAY = 24 * HOUR


def text_of(instant: int) -> str:
    """Return ``2012-03-20T17:03:43.221Z``."""
    return f"{datetime.fromtimestamp(instant / 1000, UTC):%Y-%m-%dT%H:%M:%S}.{instant % 1000:03d}Z"


def instant_of(text: str) -> int | None:
    """Return what a client means by an ISO 8601 date, or None."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return round((at if at.tzinfo is not None else at.replace(tzinfo=UTC)).timestamp() * 1000)


def month_of(instant: int) -> str:
    return f"{datetime.fromtimestamp(instant / 1000, UTC):%Y-%m}"


def a_month_after(instant: int) -> int:
    """Return the same day of the next month, or its last."""
    at = datetime.fromtimestamp(instant / 1000, UTC)
    year, month = (at.year + 1, 1) if at.month == 12 else (at.year, at.month + 1)
    for day in (at.day, 30, 29, 28):
        try:
            return round(at.replace(year=year, month=month, day=day).timestamp() * 1000)
        except ValueError:
            continue
    raise AssertionError("every month has 28 days")
