"""Insight rules."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.services.cloudwatch import cloudwatch


@cloudwatch.planned
def delete_insight_rules(call: Call, rule_names: list[str]) -> dict[str, Any]:
    """Permanently deletes the specified Contributor Insights rules.

    Raises InvalidParameterValueException, MissingRequiredParameterException.
    """
    raise NotImplementedError


@cloudwatch.planned
def describe_insight_rules(call: Call, next_token: str | None = None, max_results: int | None = None) -> dict[str, Any]:
    """Return a list of all the Contributor Insights rules in your account.

    Raises InvalidNextToken.
    """
    raise NotImplementedError


@cloudwatch.planned
def disable_insight_rules(call: Call, rule_names: list[str]) -> dict[str, Any]:
    """Disable the specified Contributor Insights rules.

    Raises InvalidParameterValueException, MissingRequiredParameterException.
    """
    raise NotImplementedError


@cloudwatch.planned
def enable_insight_rules(call: Call, rule_names: list[str]) -> dict[str, Any]:
    """Enable the specified Contributor Insights rules.

    Raises InvalidParameterValueException, MissingRequiredParameterException, LimitExceededException.
    """
    raise NotImplementedError


@cloudwatch.planned
def get_insight_rule_report(
    call: Call,
    rule_name: str,
    start_time: datetime,
    end_time: datetime,
    period: int,
    max_contributor_count: int | None = None,
    metrics: list[str] | None = None,
    order_by: str | None = None,
) -> dict[str, Any]:
    """Return the time series data collected by a Contributor Insights rule.

    Raises InvalidParameterValueException, MissingRequiredParameterException, ResourceNotFoundException.
    """
    raise NotImplementedError


@cloudwatch.planned
def put_insight_rule(
    call: Call,
    rule_name: str,
    rule_definition: str,
    rule_state: str | None = None,
    tags: list[dict[str, Any]] | None = None,
    apply_on_transformed_logs: bool | None = None,
) -> None:
    """Create a Contributor Insights rule.

    Raises InvalidParameterValueException, MissingRequiredParameterException, LimitExceededException.
    """
    raise NotImplementedError
