"""The alarms of target tracking policies in CloudWatch: put anew when capacity changes, deleted with their policy."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.arns import make_arn
from skyglobe.kernel.clock import Instant
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.timers import set_timer
from skyglobe.services.application_autoscaling.dimensions import Dimension, dimension_of
from skyglobe.services.application_autoscaling.finding import key_of
from skyglobe.services.application_autoscaling.records import Policy, policies
from skyglobe.services.application_autoscaling.refusals import invalid, not_built
from skyglobe.services.application_autoscaling.roles import own_hand
from skyglobe.services.application_autoscaling.rules.alarms import IN_AFTER, LOW, Watched, alarm_name, plan_alarms

IDLE_FOR = (IN_AFTER + 1) * 60_000  # milliseconds: as many whole minutes as AlarmLow asks for
_METRIC = ("MetricName", "Namespace", "Dimensions", "Statistic", "Unit")


def watched_by(policy: Policy) -> Watched:
    """Return what a target tracking policy watches."""
    custom = policy.configuration.get("CustomizedMetricSpecification")
    if custom is None:
        dimension = dimension_of(policy.dimension)
        return dimension.watched(dimension.names(policy.resource))
    if "Metrics" in custom:
        return Watched({"Metrics": [_with_period(query) for query in custom["Metrics"]]})
    return Watched({name: custom[name] for name in _METRIC if name in custom})


def _with_period(query: dict[str, Any]) -> dict[str, Any]:
    """Return a query of a policy as one of an alarm, which says of what period its points are."""
    if "MetricStat" not in query:
        return query
    return {**query, "MetricStat": {**query["MetricStat"], "Period": 60}}


def put_alarms(scope: Scope, policy: Policy, capacity: int) -> Policy:
    """Put a policy's alarms as they have to be at a capacity, and return it with them. Raises ValidationException."""
    if scope.kernel.services.find("cloudwatch") is None:
        raise not_built("Skyglobe offers no CloudWatch, whose alarms target tracking needs.")
    dimension = dimension_of(policy.dimension)
    configuration = policy.configuration
    planned = plan_alarms(
        watched_by(policy),
        configuration["TargetValue"],
        capacity,
        scales_in=not configuration.get("DisableScaleIn", False),
    )
    kept: dict[str, tuple[str, str]] = {}
    for kind, settings in planned.items():
        name = policy.alarms.get(kind, ("", ""))[0] or alarm_name(policy.resource, kind, scope.kernel.ids.uuid())
        kept[kind] = (name, make_arn(scope, "cloudwatch", f"alarm:{name}"))
        params = {
            **settings,
            "AlarmName": name,
            "AlarmDescription": f"DO NOT EDIT OR DELETE. For TargetTrackingScaling policy {policy.arn}.",
            "AlarmActions": [policy.arn],
        }
        _ask(scope, dimension, "PutMetricAlarm", params)
    delete_alarms(scope, policy, frozenset(policy.alarms) - frozenset(kept))
    return replace(policy, alarms=kept, capacity=capacity)


def refit(scope: Scope, policy: Policy, capacity: int) -> None:
    """Put a policy's alarms anew if they were made for another capacity."""
    if policy.capacity != capacity:
        policies.replace(scope, policy, put_alarms(scope, policy, capacity))
        expect_idleness(scope, policy)


def expect_idleness(scope: Scope, policy: Policy, used_at: Instant | None = None) -> None:
    """Have somebody look whether what a policy watches is not used at all, long enough after it last was.

    DynamoDB tells nothing of tables that nobody uses, and alarms on its metrics leave their state as it is then.
    """
    if LOW in policy.alarms and watched_by(policy).provisioned is not None:
        key = {"key": [*policy.place, policy.name]}
        due_at = (scope.now if used_at is None else used_at) + IDLE_FOR
        set_timer(scope, "application-autoscaling", "idle", key_of(policy.place, policy.name), due_at, key)


def last_use(scope: Scope, policy: Policy) -> Instant | None:
    """Return the last minute of the time that scaling in takes in which something was used; None for none."""
    metric = watched_by(policy).metric
    params = {
        "Namespace": metric["Namespace"],
        "MetricName": metric["MetricName"],
        "Dimensions": metric["Dimensions"],
        "StartTime": datetime.fromtimestamp((scope.now - IDLE_FOR) // 60_000 * 60 + 60, UTC),
        "EndTime": datetime.fromtimestamp(scope.now / 1000, UTC),
        "Period": 60,
        "Statistics": ["Sum"],
    }
    points = _ask(scope, dimension_of(policy.dimension), "GetMetricStatistics", params).get("Datapoints") or ()
    return max((_instant_of(point["Timestamp"]) for point in points if point["Sum"] > 0), default=None)


def _instant_of(when: Any) -> Instant:
    seconds: float = when.timestamp() if isinstance(when, datetime) else when
    return int(seconds * 1000)


def delete_alarms(scope: Scope, policy: Policy, kinds: frozenset[str]) -> None:
    """Delete alarms of a policy. Those that somebody else deleted already do not matter."""
    names = [policy.alarms[kind][0] for kind in sorted(kinds) if kind in policy.alarms]
    if names and scope.kernel.services.find("cloudwatch") is not None:
        for name in names:
            _ask(scope, dimension_of(policy.dimension), "DeleteAlarms", {"AlarmNames": [name]})


def is_in_alarm(scope: Scope, policy: Policy, kind: str) -> bool:
    """Return whether one of a policy's alarms is in the state ALARM."""
    if kind not in policy.alarms:
        return False
    params = {"AlarmNames": [policy.alarms[kind][0]], "StateValue": "ALARM"}
    return bool(_ask(scope, dimension_of(policy.dimension), "DescribeAlarms", params)["MetricAlarms"])


def _ask(scope: Scope, dimension: Dimension, operation: str, params: dict[str, Any]) -> Any:
    try:
        return own_hand(scope, dimension).call_within(scope, "cloudwatch", operation, params)
    except ServiceError as error:
        if error.status >= 500:
            raise
        if error.code in ("ResourceNotFound", "ResourceNotFoundException"):
            return None
        raise invalid(error.message) from error
