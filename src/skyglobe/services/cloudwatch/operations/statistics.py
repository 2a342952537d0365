"""GetMetricStatistics, GetMetricWidgetImage."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.services.cloudwatch import cloudwatch
from skyglobe.services.cloudwatch.reading import find_series, read_totals
from skyglobe.services.cloudwatch.refusals import invalid_combination, invalid_value
from skyglobe.services.cloudwatch.rules.data import dimensions_of, millis
from skyglobe.services.cloudwatch.rules.periods import is_period, rounded_start
from skyglobe.services.cloudwatch.rules.queries import Metric
from skyglobe.services.cloudwatch.rules.statistics import PLAIN, Statistic, Total, parse_statistic
from skyglobe.services.cloudwatch.rules.units import unit_of
from skyglobe.services.cloudwatch.watching import look

MAX_DATAPOINTS = 1_440  # of one call; API reference of GetMetricStatistics


@cloudwatch.operation
def get_metric_statistics(
    call: Call,
    namespace: str,
    metric_name: str,
    start_time: datetime,
    end_time: datetime,
    period: int,
    dimensions: list[dict[str, Any]] | None = None,
    statistics: list[str] | None = None,
    extended_statistics: list[str] | None = None,
    unit: str = "",
) -> dict[str, Any]:
    """Return statistics of a metric's periods, up to 1,440 of them, in no particular order.

    Raises InvalidParameterValue and InvalidParameterCombination.
    """
    start, stop = millis(start_time), millis(end_time)
    _check_span(start, stop, period)
    wanted = _statistics(statistics, extended_statistics)
    metric = Metric(namespace, metric_name, dimensions_of(dimensions))
    call.kernel.metrics.fold(call)
    if stop >= call.now:
        look(call, metric)
    totals = read_totals(call, metric, rounded_start(start, period, call.now), stop, period, unit)
    found = find_series(call, metric)
    shown_unit = unit_of(namespace, metric_name, found.unit if found is not None else "")
    points = [_datapoint(at, total, wanted, shown_unit) for at, total in totals.items()]
    return {"Label": metric_name, "Datapoints": [point for point in points if point is not None]}


def _check_span(start: int, stop: int, period: int) -> None:
    if start >= stop:
        raise invalid_combination("The parameter StartTime must be less than the parameter EndTime.")
    if not is_period(period):
        text = f"The parameter Period must be 1, 5, 10, 20, 30 or a multiple of 60: {period} is not."
        raise invalid_value(text)
    asked = (stop - start) // (period * 1000)
    if asked > MAX_DATAPOINTS:
        text = (
            f"You have requested up to {asked:,} datapoints, which exceeds the limit of {MAX_DATAPOINTS:,}. "
            "You may reduce the datapoints requested by increasing Period, or decreasing the time range."
        )
        raise invalid_combination(text)


def _statistics(plain: list[str] | None, extended: list[str] | None) -> dict[str, Statistic]:
    if not plain and not extended:
        text = "At least one of the parameters Statistics and ExtendedStatistics must be specified."
        raise invalid_combination(text)
    if plain and extended:
        text = "The parameters Statistics and ExtendedStatistics are mutually exclusive and you have specified both."
        raise invalid_combination(text)
    wanted: dict[str, Statistic] = {}
    for name in plain or extended or ():
        try:
            wanted[name] = parse_statistic(name)
        except ValueError:
            raise invalid_value(f"The value {name} for parameter ExtendedStatistics is invalid.") from None
    return wanted


def _datapoint(at: int, total: Total, wanted: dict[str, Statistic], unit: str) -> dict[str, Any] | None:
    point: dict[str, Any] = {"Timestamp": datetime.fromtimestamp(at / 1000, UTC), "Unit": unit}
    extended: dict[str, float] = {}
    for name, statistic in wanted.items():
        value = total.value(statistic)
        if value is None:
            continue
        if name in PLAIN:
            point[name] = value
        else:
            extended[name] = value
    if extended:
        point["ExtendedStatistics"] = extended
    return point if len(point) > 2 else None


@cloudwatch.planned
def get_metric_widget_image(call: Call, metric_widget: str, output_format: str | None = None) -> dict[str, Any]:
    """Return a picture of metrics as dashboards draw it."""
    raise NotImplementedError
