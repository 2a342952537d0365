"""Having alarms' actions taken, by whoever takes them."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.outbox import post
from skyglobe.kernel.scope import Scope
from skyglobe.services.cloudwatch import cloudwatch
from skyglobe.services.cloudwatch.records import Alarm, State
from skyglobe.services.cloudwatch.rules.actions import is_repeated, owner_of
from skyglobe.services.cloudwatch.rules.notices import trigger_of

_ACTIONS = {"OK": "OKActions", "ALARM": "AlarmActions", "INSUFFICIENT_DATA": "InsufficientDataActions"}


def act(
    scope: Scope,
    alarm: Alarm,
    before: State,
    shown: list[float],
    triggers: list[dict[str, Any]] | None = None,
    *,
    again: bool = False,
) -> None:
    """Have the actions of an alarm's state taken; ``again`` those only that are taken at each evaluation."""
    if not alarm.settings.get("ActionsEnabled", True):
        return
    for arn in actions_of(alarm):
        if again and not is_repeated(arn):
            continue
        owner = owner_of(arn)
        if owner is not None:
            post(scope, *owner, _notice(alarm, before, arn, shown), lane=f"{alarm.arn} {arn}")
        if owner is None or not again:
            payload = {
                "alarm": alarm.id,
                "arn": arn,
                "state": _packed(alarm.state),
                "before": _packed(before),
                "triggers": triggers or [],
                "is_told": owner is not None,
            }
            post(scope, cloudwatch.name, "act", payload, lane=f"{alarm.id} {arn}")


def actions_of(alarm: Alarm) -> list[str]:
    """Return the ARNs of what is to be done in an alarm's state."""
    found: list[str] = alarm.settings.get(_ACTIONS[alarm.state.value], [])
    return found


def _packed(state: State) -> list[Any]:
    return [state.value, state.reason, state.data, state.updated_at, state.changed_at]


def _notice(alarm: Alarm, before: State, arn: str, shown: list[float]) -> dict[str, Any]:
    is_metric = alarm.kind == "MetricAlarm"
    return {
        "ActionArn": arn,
        "AlarmName": alarm.id,
        "AlarmArn": alarm.arn,
        "NewStateValue": alarm.state.value,
        "OldStateValue": before.value,
        "NewStateReason": alarm.state.reason,
        "StateChangeTime": alarm.state.changed_at,
        "Threshold": alarm.settings.get("Threshold"),
        "Datapoints": shown,
        "Trigger": trigger_of(alarm.settings) if is_metric else {"AlarmRule": alarm.settings["AlarmRule"]},
    }
