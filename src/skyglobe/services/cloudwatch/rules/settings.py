"""What PutMetricAlarm takes. API reference of PutMetricAlarm."""

from __future__ import annotations

import math
from typing import Any

from skyglobe.kernel.metric_points import DAY
from skyglobe.services.cloudwatch.rules.data import dimensions_of
from skyglobe.services.cloudwatch.rules.expressions.evaluating import parse
from skyglobe.services.cloudwatch.rules.expressions.parsing import calls_in
from skyglobe.services.cloudwatch.rules.queries import BadQuery, Metric, Query, parse_queries
from skyglobe.services.cloudwatch.rules.statistics import parse_statistic
from skyglobe.services.cloudwatch.rules.verdicts import BAND_OPERATORS, OPERATORS, TREATMENTS

FINE_PERIODS = (10, 20, 30)  # seconds; API reference of PutMetricAlarm
MAX_SPAN, MAX_LONG_SPAN = DAY // 1000, 7 * DAY // 1000  # seconds; same page: with periods of an hour or more, 7 days
MAX_METRICS = (
    10  # of an alarm on an expression; user guide, "Create a CloudWatch alarm based on a metric math expression"
)
_SINGLE = ("MetricName", "Namespace", "Statistic", "ExtendedStatistic", "Dimensions", "Period", "Unit")
SAME_METRIC = "m"
"""The id under which the metric of an alarm without expressions is asked for."""


class BadAlarm(ValueError):
    """An alarm cannot be; says why."""


def check_settings(settings: dict[str, Any]) -> None:
    """Raise BadAlarm unless an alarm can be as it is put."""
    for name in ("EvaluationPeriods", "ComparisonOperator"):
        if settings.get(name) is None:
            raise BadAlarm(f"The parameter {name} is required.")
    _check_threshold(settings)
    _check_numbers(settings)
    if "Metrics" in settings:
        _check_metrics(settings)
    else:
        _check_single(settings)
    period = period_of(settings)
    if period not in FINE_PERIODS and period % 60:
        raise BadAlarm("Period must be 10, 20, 30 or a multiple of 60.")
    span = settings["EvaluationPeriods"] * period
    if period < 3600 and span > MAX_SPAN:
        text = "Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= 86400)."
        raise BadAlarm(text)
    if span > MAX_LONG_SPAN:
        text = "Metrics cannot be checked across more than seven days (EvaluationPeriods * Period must be <= 604800)."
        raise BadAlarm(text)


def _check_threshold(settings: dict[str, Any]) -> None:
    operator = settings["ComparisonOperator"]
    if operator in BAND_OPERATORS:
        if "ThresholdMetricId" not in settings:
            raise BadAlarm(f"ThresholdMetricId is required with the comparison operator {operator}.")
        if "Threshold" in settings:
            raise BadAlarm("Threshold and ThresholdMetricId are mutually exclusive.")
        if "Metrics" not in settings:
            raise BadAlarm("Metrics is required with ThresholdMetricId.")
    elif "ThresholdMetricId" in settings:
        raise BadAlarm(f"ThresholdMetricId cannot be used with the comparison operator {operator}.")
    elif settings.get("Threshold") is None:
        raise BadAlarm("The parameter Threshold is required.")
    elif not math.isfinite(settings["Threshold"]):
        raise BadAlarm(f"The value {settings['Threshold']} for parameter Threshold is invalid.")
    assert operator in BAND_OPERATORS or operator in OPERATORS, "the model has no others"


def _check_numbers(settings: dict[str, Any]) -> None:
    if settings.get("DatapointsToAlarm", 1) > settings["EvaluationPeriods"]:
        raise BadAlarm("DatapointsToAlarm must be less than or equal to EvaluationPeriods.")
    if settings.get("TreatMissingData", "missing") not in TREATMENTS:
        raise BadAlarm("TreatMissingData must be one of breaching, notBreaching, ignore, missing.")
    if (low := settings.get("EvaluateLowSampleCountPercentile")) is not None:
        if low not in ("evaluate", "ignore"):
            raise BadAlarm("EvaluateLowSampleCountPercentile must be evaluate or ignore.")
        if not str(settings.get("ExtendedStatistic", "")).startswith("p"):
            raise BadAlarm("EvaluateLowSampleCountPercentile can only be used with a percentile.")


def _check_single(settings: dict[str, Any]) -> None:
    for name in ("MetricName", "Namespace", "Period"):
        if settings.get(name) is None:
            raise BadAlarm(f"The parameter {name} is required.")
    if ("Statistic" in settings) == ("ExtendedStatistic" in settings):
        raise BadAlarm("Exactly one of the parameters Statistic and ExtendedStatistic must be specified.")
    if "ExtendedStatistic" in settings:
        try:
            parse_statistic(settings["ExtendedStatistic"])
        except ValueError:
            raise BadAlarm(f"The value {settings['ExtendedStatistic']} for ExtendedStatistic is invalid.") from None


def _check_metrics(settings: dict[str, Any]) -> None:
    if both := [name for name in _SINGLE if name in settings]:
        raise BadAlarm(f"Metrics and {both[0]} are mutually exclusive.")
    queries = queries_of(settings)
    if sum(query.metric is not None for query in queries) > MAX_METRICS:
        raise BadAlarm(f"An alarm can look at no more than {MAX_METRICS} metrics.")
    returned = [query for query in queries if query.is_returned]
    band = settings.get("ThresholdMetricId")
    if band is not None and band not in {query.id for query in queries}:
        raise BadAlarm("ThresholdMetricId must be the id of one of the Metrics.")
    if len([query for query in returned if query.id != band]) != 1:
        raise BadAlarm("Exactly one element of the Metrics list should return data.")
    for query in queries:
        if query.expression and "SEARCH" in calls_in(parse(query.expression)):
            raise BadAlarm("SEARCH is not supported on Metric Alarms.")


def queries_of(settings: dict[str, Any]) -> list[Query]:
    """Return what an alarm asks of its metrics. Raises BadAlarm."""
    if "Metrics" in settings:
        try:
            return parse_queries(settings["Metrics"])
        except BadQuery as error:
            raise BadAlarm(str(error)) from error
    metric = Metric(settings["Namespace"], settings["MetricName"], dimensions_of(settings.get("Dimensions")))
    statistic = settings.get("Statistic") or settings["ExtendedStatistic"]
    unit = settings.get("Unit", "")
    return [Query(SAME_METRIC, metric, statistic, settings["Period"], unit, "", None, is_returned=True)]


def watched_of(settings: dict[str, Any]) -> str:
    """Return the id of what is compared with the threshold."""
    queries = queries_of(settings)
    band = settings.get("ThresholdMetricId")
    return next(query.id for query in queries if query.is_returned and query.id != band)


def period_of(settings: dict[str, Any]) -> int:
    """Return the seconds of an alarm's periods: of expressions, the longest among their metrics'."""
    if "Metrics" not in settings:
        return int(settings["Period"])
    return max((query.period for query in queries_of(settings) if query.period is not None), default=60)


def grid_of(period: int) -> int:
    """Return how many milliseconds lie between two evaluations: a minute, or the period of fine alarms."""
    return min(period, 60) * 1000
