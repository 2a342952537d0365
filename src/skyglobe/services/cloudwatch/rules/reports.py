"""Reports of Contributor Insights: contributions gathered by contributor and by period."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from skyglobe.kernel.contributors import Contribution

METRICS = (
    "UniqueContributors",
    "MaxContributorValue",
    "SampleCount",
    "Sum",
    "Minimum",
    "Maximum",
    "Average",
)
"""What each period can be told by; API reference of GetInsightRuleReport."""


class Gathered:
    """What contributors came to, in all and in each period. Instants and periods in milliseconds."""

    def __init__(self, found: Iterable[Contribution], start: int, period: int) -> None:
        self.by_key: dict[str, dict[int, float]] = {}
        self.greatest: dict[str, float] = {}
        self._periods: dict[int, list[Contribution]] = {}
        self.whole = 0.0
        for one in found:
            at = start + (one.at - start) // period * period
            self._periods.setdefault(at, []).append(one)
            self.whole += one.value
            if one.is_of_others:
                continue
            values = self.by_key.setdefault(one.key, {})
            values[at] = values.get(at, 0.0) + one.value
            self.greatest[one.key] = max(self.greatest.get(one.key, 0.0), one.greatest)

    def top(self, count: int, order_by: str) -> list[tuple[str, dict[int, float]]]:
        """Return the first contributors, by what they came to in all or by their greatest contribution."""

        def rank(entry: tuple[str, dict[int, float]]) -> tuple[float, str]:
            key, values = entry
            return -(self.greatest[key] if order_by == "Maximum" else sum(values.values())), key

        return sorted(self.by_key.items(), key=rank)[:count]

    def metrics(self, wanted: Iterable[str]) -> list[dict[str, Any]]:
        """Return the wanted metrics of each period in which there was anything."""
        names = [name for name in METRICS if name in frozenset(wanted)]
        if not names:
            return []
        return [
            {"Timestamp": at / 1000, **{name: value for name, value in self._told(at).items() if name in names}}
            for at in sorted(self._periods)
        ]

    def _told(self, at: int) -> dict[str, float]:
        found = self._periods[at]
        sums = [values[at] for values in self.by_key.values() if at in values] or [0.0]
        samples = sum(one.samples for one in found)
        total = sum(one.value for one in found)
        return {
            "UniqueContributors": float(sum(at in values for values in self.by_key.values())),
            "MaxContributorValue": max(sums),
            "SampleCount": float(samples),
            "Sum": total,
            "Minimum": min(sums),
            "Maximum": max(one.greatest for one in found),
            "Average": total / samples,
        }
