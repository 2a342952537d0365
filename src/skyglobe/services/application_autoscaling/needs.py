"""What each call needs to be allowed: its action on the scalable target, whose ARN only the store knows.

The derived map would take ``ResourceId`` for the last part of the target's ARN, which is called the same.
"""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.access import Need
from skyglobe.kernel.arns import make_arn
from skyglobe.kernel.call import Call
from skyglobe.services.application_autoscaling import application_autoscaling
from skyglobe.services.application_autoscaling.records import targets

_ON_TARGETS = frozenset(
    (
        "DeleteScalingPolicy",
        "DeleteScheduledAction",
        "DeregisterScalableTarget",
        "PutScalingPolicy",
        "PutScheduledAction",
        "RegisterScalableTarget",
    )
)


@application_autoscaling.needs
def find_needs(call: Call, operation: str, params: dict[str, Any]) -> list[Need]:
    """List what a call needs. A target that is not registered yet is asked for as ``scalable-target/*``."""
    action = f"application-autoscaling:{operation}"
    if "ResourceARN" in params:
        return [Need(action, params["ResourceARN"], call.account)]
    if operation not in _ON_TARGETS:
        return [Need(action, "*", call.account)]
    namespace, dimension = params["ServiceNamespace"], params["ScalableDimension"]
    target = targets.find(call, namespace, params["ResourceId"], dimension)
    arn = target.arn if target is not None else make_arn(call, "application-autoscaling", "scalable-target/*")
    context: dict[str, str | list[str]] = {
        "application-autoscaling:service-namespace": namespace,
        "application-autoscaling:scalable-dimension": dimension,
    }
    return [Need(action, arn, call.account, context)]
