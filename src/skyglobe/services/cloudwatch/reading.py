"""Reading what was measured, by period and statistic."""

from __future__ import annotations

from skyglobe.kernel.metric_points import DAY, SECOND, Series, key_of, points, series
from skyglobe.kernel.scope import Scope
from skyglobe.services.cloudwatch.rules.periods import kept_for
from skyglobe.services.cloudwatch.rules.queries import Metric
from skyglobe.services.cloudwatch.rules.statistics import Statistic, Total
from skyglobe.services.cloudwatch.rules.units import unit_of


def find_series(scope: Scope, metric: Metric) -> Series | None:
    """Return the series of a metric, None when nothing was ever measured."""
    return series.find(scope, metric.namespace, metric.name, key_of(metric.dimensions))


def read_totals(scope: Scope, metric: Metric, start: int, stop: int, period: int, unit: str = "") -> dict[int, Total]:
    """Return what was measured from ``start`` to before ``stop``, by the beginning of its period, in order of time.

    Periods begin at ``start``. What is older than points of such a period are kept is not there. With a ``unit``, only
    what was measured in it is.
    """
    found = find_series(scope, metric)
    if found is None or (unit and unit != unit_of(found.namespace, found.name, found.unit)):
        return {}
    step = period * SECOND
    visible = scope.now - kept_for(period)
    if start < visible:
        start += -(-(visible - start) // step) * step
    totals: dict[int, Total] = {}
    for tier in _tiers(scope, start, period):
        for point in points.scan(scope, found.number, tier, start=(start,), stop=(stop,)):
            at = start + (point.at - start) // step * step
            total = totals.get(at)
            if total is None:
                total = totals[at] = Total()
            total.add(point)
    return dict(sorted(totals.items()))


def _tiers(scope: Scope, start: int, period: int) -> tuple[int, ...]:
    if period < 60:
        return (1,)
    if start >= scope.now - 15 * DAY:
        return (1, 60)
    return (1, 60, 300) if start >= scope.now - 63 * DAY else (1, 60, 300, 3600)


def read_values(
    scope: Scope, metric: Metric, statistic: Statistic, start: int, stop: int, period: int, unit: str = ""
) -> dict[int, float]:
    """Return a statistic of each period in which there is one."""
    totals = read_totals(scope, metric, start, stop, period, unit)
    values = ((at, total.value(statistic)) for at, total in totals.items())
    return {at: value for at, value in values if value is not None}
