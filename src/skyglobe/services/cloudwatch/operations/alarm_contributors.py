"""Alarm contributors."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.services.cloudwatch import cloudwatch


@cloudwatch.planned
def describe_alarm_contributors(call: Call, alarm_name: str, next_token: str | None = None) -> dict[str, Any]:
    """Return the information of the current alarm contributors that are in ALARM state.

    Raises InvalidNextToken, ResourceNotFoundException.
    """
    raise NotImplementedError
