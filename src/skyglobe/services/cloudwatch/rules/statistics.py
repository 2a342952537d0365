"""Statistics over what was measured in a period. CloudWatch user guide, "CloudWatch statistics definitions".

A percentile is by nearest rank: the least value that at least so many percent of all values do not exceed. Bounds of
trimmed statistics take so many percent of the values off each end, parts of a value's occurrences included.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from skyglobe.kernel.metric_points import Point

PLAIN = ("SampleCount", "Average", "Sum", "Minimum", "Maximum")
_SHORT = re.compile(r"(p|tm|wm|tc|ts)(\d{1,3}(?:\.\d{0,10})?)", re.IGNORECASE)
_LONG = re.compile(r"(TM|WM|TC|TS|PR)\(\s*([\d.]+%?)?\s*:\s*([\d.]+%?)?\s*\)", re.IGNORECASE)


class Statistic(NamedTuple):
    """What to make of a period's values."""

    kind: str
    """One of ``PLAIN``, or ``p``, ``tm``, ``wm``, ``tc``, ``ts``, ``pr``."""
    low: float = 0.0
    high: float = 100.0
    is_percent: bool = True
    """Whether ``low`` and ``high`` are percent, or values."""


class Total:
    """Everything that was measured in a period."""

    __slots__ = ("count", "distributions", "max", "min", "sum")

    def __init__(self) -> None:
        self.count = 0.0
        self.sum = 0.0
        self.min = float("inf")
        self.max = float("-inf")
        self.distributions: list[dict[float, float]] | None = []
        """None when somebody put statistics without the values they are of."""

    def add(self, point: Point) -> None:
        self.count += point.count
        self.sum += point.sum
        self.min = min(self.min, point.min)
        self.max = max(self.max, point.max)
        distribution = point.distribution
        if distribution is None:
            self.distributions = None
        elif self.distributions is not None:
            self.distributions.append(distribution)

    def value(self, statistic: Statistic) -> float | None:
        """Return what ``statistic`` is here; None when there is no telling."""
        kind = statistic.kind
        if kind == "Sum":
            return self.sum
        if kind == "SampleCount":
            return self.count
        if kind == "Average":
            return self.sum / self.count if self.count else None
        if kind == "Minimum":
            return self.min
        if kind == "Maximum":
            return self.max
        values = self._values()
        return _of_values(values, statistic) if values else None

    def _values(self) -> list[tuple[float, float]]:
        # "Percentile statistics are not available for metrics when any of the metric values are negative numbers."
        if self.distributions is None or self.min < 0:
            return []
        merged: dict[float, float] = {}
        for distribution in self.distributions:
            for value, times in distribution.items():
                merged[value] = merged.get(value, 0.0) + times
        return sorted((value, times) for value, times in merged.items() if times > 0)


@lru_cache(maxsize=256)
def parse_statistic(text: str) -> Statistic:
    """Return the statistic of that name. Raises ValueError when there is none."""
    if text in PLAIN:
        return Statistic(text)
    if text.upper() == "IQM":
        return Statistic("tm", 25.0, 75.0)
    if short := _SHORT.fullmatch(text):
        bound = float(short[2])
        if bound > 100:
            raise ValueError(text)
        return Statistic(short[1].lower(), 0.0, bound)
    if long := _LONG.fullmatch(text):
        return _ranged(text, long[1].lower(), long[2], long[3])
    raise ValueError(text)


def _ranged(text: str, kind: str, low: str | None, high: str | None) -> Statistic:
    given = [bound for bound in (low, high) if bound]
    percents = {bound.endswith("%") for bound in given}
    if not given or len(percents) != 1 or (kind == "pr" and True in percents):
        raise ValueError(text)
    is_percent = percents.pop()
    start = float(low.rstrip("%")) if low else 0.0
    end = float(high.rstrip("%")) if high else (100.0 if is_percent else float("inf"))
    if start >= end or (is_percent and end > 100):
        raise ValueError(text)
    if kind == "wm" and not is_percent and not (low and high):
        end = end if high else float("inf")
    return Statistic(kind, start if low or is_percent else float("-inf"), end, is_percent)


def is_low_sample(statistic: Statistic, count: float) -> bool:
    """Return whether there are too few values for a percentile to mean much.

    Fewer than ``10 / (1 - percentile)`` above the median, than ``10 / percentile`` below; user guide, "Percentile-based
    CloudWatch alarms and low data samples".
    """
    if statistic.kind != "p" or statistic.high in (0.0, 100.0):
        return False
    part = statistic.high / 100
    return count < (10 / (1 - part) if part >= 0.5 else 10 / part) - 1e-9


def percentile(values: list[tuple[float, float]], percent: float) -> float:
    """Return the least of the (value, times), which are in order, that ``percent`` of all do not exceed."""
    wanted = sum(times for _, times in values) * percent / 100
    reached = 0.0
    for value, times in values:
        reached += times
        if reached >= wanted - 1e-9:
            return value
    return values[-1][0]


def _of_values(values: list[tuple[float, float]], statistic: Statistic) -> float | None:
    kind = statistic.kind
    if kind == "p":
        return percentile(values, statistic.high)
    kept = list(_kept(values, statistic))
    count = sum(times for _, times in kept)
    if kind == "tc":
        return count
    if kind == "ts":
        return sum(value * times for value, times in kept)
    if kind == "pr":
        return 100 * count / sum(times for _, times in values)
    if kind == "tm":
        return sum(value * times for value, times in kept) / count if count else None
    return _winsorized(values, kept, statistic)


def _kept(values: list[tuple[float, float]], statistic: Statistic) -> Iterable[tuple[float, float]]:
    """Yield what lies between the bounds: above the lower, up to the upper."""
    if not statistic.is_percent:
        yield from ((value, times) for value, times in values if statistic.low < value <= statistic.high)
        return
    total = sum(times for _, times in values)
    start, end = total * statistic.low / 100, total * statistic.high / 100
    reached = 0.0
    for value, times in values:
        part = min(reached + times, end) - max(reached, start)
        reached += times
        if part > 1e-9:
            yield value, part


def _winsorized(
    values: list[tuple[float, float]], kept: list[tuple[float, float]], statistic: Statistic
) -> float | None:
    """Return the mean with what is beyond the bounds counted as what is at them."""
    if not kept:
        return None
    low, high = (kept[0][0], kept[-1][0]) if statistic.is_percent else (statistic.low, statistic.high)
    total = sum(times for _, times in values)
    return sum(min(max(value, low), high) * times for value, times in values) / total
