"""Pages of ordered keys, with what lies under a delimiter folded into common prefixes and skipped by a seek."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Generic, NamedTuple, TypeVar

WALKED = 8
"""Keys walked over under one common prefix before it is skipped by a seek: most prefixes are small, a seek costs as
much as some ten steps."""
CHUNK = 256
"""Entries asked for at a time while folding, so that no store reads far more than a page needs."""

T = TypeVar("T")


class Start(NamedTuple):
    """Where a page begins: past an entry, beyond everything under a prefix, or at the very beginning."""

    past: tuple[str, ...] | None = None
    beyond: str = ""


Entries = Callable[[Start, int], Iterable[T]]
"""Yields at most so many entries from a start on, in key order, all of the listing's prefix."""
PlaceOf = Callable[[T], tuple[str, ...]]
"""An entry's place in the order; its first part is the key."""


class Page(NamedTuple, Generic[T]):
    """What one page holds. ``end`` is where the next begins; None when this is the last."""

    entries: list[T]
    prefixes: list[str]
    end: Start | None


def read_page(
    entries: Entries[T], place_of: PlaceOf[T], *, prefix: str, delimiter: str, start: Start, limit: int
) -> Page[T]:
    """Return up to ``limit`` entries and common prefixes from ``start`` on.

    The cost is that of the page, whatever else there is and however much lies under a common prefix.
    """
    if limit <= 0:
        return Page([], [], None)
    if not delimiter:
        found = list(entries(start, limit + 1))
        more = len(found) > limit
        found = found[:limit]
        return Page(found, [], Start(past=place_of(found[-1])) if more else None)
    return _folded(entries, place_of, prefix, delimiter, start, limit)


def marker_start(marker: str, prefix: str, delimiter: str) -> Start:
    """Return where a page begins whose marker is a key, or a common prefix that an earlier page ended with."""
    if not marker:
        return Start()
    if delimiter and marker.startswith(prefix):
        at = marker.find(delimiter, len(prefix))
        if at >= 0 and at + len(delimiter) == len(marker):
            return Start(beyond=marker)
    return Start(past=(marker,))


def _folded(
    entries: Entries[T], place_of: PlaceOf[T], prefix: str, delimiter: str, start: Start, limit: int
) -> Page[T]:
    kept: list[T] = []
    prefixes: list[str] = []
    walk = _Walk(entries, place_of, start, min(CHUNK, limit + 1 + WALKED))
    end = start
    while (entry := walk.next()) is not None:
        if len(kept) + len(prefixes) == limit:
            return Page(kept, prefixes, end)
        place = place_of(entry)
        at = place[0].find(delimiter, len(prefix))
        if at < 0:
            kept.append(entry)
            end = Start(past=place)
            continue
        common = place[0][: at + len(delimiter)]
        prefixes.append(common)
        end = Start(beyond=common)
        walk.skip(common)
    return Page(kept, prefixes, None)


class _Walk(Generic[T]):
    """Entries one after another, fetched in chunks."""

    def __init__(self, entries: Entries[T], place_of: PlaceOf[T], start: Start, chunk: int) -> None:
        self._entries = entries
        self._place_of = place_of
        self._chunk = chunk
        self._pushed: T | None = None
        self._last: T | None = None
        self._seek(start)

    def next(self) -> T | None:
        if self._pushed is not None:
            entry, self._pushed = self._pushed, None
            return entry
        for entry in self._source:
            self._taken += 1
            self._last = entry
            return entry
        if self._taken < self._chunk or self._last is None:
            return None
        self._seek(Start(past=self._place_of(self._last)))
        return self.next()

    def skip(self, common: str) -> None:
        """Leave out everything under ``common``: a few steps first, then a seek."""
        for _ in range(WALKED):
            entry = self.next()
            if entry is None:
                return
            if not self._place_of(entry)[0].startswith(common):
                self._pushed = entry
                return
        self._seek(Start(beyond=common))

    def _seek(self, start: Start) -> None:
        self._source: Iterator[T] = iter(self._entries(start, self._chunk))
        self._taken = 0
        self._last = None
