"""Scaling activities: what was done to targets and why, kept for six weeks."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.scope import Scope
from skyglobe.kernel.timers import find_timer, set_timer
from skyglobe.services.application_autoscaling.records import Activity, Target, activities
from skyglobe.services.application_autoscaling.rules.bounds import ACTIVITIES_KEPT_FOR

FINISHED = frozenset(("Successful", "Failed", "Overridden", "Unfulfilled"))


def record(
    scope: Scope,
    target: Target,
    description: str,
    cause: str,
    status: str,
    message: str,
    *,
    reasons: tuple[dict[str, Any], ...] = (),
    capacity: int = 0,
) -> Activity:
    """Keep what was done, or why nothing was; see that it is forgotten in time."""
    activity = Activity(
        namespace=target.namespace,
        order=scope.kernel.next_order(),
        id=scope.kernel.ids.uuid(),
        resource=target.resource,
        dimension=target.dimension,
        description=description,
        cause=cause,
        started_at=scope.now,
        status=status,
        message=message,
        ended_at=scope.now if status in FINISHED else None,
        reasons=reasons,
        capacity=capacity,
    )
    activities.insert(scope, activity)
    if find_timer(scope, "application-autoscaling", "trim", target.namespace) is None:
        expect_trim(scope, target.namespace, scope.now)
    return activity


def finish(scope: Scope, activity: Activity, status: str, message: str) -> None:
    """Note how an activity that was in progress ended."""
    ended = replace(activity, status=status, message=message, ended_at=scope.now)
    activities.replace(scope, activity, ended)


def expect_trim(scope: Scope, namespace: str, oldest_at: int) -> None:
    """Have activities of that instant forgotten when their time is over."""
    set_timer(scope, "application-autoscaling", "trim", namespace, oldest_at + ACTIVITIES_KEPT_FOR)


def last_of(scope: Scope, target: Target) -> Activity | None:
    """Return what was done, or not, to a target last."""
    rows = activities.scan_by(scope, "resource", target.namespace, target.resource, reverse=True, limit=8)
    return next((row for row in rows if row.dimension == target.dimension), None)
