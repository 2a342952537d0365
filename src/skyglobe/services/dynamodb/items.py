"""Items in the store: read by key, written together with their index entries, tallies and the change log.

A value is the size in bytes and the item as the API writes it, in msgpack. Reading decodes what is there and nothing
else; writing knows what was there before, so that each index changes only where its entry does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

import msgspec

from skyglobe.kernel.scope import Scope
from skyglobe.kernel.watching import touch
from skyglobe.services.dynamodb import dynamodb
from skyglobe.services.dynamodb.expiring import note_expiry
from skyglobe.services.dynamodb.finding import Found
from skyglobe.services.dynamodb.layout import Index, Layout
from skyglobe.services.dynamodb.records import (
    Change,
    Collection,
    DynamoTable,
    Tally,
    changes,
    collections,
    tallies,
)
from skyglobe.services.dynamodb.refusals import invalid
from skyglobe.services.dynamodb.rules.capacity import write_units
from skyglobe.services.dynamodb.rules.values import MAX_ITEM_BYTES, Item, size_of_item
from skyglobe.services.dynamodb.throughput import spend_writes

MAX_COLLECTION_BYTES: Final = 10 * 1024**3  # of an item collection of a table with local indexes; DynamoDB quotas

encode = msgspec.msgpack.Encoder().encode
decode: Callable[[bytes], Any] = msgspec.msgpack.Decoder().decode


class Stored(NamedTuple):
    """An item as it lies in the store."""

    size: int
    item: Item


class Written(NamedTuple):
    """What a write came to."""

    units: float
    """Of the table."""
    index_units: dict[str, float]
    """Of each index that changed."""


_NO_INDEXES: Final[dict[str, float]] = {}
_NO_ITEM: Final[Item] = {}


def read_item(scope: Scope, key: bytes) -> Stored | None:
    """Return the item at a key, or None."""
    value = scope.writes.get(key)
    if value is None:
        return None
    size, item = decode(value)
    return Stored(size, item)


def check_new(layout: Layout, item: Item, size: int, message: str) -> None:
    """Refuse an item that is too large, or cannot be in the indexes it would be in. Raises ValidationException."""
    if size > MAX_ITEM_BYTES:
        raise invalid(message)
    for index in layout.indexes:
        index.check(item)


def write_item(
    found: Found,
    key: bytes,
    old: Stored | None,
    item: Item | None,
    size: int,
    *,
    is_expiry: bool = False,
    is_replicated: bool = False,
    times: int = 1,
) -> Written:
    """Put ``item`` (None: nothing) in the place of ``old``, which is what lies at ``key`` now.

    What DynamoDB does by itself (``is_expiry``) costs nothing; what comes from another region (``is_replicated``)
    is not sent on. ``times`` is 2 in transactions, which cost twice as much.
    """
    scope, table = found
    units = write_units(max(size, old.size if old is not None else 0))
    if item is None if old is None else old.item == item:
        if not is_expiry:
            spend_writes(found, units * times, _NO_INDEXES, item or (old.item if old is not None else _NO_ITEM))
        return Written(units, _NO_INDEXES)
    layout = table.layout
    made: dict[bytes, bytes | None] = {key: encode((size, item)) if item is not None else None}
    deltas: dict[int, tuple[int, int]] = {}
    index_units = _plan_entries(scope, layout, key, old, item, made, deltas) if layout.indexes else _NO_INDEXES
    if not is_expiry:
        spent = index_units if times == 1 else {name: cost * times for name, cost in index_units.items()}
        spend_writes(found, units * times, spent, item or (old.item if old is not None else _NO_ITEM))
    scope.writes.changes.update(made)
    old_size = old.size if old is not None else 0
    _tally(scope, table, (item is not None) - (old is not None), size - old_size, deltas)
    if layout.has_local:
        _collect(found, layout, old.item if old is not None else item or {}, size - old_size, deltas)
    if table.ttl is not None and table.ttl.is_enabled:
        note_expiry(scope, table, key, old.item if old is not None else None, item)
    if table.replicas and not is_replicated:
        if table.is_strong:
            from skyglobe.services.dynamodb.strong import spread

            spread(found, key, item, size)
        else:
            from skyglobe.services.dynamodb.replicating import send

            send(found, key, item, size)
    if table.destinations:
        from skyglobe.services.dynamodb.publishing import publish

        publish(found, old.item if old is not None else None, item, is_expiry=is_expiry)
    if table.keeps_changes:
        log_change(scope, table, old.item if old is not None else None, item, is_expiry=is_expiry)
    return Written(units, index_units)


def _plan_entries(
    scope: Scope,
    layout: Layout,
    key: bytes,
    old: Stored | None,
    item: Item | None,
    made: dict[bytes, bytes | None],
    deltas: dict[int, tuple[int, int]],
) -> dict[str, float]:
    """Add to ``made`` what changes in indexes, and to ``deltas`` what that comes to; return the units of each."""
    units: dict[str, float] = {}
    for index, described in zip(layout.indexes, layout.described, strict=True):
        before = index.entry_key(old.item, key) if old is not None else None
        now = index.entry_key(item, key) if item is not None else None
        if before is not None and index.is_filling and scope.writes.get(before) is None:
            before = None  # the backfill has not come to it yet
        if before is None and now is None:
            continue
        entry = index.project(item) if now is not None and item is not None else None
        previous = index.project(old.item) if before is not None and old is not None else None
        if before == now and entry == previous:
            continue
        old_size = size_of_item(previous) if previous is not None else 0
        new_size = size_of_item(entry) if entry is not None else 0
        if before is not None and before != now:
            made[before] = None
            units[index.name] = write_units(old_size)
        if now is not None:
            made[now] = encode((new_size, entry))
            cost = write_units(max(new_size, old_size) if before == now else new_size)
            units[index.name] = units.get(index.name, 0.0) + cost
        deltas[described] = ((now is not None) - (before is not None), new_size - old_size)
    return units


def write_entry(scope: Scope, index: Index, number: int, table: DynamoTable, key: bytes, item: Item) -> bool:
    """Write one item's entry in an index that is being filled; return whether it belongs there and was not there."""
    entry_key = index.entry_key(item, key)
    if entry_key is None or scope.writes.get(entry_key) is not None:
        return False
    entry = index.project(item)
    size = size_of_item(entry)
    scope.writes.changes[entry_key] = encode((size, entry))
    _tally(scope, table, 0, 0, {number: (1, size)})
    return True


def tally_of(scope: Scope, table: DynamoTable) -> Tally:
    """Return how much is in a table."""
    return tallies.find(scope, table.number) or Tally(table=table.number)


def _tally(scope: Scope, table: DynamoTable, items: int, size: int, deltas: dict[int, tuple[int, int]]) -> None:
    known = tallies.find(scope, table.number) or Tally(table=table.number)
    indexes = known.indexes
    for number, (more, larger) in deltas.items():
        count, total = indexes.get(number, (0, 0))
        indexes[number] = (count + more, total + larger)
    tallies.insert(scope, Tally(table=table.number, items=known.items + items, size=known.size + size, indexes=indexes))


def partition_of(layout: Layout, item: Item) -> bytes:
    """Return what names the item collection of an item."""
    part = layout.primary.hash
    return part.pack(item[part.name][part.kind])


def collection_size(scope: Scope, table: DynamoTable, partition: bytes) -> int:
    """Return the bytes of an item collection of a table with local indexes."""
    known = collections.find(scope, table.number, partition)
    return known.size if known is not None else 0


def _collect(found: Found, layout: Layout, item: Item, delta: int, deltas: dict[int, tuple[int, int]]) -> None:
    scope, table = found
    partition = partition_of(layout, item)
    local = sum(
        deltas[number][1]
        for index, number in zip(layout.indexes, layout.described, strict=True)
        if index.is_local and number in deltas
    )
    size = collection_size(scope, table, partition) + delta + local
    if size > MAX_COLLECTION_BYTES:
        raise dynamodb.errors.ItemCollectionSizeLimitExceededException("Item collection size limit of 10GB exceeded")
    if size > 0:
        collections.insert(scope, Collection(table=table.number, partition=partition, size=size))
    else:
        collections.drop(scope, table.number, partition)


def log_change(
    scope: Scope, table: DynamoTable, old: Item | None, new: Item | None, *, is_expiry: bool = False
) -> None:
    """Put a change in the table's log."""
    order = scope.kernel.next_order()
    changes.insert(scope, Change(table=table.number, order=order, old=old, new=new, is_expiry=is_expiry))
    if table.is_streaming:
        scope.notify("dynamodb.stream", table.arn)
        touch(scope, table.arn)
