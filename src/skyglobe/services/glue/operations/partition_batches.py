"""Many partitions in one call. Each is dealt with by itself; the answer tells of those that could not be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.kernel.errors import ServiceError
from skyglobe.services.glue import glue
from skyglobe.services.glue.finding import catalog_of, get_table
from skyglobe.services.glue.operations.partitions import (
    add_partition,
    change_partition,
    checked_path,
    remove_partition,
)
from skyglobe.services.glue.records import partitions
from skyglobe.services.glue.refusals import error_detail
from skyglobe.services.glue.shapes import partition_shape


def _each(values_of: list[list[str]], act: Callable[[int], None], named: str = "PartitionValues") -> dict[str, Any]:
    errors = []
    for place, values in enumerate(values_of):
        try:
            act(place)
        except ServiceError as error:
            errors.append({named: values, "ErrorDetail": error_detail(error)})
    return {"Errors": errors} if errors else {}


@glue.operation
def batch_create_partition(
    call: Call,
    database_name: str,
    table_name: str,
    partition_input_list: list[dict[str, Any]],
    catalog_id: str | None = None,
) -> dict[str, Any]:
    """Add up to 100 partitions."""
    there = catalog_of(call, catalog_id)
    table = get_table(there, database_name, table_name)

    def add(place: int) -> None:
        add_partition(there, table, partition_input_list[place], call.now)

    return _each([given.get("Values") or [] for given in partition_input_list], add)


@glue.operation
def batch_delete_partition(
    call: Call,
    database_name: str,
    table_name: str,
    partitions_to_delete: list[dict[str, Any]],
    catalog_id: str | None = None,
) -> dict[str, Any]:
    """Delete up to 25 partitions."""
    there = catalog_of(call, catalog_id)
    table = get_table(there, database_name, table_name)
    named = [given["Values"] for given in partitions_to_delete]
    return _each(named, lambda place: remove_partition(there, table, named[place]))


@glue.operation
def batch_update_partition(
    call: Call,
    database_name: str,
    table_name: str,
    entries: list[dict[str, Any]],
    catalog_id: str | None = None,
) -> dict[str, Any]:
    """Change up to 100 partitions."""
    there = catalog_of(call, catalog_id)
    table = get_table(there, database_name, table_name)
    named = [entry["PartitionValueList"] for entry in entries]

    def change(place: int) -> None:
        change_partition(there, table, named[place], entries[place]["PartitionInput"])

    return _each(named, change, "PartitionValueList")


@glue.operation(unused=("AuditContext", "QuerySessionContext"))
def batch_get_partition(
    call: Call,
    database_name: str,
    table_name: str,
    partitions_to_get: list[dict[str, Any]],
    catalog_id: str | None = None,
) -> dict[str, Any]:
    """Return those of up to 1,000 partitions that there are."""
    there = catalog_of(call, catalog_id)
    table = get_table(there, database_name, table_name)
    paths = [checked_path(table, given["Values"]) for given in partitions_to_get]
    found = (partitions.find(there, table.number, path) for path in paths)
    return {"Partitions": [partition_shape(table, one) for one in found if one is not None], "UnprocessedKeys": []}
