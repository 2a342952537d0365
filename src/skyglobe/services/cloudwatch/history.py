"""What happened to alarms, kept for 30 days."""

from __future__ import annotations

import json
from typing import Any

from skyglobe.kernel.metric_points import DAY
from skyglobe.kernel.scope import Scope
from skyglobe.services.cloudwatch.records import Alarm, Occurrence, State, occurrences
from skyglobe.services.cloudwatch.rules.wording import stamp

KEPT_FOR = 30 * DAY  # user guide, "Alarm history": "CloudWatch saves alarm history for 30 days"
MAX_DATA = 4095  # characters; API reference of AlarmHistoryItem
MAX_SUMMARY = 255  # characters; same page
_SWEPT = 8
"""How many old things are deleted with each new one: what is kept stops growing."""


def note(scope: Scope, alarm: Alarm, kind: str, summary: str, data: dict[str, Any]) -> None:
    """Write down what happened to an alarm, and forget a few things that are too old."""
    for old in list(occurrences.scan(scope, limit=_SWEPT)):
        if old.at < scope.now - KEPT_FOR:
            occurrences.delete(scope, old)
    text = json.dumps(data, separators=(",", ":"))
    occurrence = Occurrence(
        number=scope.kernel.next_order(),
        alarm=alarm.id,
        alarm_kind=alarm.kind,
        at=scope.now,
        kind=kind,
        summary=summary[:MAX_SUMMARY],
        data=text if len(text) <= MAX_DATA else json.dumps({"version": "1.0", "truncated": True}),
    )
    occurrences.insert(scope, occurrence)


def note_state(scope: Scope, alarm: Alarm, before: State) -> None:
    """Write down that an alarm came to another state."""
    data = {
        "version": "1.0",
        "oldState": _state(before),
        "newState": _state(alarm.state),
    }
    note(scope, alarm, "StateUpdate", f"Alarm updated from {before.value} to {alarm.state.value}", data)


def note_configuration(scope: Scope, alarm: Alarm, what: str, before: Alarm | None = None) -> None:
    """Write down that an alarm was created, updated or deleted."""
    verb = {"Create": "created", "Update": "updated", "Delete": "deleted"}[what]
    data: dict[str, Any] = {"version": "1.0", "type": what, f"{verb}Alarm": configuration_of(alarm)}
    if before is not None:
        data["previousAlarm"] = configuration_of(before)
    note(scope, alarm, "ConfigurationUpdate", f'Alarm "{alarm.id}" {verb}', data)


def configuration_of(alarm: Alarm) -> dict[str, Any]:
    """Return an alarm's settings as history has them: with names in lower case."""
    named = {"alarmName": alarm.id, "alarmArn": alarm.arn}
    named |= {name[:1].lower() + name[1:]: value for name, value in alarm.settings.items()}
    return {**named, "alarmConfigurationUpdatedTimestamp": stamp(alarm.configured_at)}


def _state(state: State) -> dict[str, Any]:
    told: dict[str, Any] = {"stateValue": state.value, "stateReason": state.reason}
    if state.data:
        try:
            told["stateReasonData"] = json.loads(state.data)
        except ValueError:
            told["stateReasonData"] = state.data
    return told
