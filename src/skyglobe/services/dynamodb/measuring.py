"""What can be measured of tables at any time: the units provisioned for them and their global indexes."""

from __future__ import annotations

from collections.abc import Iterator

from skyglobe.kernel.metric_points import MINUTE, Dimensions, key_of, wake_watchers
from skyglobe.kernel.metrics import Reading
from skyglobe.kernel.scope import Scope
from skyglobe.services.dynamodb import dynamodb
from skyglobe.services.dynamodb.records import DynamoTable, Throughput, tables
from skyglobe.services.dynamodb.throughput import NAMESPACE, index_dimensions

EVERY = 5 * MINUTE
"""How often DynamoDB tells them; developer guide, "DynamoDB metrics and dimensions"."""


@dynamodb.gauges
def read_gauges(scope: Scope, dimensions: dict[str, str] | None) -> Iterator[Reading]:
    """Yield the provisioned units of all tables, or of the one the dimensions name. Tables on demand have none."""
    if dimensions is not None:
        table = tables.find(scope, dimensions.get("TableName", ""))
        found = [table] if table is not None else []
    else:
        found = list(tables.scan(scope))
    for table in found:
        if table.billing == "PROVISIONED":
            wanted = dimensions.get("GlobalSecondaryIndexName", "") if dimensions is not None else None
            yield from _of_table(table, wanted)


def _of_table(table: DynamoTable, wanted: str | None) -> Iterator[Reading]:
    """Yield the units of a table and its indexes; of one of them only when it is ``wanted``."""
    if not wanted:
        yield from _units(table.throughput, table.dimensions)
    for index in table.indexes if wanted != "" else ():
        if not index.is_local and wanted in (None, index.name):
            yield from _units(index.throughput, index_dimensions(table, index.name))


def _units(throughput: Throughput, dimensions: Dimensions) -> Iterator[Reading]:
    yield Reading("ProvisionedReadCapacityUnits", dimensions, throughput.reads, EVERY, is_steady=True)
    yield Reading("ProvisionedWriteCapacityUnits", dimensions, throughput.writes, EVERY, is_steady=True)


def tell_of_units(scope: Scope, table: DynamoTable) -> None:
    """Wake whoever watches the provisioned units of a table and its indexes: they may have changed."""
    for reading in _of_table(table, None):
        wake_watchers(scope, NAMESPACE, reading.name, key_of(reading.dimensions))
