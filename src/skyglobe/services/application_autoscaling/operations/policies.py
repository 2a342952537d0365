"""PutScalingPolicy, DeleteScalingPolicy, DescribeScalingPolicies, GetPredictiveScalingForecast."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.arns import make_arn
from skyglobe.kernel.call import Call
from skyglobe.services.application_autoscaling import application_autoscaling
from skyglobe.services.application_autoscaling.alarming import expect_idleness, put_alarms
from skyglobe.services.application_autoscaling.deregistering import remove_policy
from skyglobe.services.application_autoscaling.dimensions import Dimension, check_namespace, dimension_of
from skyglobe.services.application_autoscaling.finding import get_target, rows_of
from skyglobe.services.application_autoscaling.fitting import Hand, read
from skyglobe.services.application_autoscaling.paging import MAX_POLICIES_LISTED, page
from skyglobe.services.application_autoscaling.records import Place, Policy, Target, policies
from skyglobe.services.application_autoscaling.refusals import invalid, no_such, over_limit
from skyglobe.services.application_autoscaling.roles import check_permissions
from skyglobe.services.application_autoscaling.rules.bounds import MAX_POLICIES
from skyglobe.services.application_autoscaling.rules.policies import BadPolicy, check_steps, check_tracking

_ALARMS = ("cloudwatch:PutMetricAlarm", "cloudwatch:DescribeAlarms", "cloudwatch:DeleteAlarms")
"""What whoever puts a policy must be allowed itself; user guide, "Permissions for a user to work with …"."""


@application_autoscaling.operation
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
    """Have a target's capacity follow a metric, or change how it does. Its alarms are made with it.

    Raises ValidationException for kinds of policies that AWS does not have for the target's namespace, too.
    """
    place = (service_namespace, resource_id, scalable_dimension)
    target = get_target(call, place)
    dimension = dimension_of(scalable_dimension)
    known = policies.find(call, *place, policy_name)
    kind = policy_type or (known.kind if known is not None else "StepScaling")
    given = {
        "StepScaling": step_scaling_policy_configuration,
        "TargetTrackingScaling": target_tracking_scaling_policy_configuration,
        "PredictiveScaling": predictive_scaling_policy_configuration,
    }
    configuration = given.pop(kind)
    if configuration is None or any(other is not None for other in given.values()):
        raise invalid(f"{kind} policies take {kind.removesuffix('Scaling')}ScalingPolicyConfiguration, and no other")
    _check(call, target, dimension, known, kind, policy_name, configuration)
    check_permissions(call, make_arn(call, "cloudwatch", "alarm:*"), _ALARMS)
    policy = replace(known or _new(call, place, policy_name, kind), configuration=configuration)
    reading = read(Hand(call, dimension, None), target, dimension)
    if kind == "TargetTrackingScaling":
        policy = put_alarms(call, policy, reading.capacity if reading is not None else 0)
        expect_idleness(call, policy)
    policies.put(call, policy)
    return {"PolicyARN": policy.arn, "Alarms": _alarms(policy)}


def _check(
    call: Call,
    target: Target,
    dimension: Dimension,
    known: Policy | None,
    kind: str,
    name: str,
    configuration: dict[str, Any],
) -> None:
    if known is not None and known.kind != kind:
        raise invalid(f"The type of the scaling policy {name} cannot be changed")
    others = [other for other in policies.scan(call, *target.place) if other.name != name]
    if known is None and len(others) >= MAX_POLICIES:
        raise over_limit(f"You have reached the limit of {MAX_POLICIES} scaling policies for this scalable target.")
    try:
        if kind == "TargetTrackingScaling":
            check_tracking(configuration, dimension.namespace, dimension.name, dimension.predefined)
            if any(_metric(other.configuration) == _metric(configuration) for other in others):
                raise BadPolicy("Only one TargetTrackingScaling policy for a given metric specification is allowed.")
            return
        if kind == "StepScaling":
            check_steps(configuration)
    except BadPolicy as error:
        raise invalid(str(error)) from error
    if kind == "PredictiveScaling" or not dimension.takes_steps:
        raise invalid(f"{kind} policies are not supported for service namespace {dimension.namespace}")


def _metric(configuration: dict[str, Any]) -> Any:
    return configuration.get("PredefinedMetricSpecification") or configuration.get("CustomizedMetricSpecification")


def _new(call: Call, place: Place, name: str, kind: str) -> Policy:
    namespace, resource, dimension = place
    identifier = f"{call.kernel.ids.uuid()}:resource/{namespace}/{resource}:policyName/{name}"
    return Policy(
        namespace=namespace,
        resource=resource,
        dimension=dimension,
        name=name,
        arn=make_arn(call, "autoscaling", f"scalingPolicy:{identifier}"),
        kind=kind,
        configuration={},
        created_at=call.now,
    )


@application_autoscaling.operation
def delete_scaling_policy(
    call: Call, policy_name: str, service_namespace: str, resource_id: str, scalable_dimension: str
) -> dict[str, Any]:
    """Forget a policy with the alarms that were made for it."""
    place = (service_namespace, resource_id, scalable_dimension)
    policy = policies.find(call, *place, policy_name)
    if policy is None:
        raise no_such("scaling policy found", place, f", policy name: {policy_name}")
    remove_policy(call, policy)
    return {}


@application_autoscaling.operation
def describe_scaling_policies(
    call: Call,
    service_namespace: str,
    policy_names: list[str] | None = None,
    resource_id: str | None = None,
    scalable_dimension: str | None = None,
    max_results: int | None = None,
    next_token: str | None = None,
) -> dict[str, Any]:
    """List the policies of a namespace, a resource or a target, with their alarms."""
    check_namespace(service_namespace, resource_id, scalable_dimension)
    resources = [resource_id] if resource_id is not None else None
    rows = rows_of(call, policies, service_namespace, resources, scalable_dimension, _position)
    names = frozenset(policy_names or ())
    found, token = page(
        call,
        f"policies:{service_namespace}:{resource_id}:{scalable_dimension}:{','.join(sorted(names))}",
        lambda past: (row for row in rows(past) if not names or row.name in names),
        _position,
        next_token,
        max_results,
        MAX_POLICIES_LISTED,
    )
    return {"ScalingPolicies": [_shape(policy) for policy in found], "NextToken": token}


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


def _position(policy: Policy) -> tuple[str, str, str]:
    return policy.resource, policy.dimension, policy.name


def _alarms(policy: Policy) -> list[dict[str, str]]:
    return [{"AlarmName": name, "AlarmARN": arn} for name, arn in policy.alarms.values()]


def _shape(policy: Policy) -> dict[str, Any]:
    return {
        "PolicyARN": policy.arn,
        "PolicyName": policy.name,
        "ServiceNamespace": policy.namespace,
        "ResourceId": policy.resource,
        "ScalableDimension": policy.dimension,
        "PolicyType": policy.kind,
        f"{policy.kind}PolicyConfiguration": policy.configuration,
        "Alarms": _alarms(policy),
        "CreationTime": policy.created_at / 1000,
    }
