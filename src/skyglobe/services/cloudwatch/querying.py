"""Answering queries: statistics of metrics, and expressions over them."""

from __future__ import annotations

import math
from typing import NamedTuple

from skyglobe.kernel.metric_points import DAY, SECOND, series
from skyglobe.kernel.scope import Scope
from skyglobe.services.cloudwatch.reading import read_values
from skyglobe.services.cloudwatch.records import detectors
from skyglobe.services.cloudwatch.rules.bands import LEARNT_FROM, bounds, fit
from skyglobe.services.cloudwatch.rules.detectors import detector_key, excluded_spans
from skyglobe.services.cloudwatch.rules.expressions.evaluating import evaluate
from skyglobe.services.cloudwatch.rules.expressions.values import (
    MAX_SERIES,
    Band,
    MathError,
    Setting,
    Text,
    Value,
    Word,
    periods_between,
)
from skyglobe.services.cloudwatch.rules.expressions.values import Series as Line
from skyglobe.services.cloudwatch.rules.labels import rendered
from skyglobe.services.cloudwatch.rules.periods import is_period, rounded_start
from skyglobe.services.cloudwatch.rules.queries import BadQuery, Metric, Query
from skyglobe.services.cloudwatch.rules.searching import BadSearch, compile_search
from skyglobe.services.cloudwatch.rules.statistics import parse_statistic

SEARCHED_FOR = 14 * DAY  # a search finds metrics that had data within two weeks; user guide, "SEARCH expressions"


class Result(NamedTuple):
    """What came of a query: of a list of series, one each."""

    id: str
    label: str
    values: dict[int, float]


class Queries:
    """Queries over one span of time, each answered once, however many expressions speak of it."""

    def __init__(self, scope: Scope, queries: list[Query], start: int, stop: int) -> None:
        self._scope = scope
        self._queries = {query.id: query for query in queries}
        self._start = start
        self._stop = stop
        self._found: dict[str, Value] = {}
        self._open: list[str] = []
        self.period = min((query.period for query in queries if query.period and query.metric), default=60)

    def results(self) -> list[Result]:
        """Return what comes of each query that returns data. Raises BadQuery, and Unbuilt for what is not built."""
        found: list[Result] = []
        for query in self._queries.values():
            if query.is_returned:
                found.extend(self._results_of(query))
        return [result._replace(values=_finite(result.values)) for result in found]

    def value_of(self, name: str) -> Value:
        """Return what the query of that id comes to."""
        if name in self._found:
            return self._found[name]
        if name in self._open:
            raise BadQuery(f"Error in expression '{name}': it refers to itself")
        self._open.append(name)
        try:
            found = self._found[name] = self._work_out(self._queries[name])
        finally:
            self._open.pop()
        return found

    def _work_out(self, query: Query) -> Value:
        if query.metric is not None:
            assert query.period is not None
            return self._line(query.id, query.metric, query.statistic, query.period, query.unit)
        setting = Setting(
            find=lambda name: self.value_of(name) if name in self._queries else None,
            metrics=self._metrics,
            search=self._search,
            band=self._band,
            start=rounded_start(self._start, query.period or self.period, self._scope.now),
            stop=self._stop,
            period=query.period or self.period,
        )
        try:
            return evaluate(query.expression, setting)
        except MathError as error:
            raise BadQuery(f"Error in expression '{query.id}': {error}") from error

    def _line(self, name: str, metric: Metric, statistic: str, period: int, unit: str = "") -> Line:
        start = rounded_start(self._start, period, self._scope.now)
        values = read_values(self._scope, metric, parse_statistic(statistic), start, self._stop, period, unit)
        return Line(values, period, metric.name, name)

    def _metrics(self) -> list[Line]:
        lines = (self.value_of(query.id) for query in self._queries.values() if query.metric is not None)
        return [line for line in lines if isinstance(line, Line)]

    def _search(self, text: str, statistic: str, period: int | None) -> list[Line]:
        period = period or self.period
        if not is_period(period):
            raise MathError(f"The period {period} must be 1, 5, 10, 20, 30 or a multiple of 60")
        try:
            means = compile_search(text)
            parse_statistic(statistic)
        except BadSearch as error:
            raise MathError(str(error)) from error
        except ValueError as error:
            raise MathError(f"Invalid statistic: {statistic}") from error
        since = self._scope.now - SEARCHED_FOR
        found = [one for one in series.scan(self._scope) if one.seen_at >= since and means(one)][:MAX_SERIES]
        names = {one.name for one in found}
        lines = []
        for one in found:
            line = self._line("", Metric(one.namespace, one.name, one.dimensions), statistic, period)
            values = [value for _, value in one.dimensions]
            line.label = " ".join(values if values and len(names) == 1 else [*values, one.name])
            lines.append(line)
        return lines

    def _band(self, line: Line, width: float) -> Band:
        """Return what is expected of a metric, by what it was in the two weeks before the time asked about."""
        query = self._queries.get(line.id)
        if query is None or query.metric is None:
            raise MathError("ANOMALY_DETECTION_BAND takes a metric")
        known = detectors.find(self._scope, detector_key(query.metric, query.statistic))
        excluded = excluded_spans(known.configuration) if known is not None else []
        statistic = parse_statistic(query.statistic)
        start = rounded_start(self._start, line.period, self._scope.now)
        learnt_from = start - LEARNT_FROM // (line.period * SECOND) * (line.period * SECOND)
        past = read_values(self._scope, query.metric, statistic, learnt_from, start, line.period, query.unit)
        fitted = fit(past, excluded)
        if fitted[0] is None:
            fitted = fit(past | line.points, excluded)
        upper, lower = bounds(fitted, periods_between(start, self._stop, line.period), width)
        return Band(
            Line(upper, line.period, f"{line.label} (expected) Upper"),
            Line(lower, line.period, f"{line.label} (expected) Lower"),
        )

    def _results_of(self, query: Query) -> list[Result]:
        value = self.value_of(query.id)
        if isinstance(value, Band):
            label = query.label or query.id
            return [
                Result(query.id, f"{label} {side}", line.points)
                for side, line in (("High", value.upper), ("Low", value.lower))
            ]
        if isinstance(value, Line):
            return [
                Result(query.id, self._label(query, value, value.label if query.metric else query.id), value.points)
            ]
        if isinstance(value, list):
            return [Result(query.id, self._label(query, line, line.label or query.id), line.points) for line in value]
        if isinstance(value, Word):
            raise BadQuery(f"Error in expression '{query.id}': Undefined variable '{value.text}'")
        kind = "a text" if isinstance(value, Text) else "a number"
        raise BadQuery(f"Error in expression '{query.id}': The result is {kind}, where a time series is expected")

    def _label(self, query: Query, line: Line, usual: str) -> str:
        if query.label is None:
            return usual
        values = list(line.points.values())
        label = rendered(query.label, usual, query.metric, query.statistic, line.period, values)
        return f"{label} {usual}" if query.metric is None and label == query.label and usual != query.id else label


def _finite(values: dict[int, float]) -> dict[int, float]:
    return {at: value for at, value in values.items() if math.isfinite(value)}
