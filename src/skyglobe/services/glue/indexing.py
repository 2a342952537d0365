"""Partition indexes: kept with the partitions, filled in batches, and read from where an expression asks for equality.

An index stands for its keys' values in its own order, so that partitions are found by keys that do not come first.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from skyglobe.kernel.keys import Key
from skyglobe.kernel.scope import Scope
from skyglobe.services.glue.records import (
    CatalogTable,
    IndexEntry,
    Partition,
    PartitionIndex,
    entries,
    indexes,
    partitions,
)
from skyglobe.services.glue.refusals import invalid
from skyglobe.services.glue.rules.names import path_of


def values_in(table_keys: list[str], index_keys: list[str], values: list[str]) -> str:
    """Return the values of an index's keys among a partition's."""
    named = dict(zip(table_keys, values, strict=True))
    return path_of([named[key] for key in index_keys])


def key_names(table: CatalogTable) -> list[str]:
    """Return the names of a table's partition keys."""
    return [key["Name"] for key in table.partition_keys]


def enter(scope: Scope, table: CatalogTable, partition: Partition) -> None:
    """Put a partition into the indexes of its table."""
    for index in list(indexes.scan(scope, table.number)):
        if index.status != "DELETING":
            entries.insert(scope, _entry(index.table, index.name, index.keys, key_names(table), partition))


def take_out(scope: Scope, table: CatalogTable, partition: Partition) -> None:
    """Take a partition out of the indexes of its table."""
    for index in list(indexes.scan(scope, table.number)):
        values = values_in(key_names(table), index.keys, partition.values)
        entries.drop(scope, table.number, index.name, values, partition.path)


def _entry(table: int, index: str, keys: list[str], table_keys: list[str], partition: Partition) -> IndexEntry:
    values = values_in(table_keys, keys, partition.values)
    return IndexEntry(table=table, index=index, values=values, path=partition.path)


def fill(scope: Scope, table: int, name: str, table_keys: list[str], past: str, batch: int) -> str | None:
    """Put the next partitions into a new index. Returns past which one to go on; None when the index is ACTIVE."""
    index = indexes.find(scope, table, name)
    if index is None or index.status != "CREATING":
        return None
    found = list(partitions.scan(scope, table, past=(past,) if past else None, limit=batch))
    for partition in found:
        entries.insert(scope, _entry(table, name, index.keys, table_keys, partition))
    if len(found) == batch:
        return found[-1].path
    indexes.replace(scope, index, replace(index, status="ACTIVE"))
    return None


def candidates(
    scope: Scope, table: CatalogTable, equal: dict[str, str], position: Key | None
) -> Iterator[tuple[Key, Partition]]:
    """Yield at least all partitions whose keys have the values in ``equal``, each with the position to go on past.

    Read are those that agree in the table's first keys, or in the first of an index where those are more. Raises
    InvalidInputException for a position in an index that is gone.
    """
    if position is None:
        index = _best_index(scope, table, equal)
    elif len(position) == 1:
        index = None
    else:
        index = indexes.find(scope, table.number, *position[:1])
        if index is None or index.status != "ACTIVE":
            raise invalid("The pagination token is not valid any more.")
    if index is not None:
        yield from _indexed(scope, index, path_of(_prefix(index.keys, equal)), position)
        return
    start = path_of(_prefix(key_names(table), equal))
    if position is None:
        scan = partitions.scan(scope, table.number, starting=start)
    else:
        scan = partitions.scan(scope, table.number, past=position)
    for partition in scan:
        if not partition.path.startswith(start):
            return
        yield (partition.path,), partition


def _best_index(scope: Scope, table: CatalogTable, equal: dict[str, str]) -> PartitionIndex | None:
    """Return the index that narrows down most, if one does so more than the table's own order."""
    best, known = None, len(_prefix(key_names(table), equal))
    for index in indexes.scan(scope, table.number):
        narrowed = len(_prefix(index.keys, equal))
        if index.status == "ACTIVE" and narrowed > known:
            best, known = index, narrowed
    return best


def _prefix(keys: list[str], equal: dict[str, str]) -> list[str]:
    """Return the values of as many of the first keys as have one."""
    values: list[str] = []
    for key in keys:
        if key not in equal:
            break
        values.append(equal[key])
    return values


def _indexed(scope: Scope, index: PartitionIndex, start: str, position: Key | None) -> Iterator[tuple[Key, Partition]]:
    past = position[1:] if position is not None else None
    if past is None:
        scan = entries.scan(scope, index.table, index.name, starting=start)
    else:
        scan = entries.scan(scope, index.table, index.name, past=past)
    for entry in scan:
        if not entry.values.startswith(start):
            return
        partition = partitions.find(scope, index.table, entry.path)
        assert partition is not None, "entries go with their partitions"
        yield (index.name, entry.values, entry.path), partition
