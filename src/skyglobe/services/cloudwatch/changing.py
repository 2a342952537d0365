"""Metric alarms changing state: written down, acted upon, and told to the composite alarms that speak of them."""

from __future__ import annotations

from msgspec.structs import replace

from skyglobe.kernel.scope import Scope
from skyglobe.services.cloudwatch.composing import tell_parents
from skyglobe.services.cloudwatch.dispatching import act
from skyglobe.services.cloudwatch.records import Alarm, State, alarms
from skyglobe.services.cloudwatch.telling import tell_state


def change_state(scope: Scope, alarm: Alarm, value: str, reason: str, data: str, shown: list[float]) -> Alarm:
    """Bring a metric alarm to a state. Its actions are taken when that is another one than before.

    ``shown`` are the values that brought it there, newest first.
    """
    before = alarm.state
    if value == before.value:
        changed = replace(before, reason=reason, data=data, updated_at=scope.now)
        moved = replace(alarm, state=changed)
        alarms.replace(scope, alarm, moved)
        return moved
    moved = replace(alarm, state=State(value, reason, data, scope.now, scope.now))
    alarms.replace(scope, alarm, moved)
    tell_state(scope, moved, before)
    act(scope, moved, before, shown)
    tell_parents(scope, moved)
    return moved
