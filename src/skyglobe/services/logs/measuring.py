"""Metric filters' data on their way to CloudWatch: the operation a user would call, in process."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from skyglobe.kernel.callers import ServiceCaller
from skyglobe.kernel.scope import Scope
from skyglobe.services.logs import logs


@logs.consumer("measure")
def measure(scope: Scope, request: dict[str, Any]) -> None:
    """Put metric data, as part of the work that ends the letter: exactly once."""
    caller = ServiceCaller(scope.kernel, "logs", scope.account, scope.region)
    data = [
        {**datum, "Timestamp": datetime.fromtimestamp(datum["Timestamp"] // 1000, UTC)}
        for datum in request["MetricData"]
    ]
    caller.call_within(scope, "cloudwatch", "PutMetricData", {**request, "MetricData": data})
