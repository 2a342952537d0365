"""Typed tables over the ordered store, with secondary indexes kept in the same write-set."""

from __future__ import annotations

from collections.abc import Iterator
from operator import attrgetter
from typing import Any, Generic, Literal, TypeVar

import msgspec
from mypy_extensions import mypyc_attr

from skyglobe.kernel.keys import Key, Part, after, pack
from skyglobe.kernel.records import Number, Record
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.store import Readable

__all__ = ["Counter", "Reach", "Record", "Table"]

Reach = Literal["region", "account", "global"]

R = TypeVar("R", bound=msgspec.Struct)

_MAX_PREFIXES = 4096  # cached key prefixes a table; a table has one per account and region
_MAX_FOUND = 1024  # decoded records a hot table keeps


class _Found:
    """The key of a record, and what was found there last."""

    __slots__ = ("key", "record", "value")

    def __init__(self, key: bytes) -> None:
        self.key = key
        self.value: bytes | None = None
        self.record: Any = None


@mypyc_attr(allow_interpreted_subclasses=True)
class Table(Generic[R]):
    """The records of one kind, ordered by key.

    ``key`` and each index name the record's attributes they consist of. An entry whose index has an attribute that
    is None is left out of that index. ``reach`` says whether each region of each account has its own records, each
    account, or the whole cloud. ``is_hot`` is for the few tables that nearly every request looks into, such as access
    keys: what was found last is kept decoded.
    """

    def __init__(
        self,
        name: str,
        record: type[R],
        *,
        key: tuple[str, ...],
        indexes: dict[str, tuple[str, ...]] | None = None,
        reach: Reach = "region",
        is_hot: bool = False,
    ) -> None:
        assert ":" not in name, "a colon separates tables from their indexes"
        self.name = name
        self.record = record
        self.reach = reach
        self._found: dict[tuple[Part, ...], _Found] | None = {} if is_hot else None
        self._key_of = _tuple_getter(key)
        self._indexes = {
            index: (pack((f"{name}:{index}",)), _tuple_getter(attributes))
            for index, attributes in (indexes or {}).items()
        }
        self._encode = msgspec.msgpack.Encoder().encode
        self._decode = msgspec.msgpack.Decoder(record).decode
        self._prefixes: dict[tuple[str, str], bytes] = {}
        self._name_key = pack((name,))

    def find(self, scope: Scope, *key: Part) -> R | None:
        """Return the record at ``key``, or None."""
        if self._found is not None:
            return self._find_decoded(scope, self._found, key)
        value = scope.writes.get(self._place(scope) + self._name_key + pack(key))
        return self._decode(value) if value is not None else None

    def _find_decoded(self, scope: Scope, known: dict[tuple[Part, ...], _Found], key: Key) -> R | None:
        """As ``find``. A record is decoded again when the store answers with other bytes than those it was read from:
        not equal ones, the very same, so that a stale record is impossible whatever the store does.
        """
        full = key if self.reach == "global" else (scope.account, scope.region, *key)
        found = known.get(full)
        if found is None:
            if len(known) >= _MAX_FOUND:
                known.clear()
            found = known[full] = _Found(self._place(scope) + self._name_key + pack(key))
        value = scope.writes.get(found.key)
        if value is not found.value:
            found.record = self._decode(value) if value is not None else None
            found.value = value
        record: R | None = found.record
        return record

    def insert(self, scope: Scope, record: R) -> None:
        """Write a record whose key is known to be free."""
        place = self._place(scope)
        key = pack(self._key_of(record))
        changes = scope.writes.changes
        changes[place + self._name_key + key] = self._encode(record)
        for head, values_of in self._indexes.values():
            values = values_of(record)
            if None not in values:
                changes[place + head + pack(values) + key] = key

    def replace(self, scope: Scope, old: R, new: R) -> None:
        """Write ``new`` over ``old``, which is the record now at the same key."""
        place = self._place(scope)
        key = pack(self._key_of(new))
        changes = scope.writes.changes
        changes[place + self._name_key + key] = self._encode(new)
        for head, values_of in self._indexes.values():
            before, now = values_of(old), values_of(new)
            if before != now:
                if None not in before:
                    changes[place + head + pack(before) + key] = None
                if None not in now:
                    changes[place + head + pack(now) + key] = key

    def put(self, scope: Scope, record: R) -> None:
        """Write a record, whether or not one is at its key already."""
        old = self.find(scope, *self._key_of(record)) if self._indexes else None
        if old is None:
            self.insert(scope, record)
        else:
            self.replace(scope, old, record)

    def delete(self, scope: Scope, record: R) -> None:
        """Remove ``record``, which is the record now at its key."""
        place = self._place(scope)
        key = pack(self._key_of(record))
        changes = scope.writes.changes
        changes[place + self._name_key + key] = None
        for head, values_of in self._indexes.values():
            values = values_of(record)
            if None not in values:
                changes[place + head + pack(values) + key] = None

    def drop(self, scope: Scope, *key: Part) -> None:
        """Remove whatever is at ``key``, unread. For tables without indexes."""
        assert not self._indexes, f"{self.name} has indexes to keep; delete its records"
        scope.writes.changes[self._place(scope) + self._name_key + pack(key)] = None

    def scan(
        self,
        scope: Scope,
        *prefix: Part,
        start: tuple[Part, ...] | None = None,
        past: tuple[Part, ...] | None = None,
        stop: tuple[Part, ...] | None = None,
        starting: str = "",
        beyond: str = "",
        limit: int | None = None,
        reverse: bool = False,
    ) -> Iterator[R]:
        """Yield the records whose key starts with ``prefix``, in key order.

        ``start`` (inclusive) or ``past`` (exclusive, with all keys it is a prefix of) and ``stop`` (exclusive)
        narrow the rest of the key; ``starting`` asks the next part to be text that starts so, ``beyond`` skips all
        text up to the last that starts so. Do not write to the table while iterating: take a list first.
        """
        first, last = _bounds(self._place(scope) + self._name_key + pack(prefix), start, past, stop, starting, beyond)
        decode = self._decode
        for _, value in scope.writes.scan(first, last, limit=limit, reverse=reverse):
            yield decode(value)

    def scan_all(self, store: Readable) -> Iterator[R]:
        """Yield the records of a table of global reach from a store nobody works on, such as a snapshot's."""
        assert self.reach == "global"
        base = pack(("", "")) + self._name_key
        for _, value in store.scan(base, after(base)):
            yield self._decode(value)

    def scan_by(
        self,
        scope: Scope,
        index: str,
        *prefix: Part,
        start: tuple[Part, ...] | None = None,
        past: tuple[Part, ...] | None = None,
        stop: tuple[Part, ...] | None = None,
        starting: str = "",
        limit: int | None = None,
        reverse: bool = False,
    ) -> Iterator[R]:
        """As ``scan``, over the values of ``index`` followed by the key."""
        place = self._place(scope)
        base = place + self._name_key
        first, last = _bounds(place + self._indexes[index][0] + pack(prefix), start, past, stop, starting)
        get, decode = scope.writes.get, self._decode
        for _, key in list(scope.writes.scan(first, last, limit=limit, reverse=reverse)):
            value = get(base + key)
            assert value is not None, f"index {index} of {self.name} points at nothing"
            yield decode(value)

    def count_by(
        self,
        scope: Scope,
        index: str,
        *prefix: Part,
        start: tuple[Part, ...] | None = None,
        stop: tuple[Part, ...] | None = None,
    ) -> int:
        """Return how many entries ``scan_by`` would yield. Costs one step an entry."""
        first, last = _bounds(self._place(scope) + self._indexes[index][0] + pack(prefix), start, None, stop)
        return sum(1 for _ in scope.writes.scan(first, last))

    def clear(self, scope: Scope, *prefix: Part) -> int:
        """Delete the records whose key starts with ``prefix``; return how many."""
        records = list(self.scan(scope, *prefix))
        for record in records:
            self.delete(scope, record)
        return len(records)

    def _place(self, scope: Scope) -> bytes:
        where = (scope.account, scope.region)
        found = self._prefixes.get(where)
        if found is None:
            if len(self._prefixes) >= _MAX_PREFIXES:
                self._prefixes.clear()
            found = self._prefixes[where] = pack(
                {"region": where, "account": (scope.account, ""), "global": ("", "")}[self.reach]
            )
        return found


def _tuple_getter(attributes: tuple[str, ...]) -> Any:
    if len(attributes) == 1:
        single = attrgetter(attributes[0])
        return lambda record: (single(record),)
    return attrgetter(*attributes)


def _bounds(
    base: bytes,
    start: tuple[Part, ...] | None,
    past: tuple[Part, ...] | None,
    stop: tuple[Part, ...] | None,
    starting: str = "",
    beyond: str = "",
) -> tuple[bytes, bytes]:
    first, last = base, after(base)
    if starting:
        first = base + pack((starting,))[:-1]  # without the terminator: every text that goes on from here
        last = after(first)
    if beyond:
        first = max(first, after(base + pack((beyond,))[:-1]))
    if past is not None:
        first = max(first, after(base + pack(past)))
    elif start is not None:
        first = max(first, base + pack(start))
    if stop is not None:
        last = min(last, base + pack(stop))
    return first, last


class Counter:
    """Whole numbers that are added to: how many messages, how many bytes."""

    def __init__(self, name: str, *, reach: Reach = "region") -> None:
        self._table: Table[Number] = Table(name, Number, key=("key",), reach=reach)

    def get(self, scope: Scope, key: str) -> int:
        """Return the number at ``key``; 0 when nothing was ever added."""
        found = self._table.find(scope, key)
        return found.value if found is not None else 0

    def add(self, scope: Scope, key: str, amount: int) -> None:
        """Add ``amount``, which may be negative."""
        self.set(scope, key, self.get(scope, key) + amount)

    def set(self, scope: Scope, key: str, value: int) -> None:
        self._table.insert(scope, Number(key=key, value=value))

    def drop(self, scope: Scope, key: str) -> None:
        """Forget the number at ``key``: it is 0 again."""
        self._table.drop(scope, key)
