"""What happens afterwards: capacity is brought within bounds, scheduled actions come due, activities end."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.callers import ServiceCaller
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.outbox import Delivery, post
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.timers import set_timer
from skyglobe.services.application_autoscaling import application_autoscaling, fitting, scheduling, tracking
from skyglobe.services.application_autoscaling.dimensions import Dimension, dimension_of
from skyglobe.services.application_autoscaling.recording import FINISHED, expect_trim, finish
from skyglobe.services.application_autoscaling.records import Place, Policy, activities, policies, scheduled, targets
from skyglobe.services.application_autoscaling.roles import acting_on
from skyglobe.services.application_autoscaling.rules.alarms import LOW
from skyglobe.services.application_autoscaling.rules.bounds import ACTIVITIES_KEPT_FOR

TRIM_BATCH = 1000  # activities forgotten in one turn


def place_of(parts: list[str]) -> Place:
    """Return the place that a letter or a timer names."""
    namespace, resource, dimension = parts
    return namespace, resource, dimension


async def take_role(delivery: Delivery, dimension: Dimension) -> tuple[ServiceCaller | None, str]:
    """Return a session of the service-linked role; None and the reason where it cannot be assumed."""
    try:
        return await acting_on(delivery.kernel, delivery.account, delivery.region, dimension), ""
    except ServiceError as error:
        return None, f"Unable to assume IAM role: {error.message}"


@application_autoscaling.consumer("fit")
async def fit(delivery: Delivery, payload: dict[str, Any]) -> None:
    """Bring a target's capacity within its bounds."""
    place = place_of(payload["place"])
    caller, failure = await take_role(delivery, dimension_of(place[2]))
    await delivery.transact(lambda scope: fitting.fit(scope, place, caller, failure))


@application_autoscaling.alarm_actions("scalingPolicy")
async def alarm(delivery: Delivery, notice: dict[str, Any]) -> None:
    """Do what a policy wants when one of its alarms goes off."""

    def find(scope: Scope) -> Policy | None:
        return next(policies.scan_by(scope, "arn", notice["ActionArn"], limit=1), None)

    def consider(scope: Scope) -> Policy | None:
        policy = find(scope)
        if policy is None:
            return None
        own = fitting.Hand(scope, dimension_of(policy.dimension), None)
        return policy if tracking.act(scope, own, policy, notice, is_trial=True) else None

    known = await delivery.transact(consider)
    if known is None:  # most of the time: alarms ask again every minute
        return
    dimension = dimension_of(known.dimension)
    caller, failure = await take_role(delivery, dimension)

    def act(scope: Scope) -> None:
        policy = find(scope)
        if policy is not None:
            tracking.act(scope, fitting.Hand(scope, dimension, caller, failure), policy, notice)

    await delivery.transact(act)


@application_autoscaling.timer("idle")
def look_for_idleness(scope: Scope, key: str, payload: dict[str, Any]) -> None:
    """Have looked whether what a policy watches is not used at all."""
    post(scope, "application-autoscaling", "idle", payload)


@application_autoscaling.consumer("idle")
async def idle(delivery: Delivery, payload: dict[str, Any]) -> None:
    """Scale in what nobody uses."""
    dimension = dimension_of(payload["key"][2])
    caller, failure = await take_role(delivery, dimension)

    def look(scope: Scope) -> None:
        policy = policies.find(scope, *payload["key"])
        if policy is not None and LOW in policy.alarms:
            tracking.look_for_idleness(scope, fitting.Hand(scope, dimension, caller, failure), policy)

    await delivery.transact(look)


@application_autoscaling.timer("fit")
def fit_again(scope: Scope, key: str, payload: dict[str, Any]) -> None:
    """Look at a target again whose resource was being changed."""
    fitting.fit_later(scope, place_of(key.split("\x1f")))


@application_autoscaling.timer("watch")
def watch(scope: Scope, key: str, payload: dict[str, Any]) -> None:
    """Look whether a change that was in progress is over; come back until it is."""
    place = place_of(payload["place"])
    target, activity = targets.find(scope, *place), activities.find(scope, place[0], payload["order"])
    if target is None or activity is None or activity.status in FINISHED:
        return
    dimension = dimension_of(place[2])
    reading = fitting.read(fitting.Hand(scope, dimension, None), target, dimension)
    if reading is None:
        finish(scope, activity, "Failed", f"{dimension.kind} does not exist: {target.resource}")
    elif reading.is_active:
        finish(scope, activity, "Successful", fitting.outcome(dimension, activity.capacity, is_over=True))
    else:
        fitting.watch_later(scope, place, activity.order, min(payload["pause"] * 2, fitting.LAST_LOOK_FOR))


@application_autoscaling.timer("scheduled")
def run_scheduled(scope: Scope, key: str, payload: dict[str, Any]) -> None:
    """Do what a scheduled action says, and set the timer of its next time."""
    action = scheduled.find(scope, *payload["key"])
    if action is not None:
        scheduling.perform(scope, action)


@application_autoscaling.timer("trim")
def trim(scope: Scope, key: str, payload: dict[str, Any]) -> None:
    """Forget activities of a namespace that are over six weeks old, and come back for the next ones."""
    before = scope.now - ACTIVITIES_KEPT_FOR
    for activity in list(activities.scan(scope, key, limit=TRIM_BATCH)):
        if activity.started_at > before:
            expect_trim(scope, key, activity.started_at)
            return
        activities.delete(scope, activity)
    if next(iter(activities.scan(scope, key, limit=1)), None) is not None:
        set_timer(scope, "application-autoscaling", "trim", key, scope.now)
