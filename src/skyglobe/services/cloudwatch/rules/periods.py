"""Periods: which there are, how long what is that fine is kept, where they begin.

API reference of GetMetricStatistics.
"""

from __future__ import annotations

from skyglobe.kernel.metric_points import DAY, HOUR, KEPT_FOR, MINUTE, SECOND

FINE = (1, 5, 10, 20, 30)
"""Seconds: the periods below a minute, for what was put with a storage resolution of a second."""


def is_period(seconds: int) -> bool:
    """Return whether there is such a period."""
    return seconds in FINE or (seconds > 0 and seconds % 60 == 0)


def kept_for(seconds: int) -> int:
    """Return for how many milliseconds points of a period can be read. User guide, "Metrics retention"."""
    if seconds < 60:
        return 3 * HOUR
    if seconds % 3600 == 0:
        return KEPT_FOR
    return 63 * DAY if seconds % 300 == 0 else 15 * DAY


def rounded_start(start: int, period: int, now: int) -> int:
    """Return where the first period begins: ``start``, rounded down the more the longer ago it is."""
    if period < 60:
        return start // (period * SECOND) * (period * SECOND)
    age = now - start
    grid = MINUTE if age < 15 * DAY else 5 * MINUTE if age < 63 * DAY else HOUR
    return start // grid * grid
