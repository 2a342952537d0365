"""What scaling policies may say."""

from __future__ import annotations

from typing import Any

from skyglobe.services.application_autoscaling.rules.steps import plan_steps

LEAST_TARGET, GREATEST_TARGET = 20, 90
"""Percent, of DynamoDB's units; developer guide, "Managing throughput capacity with DynamoDB auto scaling"."""
LEAST_SHARE, GREATEST_SHARE = 0.1, 0.9
"""Of Lambda's concurrency; Lambda developer guide, "Managing provisioned concurrency with Application Auto Scaling"."""


class BadPolicy(ValueError):
    """A policy that cannot be; the message tells why."""


def check_tracking(given: dict[str, Any], namespace: str, dimension: str, predefined: str) -> None:
    """Check a target tracking configuration. Raises ``BadPolicy``."""
    known, custom = given.get("PredefinedMetricSpecification"), given.get("CustomizedMetricSpecification")
    if (known is None) == (custom is None):
        raise BadPolicy("Exactly one of PredefinedMetricSpecification and CustomizedMetricSpecification is required")
    _check_cooldowns(given, "ScaleOutCooldown", "ScaleInCooldown")
    value = given["TargetValue"]
    if not value > 0:
        raise BadPolicy("TargetValue must be greater than 0")
    if custom is not None:
        _check_custom(custom)
        return
    assert known is not None
    if known["PredefinedMetricType"] != predefined:
        raise BadPolicy(
            f"PredefinedMetricType {known['PredefinedMetricType']} is not supported for scalable dimension {dimension}"
        )
    if known.get("ResourceLabel") is not None:
        raise BadPolicy(f"ResourceLabel cannot be specified for {predefined}")
    bounds = {"dynamodb": (LEAST_TARGET, GREATEST_TARGET), "lambda": (LEAST_SHARE, GREATEST_SHARE)}[namespace]
    if not bounds[0] <= value <= bounds[1]:
        raise BadPolicy(f"TargetValue for {predefined} must be between {bounds[0]} and {bounds[1]}")


def _check_custom(custom: dict[str, Any]) -> None:
    single = [name for name in ("MetricName", "Namespace", "Statistic") if custom.get(name) is not None]
    if ("Metrics" in custom) == bool(single) or (single and len(single) < 3):
        raise BadPolicy("CustomizedMetricSpecification requires either Metrics, or MetricName, Namespace and Statistic")


def check_steps(given: dict[str, Any]) -> None:
    """Check a step scaling configuration. Raises ``BadPolicy``."""
    if given.get("AdjustmentType") is None:
        raise BadPolicy("AdjustmentType is required when a step scaling policy is created")
    _check_cooldowns(given, "Cooldown")
    if given.get("MinAdjustmentMagnitude") is not None and given["AdjustmentType"] != "PercentChangeInCapacity":
        raise BadPolicy("MinAdjustmentMagnitude is only supported for PercentChangeInCapacity")
    try:
        plan_steps(given.get("StepAdjustments") or ())
    except ValueError as error:
        raise BadPolicy(str(error)) from error


def _check_cooldowns(given: dict[str, Any], *names: str) -> None:
    for name in names:
        if given.get(name, 0) < 0:
            raise BadPolicy(f"{name} cannot be negative")
