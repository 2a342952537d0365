"""What is expected of a metric: a band fitted to what it was before.

AWS's model is its own secret. This one takes the mean and the standard deviation of the two weeks before, by the hour
of the day where there are days enough to tell, and lets the band be so many deviations wide.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from skyglobe.kernel.metric_points import DAY, HOUR

LEARNT_FROM = 14 * DAY  # user guide: "up to two weeks of the metric's past data"
MIN_DAYS = 3  # days with a value in an hour before that hour is told from the others
MIN_POINTS = 3  # in all, before anything is expected

Moments = tuple[float, float]


def fit(
    points: dict[int, float], excluded: Iterable[tuple[int, int]] = ()
) -> tuple[Moments | None, dict[int, Moments]]:
    """Return mean and deviation of all points, and those by hours of the day (UTC) of which enough is known."""
    spans = list(excluded)
    known = {at: value for at, value in points.items() if not any(start <= at < end for start, end in spans)}
    if len(known) < MIN_POINTS:
        return None, {}
    by_hour: dict[int, list[float]] = {}
    days: dict[int, set[int]] = {}
    for at, value in known.items():
        hour = at % DAY // HOUR
        by_hour.setdefault(hour, []).append(value)
        days.setdefault(hour, set()).add(at // DAY)
    hours = {hour: _moments(values) for hour, values in by_hour.items() if len(days[hour]) >= MIN_DAYS}
    return _moments(list(known.values())), hours


def bounds(
    fitted: tuple[Moments | None, dict[int, Moments]], instants: Iterable[int], width: float
) -> tuple[dict[int, float], dict[int, float]]:
    """Return the upper and the lower bound at each instant; nothing where nothing is expected."""
    whole, hours = fitted
    upper: dict[int, float] = {}
    lower: dict[int, float] = {}
    if whole is not None:
        for at in instants:
            mean, deviation = hours.get(at % DAY // HOUR, whole)
            upper[at], lower[at] = mean + width * deviation, mean - width * deviation
    return upper, lower


def _moments(values: list[float]) -> Moments:
    mean = math.fsum(values) / len(values)
    return mean, math.sqrt(math.fsum((value - mean) ** 2 for value in values) / len(values))
