"""What policies do when their alarms go off: work out how much is needed, and change capacity unless something speaks
against it.
"""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.scope import Scope
from skyglobe.services.application_autoscaling.alarming import expect_idleness, is_in_alarm, last_use, refit, watched_by
from skyglobe.services.application_autoscaling.dimensions import Dimension, dimension_of
from skyglobe.services.application_autoscaling.fitting import Hand, read, scale
from skyglobe.services.application_autoscaling.recording import last_of, record
from skyglobe.services.application_autoscaling.records import Policy, Target, policies, targets
from skyglobe.services.application_autoscaling.rules.alarms import HIGH, LOW, MINUTE
from skyglobe.services.application_autoscaling.rules.bounds import clamp
from skyglobe.services.application_autoscaling.rules.steps import plan_steps, stepped
from skyglobe.services.application_autoscaling.rules.tracking import (
    Wait,
    base_of,
    may_scale_in,
    needed,
    proportional,
)

DEFAULT_COOLDOWN_FOR = 0
"""Seconds, of target tracking; API reference of TargetTrackingScalingPolicyConfiguration: 0 for DynamoDB and Lambda."""
DEFAULT_STEP_COOLDOWN_FOR = 300
"""Seconds; API reference of StepScalingPolicyConfiguration."""
UNSCALABLE = "TargetServicePutResourceAsUnscalable"


def act(scope: Scope, hand: Hand, policy: Policy, notice: dict[str, Any], *, is_trial: bool = False) -> bool:
    """Do what an alarm asks for; return whether capacity is to be changed. A trial does all but that.

    Asked again for what is done already, it does nothing.
    """
    target = targets.find(scope, *policy.place)
    if target is None or notice["NewStateValue"] != "ALARM":
        return False
    dimension = dimension_of(policy.dimension)
    reading = read(hand, target, dimension)
    if reading is None:
        return False
    cause = f"monitor alarm {notice['AlarmName']} in state ALARM triggered policy {policy.name}"
    current = reading.capacity
    base = base_of(policy.wait, scope.now, cooldown_of(policy, "ScaleOutCooldown"), current)
    wanted = _wanted(policy, current, base, notice)
    if wanted is None:  # somebody else changed the capacity
        refit(scope, policy, current)
        return False
    if not reading.is_active:
        _not_scaled(scope, target, cause, {"Code": UNSCALABLE})
        return False
    bounded = clamp(wanted, target.least, target.most)
    reason = _reason(target, current, bounded, is_out=_is_out(policy, current, wanted, notice))
    if reason is not None:
        _not_scaled(scope, target, cause, reason)
        return False
    is_due = _may(scope, target, policy, current, bounded)
    if is_due and not is_trial:
        _change(scope, hand, target, dimension, policy, current, bounded, cause)
    return is_due


def look_for_idleness(scope: Scope, hand: Hand, policy: Policy) -> None:
    """Do what AlarmLow would if a resource that nobody uses at all were told of. Look again while it has too much."""
    target = targets.find(scope, *policy.place)
    if target is None:
        return
    reading = read(hand, target, dimension_of(policy.dimension))
    if reading is None or reading.capacity <= target.least:
        return
    used_at = last_use(scope, policy)
    if used_at is None:
        name = policy.alarms[LOW][0]
        act(scope, hand, policy, {"NewStateValue": "ALARM", "AlarmName": name, "Datapoints": [], "Threshold": None})
    expect_idleness(scope, policies.find(scope, *policy.place, policy.name) or policy, used_at)


def cooldown_of(policy: Policy, name: str) -> int:
    """Return how many seconds a cool-down of a policy takes."""
    default = DEFAULT_STEP_COOLDOWN_FOR if policy.kind == "StepScaling" else DEFAULT_COOLDOWN_FOR
    seconds: int = policy.configuration.get(name, policy.configuration.get("Cooldown", default))
    return seconds


def _wanted(policy: Policy, current: int, base: int, notice: dict[str, Any]) -> int | None:
    """Return the capacity that an alarm asks for, unbounded; None when it only tells of another capacity.

    Scaling out starts from ``base``: what was added in a cool-down that goes on is part of what is wanted.
    """
    points = [point for point in notice["Datapoints"] if point is not None]
    if policy.kind == "StepScaling":
        configuration = policy.configuration
        return stepped(
            plan_steps(configuration["StepAdjustments"]),
            configuration["AdjustmentType"],
            base,
            points[0] - notice["Threshold"] if points else 0.0,
            at_least=configuration.get("MinAdjustmentMagnitude", 0),
        )
    kind = kind_of(policy, notice["AlarmName"])
    if kind not in (HIGH, LOW):
        return None
    # Out by the latest minute, in by the busiest of those that were watched.
    value = (points[0] if kind == HIGH else max(points)) if points else 0.0
    target_value = policy.configuration["TargetValue"]
    if watched_by(policy).provisioned is not None:
        return needed(value / MINUTE, target_value / 100)
    return proportional(base if kind == HIGH else current, value, target_value)


def kind_of(policy: Policy, alarm_name: str) -> str:
    """Return what one of a policy's alarms is for; nothing for an alarm that is not its own."""
    return next((kind for kind, (name, _) in policy.alarms.items() if name == alarm_name), "")


def _is_out(policy: Policy, current: int, wanted: int, notice: dict[str, Any]) -> bool:
    if policy.kind == "StepScaling":
        return wanted >= current
    return kind_of(policy, notice["AlarmName"]) == HIGH


def _reason(target: Target, current: int, bounded: int, *, is_out: bool) -> dict[str, Any] | None:
    """Return why nothing is to be changed, as NotScaledReason has it; None when something is."""
    if is_out and current >= target.most:
        return {"Code": "AlreadyAtMaxCapacity", "MaxCapacity": target.most, "CurrentCapacity": current}
    if not is_out and current <= target.least:
        return {"Code": "AlreadyAtMinCapacity", "MinCapacity": target.least, "CurrentCapacity": current}
    if (bounded <= current) if is_out else (bounded >= current):
        return {"Code": "AlreadyAtDesiredCapacity", "CurrentCapacity": current}
    return None


def _may(scope: Scope, target: Target, policy: Policy, current: int, capacity: int) -> bool:
    """Whether neither suspension, nor a cool-down, nor another policy speaks against a change."""
    if capacity > current:
        return not target.suspension.scale_out
    if target.suspension.scale_in or not may_scale_in(policy.wait, scope.now, cooldown_of(policy, "ScaleInCooldown")):
        return False
    return policy.kind == "StepScaling" or _others_agree(scope, policy)


def _others_agree(scope: Scope, policy: Policy) -> bool:
    """Whether all other target tracking policies of a target that scale in would do so as well.

    User guide, "Multiple scaling policies".
    """
    others = [other for other in policies.scan(scope, *policy.place) if other.name != policy.name]
    return all(is_in_alarm(scope, other, LOW) for other in others if LOW in other.alarms)


def _change(
    scope: Scope,
    hand: Hand,
    target: Target,
    dimension: Dimension,
    policy: Policy,
    current: int,
    capacity: int,
    cause: str,
) -> None:
    if not scale(scope, hand, target, dimension, capacity, cause):
        return
    wait = policy.wait
    if capacity > current:
        base = base_of(wait, scope.now, cooldown_of(policy, "ScaleOutCooldown"), current)
        wait = Wait(scope.now, capacity - base, wait.scaled_in_at)
    else:
        wait = wait._replace(scaled_in_at=scope.now)
    policies.replace(scope, policy, replace(policy, wait=wait))
    refit_all(scope, target, capacity)


def refit_all(scope: Scope, target: Target, capacity: int) -> None:
    """Put the alarms of all policies of a target as they have to be at its new capacity."""
    for policy in list(policies.scan(scope, *target.place)):
        if policy.kind == "TargetTrackingScaling":
            refit(scope, policy, capacity)


def _not_scaled(scope: Scope, target: Target, cause: str, reason: dict[str, Any]) -> None:
    """Record that nothing was scaled, and why, unless that is what was recorded last."""
    last = last_of(scope, target)
    if last is not None and last.reasons == (reason,) and last.cause == cause:
        return
    message = "Scaling was not performed."
    record(scope, target, "Attempting to scale due to alarm triggered", cause, "Failed", message, reasons=(reason,))
