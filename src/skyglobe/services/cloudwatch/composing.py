"""Composite alarms: states of other alarms put together at once; actions that can be held back."""

from __future__ import annotations

import json
from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.scope import Scope
from skyglobe.kernel.timers import cancel_timer, find_timer, set_timer
from skyglobe.services.cloudwatch import cloudwatch
from skyglobe.services.cloudwatch.dispatching import act
from skyglobe.services.cloudwatch.records import Alarm, Child, State, alarms, children
from skyglobe.services.cloudwatch.rules.composites import names_in, parse_rule
from skyglobe.services.cloudwatch.rules.wording import stamp
from skyglobe.services.cloudwatch.telling import tell_state

_TIMER = "release"


def link(scope: Scope, alarm: Alarm) -> None:
    """Note which alarms a composite alarm speaks of."""
    for name in spoken_of(alarm):
        children.put(scope, Child(child=name, parent=alarm.id))


def unlink(scope: Scope, alarm: Alarm) -> None:
    """Forget which alarms a composite alarm speaks of."""
    cancel_timer(scope, cloudwatch.name, _TIMER, alarm.id)
    for name in spoken_of(alarm):
        children.drop(scope, name, alarm.id)


def spoken_of(alarm: Alarm) -> set[str]:
    """Return the names of the alarms in a composite alarm's rule, and of its suppressor."""
    names = names_in(parse_rule(alarm.settings["AlarmRule"]))
    suppressor = suppressor_of(alarm)
    return names | {suppressor} if suppressor else names


def suppressor_of(alarm: Alarm) -> str:
    """Return the name of the alarm that holds actions back, empty when there is none."""
    told: str = alarm.settings.get("ActionsSuppressor", "")
    return told.partition(":alarm:")[2] if told.startswith("arn:") else told


def parents_of(scope: Scope, name: str) -> list[str]:
    """Return the names of the composite alarms that speak of an alarm."""
    return [child.parent for child in children.scan(scope, name)]


def tell_parents(scope: Scope, alarm: Alarm) -> None:
    """Have composite alarms that speak of ``alarm``, whose state changed, evaluated."""
    for name in parents_of(scope, alarm.id):
        parent = alarms.find(scope, name)
        if parent is not None:
            evaluate_composite(scope, parent, alarm)


def evaluate_composite(scope: Scope, alarm: Alarm, because: Alarm | None = None) -> None:
    """Bring a composite alarm to the state its rule says. Rules make no circles, so this comes to an end."""
    rule = parse_rule(alarm.settings["AlarmRule"])
    states = {name: found.state.value for name in names_in(rule) if (found := alarms.find(scope, name)) is not None}
    value = "ALARM" if rule.holds(states) else "OK"
    before = alarm.state
    if value != before.value:
        alarm = _moved(scope, alarm, value, because)
        tell_state(scope, alarm, before)
    _settle(scope, alarm, because)
    if value != before.value:
        tell_parents(scope, alarm)


def force_state(scope: Scope, alarm: Alarm, value: str, reason: str, data: str) -> None:
    """Bring a composite alarm to a state whatever its rule says, until one of its alarms changes."""
    before = alarm.state
    changed_at = scope.now if value != before.value else before.changed_at
    moved = replace(alarm, state=State(value, reason, data, scope.now, changed_at))
    alarms.replace(scope, alarm, moved)
    if value != before.value:
        tell_state(scope, moved, before)
        _settle(scope, moved, None)
        tell_parents(scope, moved)


def _moved(scope: Scope, alarm: Alarm, value: str, because: Alarm | None) -> Alarm:
    reason = f"{alarm.arn} was created and its alarm rule evaluates to {value}"
    data: dict[str, Any] = {"triggeringAlarms": []}
    if because is not None:
        when = stamp(because.state.changed_at)
        reason = f"{because.arn} transitioned to {because.state.value} at {when}"
        state = {"value": because.state.value, "timestamp": when}
        data["triggeringAlarms"] = [{"arn": because.arn, "state": state}]
    text = json.dumps(data, separators=(",", ":"))
    moved = replace(alarm, state=State(value, reason, text, scope.now, scope.now))
    alarms.replace(scope, alarm, moved)
    return moved


def _settle(scope: Scope, alarm: Alarm, because: Alarm | None) -> None:
    """Take the actions of an alarm's state, or hold them back as its suppressor says.

    While the suppressor is in ALARM actions are held back; before it is, for the wait period, in which it may come to
    be; after it was, for the extension period. Actions of a state that is over by then are not taken.
    """
    suppressor = suppressor_of(alarm)
    if not suppressor:
        _take_actions(scope, alarm, because)
        return
    found = alarms.find(scope, suppressor)
    if found is not None and found.state.value == "ALARM":
        cancel_timer(scope, cloudwatch.name, _TIMER, alarm.id)
        _hold(scope, alarm, "Alarm")
    elif alarm.held_by == "Alarm":
        _hold(scope, alarm, "ExtensionPeriod")
        _release_after(scope, alarm, alarm.settings.get("ActionsSuppressorExtensionPeriod", 0))
    elif find_timer(scope, cloudwatch.name, _TIMER, alarm.id) is None and alarm.acted != alarm.state.value:
        _hold(scope, alarm, "WaitPeriod")
        _release_after(scope, alarm, alarm.settings.get("ActionsSuppressorWaitPeriod", 0))


def _hold(scope: Scope, alarm: Alarm, held_by: str) -> None:
    if alarm.held_by != held_by:
        alarms.replace(scope, alarm, replace(alarm, held_by=held_by))


def _release_after(scope: Scope, alarm: Alarm, seconds: int) -> None:
    set_timer(scope, cloudwatch.name, _TIMER, alarm.id, scope.now + seconds * 1000)


@cloudwatch.timer(_TIMER)
def release(scope: Scope, key: str, payload: dict[str, Any]) -> None:
    """Take the actions that were held back for a while, if the alarm's state still is another than acted upon."""
    alarm = alarms.find(scope, key)
    if alarm is None or alarm.held_by in ("", "Alarm"):
        return
    free = replace(alarm, held_by="")
    alarms.replace(scope, alarm, free)
    _take_actions(scope, free, None)


def _take_actions(scope: Scope, alarm: Alarm, because: Alarm | None) -> None:
    if alarm.acted == alarm.state.value:
        return
    before = State(value=alarm.acted or "INSUFFICIENT_DATA")
    alarms.replace(scope, alarm, replace(alarm, acted=alarm.state.value))
    act(scope, alarm, before, [], _triggers(scope, alarm, because))


def _triggers(scope: Scope, alarm: Alarm, because: Alarm | None) -> list[dict[str, Any]]:
    if because is None:
        return []
    state = {"Value": because.state.value, "Timestamp": stamp(because.state.changed_at)}
    return [{"Arn": because.arn, "State": state}]
