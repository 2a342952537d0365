"""Copies of a table as it was at one instant: backups, and restores to any second of the last days.

A copy is made in steps that can be repeated. First what is there now is copied, some items a turn, while writes go on.
Then the changes that came after the instant are undone in the copy, newest first: whatever an item was when it was
copied, it ends as it was at the instant. The source logs its changes as long as it is being copied.
"""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.arns import make_arn
from skyglobe.kernel.clock import Instant
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.timers import set_timer
from skyglobe.services.dynamodb.creating import delay_of
from skyglobe.services.dynamodb.finding import Found
from skyglobe.services.dynamodb.items import Stored, decode, read_item, tally_of, write_item
from skyglobe.services.dynamodb.records import ORDER_BITS, Backup, DynamoTable, backups, changes, tables
from skyglobe.services.dynamodb.rules.values import Item, size_of_item
from skyglobe.services.dynamodb.trimming import DAY, keep_trimming

COPY_BATCH = 500  # items copied, or changes undone, in one turn
SYSTEM_KEPT_FOR = 35 * DAY  # milliseconds; developer guide, "Point-in-time recovery": backups of deleted tables


def backup_name(scope: Scope) -> str:
    """Return a new backup's id: the instant and eight digits, as AWS's are."""
    return f"{scope.now:014}-{scope.kernel.ids.hex('', 8)}"


def plan_backup(scope: Scope, table: DynamoTable, name: str, kind: str, number: int) -> Backup:
    """Return a backup of a table that is yet to be filled."""
    tally = tally_of(scope, table)
    id_ = backup_name(scope)
    return Backup(
        arn=make_arn(scope, "dynamodb", f"table/{table.id}/backup/{id_}"),
        id=id_,
        owner=scope.account,
        created_at=scope.now,
        name=name,
        table_name=table.id,
        kind=kind,
        status="CREATING",
        number=number,
        size=tally.size,
        items=tally.items,
        expires_at=None,
        table=table,
    )


def keep_system_backup(scope: Scope, table: DynamoTable) -> None:
    """Make the items of a table that is being deleted a backup, where they are. It is kept for 35 days."""
    made = plan_backup(scope, table, f"{table.id}$DeletedTableBackup", "SYSTEM", table.number)
    expires_at = scope.now + SYSTEM_KEPT_FOR
    backups.insert(scope, replace(made, status="AVAILABLE", expires_at=expires_at))
    set_timer(scope, "dynamodb", "expire_backup", made.id, expires_at)


def as_table(backup: Backup) -> DynamoTable:
    """Return a backup as a table in which its items lie."""
    return bare(backup.table, backup.number)


def bare(table: DynamoTable, number: int) -> DynamoTable:
    """Return a table whose items lie under another number, and whose writes nobody hears of: a copy's."""
    return replace(
        table,
        number=number,
        indexes=(),
        stream=None,
        ttl=None,
        recovery=None,
        copies=0,
        destinations=(),
        insights=None,
        replicas=(),
        is_strong=False,
    )


def hold(scope: Scope, table: DynamoTable, by: int) -> None:
    """Count a copy that begins (1) or ends (-1): the table logs its changes meanwhile."""
    now = tables.find(scope, table.id)
    if now is not None and now.number == table.number:
        tables.replace(scope, now, replace(now, copies=max(0, now.copies + by)))
        keep_trimming(scope, table.number)


def begin_copy(scope: Scope, key: str, source: int, at: int, payload: dict[str, Any]) -> None:
    """Have a copy made of what lies under the number ``source``, as of the order ``at``."""
    payload = {**payload, "source": source, "at": at, "past": b""}
    set_timer(scope, "dynamodb", "copy", key, scope.now + delay_of(scope), payload)


def copy_step(scope: Scope, source: DynamoTable, target: Found, payload: dict[str, Any]) -> dict[str, Any] | None:
    """Do the next step of a copy; return what to go on with, None when it is done."""
    if payload.get("undo") is None:
        past = _copy_some(scope, source, target, payload["past"])
        if past:
            return {**payload, "past": past}
        return {**payload, "undo": scope.kernel.next_order()}
    undone = _undo_some(scope, source, target, payload["at"], payload["undo"])
    return {**payload, "undo": undone} if undone is not None else None


def _copy_some(scope: Scope, source: DynamoTable, target: Found, past: bytes) -> bytes:
    origin, primary = source.layout.primary, target.table.layout.primary
    start = past + b"\0" if past else origin.prefix
    found = list(scope.writes.scan(start, origin.stop, limit=COPY_BATCH))
    for key, value in found:
        size, item = decode(value)
        _put(target, primary.prefix + key[len(origin.prefix) :], item, size)
    return found[-1][0] if len(found) == COPY_BATCH else b""


def _put(target: Found, key: bytes, item: Item | None, size: int) -> None:
    old: Stored | None = read_item(target.scope, key)
    if old is not None or item is not None:
        write_item(target, key, old, item, size, is_expiry=True)


def _undo_some(scope: Scope, source: DynamoTable, target: Found, at: int, before: int) -> int | None:
    """Undo the changes after ``at`` and before ``before``, newest first; return where to go on, None at the end."""
    primary = target.table.layout.primary
    found = list(changes.scan(scope, source.number, start=(at,), stop=(before,), limit=COPY_BATCH, reverse=True))
    for change in found:
        image = change.old if change.old is not None else change.new
        assert image is not None
        key = primary.of_item(image)
        _put(target, key, change.old, size_of_item(change.old) if change.old is not None else 0)
    return found[-1].order if len(found) == COPY_BATCH else None


def order_after(at: Instant) -> int:
    """Return the order of the first change after the instant ``at`` and its millisecond."""
    return (at + 1) << ORDER_BITS
