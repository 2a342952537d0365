"""SetAlarmState, EnableAlarmActions, DisableAlarmActions."""

from __future__ import annotations

import json

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.services.cloudwatch import cloudwatch
from skyglobe.services.cloudwatch.changing import change_state
from skyglobe.services.cloudwatch.composing import force_state
from skyglobe.services.cloudwatch.evaluating import evaluate_soon
from skyglobe.services.cloudwatch.history import note_configuration
from skyglobe.services.cloudwatch.records import alarms


@cloudwatch.operation
def set_alarm_state(
    call: Call, alarm_name: str, state_value: str, state_reason: str, state_reason_data: str = ""
) -> None:
    """Bring an alarm to a state, with all that follows, until it is evaluated next.

    Raises ResourceNotFound, and InvalidFormat for reason data that are no JSON.
    """
    alarm = alarms.find(call, alarm_name)
    if alarm is None:
        raise cloudwatch.errors.ResourceNotFound("Unknown alarm")
    if state_reason_data:
        try:
            json.loads(state_reason_data)
        except ValueError as error:
            raise cloudwatch.errors.InvalidFormatFault("StateReasonData was not valid JSON.") from error
    if alarm.kind == "CompositeAlarm":
        force_state(call, alarm, state_value, state_reason, state_reason_data)
        return
    change_state(call, alarm, state_value, state_reason, state_reason_data, [])
    evaluate_soon(call, alarm)


@cloudwatch.operation
def enable_alarm_actions(call: Call, alarm_names: list[str]) -> None:
    """Have alarms take their actions. Names of nothing are no error."""
    _set_enabled(call, alarm_names, is_enabled=True)


@cloudwatch.operation
def disable_alarm_actions(call: Call, alarm_names: list[str]) -> None:
    """Have alarms change state without taking actions. Names of nothing are no error."""
    _set_enabled(call, alarm_names, is_enabled=False)


def _set_enabled(call: Call, names: list[str], *, is_enabled: bool) -> None:
    for name in dict.fromkeys(names):
        before = alarms.find(call, name)
        if before is not None and before.settings.get("ActionsEnabled", True) != is_enabled:
            settings = {**before.settings, "ActionsEnabled": is_enabled}
            alarm = replace(before, settings=settings, configured_at=call.now)
            alarms.replace(call, before, alarm)
            note_configuration(call, alarm, "Update", before)
