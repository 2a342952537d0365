"""Reading events in the order of their positions: of one stream, forward and backward, or of many at once."""

from __future__ import annotations

import heapq
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import groupby

from skyglobe.kernel.scope import Scope
from skyglobe.services.logs.packing import Event, events_of_batch, events_of_chunk
from skyglobe.services.logs.records import SLOT_FOR, Chunk, chunks, fresh, slots
from skyglobe.services.logs.rules.positions import Position

CHUNKS_AT_ONCE = 16  # read of one stream
CHUNKS_OF_MANY = 2  # of each of many streams that are read side by side
FEW_STREAMS = 16
SLOTS_AT_ONCE = 256
MAX_FRESH_KEPT = 256  # streams whose fresh events a search remembers

_PROMISED = -1

Found = tuple[Event, int]
"""An event, and the number of its stream."""


class Reader:
    """Reads events. What is fresh of a stream is read once."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._fresh: dict[int, list[Event]] = {}

    def forward(self, stream: int, start: Position, stop_at: int) -> Iterator[Event]:
        """Yield the events of a stream from ``start`` on whose time is before ``stop_at``."""
        newest = _between(self._fresh_of(stream), start, stop_at)
        packed = self._packed_forward(stream, start, stop_at)
        return heapq.merge(newest, packed) if newest else packed

    def backward(self, stream: int, before: Position, from_at: int) -> Iterator[Event]:
        """Yield the events of a stream before ``before``, latest first, down to the time ``from_at``."""
        newest = _within(self._fresh_of(stream), before, from_at)
        packed = self._packed_backward(stream, before, from_at)
        return heapq.merge(newest[::-1], packed, reverse=True) if newest else packed

    def across(self, streams: Sequence[int], start: Position, stop_at: int) -> Iterator[Found]:
        """As ``forward``, for several streams. What of a stream comes later is not unpacked before its time."""
        at_once = CHUNKS_AT_ONCE if len(streams) <= FEW_STREAMS else CHUNKS_OF_MANY
        found = heapq.merge(*(self._numbered(stream, start, stop_at, at_once) for stream in streams))
        return (one for one in found if one[0].order != _PROMISED)

    def of_group(self, group: int, start: Position, stop_at: int) -> Iterator[Found]:
        """As ``forward``, for all streams of a group, one slot after the other."""
        for slot, numbers in self._slots(group, start.at // SLOT_FOR, stop_at):
            begins = max(start, Position(slot * SLOT_FOR, 0))
            yield from self.across(numbers, begins, min(stop_at, (slot + 1) * SLOT_FOR))

    def _numbered(self, stream: int, start: Position, stop_at: int, at_once: int) -> Iterator[Found]:
        newest = _between(self._fresh_of(stream), start, stop_at)
        packed = self._packed_forward(stream, start, stop_at, at_once, promises=True)
        return ((event, stream) for event in (heapq.merge(newest, packed) if newest else packed))

    def _slots(self, group: int, first: int, stop_at: int) -> Iterator[tuple[int, list[int]]]:
        """Yield each slot that has events, and the streams they are of."""

        def rows() -> Iterator[tuple[int, int]]:
            past: tuple[int, ...] | None = None
            stop = (-(-stop_at // SLOT_FOR),)
            while True:
                start = (first,) if past is None else None
                found = list(slots.scan(self._scope, group, start=start, past=past, stop=stop, limit=SLOTS_AT_ONCE))
                yield from ((row.slot, row.stream) for row in found)
                if len(found) < SLOTS_AT_ONCE:
                    return
                past = (found[-1].slot, found[-1].stream)

        for slot, found in groupby(rows(), key=lambda row: row[0]):
            yield slot, [stream for _, stream in found]

    def _fresh_of(self, stream: int) -> list[Event]:
        found = self._fresh.get(stream)
        if found is None:
            if len(self._fresh) >= MAX_FRESH_KEPT:
                self._fresh.clear()
            found = [event for batch in fresh.scan(self._scope, stream) for event in events_of_batch(batch)]
            found.sort()
            self._fresh[stream] = found
        return found

    def _packed_forward(
        self, stream: int, start: Position, stop_at: int, at_once: int = CHUNKS_AT_ONCE, *, promises: bool = False
    ) -> Iterator[Event]:
        """Chunks that overlap are sorted into each other; a chunk does not reach beyond its slot.

        With ``promises``, a chunk that does not overlap those before is only announced at first, by an event of order
        ``_PROMISED`` that comes before all of its own.
        """
        run: list[Event] = []
        run_last = -1
        for chunk in self._chunks_forward(stream, start.at // SLOT_FOR * SLOT_FOR, stop_at, at_once):
            if chunk.last < start.at:
                continue
            if chunk.first > run_last:
                yield from _between(run, start, stop_at)
                run = []
                if promises:
                    yield Event(max(chunk.first, start.at), _PROMISED, "")
            run = _joined(run, events_of_chunk(chunk))
            run_last = max(run_last, chunk.last)
        yield from _between(run, start, stop_at)

    def _packed_backward(self, stream: int, before: Position, from_at: int) -> Iterator[Event]:
        stop = (before.at, before.order)
        found = self._chunks_backward(stream, from_at // SLOT_FOR * SLOT_FOR, stop)
        for _, of_slot in groupby(found, key=lambda chunk: chunk.first // SLOT_FOR):
            latest_first = sorted(of_slot, key=lambda chunk: (chunk.last, chunk.first, chunk.order), reverse=True)
            run: list[Event] = []
            run_first = -1
            for chunk in latest_first:
                if run and chunk.last < run_first:
                    yield from reversed(_within(run, before, from_at))
                    run = []
                run_first = min(run_first, chunk.first) if run else chunk.first
                run = _joined(run, events_of_chunk(chunk))
            yield from reversed(_within(run, before, from_at))

    def _chunks_forward(self, stream: int, first: int, stop_at: int, at_once: int) -> Iterator[Chunk]:
        past: tuple[int, int] | None = None
        while True:
            start = (first,) if past is None else None
            found = list(chunks.scan(self._scope, stream, start=start, past=past, stop=(stop_at,), limit=at_once))
            yield from found
            if len(found) < at_once:
                return
            past = (found[-1].first, found[-1].order)

    def _chunks_backward(self, stream: int, first: int, stop: tuple[int, int]) -> Iterator[Chunk]:
        while True:
            found = list(
                chunks.scan(self._scope, stream, start=(first,), stop=stop, limit=CHUNKS_AT_ONCE, reverse=True)
            )
            yield from found
            if len(found) < CHUNKS_AT_ONCE:
                return
            stop = (found[-1].first, found[-1].order)


def _joined(run: list[Event], more: list[Event]) -> list[Event]:
    """Return two sorted lists as one."""
    if not run:
        return more
    run += more
    run.sort()
    return run


def _between(events: list[Event], start: Position, stop_at: int) -> list[Event]:
    """Return those of sorted events that are at ``start`` or later, and before the time ``stop_at``."""
    return events[bisect_left(events, start) : bisect_left(events, (stop_at,))]


def _within(events: list[Event], before: Position, from_at: int) -> list[Event]:
    """Return those of sorted events that are before ``before``, and at the time ``from_at`` or later."""
    return events[bisect_left(events, (from_at,)) : bisect_left(events, before)]
