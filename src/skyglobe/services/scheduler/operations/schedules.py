"""Schedules."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.kernel.callers import ServiceCaller
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.schedules import BadSchedule, parse_schedule
from skyglobe.services.scheduler import finding, scheduler
from skyglobe.services.scheduler.finding import get_group, page, schedule_arn
from skyglobe.services.scheduler.records import DEFAULT_GROUP, Schedule, counts, schedules
from skyglobe.services.scheduler.refusals import exists, invalid, not_built, over_limit
from skyglobe.services.scheduler.rules.targets import BadTarget, ForeignTarget, check_target, shaped
from skyglobe.services.scheduler.timing import remove, reschedule

MAX_SCHEDULES = 1_000_000  # of an account in a region; user guide, "Quotas for Amazon EventBridge Scheduler"


@scheduler.operation
def create_schedule(call: Call, request: dict[str, Any]) -> dict[str, str]:
    """Make a schedule. Raises ResourceNotFoundException for its group, ConflictException, ValidationException.

    A call with the client token of the schedule there is answers again.
    """
    group, name = request.get("GroupName", DEFAULT_GROUP), request["Name"]
    if get_group(call, group).state != "ACTIVE":
        raise scheduler.errors.ConflictException(f"Schedule group {group} is being deleted.")
    before = schedules.find(call, group, name)
    if before is not None:
        if before.token and before.token == request.get("ClientToken"):
            return {"ScheduleArn": before.arn}
        raise exists("Schedule", name)
    if counts.get(call, "schedules") >= MAX_SCHEDULES:
        raise over_limit("schedules")
    made = _made(call, group, request, call.now)
    schedules.insert(call, made)
    counts.add(call, "schedules", 1)
    reschedule(call, made, call.now)
    return {"ScheduleArn": made.arn}


@scheduler.operation
def update_schedule(call: Call, request: dict[str, Any]) -> dict[str, str]:
    """Give a schedule other terms: what is left out is not kept. Raises ResourceNotFoundException."""
    before = finding.get_schedule(call, request.get("GroupName", DEFAULT_GROUP), request["Name"])
    made = _made(call, before.group, request, before.created_at)
    schedules.replace(call, before, made)
    reschedule(call, made, call.now)
    return {"ScheduleArn": made.arn}


def _made(call: Call, group: str, request: dict[str, Any], created_at: int) -> Schedule:
    expression, zone = request["ScheduleExpression"], request.get("ScheduleExpressionTimezone", "UTC")
    try:
        parse_schedule(expression, zone)
    except BadSchedule as error:
        raise invalid(f"Invalid Schedule Expression {expression}.") from error
    if request.get("KmsKeyArn"):
        raise not_built("encryption with keys of customers (KmsKeyArn)")
    start_at, end_at = _instant(request.get("StartDate")), _instant(request.get("EndDate"))
    if start_at and end_at and start_at >= end_at:
        raise invalid("The StartDate must be before the EndDate.")
    _check_target(call, request["Target"])
    return Schedule(
        arn=schedule_arn(call, group, request["Name"]),
        id=request["Name"],
        owner=call.account,
        created_at=created_at,
        group=group,
        number=call.kernel.next_order(),
        expression=expression,
        zone=zone,
        target=request["Target"],
        window_minutes=_window(request["FlexibleTimeWindow"]),
        changed_at=call.now,
        state=request.get("State", "ENABLED"),
        description=request.get("Description", ""),
        start_at=start_at,
        end_at=end_at,
        is_deleted_after=request.get("ActionAfterCompletion") == "DELETE",
        token=request.get("ClientToken", ""),
    )


def _instant(date: datetime | None) -> int:
    return int(date.timestamp() * 1000) if date is not None else 0


def _window(window: dict[str, Any]) -> int:
    minutes = int(window.get("MaximumWindowInMinutes", 0))
    if (window["Mode"] == "FLEXIBLE") != bool(minutes):
        raise invalid("MaximumWindowInMinutes is required for flexible time windows, and for these only.")
    return minutes


def _check_target(call: Call, target: dict[str, Any]) -> None:
    try:
        called = check_target(target)
    except ForeignTarget as error:
        raise not_built(f"targets of the service {error}") from error
    except BadTarget as error:
        raise invalid(str(error)) from error
    service = call.kernel.services.find_known(called.service)
    if service is None:
        raise not_built(f"targets of the service {called.service}")
    if called.operation not in service.model.operation_names:
        raise invalid(f"{target['Arn']} is not a supported target.")
    if called.operation not in service.operations:
        raise not_built(f"targets that call {called.service}.{called.operation}")
    if called.is_universal:
        try:
            shaped(json.loads(target["Input"]), service.model.operation(called.operation).input)
        except BadTarget as error:
            raise invalid(str(error)) from error
    _check_role(call, target["RoleArn"])


def _check_role(call: Call, role: str) -> None:
    """Raise ValidationException for a role that EventBridge Scheduler may not assume."""
    services = call.kernel.services
    if services.find("iam") is None or services.find("sts") is None:
        return
    caller = ServiceCaller(call.kernel, "scheduler", call.account, call.region)
    params = {"RoleArn": role, "RoleSessionName": "check", "ExternalId": call.account}
    try:
        caller.call_within(call, "sts", "AssumeRole", params)
    except ServiceError as error:
        text = "The execution role you provide must allow AWS EventBridge Scheduler to assume the role."
        raise invalid(text) from error


@scheduler.operation
def delete_schedule(call: Call, name: str, group_name: str = DEFAULT_GROUP, client_token: str | None = None) -> None:
    """Delete a schedule. Raises ResourceNotFoundException."""
    remove(call, finding.get_schedule(call, group_name, name))


@scheduler.operation
def get_schedule(call: Call, name: str, group_name: str = DEFAULT_GROUP) -> dict[str, Any]:
    """Return a schedule. Raises ResourceNotFoundException."""
    found = finding.get_schedule(call, group_name, name)
    window: dict[str, Any] = {"Mode": "FLEXIBLE" if found.window_minutes else "OFF"}
    if found.window_minutes:
        window["MaximumWindowInMinutes"] = found.window_minutes
    shown = {
        **_summary(found),
        "ScheduleExpression": found.expression,
        "ScheduleExpressionTimezone": found.zone,
        "FlexibleTimeWindow": window,
        "Target": found.target,
        "ActionAfterCompletion": "DELETE" if found.is_deleted_after else "NONE",
    }
    if found.description:
        shown["Description"] = found.description
    for member, at in (("StartDate", found.start_at), ("EndDate", found.end_at)):
        if at:
            shown[member] = at / 1000
    return shown


@scheduler.operation
def list_schedules(
    call: Call,
    group_name: str | None = None,
    name_prefix: str = "",
    state: str | None = None,
    next_token: str | None = None,
    max_results: int | None = None,
) -> dict[str, Any]:
    """List schedules by group and name. Raises ResourceNotFoundException for a group."""
    if group_name is not None:
        get_group(call, group_name)
    of_group = () if group_name is None else (group_name,)

    def rows_past(past: Any) -> Any:
        rest = past[len(of_group) :] if past is not None else None
        for one in schedules.scan(call, *of_group, past=rest):
            if one.id.startswith(name_prefix) and state in (None, one.state):
                yield one

    return page(
        call,
        f"schedules:{group_name}:{name_prefix}:{state}",
        "Schedules",
        rows_past,
        lambda one: (one.group, one.id),
        lambda one: {**_summary(one), "Target": {"Arn": one.target["Arn"]}},
        next_token,
        max_results,
    )


def _summary(schedule: Schedule) -> dict[str, Any]:
    return {
        "Arn": schedule.arn,
        "Name": schedule.id,
        "GroupName": schedule.group,
        "State": schedule.state,
        "CreationDate": schedule.created_at / 1000,
        "LastModificationDate": schedule.changed_at / 1000,
    }
