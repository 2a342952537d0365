"""What a cluster remembers: items by key, and the answers of queries and scans. In memory alone, as DAX keeps it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import NamedTuple

from skyglobe.kernel.clock import Instant

OVERHEAD_BYTES = 200
"""What an entry takes besides its content."""
MAX_NOTED = 10_000
"""Writes that are remembered against reads that began before them."""


class Entry(NamedTuple):
    """What was found, and when. None: it is known that there is nothing."""

    content: bytes | None
    at: Instant


class Cache:
    """Entries that are forgotten when they are too old or, the least recently used first, when there is no room."""

    def __init__(self, room_bytes: int) -> None:
        self.room_bytes = room_bytes
        self.used_bytes = 0
        self._entries: OrderedDict[Hashable, Entry] = OrderedDict()

    def find(self, key: Hashable, now: Instant, ttl_for: int) -> Entry | None:
        """Return what was kept less than ``ttl_for`` milliseconds ago; 0 is no limit."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        if ttl_for and now - entry.at >= ttl_for:
            self.forget(key)
            return None
        self._entries.move_to_end(key)
        return entry

    def keep(self, key: Hashable, content: bytes | None, now: Instant) -> None:
        """Remember ``content``, which must not change, unless it alone is more than there is room for."""
        self.forget(key)
        size = _size(key, content)
        if size > self.room_bytes:
            return
        self._entries[key] = Entry(content, now)
        self.used_bytes += size
        while self.used_bytes > self.room_bytes:
            old, entry = self._entries.popitem(last=False)
            self.used_bytes -= _size(old, entry.content)

    def forget(self, key: Hashable) -> None:
        """Forget one entry. Harmless when there is none."""
        entry = self._entries.pop(key, None)
        if entry is not None:
            self.used_bytes -= _size(key, entry.content)


def _size(key: Hashable, content: bytes | None) -> int:
    parts = key if isinstance(key, tuple) else (key,)
    named = sum(len(part) for part in parts if isinstance(part, (str, bytes)))
    return OVERHEAD_BYTES + named + (len(content) if content is not None else 0)


ItemKey = tuple[str | bytes, ...]
"""Table, partition key, sort key."""


class ClusterCache:
    """The item cache and the query cache of a cluster, which know nothing of each other."""

    def __init__(self, room_bytes: int) -> None:
        self.items = Cache(room_bytes // 2)
        self.queries = Cache(room_bytes - room_bytes // 2)
        self._order = 0
        self._written: OrderedDict[ItemKey, int] = OrderedDict()
        self._forgotten = 0

    def begin_read(self) -> int:
        """Return what ``keep_read`` wants to know of a read that begins now."""
        return self._order

    def keep_read(self, key: ItemKey, content: bytes | None, now: Instant, began: int) -> None:
        """Remember what a read found, unless the item was written since it began."""
        if began >= self._forgotten and self._written.get(key, 0) <= began:
            self.items.keep(key, content, now)

    def keep_written(self, key: ItemKey, content: bytes | None, now: Instant, order: int | None = None) -> None:
        """Remember an item as it was written; with the ``order`` of ``note_write``, unless written since."""
        if order is None:
            order = self.note_write(key)
        if self._written.get(key) == order:
            self.items.keep(key, content, now)

    def note_write(self, key: ItemKey) -> int:
        """Forget an item that was written, and what is being read of it; return the order of the write."""
        self._order += 1
        self._written[key] = self._order
        self._written.move_to_end(key)
        if len(self._written) > MAX_NOTED:
            _, self._forgotten = self._written.popitem(last=False)
        self.items.forget(key)
        return self._order
