"""AWS's schedule expressions: ``at(…)``, ``rate(…)`` and ``cron(…)``, and when they are due next.

Application Auto Scaling user guide, "Schedule recurring scaling actions using cron expressions"; EventBridge Scheduler
user guide, "Schedule types". Many services of AWS take this one notation.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from skyglobe.kernel.clock import Instant

MAX_EXPRESSION = 256  # characters; EventBridge Scheduler API reference, ScheduleExpression
FIRST_YEAR, LAST_YEAR = 1970, 2199  # cron's years; EventBridge Scheduler user guide, "Cron-based schedules"

_MONTHS = {"JAN": 1, "FEB": 2, "MAR": 3, "APR": 4, "MAY": 5, "JUN": 6}
_MONTHS |= {"JUL": 7, "AUG": 8, "SEP": 9, "OCT": 10, "NOV": 11, "DEC": 12}
_WEEKDAYS = {"SUN": 1, "MON": 2, "TUE": 3, "WED": 4, "THU": 5, "FRI": 6, "SAT": 7}
_UNITS = {"minute": 60_000, "hour": 3_600_000, "day": 86_400_000}
_AT = re.compile(r"at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)")
_RATE = re.compile(r"rate\(([1-9][0-9]{0,8}) (minute|hour|day)(s?)\)")
_CRON = re.compile(r"cron\(([^()]*)\)")

IsDay = Callable[[date], bool]


class BadSchedule(ValueError):
    """The text is no schedule expression, or names no time zone."""


class Schedule:
    """When something is to be done."""

    def next_after(self, instant: Instant) -> Instant | None:
        """Return the first time later than ``instant``; None when there is none any more."""
        raise NotImplementedError


class At(Schedule):
    """Once."""

    def __init__(self, at: Instant) -> None:
        self.at = at

    def next_after(self, instant: Instant) -> Instant | None:
        return self.at if self.at > instant else None


class Rate(Schedule):
    """Again and again in equal steps from an instant on."""

    def __init__(self, since: Instant, step_for: int) -> None:
        self.since = since
        self.step_for = step_for
        """Milliseconds."""

    def next_after(self, instant: Instant) -> Instant | None:
        if instant < self.since:
            return self.since
        return self.since + ((instant - self.since) // self.step_for + 1) * self.step_for


class Cron(Schedule):
    """Whenever a clock of some time zone shows what the six fields say.

    What does not exist when clocks are set forward is left out; what is there twice when they are set back, is done
    the first time only.
    """

    def __init__(self, text: str, zone: tzinfo) -> None:
        fields = text.split()
        if len(fields) != 6:
            raise BadSchedule("a cron expression has six fields")
        minutes, hours, days, months, weekdays, years = fields
        if (days == "?") == (weekdays == "?"):
            raise BadSchedule("one of day of month and day of week, and one only, must be ?")
        self._zone = zone
        self._minutes = sorted(_numbers(minutes, 0, 59))
        self._hours = sorted(_numbers(hours, 0, 23))
        self._months = frozenset(_numbers(months, 1, 12, _MONTHS))
        self._years = sorted(_numbers(years, FIRST_YEAR, LAST_YEAR))
        self._is_day = _day_of_month(days) if weekdays == "?" else _day_of_week(weekdays)

    def next_after(self, instant: Instant) -> Instant | None:
        local = datetime.fromtimestamp(instant / 1000, UTC).astimezone(self._zone)
        for day in self._days_from(local.date() - timedelta(days=1)):
            for hour in self._hours:
                for minute in self._minutes:
                    at = _instant_of(datetime.combine(day, time(hour, minute)), self._zone)
                    if at is not None and at > instant:
                        return at
        return None

    def _days_from(self, first: date) -> Iterator[date]:
        for year in self._years:
            if year < first.year:
                continue
            for month in sorted(self._months):
                if (year, month) < (first.year, first.month):
                    continue
                for number in range(1, calendar.monthrange(year, month)[1] + 1):
                    day = date(year, month, number)
                    if day >= first and self._is_day(day):
                        yield day


def parse_schedule(text: str, zone_name: str = "UTC", since: Instant = 0) -> Schedule:
    """Return the schedule that ``text`` says. ``at`` and ``cron`` mean the clocks of a time zone.

    A rate's steps begin at ``since``. Raises ``BadSchedule``.
    """
    if len(text) > MAX_EXPRESSION:
        raise BadSchedule(f"longer than {MAX_EXPRESSION} characters")
    zone = _zone(zone_name)
    if found := _AT.fullmatch(text):
        try:
            local = datetime.fromisoformat(found[1])
        except ValueError as error:
            raise BadSchedule(str(error)) from error
        at = _instant_of(local, zone)
        if at is None:
            raise BadSchedule(f"{found[1]} does not exist in {zone_name}")
        return At(at)
    if found := _RATE.fullmatch(text):
        # One minute, but two minutes: AWS takes nothing else.
        if (found[1] == "1") == bool(found[3]):
            raise BadSchedule("the unit must be singular for 1 and plural for more")
        return Rate(since, int(found[1]) * _UNITS[found[2]])
    if found := _CRON.fullmatch(text):
        return Cron(found[1], zone)
    raise BadSchedule("neither at(…), rate(…) nor cron(…)")


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise BadSchedule(f"no time zone is called {name}") from error


def _instant_of(local: datetime, zone: tzinfo) -> Instant | None:
    """Return when the clocks of a zone show ``local``; None when they leave it out."""
    try:
        utc = local.replace(tzinfo=zone).astimezone(UTC)
        if utc.astimezone(zone).replace(tzinfo=None) != local:
            return None
    except OverflowError:
        return None
    return int(utc.timestamp()) * 1000


def _numbers(text: str, low: int, high: int, names: dict[str, int] | None = None) -> set[int]:
    """Return the numbers of one field: lists, ranges, steps, ``*``, names. Raises ``BadSchedule``."""
    found: set[int] = set()
    for part in text.upper().split(","):
        span, slash, step = part.partition("/")
        if slash and not (step.isascii() and step.isdigit() and int(step) > 0):
            raise BadSchedule(f"{part} has no step")
        if span == "*":
            first, last = low, high
        else:
            start, dash, end = span.partition("-")
            first = _number(start, low, high, names)
            last = _number(end, low, high, names) if dash else high if slash else first
        if last < first:
            raise BadSchedule(f"{span} runs backwards")
        found.update(range(first, last + 1, int(step) if slash else 1))
    return found


def _number(text: str, low: int, high: int, names: dict[str, int] | None) -> int:
    if names is not None and text in names:
        return names[text]
    if not (text.isascii() and text.isdigit()) or not low <= int(text) <= high:
        raise BadSchedule(f"{text} is not between {low} and {high}")
    return int(text)


def _day_of_month(text: str) -> IsDay:
    """Days of the month: numbers, ``L`` (the last one), ``15W`` and ``LW`` (the weekday nearest to them)."""
    upper = text.upper()
    if upper == "L":
        return lambda day: day.day == _last(day)
    if upper == "LW":
        return lambda day: day.day == _nearest_weekday(day, _last(day))
    if upper.endswith("W"):
        wanted = _number(upper[:-1], 1, 31, None)
        return lambda day: wanted <= _last(day) and day.day == _nearest_weekday(day, wanted)
    days = frozenset(_numbers(text, 1, 31))
    return lambda day: day.day in days


def _day_of_week(text: str) -> IsDay:
    """Days of the week from Sunday (1): ``L`` is Saturday, ``6L`` the last Friday, ``3#2`` the second Tuesday."""
    upper = text.upper()
    if upper == "L":
        return lambda day: _weekday(day) == 7
    if upper.endswith("L"):
        wanted = _number(upper[:-1], 1, 7, _WEEKDAYS)
        return lambda day: _weekday(day) == wanted and day.day + 7 > _last(day)
    if "#" in upper:
        name, _, which = upper.partition("#")
        wanted, nth = _number(name, 1, 7, _WEEKDAYS), _number(which, 1, 5, None)
        return lambda day: _weekday(day) == wanted and (day.day - 1) // 7 + 1 == nth
    days = frozenset(_wrapped(upper))
    return lambda day: _weekday(day) in days


def _wrapped(text: str) -> Iterable[int]:
    """Return days of the week; ranges may run over Saturday: ``FRI-MON``."""
    for part in text.split(","):
        start, dash, end = part.partition("-")
        first = last = 0
        if dash and "/" not in end:
            first, last = _number(start, 1, 7, _WEEKDAYS), _number(end, 1, 7, _WEEKDAYS)
        if last < first:
            yield from (*range(first, 8), *range(1, last + 1))
        else:
            yield from _numbers(part, 1, 7, _WEEKDAYS)


def _weekday(day: date) -> int:
    return day.isoweekday() % 7 + 1


def _last(day: date) -> int:
    return calendar.monthrange(day.year, day.month)[1]


def _nearest_weekday(day: date, number: int) -> int:
    """Return the weekday of the month that is nearest to its day ``number``, never one of another month."""
    weekday = day.replace(day=number).weekday()
    if weekday == 5:
        return number - 1 if number > 1 else number + 2
    if weekday == 6:
        return number + 1 if number < _last(day) else number - 2
    return number
