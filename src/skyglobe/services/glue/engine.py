"""What happens in the catalog when time passes: what was in deleted tables goes, and indexes are filled."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.scope import Scope
from skyglobe.kernel.tables import Table
from skyglobe.kernel.timers import set_timer
from skyglobe.services.glue import glue
from skyglobe.services.glue.indexing import fill
from skyglobe.services.glue.records import (
    CatalogTable,
    Database,
    counts,
    entries,
    indexes,
    partitions,
    tables,
    versions,
)

BATCH = 500  # records that a timer deletes or indexes before others have their turn


def forget_database(scope: Scope, database: Database) -> None:
    """Have the tables of a deleted database deleted. Nobody finds them any more."""
    set_timer(scope, "glue", "forget-database", str(database.number), scope.now)


def forget_table(scope: Scope, table: CatalogTable) -> None:
    """Delete a table, and have its versions, partitions and indexes deleted. Nobody finds them any more."""
    tables.delete(scope, table)
    counts.add(scope, f"tables:{table.database}", -1)
    set_timer(scope, "glue", "forget-table", str(table.number), scope.now)


@glue.timer("forget-database")
def forget_tables(scope: Scope, key: str, payload: dict[str, Any]) -> None:
    """Delete the tables that are left of a database, a batch at a time."""
    found = list(tables.scan(scope, int(key), limit=BATCH))
    for table in found:
        forget_table(scope, table)
    if len(found) == BATCH:
        set_timer(scope, "glue", "forget-database", key, scope.now)
    else:
        counts.drop(scope, f"tables:{key}")


@glue.timer("forget-table")
def forget_rest(scope: Scope, key: str, payload: dict[str, Any]) -> None:
    """Delete what is left of a table, a batch at a time."""
    number = int(key)
    contents: tuple[Table[Any], ...] = (partitions, entries, versions, indexes)
    for table in contents:
        found = list(table.scan(scope, number, limit=BATCH))
        for record in found:
            table.delete(scope, record)
        if len(found) == BATCH:
            set_timer(scope, "glue", "forget-table", key, scope.now)
            return
    counts.drop(scope, f"partitions:{key}")
    counts.drop(scope, f"versions:{key}")


@glue.timer("fill-index")
def fill_index(scope: Scope, key: str, payload: dict[str, Any]) -> None:
    """Put a batch of a table's partitions into a new index, or take a batch of entries out of a deleted one."""
    past = fill(scope, payload["table"], payload["index"], payload["keys"], payload["past"], BATCH)
    if past is not None:
        set_timer(scope, "glue", "fill-index", key, scope.now, {**payload, "past": past})


@glue.timer("clear-index")
def clear_index(scope: Scope, key: str, payload: dict[str, Any]) -> None:
    """Take a batch of entries out of an index that is being deleted; without entries it is gone."""
    found = list(entries.scan(scope, payload["table"], payload["index"], limit=BATCH))
    for entry in found:
        entries.delete(scope, entry)
    if len(found) == BATCH:
        set_timer(scope, "glue", "clear-index", key, scope.now, payload)
    else:
        indexes.drop(scope, payload["table"], payload["index"])
