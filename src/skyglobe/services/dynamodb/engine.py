"""What happens afterwards: indexes are filled, what lay in deleted tables is cleared, old changes are forgotten."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.contributors import forget_contributions, managed_rules
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.timers import set_timer
from skyglobe.services.dynamodb import dynamodb
from skyglobe.services.dynamodb.expiring import expect_sweep, note_expiry
from skyglobe.services.dynamodb.finding import Found
from skyglobe.services.dynamodb.items import decode, read_item, tally_of, write_entry, write_item
from skyglobe.services.dynamodb.layout import place, successor
from skyglobe.services.dynamodb.records import (
    ORDER_BITS,
    DynamoTable,
    changes,
    expiries,
    stamps,
    streams,
    tables,
    tallies,
    tokens,
)
from skyglobe.services.dynamodb.removing import clear_range, clear_table, remove_table
from skyglobe.services.dynamodb.trimming import DAY, STREAM_KEPT_FOR, TRIM_PAUSE_FOR

SWEEP_BATCH = 100  # expired items deleted in one turn
BACKFILL_BATCH = 500  # items looked at in one turn
TRIM_BATCH = 1000  # changes forgotten in one turn


def find_numbered(scope: Scope, name: str, number: int) -> DynamoTable | None:
    """Return a table unless it is a later one of the same name."""
    table = tables.find(scope, name)
    return table if table is not None and table.number == number else None


@dynamodb.timer("delete")
def delete(scope: Scope, key: str, payload: dict[str, Any]) -> None:
    """Delete a table whose time has come."""
    table = find_numbered(scope, key, payload["number"])
    if table is not None:
        remove_table(scope, table)


@dynamodb.timer("clear")
def clear(scope: Scope, key: str, payload: dict[str, Any]) -> None:
    """Delete what lay in a table that is gone, and come back for the rest."""
    if clear_table(scope, int(key)):
        set_timer(scope, "dynamodb", "clear", key, scope.now)


@dynamodb.timer("backfill")
def backfill(scope: Scope, key: str, payload: dict[str, Any]) -> None:
    """Write the entries of some items in an index that is being created, and come back for the rest.

    Items that are written meanwhile enter it by themselves. Items whose attributes cannot be its keys are left out.
    """
    table = find_numbered(scope, payload["table"], int(key))
    described = next((index for index in table.indexes if index.name == payload["index"]), None) if table else None
    if table is None or described is None or described.status != "CREATING":
        return
    index, primary = table.layout.by_name[described.name], table.layout.primary
    start = payload["past"] + b"\0" if payload["past"] else primary.prefix
    found = list(scope.writes.scan(start, primary.stop, limit=BACKFILL_BATCH))
    for item_key, value in found:
        item = decode(value)[1]
        try:
            index.check(item)
        except ServiceError:
            continue
        write_entry(scope, index, described.number, table, item_key, item)
    if len(found) == BACKFILL_BATCH:
        again = {**payload, "past": found[-1][0]}
        set_timer(scope, "dynamodb", "backfill", key, scope.now, again)
        return
    indexes = tuple(
        replace(other, status="ACTIVE", is_backfilling=False) if other.name == described.name else other
        for other in table.indexes
    )
    tables.replace(scope, table, replace(table, indexes=indexes))


@dynamodb.timer("unindex")
def unindex(scope: Scope, key: str, payload: dict[str, Any]) -> None:
    """Delete some entries of an index that is being deleted; when none is left, take it from its table."""
    number = payload["number"]
    prefix = place(scope.account, scope.region, number, payload["index"])
    if clear_range(scope, prefix, successor(prefix)):
        set_timer(scope, "dynamodb", "unindex", key, scope.now, payload)
        return
    table = find_numbered(scope, payload["table"], number)
    if table is None:
        return
    kept = tuple(index for index in table.indexes if index.number != payload["index"])
    used = {element.name for keys in (table.keys, *(index.keys for index in kept)) for element in keys}
    attributes = {name: kind for name, kind in table.attributes.items() if name in used}
    tables.replace(scope, table, replace(table, indexes=kept, attributes=attributes))
    tally = tally_of(scope, table)
    tally.indexes.pop(payload["index"], None)
    tallies.insert(scope, tally)


@dynamodb.timer("trim")
def trim(scope: Scope, key: str, payload: dict[str, Any]) -> None:
    """Forget changes that nobody can ask for any more, and streams without changes."""
    number = int(key)
    table = next((table for table in tables.scan(scope) if table.number == number), None)
    kept_for = STREAM_KEPT_FOR
    if table is not None and table.recovery is not None:
        kept_for = max(kept_for, table.recovery.days * DAY)
    before = (scope.now - kept_for) << ORDER_BITS
    old = list(changes.scan(scope, number, stop=(before,), limit=TRIM_BATCH))
    for change in old:
        changes.delete(scope, change)
    gone = (scope.now - STREAM_KEPT_FOR) << ORDER_BITS
    for stream in list(streams.scan(scope)):
        if stream.number == number and stream.until is not None and stream.until < gone:
            streams.delete(scope, stream)
    for stamp in list(stamps.scan(scope, number, limit=TRIM_BATCH)) if table is None or not table.replicas else ():
        stamps.delete(scope, stamp)
    is_left = next(iter(changes.scan(scope, number, limit=1)), None) is not None
    is_read = any(stream.number == number for stream in streams.scan(scope))
    if is_left or is_read or (table is not None and table.keeps_changes):
        pause = 0 if len(old) == TRIM_BATCH else TRIM_PAUSE_FOR
        set_timer(scope, "dynamodb", "trim", key, scope.now + pause)


@dynamodb.timer("tokens")
def forget_tokens(scope: Scope, key: str, payload: dict[str, Any]) -> None:
    """Forget the tokens of transactions of a span that is long over, and come back for the rest."""
    old = list(tokens.scan(scope, int(key), limit=TRIM_BATCH))
    for token in old:
        tokens.delete(scope, token)
    if len(old) == TRIM_BATCH:
        set_timer(scope, "dynamodb", "tokens", key, scope.now)


@dynamodb.timer("sweep")
def sweep(scope: Scope, key: str, payload: dict[str, Any]) -> None:
    """Delete the items whose time to live is over, and come back for the next ones."""
    table = find_numbered(scope, payload["table"], int(key))
    if table is None or table.ttl is None or not table.ttl.is_enabled:
        return
    expired = list(expiries.scan(scope, table.number, stop=(scope.now + 1,), limit=SWEEP_BATCH))
    for expiry in expired:
        old = read_item(scope, expiry.key)
        if old is None:
            expiries.delete(scope, expiry)
        else:
            write_item(Found(scope, table), expiry.key, old, None, 0, is_expiry=True)
    if len(expired) == SWEEP_BATCH:
        set_timer(scope, "dynamodb", "sweep", key, scope.now, payload)
        return
    following = next(iter(expiries.scan(scope, table.number, limit=1)), None)
    if following is not None:
        expect_sweep(scope, table, following.at)


@dynamodb.timer("mark")
def mark(scope: Scope, key: str, payload: dict[str, Any]) -> None:
    """Note when some items expire that were there before time to live was enabled, and come back for the rest."""
    table = find_numbered(scope, payload["table"], int(key))
    if table is None or table.ttl is None or not table.ttl.is_enabled:
        return
    primary = table.layout.primary
    start = payload["past"] + b"\0" if payload["past"] else primary.prefix
    found = list(scope.writes.scan(start, primary.stop, limit=BACKFILL_BATCH))
    for item_key, value in found:
        note_expiry(scope, table, item_key, None, decode(value)[1])
    if len(found) == BACKFILL_BATCH:
        set_timer(scope, "dynamodb", "mark", key, scope.now, {**payload, "past": found[-1][0]})


@dynamodb.timer("uncount")
def uncount(scope: Scope, key: str, payload: dict[str, Any]) -> None:
    """Forget some of what was counted under a rule of Contributor Insights that is gone, and come back for the rest."""
    if managed_rules.find(scope, key) is None and forget_contributions(scope, key):
        set_timer(scope, "dynamodb", "uncount", key, scope.now)


@dynamodb.timer("unmark")
def unmark(scope: Scope, key: str, payload: dict[str, Any]) -> None:
    """Forget some expiries of a table whose time to live was disabled, and come back for the rest."""
    known = list(expiries.scan(scope, int(key), limit=TRIM_BATCH))
    for expiry in known:
        expiries.delete(scope, expiry)
    if len(known) == TRIM_BATCH:
        set_timer(scope, "dynamodb", "unmark", key, scope.now)
