"""Insight rules."""

from __future__ import annotations

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
