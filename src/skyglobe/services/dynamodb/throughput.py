"""Throughput: what is consumed is counted for CloudWatch, and bounded in quota mode (``--quotas``).

Provisioned units and on-demand bounds are token buckets. Developer guide, "Burst and adaptive capacity": up to 300
seconds of unused capacity are kept.
"""

from __future__ import annotations

from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.metric_points import Dimensions
from skyglobe.kernel.metrics import count
from skyglobe.services.dynamodb import dynamodb
from skyglobe.services.dynamodb.finding import Found
from skyglobe.services.dynamodb.records import DynamoTable, OnDemand, Throughput

NAMESPACE = "AWS/DynamoDB"
BURST_FOR = 300  # seconds; developer guide, "Burst capacity"


def spend_writes(found: Found, units: float, index_units: dict[str, float]) -> None:
    """Take write units of a table and its indexes, and count them. Raises what AWS throttles with."""
    scope, table = found
    if scope.kernel.quotas.enforced:
        _bound_writes(found, units, index_units)
    for name, more in index_units.items():
        index = table.find_index(name)
        if index is not None and index.is_local:
            units += more
        else:
            count(scope, NAMESPACE, "ConsumedWriteCapacityUnits", index_dimensions(table, name), more)
    count(scope, NAMESPACE, "ConsumedWriteCapacityUnits", table.dimensions, units)


def _bound_writes(found: Found, units: float, index_units: dict[str, float]) -> None:
    table = found.table
    _spend(found, "writes", "", table.throughput, table.on_demand, units)
    for index in table.indexes:
        if index.name in index_units:
            if index.is_local:
                _spend(found, "writes", "", table.throughput, table.on_demand, index_units[index.name])
            else:
                _spend(found, "writes", index.name, index.throughput, index.on_demand, index_units[index.name])


def spend_reads(found: Found, units: float, index_name: str = "") -> None:
    """Take read units of a table, or of one of its global indexes, and count them. Raises what AWS throttles with."""
    scope, table = found
    index = table.find_index(index_name) if index_name else None
    if index is None or index.is_local:
        if scope.kernel.quotas.enforced:
            _spend(found, "reads", "", table.throughput, table.on_demand, units)
        count(scope, NAMESPACE, "ConsumedReadCapacityUnits", table.dimensions, units)
    else:
        if scope.kernel.quotas.enforced:
            _spend(found, "reads", index.name, index.throughput, index.on_demand, units)
        count(scope, NAMESPACE, "ConsumedReadCapacityUnits", index_dimensions(table, index.name), units)


def index_dimensions(table: DynamoTable, index: str) -> Dimensions:
    """Return what metrics of a global index are told apart by."""
    return (("GlobalSecondaryIndexName", index), ("TableName", table.id))


def _spend(
    found: Found, direction: str, index: str, provisioned: Throughput, on_demand: OnDemand | None, units: float
) -> None:
    table, quotas = found.table, found.scope.kernel.quotas
    if table.billing == "PROVISIONED":
        rate = getattr(provisioned, direction)
        if not quotas.take("dynamodb", table.arn, index, direction, rate=rate, burst=rate * BURST_FOR, amount=units):
            _note_throttle(found, direction, index)
            raise _exceeded(index)
        return
    rate = getattr(on_demand, direction) if on_demand is not None else -1
    if rate >= 0 and not quotas.take("dynamodb", table.arn, index, direction, rate=rate, amount=units):
        _note_throttle(found, direction, index)
        raise dynamodb.errors.ThrottlingException(
            "Throughput exceeds the maximum OnDemandThroughput configured on table or index. "
            "Please increase your maximum OnDemandThroughput or retry your request."
        )


def _note_throttle(found: Found, direction: str, index: str) -> None:
    """Count what is refused; nothing else is kept of the work that is."""
    scope, table = found
    dimensions = index_dimensions(table, index) if index else table.dimensions
    name = "ReadThrottleEvents" if direction == "reads" else "WriteThrottleEvents"
    scope.kernel.metrics.add(scope.account, scope.region, scope.now, NAMESPACE, name, dimensions)


def _exceeded(index: str) -> ServiceError:
    if index:
        return dynamodb.errors.ProvisionedThroughputExceededException(
            "The level of configured provisioned throughput for one or more global secondary indexes of the table was "
            "exceeded. Consider increasing your provisioning level for the under-provisioned global secondary indexes "
            "with the UpdateTable API"
        )
    return dynamodb.errors.ProvisionedThroughputExceededException(
        "The level of configured provisioned throughput for the table was exceeded. "
        "Consider increasing your provisioning level with the UpdateTable API."
    )
