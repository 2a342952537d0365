"""What is asked of metrics: queries of GetMetricData and of alarms. API reference of MetricDataQuery."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from skyglobe.kernel.metric_points import Dimensions
from skyglobe.services.cloudwatch.rules.data import dimensions_of
from skyglobe.services.cloudwatch.rules.expressions.evaluating import parse
from skyglobe.services.cloudwatch.rules.expressions.values import MathError
from skyglobe.services.cloudwatch.rules.periods import is_period
from skyglobe.services.cloudwatch.rules.statistics import parse_statistic

MAX_QUERIES = 500  # of one call; API reference of GetMetricData
_ID = re.compile(r"[a-z][a-zA-Z0-9_]*")


class BadQuery(ValueError):
    """A query cannot be answered; says why, in AWS's words where they are known."""


class Metric(NamedTuple):
    """Which series is meant."""

    namespace: str
    name: str
    dimensions: Dimensions


class Query(NamedTuple):
    """A metric's statistic, or an expression over others."""

    id: str
    metric: Metric | None
    statistic: str
    period: int | None
    unit: str
    expression: str
    label: str | None
    is_returned: bool
    account: str = ""


def parse_queries(given: list[dict[str, Any]]) -> list[Query]:
    """Return queries as they are asked. Raises BadQuery."""
    if not given:
        raise BadQuery("The parameter MetricDataQueries must not be empty.")
    if len(given) > MAX_QUERIES:
        raise BadQuery(f"The collection MetricDataQueries must not have a size greater than {MAX_QUERIES}.")
    queries = [_query(one) for one in given]
    ids = [query.id for query in queries]
    if len(set(ids)) != len(ids):
        raise BadQuery("The values for parameter id in MetricDataQueries are not unique.")
    if not any(query.is_returned for query in queries):
        raise BadQuery("At least one of the elements in MetricDataQueries must return data.")
    return queries


def _query(given: dict[str, Any]) -> Query:
    name = given["Id"]
    if not _ID.fullmatch(name):
        wanted = "^[a-z][a-zA-Z0-9_]*$"
        raise BadQuery(
            f"The value {name} for parameter id in MetricDataQueries is not matching the expression {wanted}"
        )
    stat, expression = given.get("MetricStat"), given.get("Expression")
    if (stat is None) == (expression is None):
        raise BadQuery("Exactly one of the parameters MetricStat and Expression must be specified for each query.")
    label, is_returned = given.get("Label"), given.get("ReturnData", True)
    account = given.get("AccountId", "")
    if expression is not None:
        period = given.get("Period")
        _check_period(period)
        if not expression.lstrip().upper().startswith("SELECT"):
            try:
                parse(expression)
            except MathError as error:
                raise BadQuery(f"Error in expression '{name}': {error}") from error
        return Query(name, None, "", period, "", expression, label, is_returned, account)
    assert stat is not None
    metric = stat["Metric"]
    if not metric.get("Namespace") or not metric.get("MetricName"):
        raise BadQuery("The parameters MetricStat.Metric.Namespace and MetricStat.Metric.MetricName are required.")
    _check_period(stat["Period"])
    try:
        parse_statistic(stat["Stat"])
    except ValueError as error:
        raise BadQuery(f"Invalid statistic: {stat['Stat']}") from error
    meant = Metric(metric["Namespace"], metric["MetricName"], dimensions_of(metric.get("Dimensions")))
    return Query(name, meant, stat["Stat"], stat["Period"], stat.get("Unit", ""), "", label, is_returned, account)


def _check_period(period: int | None) -> None:
    if period is not None and not is_period(period):
        raise BadQuery(f"The value {period} for parameter Period must be 1, 5, 10, 20, 30 or a multiple of 60.")
