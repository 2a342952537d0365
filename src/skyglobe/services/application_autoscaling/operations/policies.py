"""PutScalingPolicy, DeleteScalingPolicy, DescribeScalingPolicies, GetPredictiveScalingForecast."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.services.application_autoscaling import application_autoscaling


@application_autoscaling.planned
def put_scaling_policy(
    call: Call,
    policy_name: str,
    service_namespace: str,
    resource_id: str,
    scalable_dimension: str,
    policy_type: str | None = None,
    step_scaling_policy_configuration: dict[str, Any] | None = None,
    target_tracking_scaling_policy_configuration: dict[str, Any] | None = None,
    predictive_scaling_policy_configuration: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Create or update a scaling policy for a scalable target."""
    raise NotImplementedError


@application_autoscaling.planned
def delete_scaling_policy(
    call: Call, policy_name: str, service_namespace: str, resource_id: str, scalable_dimension: str
) -> None:
    """Delete a scaling policy."""
    raise NotImplementedError


@application_autoscaling.planned
def describe_scaling_policies(
    call: Call,
    service_namespace: str,
    policy_names: list[str] | None = None,
    resource_id: str | None = None,
    scalable_dimension: str | None = None,
    max_results: int | None = None,
    next_token: str | None = None,
) -> dict[str, Any]:
    """Describe scaling policies."""
    raise NotImplementedError


@application_autoscaling.planned
def get_predictive_scaling_forecast(
    call: Call,
    service_namespace: str,
    resource_id: str,
    scalable_dimension: str,
    policy_name: str,
    start_time: datetime,
    end_time: datetime,
) -> dict[str, Any]:
    """Retrieve the forecast data for a predictive scaling policy."""
    raise NotImplementedError
