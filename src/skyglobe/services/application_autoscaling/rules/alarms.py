"""The alarms of target tracking: which there are, over what, and when they go off."""

from __future__ import annotations

from typing import Any, NamedTuple

HIGH, LOW = "AlarmHigh", "AlarmLow"
MORE, LESS = "ProvisionedCapacityHigh", "ProvisionedCapacityLow"
MINUTE = 60  # seconds

OUT_AFTER, IN_AFTER = 2, 15
"""Minutes in a row for DynamoDB to scale out and in; developer guide, "How DynamoDB auto scaling works"."""
OTHERS_OUT_AFTER = 3
"""Minutes in a row for all others; Lambda developer guide, "Managing provisioned concurrency"."""
FAR_BELOW = 20
"""Percent points below its target from which on DynamoDB scales in; AWS re:Post, "Why isn't DynamoDB auto scaling
working as expected?". Half of a target of less than 40, of which there would not be enough left."""
BELOW = 0.9
"""The share of the target from which on others scale in; Lambda developer guide, same page: 63 % of 70 %."""
MAX_NAME = 255  # characters of an alarm's name; CloudWatch API reference of PutMetricAlarm


class Watched(NamedTuple):
    """What a policy watches, as members of PutMetricAlarm."""

    metric: dict[str, Any]
    provisioned: dict[str, Any] | None = None
    """What tells how much capacity there is, where ``metric`` is the load of a minute in units of it."""


def threshold(target: float, capacity: int, share: float = 1.0) -> float:
    """Return the units of a minute at which ``capacity`` a second is used up to ``target`` percent."""
    return capacity * MINUTE * target * share / 100


def plan_alarms(watched: Watched, target: float, capacity: int, *, scales_in: bool) -> dict[str, dict[str, Any]]:
    """Return the alarms of a policy by kind, but for their names and actions."""
    if watched.provisioned is None:
        found = {HIGH: _alarm(watched.metric, ">", target, OTHERS_OUT_AFTER)}
        if scales_in:
            found[LOW] = _alarm(watched.metric, "<", target * BELOW, IN_AFTER)
        return found
    low = max(target - FAR_BELOW, target / 2)
    found = {HIGH: _alarm(watched.metric, ">", threshold(target, capacity), OUT_AFTER)}
    if scales_in:
        found[LOW] = _alarm(watched.metric, "<", threshold(low, capacity), IN_AFTER)
    for kind, sign in ((MORE, ">"), (LESS, "<")):
        found[kind] = _alarm(watched.provisioned, sign, float(capacity), 3, period=5 * MINUTE)
    return found


def _alarm(metric: dict[str, Any], sign: str, value: float, periods: int, period: int = MINUTE) -> dict[str, Any]:
    made = {
        **metric,
        "ComparisonOperator": "GreaterThanThreshold" if sign == ">" else "LessThanThreshold",
        "Threshold": value,
        "EvaluationPeriods": periods,
    }
    return made if "Metrics" in metric else {**made, "Period": period}


def alarm_name(resource_id: str, kind: str, uuid: str) -> str:
    """Return what an alarm is called: ``TargetTracking-table/orders-AlarmHigh-…``; long ids are cut off."""
    ending = f"-{kind}-{uuid}"
    return f"TargetTracking-{resource_id}"[: MAX_NAME - len(ending)] + ending
