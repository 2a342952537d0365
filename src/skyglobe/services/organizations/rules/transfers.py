"""Responsibility transfers: when they may begin and end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


def find_fault_of_start(starts_at: int, now: int) -> tuple[str, str] | None:
    """Return the reason and text for an instant no transfer can start at; None where it can.

    API reference, InvalidInputException: the first day of a month, 00:00:00.000, and not in the past.
    """
    start = _read(starts_at)
    if (start.hour, start.minute, start.second, start.microsecond) != (0, 0, 0, 0):
        return "START_DATE_NOT_BEGINNING_OF_DAY", "The start date must be the beginning of the day (00:00:00.000)."
    if start.day != 1:
        return "START_DATE_NOT_BEGINNING_OF_MONTH", "The start date must be the first day of the month."
    if starts_at <= now:
        return "START_DATE_TOO_EARLY", "You provided an invalid start date. The start date is too early."
    return None


def find_fault_of_end(ends_at: int, now: int, starts_at: int) -> tuple[str, str] | None:
    """Return the reason and text for an instant no transfer can end at; None where it can.

    Same page: the end of the last day of a month, 23:59:59.999; clients that tell whole seconds mean its last one.
    """
    if ends_at // 1000 != end_of_month(ends_at) // 1000:
        text = "The end date must be the end of the last day of the month (23.59.59.999)."
        return "END_DATE_NOT_END_OF_MONTH", text
    if ends_at < max(now, starts_at):
        return "END_DATE_TOO_EARLY", "You provided an invalid end date. It is too early for the transfer to end."
    return None


def end_of_month(instant: int) -> int:
    """Return the last millisecond of the month that ``instant`` is in."""
    return milliseconds(_month_after(_read(instant))) - 1


def milliseconds(when: datetime) -> int:
    """Return an instant as the clock has it; one without an offset is in UTC."""
    return round((when if when.tzinfo is not None else when.replace(tzinfo=UTC)).timestamp() * 1000)


def _read(instant: int) -> datetime:
    return datetime.fromtimestamp(instant // 1000, UTC) + timedelta(milliseconds=instant % 1000)


def _month_after(day: datetime) -> datetime:
    year, month = (day.year + 1, 1) if day.month == 12 else (day.year, day.month + 1)
    return datetime(year, month, 1, tzinfo=UTC)
