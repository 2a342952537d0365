"""DescribeAlarms, DescribeAlarmsForMetric, DescribeAlarmHistory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.kernel.metric_points import key_of, watchers
from skyglobe.kernel.pagination import InvalidToken, page_of
from skyglobe.services.cloudwatch import cloudwatch
from skyglobe.services.cloudwatch.composing import parents_of, spoken_of
from skyglobe.services.cloudwatch.history import KEPT_FOR
from skyglobe.services.cloudwatch.records import Alarm, Occurrence, alarms, occurrences
from skyglobe.services.cloudwatch.refusals import bad_token, validation_error
from skyglobe.services.cloudwatch.rules.data import dimensions_of, millis
from skyglobe.services.cloudwatch.rules.queries import Metric
from skyglobe.services.cloudwatch.rules.settings import queries_of

PAGE = 50  # alarms of a page; API reference of DescribeAlarms has 100 as the most
_EMPTY = {"OKActions": [], "AlarmActions": [], "InsufficientDataActions": [], "ActionsEnabled": True}
_METRIC = {"Dimensions": [], "TreatMissingData": "missing"}
_HELD = {
    "Alarm": "Actions suppressed by alarm {}",
    "WaitPeriod": "Actions suppressed by the wait period of {}",
    "ExtensionPeriod": "Actions suppressed by the extension period of {}",
}


@cloudwatch.operation
def describe_alarms(
    call: Call,
    alarm_names: list[str] | None = None,
    alarm_name_prefix: str = "",
    alarm_types: list[str] | None = None,
    children_of_alarm_name: str = "",
    parents_of_alarm_name: str = "",
    state_value: str = "",
    action_prefix: str = "",
    max_records: int = PAGE,
    next_token: str | None = None,
) -> dict[str, Any]:
    """Return alarms in order of their names: metric alarms only, unless ``alarm_types`` say otherwise.

    Of the children and parents of an alarm, names and states only, of both kinds. Raises InvalidNextToken, and
    ValidationError for what does not go together.
    """
    if alarm_names and alarm_name_prefix:
        raise validation_error("AlarmNames and AlarmNamePrefix are mutually exclusive.")
    is_family = bool(children_of_alarm_name or parents_of_alarm_name)
    if is_family and (alarm_names or alarm_name_prefix or alarm_types or state_value or action_prefix):
        raise validation_error("ChildrenOfAlarmName and ParentsOfAlarmName go with MaxRecords and NextToken only.")
    if is_family:
        chosen = _family(call, children_of_alarm_name, parents_of_alarm_name)
    else:
        kinds = alarm_types or ["MetricAlarm"]
        chosen = (
            alarm
            for alarm in _named(call, alarm_names, alarm_name_prefix)
            if alarm.kind in kinds and state_value in ("", alarm.state.value) and _has_action(alarm, action_prefix)
        )
    listing = f"alarms {alarm_names} {alarm_name_prefix} {alarm_types} {state_value} {action_prefix}"
    listing += f" {children_of_alarm_name} {parents_of_alarm_name}"
    try:
        rows, token = page_of(call, listing, chosen, lambda alarm: alarm.id, next_token, max_records)
    except InvalidToken as error:
        raise bad_token() from error
    tell = _told_briefly if is_family else told
    found: dict[str, Any] = {
        "MetricAlarms": [tell(alarm) for alarm in rows if alarm.kind == "MetricAlarm"],
        "CompositeAlarms": [tell(alarm) for alarm in rows if alarm.kind == "CompositeAlarm"],
    }
    return {**found, "NextToken": token} if token else found


def _named(call: Call, names: list[str] | None, prefix: str) -> Iterable[Alarm]:
    if names is not None:
        found = (alarms.find(call, name) for name in sorted(set(names)))
        return (alarm for alarm in found if alarm is not None)
    return alarms.scan(call, starting=prefix)


def _family(call: Call, children_of: str, parents_of_name: str) -> Iterator[Alarm]:
    if children_of and parents_of_name:
        raise validation_error("ChildrenOfAlarmName and ParentsOfAlarmName are mutually exclusive.")
    names: Iterable[str] = ()
    if children_of:
        parent = alarms.find(call, children_of)
        names = spoken_of(parent) if parent is not None and parent.kind == "CompositeAlarm" else ()
    else:
        names = parents_of(call, parents_of_name)
    return (alarm for name in sorted(names) if (alarm := alarms.find(call, name)) is not None)


def _has_action(alarm: Alarm, prefix: str) -> bool:
    if not prefix:
        return True
    names = ("OKActions", "AlarmActions", "InsufficientDataActions")
    return any(arn.startswith(prefix) for name in names for arn in alarm.settings.get(name, ()))


def told(alarm: Alarm) -> dict[str, Any]:
    """Return an alarm as the API tells it."""
    shown: dict[str, Any] = {**_EMPTY, **alarm.settings, **_told_briefly(alarm)}
    shown["AlarmConfigurationUpdatedTimestamp"] = _instant(alarm.configured_at)
    shown["StateReason"] = alarm.state.reason
    if alarm.state.data:
        shown["StateReasonData"] = alarm.state.data
    shown["StateTransitionedTimestamp"] = _instant(alarm.state.changed_at)
    if alarm.kind == "MetricAlarm":
        return ({"TreatMissingData": "missing"} if "Metrics" in shown else _METRIC) | shown
    if alarm.held_by:
        shown["ActionsSuppressedBy"] = alarm.held_by
        shown["ActionsSuppressedReason"] = _HELD[alarm.held_by].format(alarm.settings["ActionsSuppressor"])
    return shown


def _told_briefly(alarm: Alarm) -> dict[str, Any]:
    return {
        "AlarmName": alarm.id,
        "AlarmArn": alarm.arn,
        "StateValue": alarm.state.value,
        "StateUpdatedTimestamp": _instant(alarm.state.updated_at),
    }


@cloudwatch.operation
def describe_alarms_for_metric(
    call: Call,
    metric_name: str,
    namespace: str,
    statistic: str = "",
    extended_statistic: str = "",
    dimensions: list[dict[str, Any]] | None = None,
    period: int | None = None,
    unit: str = "",
) -> dict[str, Any]:
    """Return the alarms on a metric, those on expressions that use it included."""
    metric = Metric(namespace, metric_name, dimensions_of(dimensions))
    wanted = statistic or extended_statistic
    found = []
    for watcher in watchers.scan(call, namespace, key_of(metric.dimensions)):
        alarm = alarms.find(call, watcher.key) if watcher.service == cloudwatch.name else None
        if alarm is not None and any(
            query.metric == metric
            and wanted in ("", query.statistic)
            and period in (None, query.period)
            and unit in ("", query.unit)
            for query in queries_of(alarm.settings)
        ):
            found.append(alarm)
    unique = {alarm.id: alarm for alarm in found}
    return {"MetricAlarms": [told(unique[name]) for name in sorted(unique)]}


@cloudwatch.operation(unused=("AlarmContributorId",))
def describe_alarm_history(
    call: Call,
    alarm_name: str = "",
    alarm_types: list[str] | None = None,
    history_item_type: str = "",
    start_date: datetime | None = None,
    end_date: datetime | None = None,
    max_records: int = 100,
    next_token: str | None = None,
    scan_by: str = "TimestampDescending",
) -> dict[str, Any]:
    """Return what happened to alarms in the last 30 days: to metric alarms, unless ``alarm_types`` say otherwise.

    Alarms that are gone have a history, too. Raises InvalidNextToken.
    """
    is_newest_first = scan_by == "TimestampDescending"
    rows = (
        occurrences.scan_by(call, "alarm", alarm_name, reverse=is_newest_first)
        if alarm_name
        else occurrences.scan(call, reverse=is_newest_first)
    )
    since = max(call.now - KEPT_FOR, millis(start_date) if start_date is not None else 0)
    until = millis(end_date) if end_date is not None else call.now
    kinds = alarm_types or ["MetricAlarm"]
    chosen = (
        row
        for row in rows
        if since <= row.at <= until and row.alarm_kind in kinds and history_item_type in ("", row.kind)
    )
    listing = f"history {alarm_name} {alarm_types} {history_item_type} {start_date} {end_date} {scan_by}"

    def position(row: Occurrence) -> str:
        return f"{(1 << 96) - row.number if is_newest_first else row.number:040d}"

    try:
        page, token = page_of(call, listing, chosen, position, next_token, max_records)
    except InvalidToken as error:
        raise bad_token() from error
    found: dict[str, Any] = {"AlarmHistoryItems": [_item(row) for row in page]}
    return {**found, "NextToken": token} if token else found


def _item(row: Occurrence) -> dict[str, Any]:
    return {
        "AlarmName": row.alarm,
        "AlarmType": row.alarm_kind,
        "Timestamp": _instant(row.at),
        "HistoryItemType": row.kind,
        "HistorySummary": row.summary,
        "HistoryData": row.data,
    }


def _instant(at: int) -> datetime:
    return datetime.fromtimestamp(at / 1000, UTC)
