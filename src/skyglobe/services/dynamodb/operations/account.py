"""DescribeLimits and DescribeEndpoints."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.services.dynamodb import dynamodb

# DynamoDB quotas, "Throughput default quotas"
ACCOUNT_UNITS = 80_000
TABLE_UNITS = 40_000
ENDPOINT_CACHED_FOR = 1440  # minutes; API reference of DescribeEndpoints


@dynamodb.operation
def describe_limits(call: Call) -> dict[str, Any]:
    """Return the account's throughput quotas in this region."""
    return {
        "AccountMaxReadCapacityUnits": ACCOUNT_UNITS,
        "AccountMaxWriteCapacityUnits": ACCOUNT_UNITS,
        "TableMaxReadCapacityUnits": TABLE_UNITS,
        "TableMaxWriteCapacityUnits": TABLE_UNITS,
    }


@dynamodb.operation
def describe_endpoints(call: Call) -> dict[str, Any]:
    """Return the endpoint to call, which is the one that was called."""
    address = call.request.host or f"dynamodb.{call.region}.amazonaws.com"
    return {"Endpoints": [{"Address": address, "CachePeriodInMinutes": ENDPOINT_CACHED_FOR}]}
