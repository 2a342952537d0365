"""Throughput: provisioned units and on-demand bounds as token buckets, in force in quota mode (``--quotas``).

Developer guide, "Burst and adaptive capacity": up to 300 seconds of unused capacity are kept.
"""

from __future__ import annotations

from skyglobe.kernel.errors import ServiceError
from skyglobe.services.dynamodb import dynamodb
from skyglobe.services.dynamodb.finding import Found
from skyglobe.services.dynamodb.records import OnDemand, Throughput

BURST_FOR = 300  # seconds; developer guide, "Burst capacity"


def spend_writes(found: Found, units: float, index_units: dict[str, float]) -> None:
    """Take write units of a table and its indexes. Raises what AWS throttles with."""
    table = found.table
    _spend(found, "writes", "", table.throughput, table.on_demand, units)
    for index in table.indexes:
        if index.name in index_units:
            if index.is_local:
                _spend(found, "writes", "", table.throughput, table.on_demand, index_units[index.name])
            else:
                _spend(found, "writes", index.name, index.throughput, index.on_demand, index_units[index.name])


def spend_reads(found: Found, units: float, index_name: str = "") -> None:
    """Take read units of a table, or of one of its global indexes. Raises what AWS throttles with."""
    table = found.table
    if not found.scope.kernel.quotas.enforced:
        return
    index = table.find_index(index_name) if index_name else None
    if index is None or index.is_local:
        _spend(found, "reads", "", table.throughput, table.on_demand, units)
    else:
        _spend(found, "reads", index.name, index.throughput, index.on_demand, units)


def _spend(
    found: Found, direction: str, index: str, provisioned: Throughput, on_demand: OnDemand | None, units: float
) -> None:
    table, quotas = found.table, found.scope.kernel.quotas
    if table.billing == "PROVISIONED":
        rate = getattr(provisioned, direction)
        if not quotas.take("dynamodb", table.arn, index, direction, rate=rate, burst=rate * BURST_FOR, amount=units):
            raise _exceeded(index)
        return
    rate = getattr(on_demand, direction) if on_demand is not None else -1
    if rate >= 0 and not quotas.take("dynamodb", table.arn, index, direction, rate=rate, amount=units):
        raise dynamodb.errors.ThrottlingException(
            "Throughput exceeds the maximum OnDemandThroughput configured on table or index. "
            "Please increase your maximum OnDemandThroughput or retry your request."
        )


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
