"""Taking tables away: the description at once, what lies in it piece by piece."""

from __future__ import annotations

from skyglobe.kernel.keys import pack
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.timers import cancel_timer, set_timer
from skyglobe.services.dynamodb.contributing import drop_all_rules
from skyglobe.services.dynamodb.copying import keep_system_backup
from skyglobe.services.dynamodb.creating import without_stream
from skyglobe.services.dynamodb.records import DynamoTable, collections, table_count, tables, tallies

CLEAR_BATCH = 1000  # entries a timer deletes in one turn


def remove_table(scope: Scope, table: DynamoTable) -> None:
    """Delete a table. Its stream ends, and can be read for 24 hours more."""
    if table.is_streaming:
        without_stream(scope, table)
    if table.recovery is not None:
        keep_system_backup(scope, table)
    if table.has_insights:
        drop_all_rules(scope, table)
    tables.delete(scope, table)
    table_count.add(scope, "", -1)
    cancel_timer(scope, "dynamodb", "backfill", str(table.number))
    if table.recovery is None:
        set_timer(scope, "dynamodb", "clear", str(table.number), scope.now)
    if table.ttl is not None:
        set_timer(scope, "dynamodb", "unmark", str(table.number), scope.now)


def clear_range(scope: Scope, start: bytes, stop: bytes, limit: int = CLEAR_BATCH) -> bool:
    """Delete up to ``limit`` entries of a range; return whether there may be more."""
    keys = [key for key, _ in scope.writes.scan(start, stop, limit=limit)]
    for key in keys:
        scope.writes.changes[key] = None
    return len(keys) == limit


def clear_table(scope: Scope, number: int) -> bool:
    """Delete some of what lay in a table that is gone; return whether there may be more."""
    prefix = pack((scope.account, scope.region, "dynamodb.items", number))
    if clear_range(scope, prefix, prefix + b"\xff"):
        return True
    found = list(collections.scan(scope, number, limit=CLEAR_BATCH))
    for collection in found:
        collections.delete(scope, collection)
    tallies.drop(scope, number)
    return len(found) == CLEAR_BATCH
