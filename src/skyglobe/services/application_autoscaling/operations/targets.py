"""RegisterScalableTarget, DeregisterScalableTarget, DescribeScalableTargets."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.arns import make_arn
from skyglobe.kernel.call import Call
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.resources import check_tags
from skyglobe.services.application_autoscaling import application_autoscaling
from skyglobe.services.application_autoscaling.deregistering import remove_target
from skyglobe.services.application_autoscaling.dimensions import (
    Dimension,
    check_namespace,
    dimension_of,
    find_dimension,
)
from skyglobe.services.application_autoscaling.finding import get_target, rows_of
from skyglobe.services.application_autoscaling.fitting import fit_later
from skyglobe.services.application_autoscaling.paging import page
from skyglobe.services.application_autoscaling.records import Suspension, Target, target_counts, targets
from skyglobe.services.application_autoscaling.refusals import invalid, not_built, over_limit
from skyglobe.services.application_autoscaling.roles import check_permissions, ensure_role, own_hand, role_arn
from skyglobe.services.application_autoscaling.rules.bounds import MAX_OTHER_TARGETS, MAX_TARGETS


@application_autoscaling.operation(unused=("RoleARN",))
def register_scalable_target(
    call: Call,
    service_namespace: str,
    resource_id: str,
    scalable_dimension: str,
    min_capacity: int | None = None,
    max_capacity: int | None = None,
    suspended_state: dict[str, Any] | None = None,
    tags: dict[str, str] | None = None,
) -> dict[str, Any]:
    """Register a resource to be scaled, or change its bounds; then bring its capacity within them.

    A role is not taken: every dimension here has a service-linked role, which counts instead, as AWS has it.
    """
    dimension = find_dimension(service_namespace, resource_id, scalable_dimension)
    if call.kernel.services.find(service_namespace) is None:
        raise not_built(f"Skyglobe offers no {service_namespace} that could be scaled.")
    known = targets.find(call, service_namespace, resource_id, scalable_dimension)
    least, most = _bounds(dimension, known, min_capacity, max_capacity)
    check_permissions(call, dimension.resource_arn(call, resource_id), dimension.permissions)
    _check_resource(call, dimension, resource_id)
    ensure_role(call, dimension)
    suspension = _suspension(known.suspension if known is not None else Suspension(), suspended_state or {})
    if known is None:
        target = _insert(call, resource_id, dimension, least, most, suspension, tags or {})
    else:
        if tags:
            raise invalid("Tags can only be given when a scalable target is registered for the first time.")
        target = replace(known, least=least, most=most, suspension=suspension)
        targets.replace(call, known, target)
    fit_later(call, target.place)
    return {"ScalableTargetARN": target.arn}


def _bounds(dimension: Dimension, known: Target | None, least: int | None, most: int | None) -> tuple[int, int]:
    if known is None and (least is None or most is None):
        raise invalid("MinCapacity and MaxCapacity must be specified when registering a new scalable target")
    if known is not None:
        least, most = known.least if least is None else least, known.most if most is None else most
    assert least is not None
    assert most is not None
    if least < dimension.least:
        raise invalid(f"Minimum capacity cannot be less than {dimension.least} for {dimension.name}")
    if most < least:
        raise invalid("Maximum capacity cannot be less than minimum capacity")
    return least, most


def _check_resource(call: Call, dimension: Dimension, resource_id: str) -> None:
    caller = own_hand(call, dimension)
    try:
        dimension.read(
            lambda service, operation, params: caller.call_within(call, service, operation, params),
            dimension.names(resource_id),
        )
    except ServiceError as error:
        if error.code != "ResourceNotFoundException":
            raise invalid(error.message) from error
        raise invalid(f"{dimension.kind} does not exist: {resource_id}") from error


def _suspension(known: Suspension, given: dict[str, Any]) -> Suspension:
    return Suspension(
        given.get("DynamicScalingInSuspended", known.scale_in),
        given.get("DynamicScalingOutSuspended", known.scale_out),
        given.get("ScheduledScalingSuspended", known.scheduled),
    )


def _insert(
    call: Call,
    resource_id: str,
    dimension: Dimension,
    least: int,
    most: int,
    suspension: Suspension,
    tags: dict[str, str],
) -> Target:
    namespace = dimension.namespace
    bound = MAX_TARGETS.get(namespace, MAX_OTHER_TARGETS)
    if target_counts.get(call, namespace) >= bound:
        raise over_limit(f"You have reached the limit of {bound} scalable targets for {namespace}.")
    check_tags(tags, invalid)
    identifier = call.kernel.ids.hex("", 36)
    target = Target(
        arn=make_arn(call, "application-autoscaling", f"scalable-target/{identifier}"),
        id=identifier,
        owner=call.account,
        created_at=call.now,
        tags=tags,
        namespace=namespace,
        resource=resource_id,
        dimension=dimension.name,
        least=least,
        most=most,
        suspension=suspension,
    )
    targets.insert(call, target)
    target_counts.add(call, namespace, 1)
    return target


@application_autoscaling.operation
def deregister_scalable_target(
    call: Call, service_namespace: str, resource_id: str, scalable_dimension: str
) -> dict[str, Any]:
    """Forget a target with its policies, their alarms, and its scheduled actions. Its capacity stays as it is."""
    place = (service_namespace, resource_id, scalable_dimension)
    remove_target(call, get_target(call, place, verb="found"))
    return {}


@application_autoscaling.operation
def describe_scalable_targets(
    call: Call,
    service_namespace: str,
    resource_ids: list[str] | None = None,
    scalable_dimension: str | None = None,
    max_results: int | None = None,
    next_token: str | None = None,
) -> dict[str, Any]:
    """List the targets of a namespace by resource and dimension."""
    check_namespace(service_namespace, resource_ids[0] if resource_ids else None, scalable_dimension)
    rows = rows_of(call, targets, service_namespace, resource_ids or None, scalable_dimension, _position)
    listing = f"targets:{service_namespace}:{scalable_dimension}:{','.join(sorted(resource_ids or ()))}"
    found, token = page(call, listing, rows, _position, next_token, max_results)
    return {"ScalableTargets": [_shape(call, target) for target in found], "NextToken": token}


def _position(target: Target) -> tuple[str, str]:
    return target.resource, target.dimension


def _shape(call: Call, target: Target) -> dict[str, Any]:
    suspension = target.suspension
    return {
        "ServiceNamespace": target.namespace,
        "ResourceId": target.resource,
        "ScalableDimension": target.dimension,
        "MinCapacity": target.least,
        "MaxCapacity": target.most,
        "RoleARN": role_arn(call, dimension_of(target.dimension)),
        "CreationTime": target.created_at / 1000,
        "SuspendedState": {
            "DynamicScalingInSuspended": suspension.scale_in,
            "DynamicScalingOutSuspended": suspension.scale_out,
            "ScheduledScalingSuspended": suspension.scheduled,
        },
        "ScalableTargetARN": target.arn,
    }
