"""The ordered store: what a backend must do, and the write-sets that operations lay over it."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Protocol

Pair = tuple[bytes, bytes]


class Conflict(Exception):
    """The transaction could not be serialized; run it again."""


class StoreFailure(Exception):
    """The store could not keep what was written (disk full, connection lost). Nothing of the turn was kept.

    One case stays open: when a connection is lost while a database server commits, nobody knows whether it did.
    """


class Outpaced(StoreFailure):
    """A turn lost every race for the store that it was allowed to run: others write what it reads."""


class Readable(Protocol):
    """Keys and values in key order."""

    def get(self, key: bytes) -> bytes | None: ...

    def scan(self, start: bytes, stop: bytes, *, limit: int | None = None, reverse: bool = False) -> Iterable[Pair]: ...


class Store(Readable, Protocol):
    """A backend: an ordered map from bytes to bytes with one open serializable transaction at a time.

    The five methods every backend has are ``get``, ``scan``, ``write``, ``commit`` and ``rollback``. A transaction
    begins by itself with the first call after the last ``commit`` or ``rollback``. Used from one thread.
    Every method may raise ``StoreFailure``, and all but ``rollback`` may raise ``Conflict``: then roll back.
    """

    is_shared: bool
    """Whether others write to the same store, so that even what was read only counts once it is committed."""

    @property
    def saves_beside(self) -> bool:
        """Whether ``save`` may run in another thread while transactions go on here; else between two of them."""

    def get(self, key: bytes) -> bytes | None:
        """Return the value at ``key`` as this transaction sees it, or None."""

    def scan(self, start: bytes, stop: bytes, *, limit: int | None = None, reverse: bool = False) -> Iterable[Pair]:
        """Return the pairs with ``start <= key < stop`` in key order, from the far end if ``reverse``.

        The result must be consumed before the next ``write``.
        """

    def write(self, changes: Mapping[bytes, bytes | None]) -> None:
        """Put each key's value, delete where the value is None."""

    def commit(self) -> None:
        """Make the transaction durable. Raises ``Conflict`` or ``StoreFailure``; nothing is kept then."""

    def rollback(self) -> None:
        """Forget what the transaction wrote."""

    def save(self, target: Path) -> None:
        """Write a consistent copy of what is committed to the new file ``target``, an SQLite database of pairs.

        May run in another thread (see ``saves_beside``).
        """

    def load(self, source: Path) -> None:
        """Replace everything by the content of a file that ``save`` wrote, at once or not at all."""

    def close(self) -> None:
        """Release files and connections. Committed work is safe."""


_FEW = 16  # up to so many writes, looking at each is quicker than keeping them in order


class WriteSet:
    """One operation's writes, laid over what the turn has written so far. Dropped as a whole when the operation fails.

    Reads see the operation's own writes. Nothing reaches the store before its turn writes it; ``fold`` hands the
    writes of a set laid over another one down to it.
    """

    __slots__ = ("_below", "_order", "changes", "effects")

    def __init__(self, below: Readable) -> None:
        self._below = below
        self.changes: dict[bytes, bytes | None] = {}
        """Keys are added and overwritten, never taken out."""
        self.effects: list[Callable[[], None]] = []
        """What to do once the turn is committed: wake a waiter, start a delivery. In memory only, may be lost."""
        self._order: list[bytes] = []

    def get(self, key: bytes) -> bytes | None:
        changes = self.changes
        if key in changes:
            return changes[key]
        return self._below.get(key)

    def put(self, key: bytes, value: bytes) -> None:
        self.changes[key] = value

    def delete(self, key: bytes) -> None:
        self.changes[key] = None

    def fold(self, upper: WriteSet) -> None:
        """Take over the writes and effects of ``upper``, a write-set laid over this one."""
        self.changes.update(upper.changes)
        self.effects += upper.effects
        upper.effects.clear()

    def scan(self, start: bytes, stop: bytes, *, limit: int | None = None, reverse: bool = False) -> Iterable[Pair]:
        """As ``Store.scan``. Writes made while iterating may or may not be seen."""
        own = self._own(start, stop) if self.changes else None
        if not own:
            return self._below.scan(start, stop, limit=limit, reverse=reverse)
        return self._merged(own, start, stop, limit, reverse)

    def _own(self, start: bytes, stop: bytes) -> list[bytes]:
        """Return this set's own keys in the range, in order."""
        changes, order = self.changes, self._order
        if len(changes) <= _FEW:
            return sorted(key for key in changes if start <= key < stop)
        fresh = islice(reversed(changes), len(changes) - len(order))
        if len(changes) - len(order) > _FEW:
            order += fresh
            order.sort()
        else:
            for key in list(fresh):
                insort(order, key)
        return order[bisect_left(order, start) : bisect_left(order, stop)]

    def _merged(self, own: list[bytes], start: bytes, stop: bytes, limit: int | None, reverse: bool) -> Iterator[Pair]:
        # A deleted key uses up one of the pairs asked of the layer below, so ask for that many more.
        changes = {key: self.changes[key] for key in own}
        wanted = None if limit is None else limit + len(own)
        merged = _merge(self._below.scan(start, stop, limit=wanted, reverse=reverse), own, changes, reverse)
        return merged if limit is None else islice(merged, limit)


def _merge(
    below: Iterable[Pair], own: list[bytes], changes: dict[bytes, bytes | None], reverse: bool
) -> Iterator[Pair]:
    pending = list(own) if reverse else own[::-1]  # popped from the end in scan order
    for key, value in below:
        while pending and (pending[-1] > key if reverse else pending[-1] < key):
            mine = pending.pop()
            if (kept := changes[mine]) is not None:
                yield mine, kept
        if pending and pending[-1] == key:
            mine = pending.pop()
            if (kept := changes[mine]) is not None:
                yield mine, kept
        else:
            yield key, value
    while pending:
        mine = pending.pop()
        if (kept := changes[mine]) is not None:
            yield mine, kept
