"""What metric streams send. User guide, "Metric streams", and API reference of PutMetricStream."""

from __future__ import annotations

import json
import re
from typing import Any

from skyglobe.kernel.metric_points import Point, Series
from skyglobe.services.cloudwatch.rules.statistics import PLAIN, Total, parse_statistic
from skyglobe.services.cloudwatch.rules.units import unit_of

MAX_FILTERS = 1_000  # of one stream; API reference of PutMetricStream
MAX_STATISTICS = 20  # of one configuration; API reference of MetricStreamStatisticsConfiguration
_NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")


class BadStream(ValueError):
    """A metric stream cannot be; says why."""


def check_stream(name: str, settings: dict[str, Any]) -> None:
    """Raise BadStream unless a stream can be as it is put."""
    if not _NAME.fullmatch(name):
        raise BadStream("The parameter Name must consist of letters, digits, dashes and underscores.")
    if not re.fullmatch(r"arn:[^:]+:firehose:[^:]+:\d{12}:deliverystream/.+", settings["FirehoseArn"]):
        raise BadStream(f"The value {settings['FirehoseArn']} for parameter FirehoseArn is invalid.")
    for member in ("IncludeFilters", "ExcludeFilters"):
        filters = settings.get(member, [])
        if len(filters) > MAX_FILTERS:
            raise BadStream(f"The collection {member} must not have a size greater than {MAX_FILTERS}.")
        if any("Namespace" not in one for one in filters):
            raise BadStream(f"Each of the {member} must have a Namespace.")
    for configuration in settings.get("StatisticsConfigurations", []):
        statistics = configuration["AdditionalStatistics"]
        if not 1 <= len(statistics) <= MAX_STATISTICS:
            raise BadStream(f"AdditionalStatistics must name 1 to {MAX_STATISTICS} statistics.")
        for statistic in statistics:
            try:
                known = parse_statistic(statistic)
            except ValueError as error:
                raise BadStream(f"The value {statistic} for parameter AdditionalStatistics is invalid.") from error
            if known.kind in PLAIN:
                raise BadStream(f"The value {statistic} for parameter AdditionalStatistics is sent anyway.")


def is_sent(settings: dict[str, Any], series: Series) -> bool:
    """Return whether a stream sends a series: all, those its filters name, or all but these."""
    if included := settings.get("IncludeFilters"):
        return any(_matches(one, series) for one in included)
    return not any(_matches(one, series) for one in settings.get("ExcludeFilters", []))


def _matches(one: dict[str, Any], series: Series) -> bool:
    names = one.get("MetricNames")
    return bool(one["Namespace"] == series.namespace and (not names or series.name in names))


def line_of(stream: str, account: str, region: str, settings: dict[str, Any], series: Series, point: Point) -> bytes:
    """Return a point as a line of JSON. User guide, "CloudWatch metric stream output in JSON format"."""
    value: dict[str, float] = {"max": point.max, "min": point.min, "sum": point.sum, "count": point.count}
    total = Total()
    total.add(point)
    for name in _more(settings, series):
        found = total.value(parse_statistic(name))
        if found is not None:
            value[name] = found
    told = {
        "metric_stream_name": stream,
        "account_id": account,
        "region": region,
        "namespace": series.namespace,
        "metric_name": series.name,
        "dimensions": dict(series.dimensions),
        "timestamp": point.at,
        "value": value,
        "unit": unit_of(series.namespace, series.name, series.unit),
    }
    return json.dumps(told, separators=(",", ":")).encode() + b"\n"


def _more(settings: dict[str, Any], series: Series) -> list[str]:
    return [
        statistic
        for configuration in settings.get("StatisticsConfigurations", [])
        if any(
            one["Namespace"] == series.namespace and one["MetricName"] == series.name
            for one in configuration["IncludeMetrics"]
        )
        for statistic in configuration["AdditionalStatistics"]
    ]
