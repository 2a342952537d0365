"""Changing capacity: within the bounds of its target, or to what a policy wants, in the service-linked role."""

from __future__ import annotations

from skyglobe.kernel.callers import ServiceCaller
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.outbox import post
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.timers import set_timer
from skyglobe.services.application_autoscaling.dimensions import Ask, Dimension, Reading, dimension_of
from skyglobe.services.application_autoscaling.finding import key_of
from skyglobe.services.application_autoscaling.recording import last_of, record
from skyglobe.services.application_autoscaling.records import Place, Target, targets
from skyglobe.services.application_autoscaling.roles import own_hand
from skyglobe.services.application_autoscaling.rules.bounds import bound_cause, clamp

RETRY_FOR = 10_000  # milliseconds until a resource that is being changed is looked at again
FIRST_LOOK_FOR, LAST_LOOK_FOR = 1_000, 60_000  # milliseconds between looks whether a change is over


class Hand:
    """Who changes a resource: a session of the service-linked role, or the reason why there is none."""

    def __init__(self, scope: Scope, dimension: Dimension, caller: ServiceCaller | None, failure: str = "") -> None:
        self._scope = scope
        self._caller = caller or own_hand(scope, dimension)
        self.failure = failure

    @property
    def ask(self) -> Ask:
        return lambda service, operation, params: self._caller.call_within(self._scope, service, operation, params)


def fit_later(scope: Scope, place: Place) -> None:
    """Have the capacity of a target brought within its bounds, once this work is committed."""
    post(scope, "application-autoscaling", "fit", {"place": list(place)}, lane=key_of(place))


def fit(scope: Scope, place: Place, caller: ServiceCaller | None, failure: str) -> None:
    """Bring a target's capacity within its bounds. A resource that is being changed is looked at again later."""
    target = targets.find(scope, *place)
    if target is None:
        return
    dimension = dimension_of(target.dimension)
    hand = Hand(scope, dimension, caller, failure)
    reading = read(hand, target, dimension)
    if reading is None:
        return
    cause = bound_cause(reading.capacity, target.least, target.most)
    if not cause:
        return
    if not reading.is_active:
        set_timer(scope, "application-autoscaling", "fit", key_of(place), scope.now + RETRY_FOR)
        return
    scale(scope, hand, target, dimension, clamp(reading.capacity, target.least, target.most), cause)


def read(hand: Hand, target: Target, dimension: Dimension) -> Reading | None:
    """Return what a target's resource has; None where it is gone, or where nothing may be learnt of it."""
    try:
        return dimension.read(hand.ask, dimension.names(target.resource))
    except ServiceError:
        return None


def scale(scope: Scope, hand: Hand, target: Target, dimension: Dimension, capacity: int, cause: str) -> bool:
    """Set a capacity and record it. Returns whether the service took it.

    What the service needs time for is in progress until it is done.
    """
    description = f"Setting {dimension.noun} to {capacity}."
    failure = hand.failure or _write(hand, target, dimension, capacity)
    if failure:
        message = f"Failed to set {dimension.noun} to {capacity}. Reason: {failure}"
        last = last_of(scope, target)
        if last is None or (last.description, last.message) != (description, message):  # alarms ask every minute
            record(scope, target, description, cause, "Failed", message, capacity=capacity)
        return False
    reading = read(hand, target, dimension)
    is_over = reading is not None and reading.is_active
    status = "Successful" if is_over else "InProgress"
    activity = record(
        scope, target, description, cause, status, outcome(dimension, capacity, is_over=is_over), capacity=capacity
    )
    if not is_over:
        watch_later(scope, target.place, activity.order, FIRST_LOOK_FOR)
    return True


def watch_later(scope: Scope, place: Place, order: int, pause: int) -> None:
    """Have somebody look after ``pause`` milliseconds whether the activity with that order is over."""
    payload = {"place": list(place), "order": order, "pause": pause}
    set_timer(scope, "application-autoscaling", "watch", key_of(place, str(order)), scope.now + pause, payload)


def outcome(dimension: Dimension, capacity: int, *, is_over: bool) -> str:
    """Return what activities say of a change that was taken; user guide, "Scaling activities"."""
    done = f"Successfully set {dimension.noun} to {capacity}."
    if is_over:
        return f"{done} Change successfully fulfilled by {dimension.namespace}."
    return f"{done} Waiting for change to be fulfilled by {dimension.namespace}."


def _write(hand: Hand, target: Target, dimension: Dimension, capacity: int) -> str:
    try:
        dimension.write(hand.ask, dimension.names(target.resource), capacity)
    except ServiceError as error:
        return f"{error.message} (Service: {dimension.namespace}, Error Code: {error.code})"
    return ""
