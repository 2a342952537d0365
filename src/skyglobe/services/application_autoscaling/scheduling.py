"""Scheduled actions by durable timers: each sets the timer of its next time."""

from __future__ import annotations

from msgspec.structs import replace

from skyglobe.kernel.clock import Instant
from skyglobe.kernel.schedules import parse_schedule
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.timers import cancel_timer, set_timer
from skyglobe.services.application_autoscaling.finding import key_of
from skyglobe.services.application_autoscaling.fitting import fit_later
from skyglobe.services.application_autoscaling.recording import record
from skyglobe.services.application_autoscaling.records import Scheduled, Target, targets


def timer_key(action: Scheduled) -> str:
    """Return the key of an action's timer."""
    return key_of(action.place, action.name)


def next_due(action: Scheduled, after: Instant) -> Instant | None:
    """Return when an action is due next, later than ``after``; None when it never is again."""
    since = action.start_at if action.start_at is not None else action.created_at
    schedule = parse_schedule(action.schedule, action.zone, since)
    if action.start_at is not None:
        after = max(after, action.start_at - 1)
    elif action.schedule.startswith("rate"):
        after = max(after, since)  # the first step ends a whole step after the action was made
    due = schedule.next_after(after)
    return due if due is not None and (action.end_at is None or due <= action.end_at) else None


def expect(scope: Scope, action: Scheduled, after: Instant) -> bool:
    """Set the timer of an action's next time. Returns False when there is none."""
    due = next_due(action, after)
    if due is None:
        cancel_timer(scope, "application-autoscaling", "scheduled", timer_key(action))
        return False
    payload = {"key": [*action.place, action.name]}
    set_timer(scope, "application-autoscaling", "scheduled", timer_key(action), due, payload)
    return True


def perform(scope: Scope, action: Scheduled) -> None:
    """Change the bounds of the target as the action says, unless scheduled scaling is suspended."""
    target = targets.find(scope, *action.place)
    if target is not None and not target.suspension.scheduled:
        _change(scope, target, action)
    expect(scope, action, scope.now)


def _change(scope: Scope, target: Target, action: Scheduled) -> None:
    least = target.least if action.least is None else action.least
    most = target.most if action.most is None else action.most
    given = (("min", action.least), ("max", action.most))
    done = " and ".join(f"{name} capacity to {value}" for name, value in given if value is not None)
    cause = f"scheduled action name {action.name} was triggered"
    if least > most:
        message = f"Failed to set {done}. Reason: Maximum capacity cannot be less than minimum capacity"
        record(scope, target, f"Setting {done}", cause, "Failed", message)
        return
    record(scope, target, f"Setting {done}", cause, "Successful", f"Successfully set {done}")
    targets.replace(scope, target, replace(target, least=least, most=most))
    fit_later(scope, target.place)
