"""Gauges: read when somebody asks, and every minute for a while after."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.metric_points import MINUTE, key_of
from skyglobe.kernel.metrics import record_gauges
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.timers import set_timer
from skyglobe.services.cloudwatch import cloudwatch
from skyglobe.services.cloudwatch.rules.queries import Metric

WATCHED_FOR = 15 * MINUTE
"""After somebody read a gauge, it is recorded by the minute for so long: enough for who draws a line of it."""


def has_gauges(scope: Scope, namespace: str) -> bool:
    """Return whether the service of a namespace has anything to read at any time."""
    if not namespace.startswith("AWS/"):
        return False
    service = scope.kernel.services.find_known(namespace.removeprefix("AWS/").lower())
    return service is not None and service.read_gauges is not None


def look(scope: Scope, metric: Metric) -> None:
    """Record the gauges of a metric's dimensions now, and each minute while somebody keeps reading."""
    if not has_gauges(scope, metric.namespace) or not metric.dimensions:
        return
    if record_gauges(scope, metric.namespace, dict(metric.dimensions)):
        payload = {
            "namespace": metric.namespace,
            "dimensions": dict(metric.dimensions),
            "until": scope.now + WATCHED_FOR,
        }
        key = f"{metric.namespace}\x1e{key_of(metric.dimensions)}"
        set_timer(scope, cloudwatch.name, "gauges", key, (scope.now // MINUTE + 1) * MINUTE, payload)


@cloudwatch.timer("gauges")
def look_again(scope: Scope, key: str, payload: dict[str, Any]) -> None:
    """Record gauges once more, and set the timer for the next minute while it is worth it."""
    if record_gauges(scope, payload["namespace"], payload["dimensions"]) and scope.now < payload["until"]:
        set_timer(scope, cloudwatch.name, "gauges", key, (scope.now // MINUTE + 1) * MINUTE, payload)
