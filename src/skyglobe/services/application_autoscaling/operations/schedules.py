"""PutScheduledAction, DeleteScheduledAction, DescribeScheduledActions."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.arns import make_arn
from skyglobe.kernel.call import Call
from skyglobe.kernel.schedules import BadSchedule, parse_schedule
from skyglobe.services.application_autoscaling import application_autoscaling
from skyglobe.services.application_autoscaling.deregistering import remove_scheduled
from skyglobe.services.application_autoscaling.dimensions import check_namespace
from skyglobe.services.application_autoscaling.finding import get_target, rows_of
from skyglobe.services.application_autoscaling.paging import page
from skyglobe.services.application_autoscaling.records import Place, Scheduled, scheduled
from skyglobe.services.application_autoscaling.refusals import invalid, no_such, over_limit
from skyglobe.services.application_autoscaling.rules.bounds import MAX_SCHEDULED
from skyglobe.services.application_autoscaling.scheduling import expect


@application_autoscaling.operation
def put_scheduled_action(
    call: Call,
    service_namespace: str,
    scheduled_action_name: str,
    resource_id: str,
    scalable_dimension: str,
    schedule: str | None = None,
    timezone: str | None = None,
    start_time: datetime | None = None,
    end_time: datetime | None = None,
    scalable_target_action: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Have the bounds of a target changed when a schedule says, or change when and to what.

    What is not given stays as it was, but for start and end: these are forgotten.
    """
    place = (service_namespace, resource_id, scalable_dimension)
    get_target(call, place)
    known = scheduled.find(call, *place, scheduled_action_name)
    if known is None and sum(1 for _ in scheduled.scan(call, *place, limit=MAX_SCHEDULED)) >= MAX_SCHEDULED:
        raise over_limit(f"You have reached the limit of {MAX_SCHEDULED} scheduled actions for this scalable target.")
    action = known or _new(call, place, scheduled_action_name)
    bounds = scalable_target_action or {}
    action = replace(
        action,
        schedule=schedule or action.schedule,
        zone=timezone or action.zone,
        start_at=_instant(start_time),
        end_at=_instant(end_time),
        least=bounds.get("MinCapacity", action.least),
        most=bounds.get("MaxCapacity", action.most),
    )
    _check(call, action)
    if not expect(call, action, call.now):
        raise invalid("The schedule of a scheduled action must lie in the future")
    scheduled.put(call, action)
    return {}


def _new(call: Call, place: Place, name: str) -> Scheduled:
    namespace, resource, dimension = place
    identifier = f"{call.kernel.ids.uuid()}:resource/{namespace}/{resource}:scheduledActionName/{name}"
    return Scheduled(
        namespace=namespace,
        resource=resource,
        dimension=dimension,
        name=name,
        arn=make_arn(call, "autoscaling", f"scheduledAction:{identifier}"),
        schedule="",
        zone="UTC",
        created_at=call.now,
    )


def _instant(when: datetime | None) -> int | None:
    return int(when.timestamp() * 1000) if when is not None else None


def _check(call: Call, action: Scheduled) -> None:
    if not action.schedule:
        raise invalid("Schedule must be specified when a scheduled action is created")
    try:
        parse_schedule(action.schedule, action.zone)
    except BadSchedule as error:
        raise invalid(f"Schedule {action.schedule} is not valid in time zone {action.zone}: {error}") from error
    if action.least is None and action.most is None:
        raise invalid("At least one of MinCapacity and MaxCapacity must be specified in ScalableTargetAction")
    if any(bound is not None and bound < 0 for bound in (action.least, action.most)):
        raise invalid("MinCapacity and MaxCapacity cannot be negative")
    if action.least is not None and action.most is not None and action.most < action.least:
        raise invalid("Maximum capacity cannot be less than minimum capacity")
    if action.start_at is not None and action.end_at is not None and action.end_at <= action.start_at:
        raise invalid("The end time must be later than the start time")


@application_autoscaling.operation
def delete_scheduled_action(
    call: Call, service_namespace: str, scheduled_action_name: str, resource_id: str, scalable_dimension: str
) -> dict[str, Any]:
    """Forget a scheduled action."""
    place = (service_namespace, resource_id, scalable_dimension)
    action = scheduled.find(call, *place, scheduled_action_name)
    if action is None:
        raise no_such("scheduled action found", place, f", scheduled action name: {scheduled_action_name}")
    remove_scheduled(call, action)
    return {}


@application_autoscaling.operation
def describe_scheduled_actions(
    call: Call,
    service_namespace: str,
    scheduled_action_names: list[str] | None = None,
    resource_id: str | None = None,
    scalable_dimension: str | None = None,
    max_results: int | None = None,
    next_token: str | None = None,
) -> dict[str, Any]:
    """List the scheduled actions of a namespace, a resource or a target."""
    check_namespace(service_namespace, resource_id, scalable_dimension)
    resources = [resource_id] if resource_id is not None else None
    rows = rows_of(call, scheduled, service_namespace, resources, scalable_dimension, _position)
    names = frozenset(scheduled_action_names or ())
    listing = f"scheduled:{service_namespace}:{resource_id}:{scalable_dimension}:{','.join(sorted(names))}"
    found, token = page(
        call,
        listing,
        lambda past: (row for row in rows(past) if not names or row.name in names or row.arn in names),
        _position,
        next_token,
        max_results,
    )
    return {"ScheduledActions": [_shape(action) for action in found], "NextToken": token}


def _position(action: Scheduled) -> tuple[str, str, str]:
    return action.resource, action.dimension, action.name


def _shape(action: Scheduled) -> dict[str, Any]:
    bounds = {"MinCapacity": action.least, "MaxCapacity": action.most}
    shown: dict[str, Any] = {
        "ScheduledActionName": action.name,
        "ScheduledActionARN": action.arn,
        "ServiceNamespace": action.namespace,
        "Schedule": action.schedule,
        "Timezone": action.zone,
        "ResourceId": action.resource,
        "ScalableDimension": action.dimension,
        "ScalableTargetAction": {name: value for name, value in bounds.items() if value is not None},
        "CreationTime": action.created_at / 1000,
    }
    if action.start_at is not None:
        shown["StartTime"] = action.start_at / 1000
    if action.end_at is not None:
        shown["EndTime"] = action.end_at / 1000
    return shown
