"""Throughput: what is consumed is counted for CloudWatch, and bounded in quota mode (``--quotas``).

Provisioned units and on-demand bounds are token buckets. Developer guide, "Burst and adaptive capacity": up to 300
seconds of unused capacity are kept.
"""

from __future__ import annotations

from typing import Final

from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.metric_points import Dimensions
from skyglobe.kernel.metrics import count
from skyglobe.services.dynamodb import dynamodb
from skyglobe.services.dynamodb.contributing import WRITE_WEIGHT, note_access, note_throttle
from skyglobe.services.dynamodb.finding import Found
from skyglobe.services.dynamodb.records import DynamoTable, SecondaryIndex
from skyglobe.services.dynamodb.rules.values import Item

NAMESPACE: Final = "AWS/DynamoDB"
BURST_FOR: Final = 300  # seconds; developer guide, "Burst capacity"


def spend_writes(found: Found, units: float, index_units: dict[str, float], item: Item) -> None:
    """Take write units of a table and its indexes, and count them. Raises what AWS throttles with.

    ``item`` has at least the key attributes: Contributor Insights count by them, where they are enabled.
    """
    scope, table = found
    if scope.kernel.quotas.enforced:
        _bound_writes(found, units, index_units, item)
    for name, more in index_units.items():
        index = table.find_index(name)
        if index is None or index.is_local:
            units += more
            continue
        count(scope, NAMESPACE, "ConsumedWriteCapacityUnits", index_dimensions(table, name), more)
        if index.insights is not None:
            note_access(scope, table, name, index.insights, item, more * WRITE_WEIGHT)
    count(scope, NAMESPACE, "ConsumedWriteCapacityUnits", table.dimensions, units)
    if table.insights is not None:
        note_access(scope, table, "", table.insights, item, units * WRITE_WEIGHT)


def spend_refused(found: Found, units: float, item: Item) -> None:
    """Take and count the units of a write whose condition does not hold: those of what is there, at least one.

    Developer guide, "Capacity unit consumption for write operations". Counted at once, as nothing else is kept of the
    request. Raises what AWS throttles with.
    """
    scope, table = found
    if scope.kernel.quotas.enforced:
        _spend(found, "writes", None, units, item)
    name = "ConsumedWriteCapacityUnits"
    scope.kernel.metrics.add(scope.account, scope.region, scope.now, NAMESPACE, name, table.dimensions, units)


def _bound_writes(found: Found, units: float, index_units: dict[str, float], item: Item) -> None:
    table = found.table
    _spend(found, "writes", None, units, item)
    for index in table.indexes:
        if index.name in index_units:
            _spend(found, "writes", None if index.is_local else index, index_units[index.name], item)


def spend_reads(found: Found, units: float, index_name: str, item: Item) -> None:
    """Take read units of a table, or of one of its global indexes, and count them. Raises what AWS throttles with.

    ``item`` has the key attributes that are known; none where a scan asks for no key.
    """
    scope, table = found
    index = table.find_index(index_name) if index_name else None
    if index is not None and index.is_local:
        index = None
    if scope.kernel.quotas.enforced:
        _spend(found, "reads", index, units, item)
    insights, dimensions = table.insights, table.dimensions
    if index is not None:
        insights, dimensions = index.insights, index_dimensions(table, index.name)
    count(scope, NAMESPACE, "ConsumedReadCapacityUnits", dimensions, units)
    if insights is not None:
        note_access(scope, table, index.name if index is not None else "", insights, item, units)


def index_dimensions(table: DynamoTable, index: str) -> Dimensions:
    """Return what metrics of a global index are told apart by."""
    return (("GlobalSecondaryIndexName", index), ("TableName", table.id))


def _spend(found: Found, direction: str, index: SecondaryIndex | None, units: float, item: Item) -> None:
    """Take units of the table, or of a global index. Raises what AWS throttles with."""
    table, quotas = found.table, found.scope.kernel.quotas
    name = index.name if index is not None else ""
    if table.billing == "PROVISIONED":
        rate = getattr(index.throughput if index is not None else table.throughput, direction)
        if not quotas.take("dynamodb", table.arn, name, direction, rate=rate, burst=rate * BURST_FOR, amount=units):
            _note_throttle(found, direction, index, item)
            raise _exceeded(name)
        return
    on_demand = index.on_demand if index is not None else table.on_demand
    rate = getattr(on_demand, direction) if on_demand is not None else -1
    if rate >= 0 and not quotas.take("dynamodb", table.arn, name, direction, rate=rate, amount=units):
        _note_throttle(found, direction, index, item)
        raise dynamodb.errors.ThrottlingException(
            "Throughput exceeds the maximum OnDemandThroughput configured on table or index. "
            "Please increase your maximum OnDemandThroughput or retry your request."
        )


def _note_throttle(found: Found, direction: str, index: SecondaryIndex | None, item: Item) -> None:
    """Count what is refused; nothing else is kept of the work that is."""
    scope, table = found
    name = index.name if index is not None else ""
    dimensions = index_dimensions(table, name) if name else table.dimensions
    metric = "ReadThrottleEvents" if direction == "reads" else "WriteThrottleEvents"
    scope.kernel.metrics.add(scope.account, scope.region, scope.now, NAMESPACE, metric, dimensions)
    insights = index.insights if index is not None else table.insights
    if insights is not None:
        note_throttle(scope, table, name, insights, item)


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
