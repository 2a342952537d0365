"""PutMetricAlarm, DeleteAlarms."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.arns import make_arn, parse_arn
from skyglobe.kernel.call import Call
from skyglobe.kernel.resources import check_tags
from skyglobe.services.cloudwatch import cloudwatch
from skyglobe.services.cloudwatch.composing import parents_of, unlink
from skyglobe.services.cloudwatch.evaluating import unwatch, watch
from skyglobe.services.cloudwatch.history import note_configuration
from skyglobe.services.cloudwatch.operations.metric_data import check_built
from skyglobe.services.cloudwatch.records import Alarm, State, alarms
from skyglobe.services.cloudwatch.refusals import unbuilt, validation_error
from skyglobe.services.cloudwatch.rules.actions import is_built, is_possible, owner_of
from skyglobe.services.cloudwatch.rules.settings import BadAlarm, check_settings, queries_of

MAX_ALARMS = 100  # deleted at a time; API reference of DeleteAlarms
ACTIONS = ("OKActions", "AlarmActions", "InsufficientDataActions")


@cloudwatch.operation
def put_metric_alarm(call: Call, request: dict[str, Any]) -> None:
    """Create an alarm on a metric or an expression, or change it; its state stays then until it is evaluated.

    Takes AlarmName, AlarmDescription, ActionsEnabled, OKActions, AlarmActions, InsufficientDataActions,
    MetricName, Namespace, Statistic, ExtendedStatistic, Dimensions, Period, Unit, EvaluationPeriods,
    DatapointsToAlarm, Threshold, ComparisonOperator, TreatMissingData, EvaluateLowSampleCountPercentile, Metrics,
    Tags (of new alarms only) and ThresholdMetricId. EvaluationCriteria and EvaluationInterval, of alarms on PromQL, are
    answered 501. Raises ValidationError.
    """
    if "EvaluationCriteria" in request or "EvaluationInterval" in request:
        raise unbuilt("alarms on PromQL queries")
    settings = {name: value for name, value in request.items() if name not in ("AlarmName", "Tags")}
    try:
        check_settings(settings)
        check_built(call, queries_of(settings))
    except BadAlarm as error:
        raise validation_error(str(error)) from error
    check_actions(call, settings, "MetricAlarm")
    alarm = put_alarm(call, request["AlarmName"], "MetricAlarm", settings, request.get("Tags"))
    watch(call, alarm)


def check_actions(call: Call, settings: dict[str, Any], kind: str) -> None:
    """Raise ValidationError for actions that alarms cannot have, 501 for those of services that are not built."""
    for arn in (arn for name in ACTIONS for arn in settings.get(name, ())):
        if not is_possible(arn, kind):
            raise validation_error(f"Invalid arn syntax: {arn}")
        owner = owner_of(arn)
        if owner is not None:
            service = call.kernel.services.find_known(owner[0])
            if service is None or owner[1] not in service.consumers:
                raise unbuilt(f"alarm actions of {owner[0]}, which is not built,")
        elif not is_built(arn):
            raise unbuilt(f"alarm actions of {parse_arn(arn).service}, which is not built,")
    for name in ACTIONS:
        if len(set(settings.get(name, ()))) != len(settings.get(name, ())):
            raise validation_error(f"{name} must not contain the same ARN twice.")


def put_alarm(call: Call, name: str, kind: str, settings: dict[str, Any], tags: list[dict[str, str]] | None) -> Alarm:
    """Keep an alarm as it is put, new or changed. Raises ValidationError when there is one of the other kind."""
    before = alarms.find(call, name)
    if before is not None and before.kind != kind:
        raise validation_error(f"An alarm of another type with the name {name} exists already.")
    if before is None:
        given = {tag["Key"]: tag["Value"] for tag in tags or ()}
        check_tags(given, validation_error)
        alarm = Alarm(
            arn=make_arn(call, "cloudwatch", f"alarm:{name}"),
            id=name,
            owner=call.account,
            created_at=call.now,
            tags=given,
            kind=kind,
            settings=settings,
            configured_at=call.now,
            state=State(updated_at=call.now, changed_at=call.now),
        )
        alarms.insert(call, alarm)
        note_configuration(call, alarm, "Create")
        return alarm
    if kind == "MetricAlarm":
        unwatch(call, before)
    else:
        unlink(call, before)
    alarm = replace(before, settings=settings, configured_at=call.now)
    alarms.replace(call, before, alarm)
    note_configuration(call, alarm, "Update", before)
    return alarm


@cloudwatch.operation
def delete_alarms(call: Call, alarm_names: list[str]) -> None:
    """Delete alarms, up to 100, one composite one among them. Names of nothing are no error.

    Raises ValidationError when a composite alarm that stays speaks of one of them.
    """
    found = [alarm for name in dict.fromkeys(alarm_names) if (alarm := alarms.find(call, name)) is not None]
    if sum(alarm.kind == "CompositeAlarm" for alarm in found) > 1:
        raise validation_error("You can delete only one composite alarm per operation.")
    going = {alarm.id for alarm in found}
    for alarm in found:
        if staying := [name for name in parents_of(call, alarm.id) if name not in going]:
            text = f"Cannot delete {alarm.id} as there are composite alarm(s) depending on it: {', '.join(staying)}"
            raise validation_error(text)
    for alarm in found:
        if alarm.kind == "MetricAlarm":
            unwatch(call, alarm)
        else:
            unlink(call, alarm)
        note_configuration(call, alarm, "Delete")
        alarms.delete(call, alarm)
