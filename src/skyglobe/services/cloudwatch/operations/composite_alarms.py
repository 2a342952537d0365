"""PutCompositeAlarm."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.services.cloudwatch import cloudwatch
from skyglobe.services.cloudwatch.composing import evaluate_composite, link, spoken_of
from skyglobe.services.cloudwatch.operations.alarms import check_actions, put_alarm
from skyglobe.services.cloudwatch.records import Alarm, alarms
from skyglobe.services.cloudwatch.refusals import validation_error
from skyglobe.services.cloudwatch.rules.composites import BadRule, names_in, parse_rule

_PERIODS = ("ActionsSuppressorWaitPeriod", "ActionsSuppressorExtensionPeriod")


@cloudwatch.operation
def put_composite_alarm(call: Call, request: dict[str, Any]) -> None:
    """Create an alarm over other alarms' states, or change it. Its state is what its rule says from then on.

    Takes AlarmName, AlarmRule, AlarmDescription, ActionsEnabled, OKActions, AlarmActions, InsufficientDataActions, Tags
    (of new alarms only), ActionsSuppressor, ActionsSuppressorWaitPeriod and ActionsSuppressorExtensionPeriod (seconds).
    Raises ValidationError for rules that cannot be read, speak of alarms that are not there, or lead back to the alarm.
    """
    name = request["AlarmName"]
    settings = {member: value for member, value in request.items() if member not in ("AlarmName", "Tags")}
    try:
        names = names_in(parse_rule(settings["AlarmRule"]))
    except BadRule as error:
        raise validation_error(f"AlarmRule must be a valid rule expression: {error}") from error
    _check_suppressor(settings)
    check_actions(call, settings, "CompositeAlarm")
    draft = Alarm(arn="", id=name, owner="", created_at=0, kind="CompositeAlarm", settings=settings)
    _check_children(call, name, names, spoken_of(draft))
    alarm = put_alarm(call, name, "CompositeAlarm", settings, request.get("Tags"))
    link(call, alarm)
    evaluate_composite(call, alarm)


def _check_suppressor(settings: dict[str, Any]) -> None:
    given = [period for period in _PERIODS if period in settings]
    if "ActionsSuppressor" in settings and len(given) != len(_PERIODS):
        text = "ActionsSuppressorWaitPeriod and ActionsSuppressorExtensionPeriod are required with ActionsSuppressor."
        raise validation_error(text)
    if given and "ActionsSuppressor" not in settings:
        raise validation_error(f"{given[0]} can only be used with ActionsSuppressor.")
    for period in given:
        if settings[period] < 0:
            raise validation_error(f"{period} must not be negative.")


def _check_children(call: Call, name: str, names: set[str], spoken: set[str]) -> None:
    missing = sorted(child for child in spoken if child != name and alarms.find(call, child) is None)
    if missing:
        shown = ", ".join(missing)
        raise validation_error(f"Could not save the composite alarm as alarms [{shown}] in the alarm rule do not exist")
    seen: set[str] = set()
    waiting = sorted(spoken)
    while waiting:
        child = waiting.pop()
        if child == name:
            raise validation_error("Could not save the composite alarm as its rule leads back to it: a cycle.")
        if child in seen:
            continue
        seen.add(child)
        found = alarms.find(call, child)
        if found is not None and found.kind == "CompositeAlarm":
            waiting.extend(spoken_of(found))
