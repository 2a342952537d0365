"""Telling of alarms that come to another state: written down, and told to whoever listens on the event bus."""

from __future__ import annotations

from skyglobe.kernel.events import emit, is_heard
from skyglobe.kernel.scope import Scope
from skyglobe.services.cloudwatch.history import note_state
from skyglobe.services.cloudwatch.records import Alarm, State
from skyglobe.services.cloudwatch.rules.notices import event_of

SOURCE = "aws.cloudwatch"


def tell_state(scope: Scope, alarm: Alarm, before: State) -> None:
    """Write down and tell that an alarm came to another state; user guide, "Alarm events and EventBridge"."""
    note_state(scope, alarm, before)
    if is_heard(scope, SOURCE):
        detail = event_of(alarm, before, scope.region)["alarmData"]
        emit(scope, SOURCE, "CloudWatch Alarm State Change", detail, [alarm.arn])
