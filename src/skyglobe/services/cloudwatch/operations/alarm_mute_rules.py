"""Alarm mute rules."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.services.cloudwatch import cloudwatch


@cloudwatch.planned
def delete_alarm_mute_rule(call: Call, alarm_mute_rule_name: str) -> None:
    """Delete a specific alarm mute rule."""
    raise NotImplementedError


@cloudwatch.planned
def get_alarm_mute_rule(call: Call, alarm_mute_rule_name: str) -> dict[str, Any]:
    """Retrieve details for a specific alarm mute rule.

    Raises ResourceNotFoundException.
    """
    raise NotImplementedError


@cloudwatch.planned
def list_alarm_mute_rules(
    call: Call,
    alarm_name: str | None = None,
    statuses: list[str] | None = None,
    max_records: int | None = None,
    next_token: str | None = None,
) -> dict[str, Any]:
    """List alarm mute rules in your Amazon Web Services account and region.

    Raises InvalidNextToken, ResourceNotFoundException.
    """
    raise NotImplementedError


@cloudwatch.planned
def put_alarm_mute_rule(
    call: Call,
    name: str,
    rule: dict[str, Any],
    description: str | None = None,
    mute_targets: dict[str, Any] | None = None,
    tags: list[dict[str, Any]] | None = None,
    start_date: datetime | None = None,
    expire_date: datetime | None = None,
) -> None:
    """Create or updates an alarm mute rule.

    Raises LimitExceededFault.
    """
    raise NotImplementedError
