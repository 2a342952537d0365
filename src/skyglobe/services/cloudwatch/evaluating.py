"""Evaluating metric alarms: by a timer of each, as long as anything could change.

An alarm is evaluated every minute (fine ones every 10, 20 or 30 seconds) while there are data in its periods. When
there are none, and nothing could change before there are, no timer is set: what is measured sets it
(``kernel.metric_points``).
"""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.metric_points import SECOND, Watcher, key_of, points, watchers
from skyglobe.kernel.metrics import Reading, record_gauges
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.timers import cancel_timer, set_timer
from skyglobe.services.cloudwatch import cloudwatch
from skyglobe.services.cloudwatch.changing import change_state
from skyglobe.services.cloudwatch.dispatching import act
from skyglobe.services.cloudwatch.querying import Queries
from skyglobe.services.cloudwatch.reading import find_series, read_totals
from skyglobe.services.cloudwatch.records import Alarm, alarms
from skyglobe.services.cloudwatch.rules.expressions.evaluating import parse
from skyglobe.services.cloudwatch.rules.expressions.parsing import calls_in
from skyglobe.services.cloudwatch.rules.expressions.values import Band, Series, Unbuilt, Value
from skyglobe.services.cloudwatch.rules.queries import BadQuery, Metric, Query
from skyglobe.services.cloudwatch.rules.settings import grid_of, period_of, queries_of, watched_of
from skyglobe.services.cloudwatch.rules.statistics import is_low_sample, parse_statistic
from skyglobe.services.cloudwatch.rules.verdicts import (
    MORE_PERIODS,
    OPERATORS,
    Datum,
    Verdict,
    is_outside,
    judge,
    treatment_of,
)
from skyglobe.services.cloudwatch.rules.wording import reason_data_of, reason_of
from skyglobe.services.cloudwatch.watching import has_gauges

_TIMER = "evaluate"
_DATES = frozenset({"MINUTE", "HOUR", "DAY", "DATE", "MONTH", "YEAR", "EPOCH"})
"""Functions by which an expression comes to something else as time goes by, though nothing is measured."""


def watch(scope: Scope, alarm: Alarm) -> None:
    """Have an alarm evaluated soon, and whenever something is measured that it watches."""
    unwatch(scope, alarm)
    for watcher in _watchers(scope, alarm):
        watchers.put(scope, watcher)
    evaluate_soon(scope, alarm)


def unwatch(scope: Scope, alarm: Alarm) -> None:
    """Evaluate an alarm no more."""
    cancel_timer(scope, cloudwatch.name, _TIMER, alarm.id)
    for watcher in _watchers(scope, alarm):
        watchers.drop(scope, *(getattr(watcher, part) for part in _WATCHER_KEY))


_WATCHER_KEY = ("namespace", "dimension_key", "name", "service", "kind", "key")


def _watchers(scope: Scope, alarm: Alarm) -> list[Watcher]:
    grid = grid_of(period_of(alarm.settings))
    found = []
    for query in queries_of(alarm.settings):
        if query.metric is not None:
            # What a gauge shows may change with whatever else is measured of the same thing.
            name = "" if has_gauges(scope, query.metric.namespace) else query.metric.name
            key = key_of(query.metric.dimensions)
            found.append(
                Watcher(
                    namespace=query.metric.namespace,
                    dimension_key=key,
                    name=name,
                    service=cloudwatch.name,
                    kind=_TIMER,
                    key=alarm.id,
                    grid=grid,
                )
            )
    return found


def evaluate_soon(scope: Scope, alarm: Alarm) -> None:
    """Have an alarm evaluated at the next full minute, or period of a fine one."""
    grid = grid_of(period_of(alarm.settings))
    set_timer(scope, cloudwatch.name, _TIMER, alarm.id, (scope.now // grid + 1) * grid)


@cloudwatch.timer(_TIMER)
def evaluate_alarm(scope: Scope, key: str, payload: dict[str, Any]) -> None:
    """Look at an alarm's data, bring it to the state they say, and set the timer again while they are any."""
    alarm = alarms.find(scope, key)
    if alarm is None or alarm.kind != "MetricAlarm":
        return
    scope.kernel.metrics.fold(scope)
    look = _Look(scope, alarm)
    verdict = look.verdict()
    moved = alarm
    shown = [datum.value for datum in verdict.data if datum.value is not None]
    if verdict.state and verdict.state != alarm.state.value:
        reason = reason_of(verdict, alarm.settings, alarm.state.value)
        data = reason_data_of(verdict, alarm.settings, look.period, scope.now)
        moved = change_state(scope, alarm, verdict.state, reason, data, shown)
    elif verdict.state and shown:
        act(scope, alarm, alarm.state, shown, again=True)
    due_at = look.next_at(has_moved=moved is not alarm)
    if due_at is not None:
        set_timer(scope, cloudwatch.name, _TIMER, alarm.id, due_at)


class _Look:
    """An alarm's data, at one evaluation."""

    def __init__(self, scope: Scope, alarm: Alarm) -> None:
        self._scope = scope
        self._alarm = alarm
        self._settings = alarm.settings
        self._queries = queries_of(alarm.settings)
        self.period = period_of(alarm.settings)
        self._grid = grid_of(self.period)
        self._stop = scope.now // self._grid * self._grid
        count = self._settings["EvaluationPeriods"] + MORE_PERIODS
        self._start = self._stop - count * self.period * SECOND
        self._gauges = self._look_at_gauges()

    def verdict(self) -> Verdict:
        """Return the state the data say."""
        periods = self._settings["EvaluationPeriods"]
        wanted = self._settings.get("DatapointsToAlarm", periods)
        try:
            data = self._data()
        except (BadQuery, Unbuilt):
            data = []  # an expression that its metrics do not fit: nothing to tell a state by
        if data is None:
            return Verdict("", [])
        return judge(data, periods, wanted, treatment_of(self._settings))

    def next_at(self, *, has_moved: bool) -> int | None:
        """Return when to look again; None when that is when something is measured."""
        soon = self._stop + self._grid
        if self._gauges and not has_moved and self._is_settled:
            return None
        if self._gauges or self._is_by_date or self._has_points(self._start, self._stop):
            return soon
        if has_moved and any(query.expression for query in self._queries):
            return soon
        ahead = [at for query in self._queries if (at := self._first_point(query, self._stop)) is not None]
        return (min(ahead) // self._grid + 1) * self._grid if ahead else None

    @property
    def _is_by_date(self) -> bool:
        expressions = (parse(query.expression) for query in self._queries if query.expression)
        return any(not calls_in(node).isdisjoint(_DATES) for node in expressions)

    def _look_at_gauges(self) -> list[tuple[Metric, Reading]]:
        """Keep what the gauges among the metrics show now, and return it."""
        found = []
        for metric in sorted({query.metric for query in self._queries if query.metric is not None}):
            if metric.dimensions and has_gauges(self._scope, metric.namespace):
                readings = record_gauges(self._scope, metric.namespace, dict(metric.dimensions), metric.name)
                found += [(metric, reading) for reading in readings if reading.name == metric.name]
        return found

    @property
    def _is_settled(self) -> bool:
        """Whether all there is to look at are gauges that stay as they are, and have been so for long enough.

        An alarm that goes off is looked at all the same: what it does may be done again.
        """
        if self._alarm.state.value == "ALARM" or len(self._gauges) < len(self._queries):
            return False
        return all(reading.is_steady and self._is_same(metric, reading.value) for metric, reading in self._gauges)

    def _is_same(self, metric: Metric, value: float) -> bool:
        """Whether a metric was the same in every period that counts."""
        totals = read_totals(self._scope, metric, self._start, self._stop, self.period)
        periods = self._settings["EvaluationPeriods"] + MORE_PERIODS
        return len(totals) == periods and all(total.min == total.max == value for total in totals.values())

    def _has_points(self, start: int, stop: int) -> bool:
        return any((at := self._first_point(query, start)) is not None and at < stop for query in self._queries)

    def _first_point(self, query: Query, start: int) -> int | None:
        found = find_series(self._scope, query.metric) if query.metric is not None else None
        if found is None:
            return None
        firsts = (
            next(points.scan(self._scope, found.number, tier, start=(start,), limit=1), None)
            for tier in ((1,) if self.period < 60 else (1, 60))
        )
        return min((point.at for point in firsts if point is not None), default=None)

    def _data(self) -> list[Datum] | None:
        """Return each period's datum, oldest first; None when a percentile is of too few values to tell."""
        instants = range(self._start, self._stop, self.period * SECOND)
        if "Metrics" not in self._settings:
            return self._data_of_metric(instants)
        queries = Queries(self._scope, self._queries, self._start, self._stop)
        values = _points_of(queries.value_of(watched_of(self._settings)))
        band = self._settings.get("ThresholdMetricId")
        if band is not None:
            expected = queries.value_of(band)
            upper, lower = (expected.upper.points, expected.lower.points) if isinstance(expected, Band) else ({}, {})
            return [self._banded(at, values.get(at), lower.get(at), upper.get(at)) for at in instants]
        return [self._datum(at, values.get(at)) for at in instants]

    def _data_of_metric(self, instants: range) -> list[Datum] | None:
        (query,) = self._queries
        assert query.metric is not None
        statistic = parse_statistic(query.statistic)
        totals = read_totals(self._scope, query.metric, self._start, self._stop, self.period, query.unit)
        if self._settings.get("EvaluateLowSampleCountPercentile") == "ignore" and any(
            is_low_sample(statistic, total.count) for total in totals.values()
        ):
            return None
        data = []
        for at in instants:
            total = totals.get(at)
            data.append(self._datum(at, total.value(statistic) if total else None, total.count if total else 0.0))
        return data

    def _datum(self, at: int, value: float | None, count: float = 0.0) -> Datum:
        if value is None:
            return Datum(at, None)
        compare = OPERATORS[self._settings["ComparisonOperator"]]
        return Datum(at, value, compare(value, self._settings["Threshold"]), count)

    def _banded(self, at: int, value: float | None, lower: float | None, upper: float | None) -> Datum:
        if value is None:
            return Datum(at, None)
        is_breaching = is_outside(self._settings["ComparisonOperator"], value, lower, upper)
        return Datum(at, value, is_breaching, lower=lower, upper=upper)


def _points_of(value: Value) -> dict[int, float]:
    if isinstance(value, Series):
        return value.points
    if isinstance(value, list) and len(value) == 1:
        return value[0].points
    raise BadQuery("The expression of an alarm must come to a single time series")
