"""Forgetting a target, and all that hangs on it."""

from __future__ import annotations

from skyglobe.kernel.scope import Scope
from skyglobe.kernel.timers import cancel_timer
from skyglobe.services.application_autoscaling.alarming import delete_alarms
from skyglobe.services.application_autoscaling.finding import key_of
from skyglobe.services.application_autoscaling.records import (
    Policy,
    Scheduled,
    Target,
    policies,
    scheduled,
    target_counts,
    targets,
)
from skyglobe.services.application_autoscaling.scheduling import timer_key


def remove_target(scope: Scope, target: Target) -> None:
    """Forget a target with its policies, their alarms, and its scheduled actions."""
    for policy in list(policies.scan(scope, *target.place)):
        remove_policy(scope, policy)
    for action in list(scheduled.scan(scope, *target.place)):
        remove_scheduled(scope, action)
    cancel_timer(scope, "application-autoscaling", "fit", key_of(target.place))
    targets.delete(scope, target)
    target_counts.add(scope, target.namespace, -1)


def remove_policy(scope: Scope, policy: Policy) -> None:
    """Forget a policy, and delete its alarms."""
    delete_alarms(scope, policy, frozenset(policy.alarms))
    policies.delete(scope, policy)


def remove_scheduled(scope: Scope, action: Scheduled) -> None:
    """Forget a scheduled action."""
    cancel_timer(scope, "application-autoscaling", "scheduled", timer_key(action))
    scheduled.delete(scope, action)
