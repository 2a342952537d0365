"""DescribeScalingActivities."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.kernel.keys import Part
from skyglobe.services.application_autoscaling import application_autoscaling
from skyglobe.services.application_autoscaling.dimensions import check_namespace
from skyglobe.services.application_autoscaling.paging import page
from skyglobe.services.application_autoscaling.records import Activity, activities

BATCH = 100  # activities looked at at once


@application_autoscaling.operation
def describe_scaling_activities(
    call: Call,
    service_namespace: str,
    resource_id: str | None = None,
    scalable_dimension: str | None = None,
    max_results: int | None = None,
    next_token: str | None = None,
    include_not_scaled_activities: bool = False,
) -> dict[str, Any]:
    """List what was done to targets in the last six weeks, the latest first; on wish also what was not, and why."""
    check_namespace(service_namespace, resource_id, scalable_dimension)

    def rows(past: tuple[Part, ...] | None) -> Iterator[Activity]:
        for row in _latest_first(call, service_namespace, resource_id, past):
            is_wanted = scalable_dimension is None or row.dimension == scalable_dimension
            if is_wanted and (include_not_scaled_activities or not row.reasons):
                yield row

    listing = f"activities:{service_namespace}:{resource_id}:{scalable_dimension}:{include_not_scaled_activities}"
    found, token = page(call, listing, rows, lambda row: (row.order,), next_token, max_results)
    return {"ScalingActivities": [_shape(activity) for activity in found], "NextToken": token}


def _latest_first(
    call: Call, namespace: str, resource: str | None, past: tuple[Part, ...] | None
) -> Iterator[Activity]:
    stop = past
    while True:
        if resource is None:
            batch = list(activities.scan(call, namespace, stop=stop, limit=BATCH, reverse=True))
        else:
            batch = list(
                activities.scan_by(call, "resource", namespace, resource, stop=stop, limit=BATCH, reverse=True)
            )
        yield from batch
        if len(batch) < BATCH:
            return
        stop = (batch[-1].order,)


def _shape(activity: Activity) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "ActivityId": activity.id,
        "ServiceNamespace": activity.namespace,
        "ResourceId": activity.resource,
        "ScalableDimension": activity.dimension,
        "Description": activity.description,
        "Cause": activity.cause,
        "StartTime": activity.started_at / 1000,
        "StatusCode": activity.status,
        "StatusMessage": activity.message,
    }
    if activity.ended_at is not None:
        shown["EndTime"] = activity.ended_at / 1000
    if activity.reasons:
        shown["NotScaledReasons"] = list(activity.reasons)
    return shown
