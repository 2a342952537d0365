"""Partitions, one by one and as expressions find them."""

from __future__ import annotations

import zlib
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.kernel.pagination import seal
from skyglobe.kernel.scope import Scope
from skyglobe.services.glue import glue
from skyglobe.services.glue.finding import catalog_of, get_table
from skyglobe.services.glue.indexing import candidates, enter, take_out
from skyglobe.services.glue.operations.tables import refuse_transactions
from skyglobe.services.glue.paging import position_in
from skyglobe.services.glue.records import CatalogTable, Partition, counts, partitions
from skyglobe.services.glue.refusals import exists, invalid, no_such_partition, over_limit
from skyglobe.services.glue.rules.names import fault_of_values, path_of
from skyglobe.services.glue.rules.predicates import BadExpression, Predicate, compile_predicate
from skyglobe.services.glue.shapes import partition_shape

MAX_PARTITIONS = 10_000_000  # of a table; General Reference, "AWS Glue endpoints and quotas"
MAX_READ = 10_000  # partitions that one GetPartitions looks at; where it finds few, its page is short
DEFAULT_LISTED = 1_000  # of one answer, and the most; the model's PageSize


def add_partition(scope: Scope, table: CatalogTable, given: dict[str, Any], now: int) -> None:
    """Add a partition. Raises InvalidInputException, AlreadyExistsException, ResourceNumberLimitExceededException."""
    values = given.get("Values") or []
    path = checked_path(table, values)
    if partitions.find(scope, table.number, path) is not None:
        raise exists("Partition")
    if counts.get(scope, f"partitions:{table.number}") >= MAX_PARTITIONS:
        raise over_limit("partitions of a table", MAX_PARTITIONS)
    counts.add(scope, f"partitions:{table.number}", 1)
    made = Partition(table=table.number, path=path, values=values, created_at=now, given=_given(given))
    partitions.insert(scope, made)
    enter(scope, table, made)


def _given(partition_input: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in partition_input.items() if name != "Values"}


def checked_path(table: CatalogTable, values: list[str]) -> str:
    """Return where a partition with these values is. Raises InvalidInputException."""
    if fault := fault_of_values(values, len(table.partition_keys)):
        raise invalid(fault)
    return path_of(values)


def get_one(scope: Scope, table: CatalogTable, values: list[str]) -> Partition:
    """Return a partition. Raises EntityNotFoundException and InvalidInputException."""
    found = partitions.find(scope, table.number, checked_path(table, values))
    if found is None:
        raise no_such_partition()
    return found


def change_partition(scope: Scope, table: CatalogTable, values: list[str], given: dict[str, Any]) -> None:
    """Put another partition in the place of one, perhaps with other values. Raises as adding and finding do."""
    old = get_one(scope, table, values)
    renamed = given.get("Values") or old.values
    if renamed == old.values:
        partitions.replace(scope, old, replace(old, given=_given(given)))
        return
    path = checked_path(table, renamed)
    if partitions.find(scope, table.number, path) is not None:
        raise exists("Partition")
    partitions.delete(scope, old)
    take_out(scope, table, old)
    new = replace(old, path=path, values=renamed, given=_given(given))
    partitions.insert(scope, new)
    enter(scope, table, new)


def remove_partition(scope: Scope, table: CatalogTable, values: list[str]) -> None:
    """Delete a partition. Raises EntityNotFoundException and InvalidInputException."""
    old = get_one(scope, table, values)
    partitions.delete(scope, old)
    take_out(scope, table, old)
    counts.add(scope, f"partitions:{table.number}", -1)


@glue.operation
def create_partition(
    call: Call,
    database_name: str,
    table_name: str,
    partition_input: dict[str, Any],
    catalog_id: str | None = None,
) -> None:
    """Add a partition to a table. Raises AlreadyExistsException, ResourceNumberLimitExceededException."""
    there = catalog_of(call, catalog_id)
    add_partition(there, get_table(there, database_name, table_name), partition_input, call.now)


@glue.operation(unused=("AuditContext",))
def get_partition(
    call: Call, database_name: str, table_name: str, partition_values: list[str], catalog_id: str | None = None
) -> dict[str, Any]:
    """Return the partition with these values. Raises EntityNotFoundException."""
    there = catalog_of(call, catalog_id)
    table = get_table(there, database_name, table_name)
    return {"Partition": partition_shape(table, get_one(there, table, partition_values))}


@glue.operation
def update_partition(
    call: Call,
    database_name: str,
    table_name: str,
    partition_value_list: list[str],
    partition_input: dict[str, Any],
    catalog_id: str | None = None,
) -> None:
    """Put a partition in the place of the one with these values. Raises EntityNotFoundException."""
    there = catalog_of(call, catalog_id)
    change_partition(there, get_table(there, database_name, table_name), partition_value_list, partition_input)


@glue.operation
def delete_partition(
    call: Call, database_name: str, table_name: str, partition_values: list[str], catalog_id: str | None = None
) -> None:
    """Delete a partition. Raises EntityNotFoundException."""
    there = catalog_of(call, catalog_id)
    remove_partition(there, get_table(there, database_name, table_name), partition_values)


@glue.operation(unused=("AuditContext",))
def get_partitions(
    call: Call,
    database_name: str,
    table_name: str,
    catalog_id: str | None = None,
    expression: str = "",
    next_token: str | None = None,
    segment: dict[str, int] | None = None,
    max_results: int = DEFAULT_LISTED,
    exclude_column_schema: bool = False,
    transaction_id: str | None = None,
    query_as_of_time: datetime | None = None,
) -> dict[str, Any]:
    """List the partitions that an expression finds, or one segment of them, page by page.

    A page may hold fewer than were asked for, and none, where others follow.
    """
    refuse_transactions(transaction_id, query_as_of_time)
    there = catalog_of(call, catalog_id)
    table = get_table(there, database_name, table_name)
    if segment is not None and segment["SegmentNumber"] >= segment["TotalSegments"]:
        raise invalid("SegmentNumber must be less than TotalSegments.")
    predicate = _predicate(table, expression)
    listing = f"partitions:{table.number}:{expression}:{segment}"
    position = position_in(there, listing, next_token)
    found: list[Partition] = []
    following: dict[str, Any] = {}
    rows = candidates(there, table, predicate.equal if predicate is not None else {}, position)
    for read, (place, partition) in enumerate(rows):
        if len(found) == max_results or read == MAX_READ:
            assert position is not None, "something was read before"
            following = {"NextToken": seal(there, listing, position)}
            break
        position = place
        if _is_in(segment, partition) and (predicate is None or predicate.matches(partition.values)):
            found.append(partition)
    shown = [partition_shape(table, one, excludes_columns=exclude_column_schema) for one in found]
    return {"Partitions": shown, **following}


def _predicate(table: CatalogTable, expression: str) -> Predicate | None:
    if not expression.strip():
        return None
    keys = [(key["Name"], key.get("Type", "string")) for key in table.partition_keys]
    try:
        return compile_predicate(expression, keys)
    except BadExpression as reason:
        raise invalid(f"Unsupported expression '{expression}': {reason}") from reason


def _is_in(segment: dict[str, int] | None, partition: Partition) -> bool:
    if segment is None:
        return True
    number = zlib.crc32(partition.path.encode("utf-8", "surrogatepass"))
    return number % segment["TotalSegments"] == segment["SegmentNumber"]
