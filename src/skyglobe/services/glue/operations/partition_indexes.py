"""Partition indexes: made, shown and deleted. ``indexing`` keeps and reads them."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.timers import set_timer
from skyglobe.services.glue import glue
from skyglobe.services.glue.finding import catalog_of, get_table
from skyglobe.services.glue.indexing import key_names
from skyglobe.services.glue.records import CatalogTable, PartitionIndex, indexes
from skyglobe.services.glue.refusals import exists, invalid, not_found, over_limit

MAX_INDEXES = 3  # of a table; developer guide, "Creating partition indexes"


def add_index(scope: Scope, table: CatalogTable, given: dict[str, Any]) -> None:
    """Make an index, which is filled by and by. Raises AlreadyExistsException and InvalidInputException."""
    keys = [_key(table, name) for name in given["Keys"]]
    if len(set(keys)) < len(keys):
        raise invalid("Keys of a partition index must be different.")
    others = list(indexes.scan(scope, table.number))
    if any(other.name == given["IndexName"] for other in others):
        raise exists("Index")
    if any(other.keys == keys for other in others):
        raise exists("Index with the given keys")
    if len(others) >= MAX_INDEXES:
        raise over_limit("partition indexes of a table", MAX_INDEXES)
    indexes.insert(scope, PartitionIndex(table=table.number, name=given["IndexName"], keys=keys))
    payload = {"table": table.number, "index": given["IndexName"], "keys": key_names(table), "past": ""}
    set_timer(scope, "glue", "fill-index", f"{table.number}:{given['IndexName']}", scope.now, payload)


def _key(table: CatalogTable, name: str) -> str:
    for key in key_names(table):
        if key.lower() == name.lower():
            return key
    raise invalid(f"{name} is not a partition key of table {table.id}.")


@glue.operation
def create_partition_index(
    call: Call,
    database_name: str,
    table_name: str,
    partition_index: dict[str, Any],
    catalog_id: str | None = None,
) -> None:
    """Make an index of a table's partitions. Raises AlreadyExistsException, ResourceNumberLimitExceededException."""
    there = catalog_of(call, catalog_id)
    add_index(there, get_table(there, database_name, table_name), partition_index)


@glue.operation
def delete_partition_index(
    call: Call, database_name: str, table_name: str, index_name: str, catalog_id: str | None = None
) -> None:
    """Delete an index. Raises EntityNotFoundException; ConflictException while it is being made or deleted."""
    there = catalog_of(call, catalog_id)
    table = get_table(there, database_name, table_name)
    index = indexes.find(there, table.number, index_name)
    if index is None:
        raise not_found(f"Index with the given indexName : {index_name} does not exist")
    if index.status != "ACTIVE":
        raise glue.errors.ConflictException(f"Index {index_name} is in state {index.status}.")
    indexes.replace(there, index, replace(index, status="DELETING"))
    payload = {"table": table.number, "index": index_name}
    set_timer(there, "glue", "clear-index", f"{table.number}:{index_name}", there.now, payload)


@glue.operation(unused=("NextToken",))
def get_partition_indexes(
    call: Call, database_name: str, table_name: str, catalog_id: str | None = None
) -> dict[str, Any]:
    """Return a table's indexes, of which there are at most three: one page has them all."""
    there = catalog_of(call, catalog_id)
    table = get_table(there, database_name, table_name)
    types = {key["Name"]: key.get("Type", "string") for key in table.partition_keys}
    shown = [
        {
            "IndexName": index.name,
            "Keys": [{"Name": key, "Type": types[key]} for key in index.keys],
            "IndexStatus": index.status,
        }
        for index in indexes.scan(there, table.number)
    ]
    return {"PartitionIndexDescriptorList": shown}
