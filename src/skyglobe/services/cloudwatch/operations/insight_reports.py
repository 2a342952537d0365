"""DescribeInsightRules and GetInsightRuleReport, of the rules that services make for themselves."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.kernel.contributors import ManagedRule, contributions_to, managed_rules
from skyglobe.kernel.pagination import InvalidToken, page_of
from skyglobe.services.cloudwatch import cloudwatch
from skyglobe.services.cloudwatch.refusals import bad_token, invalid_value
from skyglobe.services.cloudwatch.rules.reports import METRICS, Gathered

MAX_LISTED = 500  # of one answer; API reference of DescribeInsightRules
MAX_CONTRIBUTORS = 100  # of a report; API reference of GetInsightRuleReport
DEFAULT_CONTRIBUTORS = 10  # same page
MINUTE = 60_000  # milliseconds
SCHEMA = '{"Name":"ServiceLogRule","Version":1}'  # of managed rules; API reference of InsightRule


@cloudwatch.operation
def describe_insight_rules(call: Call, next_token: str | None = None, max_results: int | None = None) -> dict[str, Any]:
    """Return the rules that services made, by name."""
    limit = max_results or MAX_LISTED
    try:
        rules, token = page_of(
            call, "insight rules", managed_rules.scan(call), lambda rule: rule.name, next_token, limit
        )
    except InvalidToken as error:
        raise bad_token() from error
    return {"InsightRules": [_shape(rule) for rule in rules], "NextToken": token}


@cloudwatch.operation
def get_insight_rule_report(
    call: Call,
    rule_name: str,
    start_time: datetime,
    end_time: datetime,
    period: int,
    max_contributor_count: int | None = None,
    metrics: list[str] | None = None,
    order_by: str = "Sum",
) -> dict[str, Any]:
    """Return who contributed most in a time, and what there was in each period of it.

    Periods are whole minutes. Raises ResourceNotFoundException for rules that nobody made.
    """
    rule = managed_rules.find(call, rule_name)
    if rule is None:
        raise cloudwatch.errors.ResourceNotFoundException(f"Rule {rule_name} does not exist.")
    count = DEFAULT_CONTRIBUTORS if max_contributor_count is None else max_contributor_count
    if not 1 <= count <= MAX_CONTRIBUTORS:
        raise invalid_value(f"The value {count} for parameter MaxContributorCount must be between 1 and 100.")
    if period % 60:
        raise invalid_value(f"The value {period} for parameter Period must be a multiple of 60.")
    if order_by not in ("Sum", "Maximum"):
        raise invalid_value(f"The value {order_by} for parameter OrderBy must be Sum or Maximum.")
    if unknown := [name for name in metrics or () if name not in METRICS]:
        raise invalid_value(f"The value {unknown[0]} for parameter Metrics is not supported.")
    start, stop = (int(when.timestamp() * 1000) // MINUTE * MINUTE for when in (start_time, end_time))
    if start >= stop:
        raise invalid_value("The parameter StartTime must be less than the parameter EndTime.")
    gathered = Gathered(contributions_to(call, rule.name, start, stop), start, period * 1000)
    report: dict[str, Any] = {
        "KeyLabels": list(rule.labels),
        "AggregationStatistic": rule.statistic,
        "AggregateValue": gathered.whole,
        "ApproximateUniqueCount": len(gathered.by_key),
        "Contributors": [_contributor(key, values) for key, values in gathered.top(count, order_by)],
    }
    return {**report, "MetricDatapoints": gathered.metrics(metrics)} if metrics else report


def _contributor(key: str, values: dict[int, float]) -> dict[str, Any]:
    return {
        "Keys": key.split("\x1f"),
        "ApproximateAggregateValue": sum(values.values()),
        "Datapoints": [{"Timestamp": at / 1000, "ApproximateValue": values[at]} for at in sorted(values)],
    }


def _shape(rule: ManagedRule) -> dict[str, Any]:
    return {
        "Name": rule.name,
        "State": "ENABLED",
        "Schema": SCHEMA,
        "Definition": rule.definition,
        "ManagedRule": True,
    }
