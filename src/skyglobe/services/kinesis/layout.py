"""The open shards of one stream, as one piece of work opens, splits and merges them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable

from msgspec.structs import replace

from skyglobe.kernel.scope import Scope
from skyglobe.services.kinesis.records import Routing, Shard, Stream, routings, shards
from skyglobe.services.kinesis.rules.hashing import Span, even_spans, packed
from skyglobe.services.kinesis.rules.resharding import Merge, Split


def open_count(scope: Scope, stream: Stream) -> int:
    """Return how many open shards a stream has."""
    routing = routings.find(scope, stream.number)
    return len(routing.shards) if routing is not None else 0


class Layout:
    """See the module. What it does is written by ``save``."""

    def __init__(self, scope: Scope, stream: Stream) -> None:
        self._scope = scope
        self._stream = stream
        routing = routings.find(scope, stream.number)
        found = [shards.find(scope, stream.number, index) for index in (routing.shards if routing else ())]
        self._open: list[Shard] = [shard for shard in found if shard is not None]
        self._starts = [shard.start for shard in self._open]
        self._changed: dict[int, Shard] = {}

    @property
    def spans(self) -> list[Span]:
        """What the open shards cover, in order."""
        return [Span(int.from_bytes(shard.start), int.from_bytes(shard.end)) for shard in self._open]

    def open_first(self, count: int) -> None:
        """Open a new stream's shards."""
        for span in even_spans(count):
            self._insert(self._new(packed(span.start), packed(span.end)))

    def apply(self, steps: Iterable[Split | Merge]) -> None:
        """Split and merge open shards."""
        for step in steps:
            if isinstance(step, Split):
                self._split(packed(step.at))
            else:
                self._merge(packed(step.at))

    def save(self) -> Stream:
        """Write what was changed, and return the stream as it is then."""
        scope, stream = self._scope, self._stream
        for shard in self._changed.values():
            shards.insert(scope, shard)
        routing = Routing(
            stream=stream.number,
            starts=self._starts,
            shards=[shard.index for shard in self._open],
            created=[shard.created_s for shard in self._open],
        )
        routings.insert(scope, routing)
        for index in self._changed:
            scope.notify("kinesis", str(stream.number), str(index))
        return stream

    def _split(self, at: bytes) -> None:
        place = bisect_right(self._starts, at) - 1
        parent = self._open[place]
        assert parent.start < at <= parent.end, "a split is strictly within its shard"
        first = self._new(parent.start, packed(int.from_bytes(at) - 1), parent.index)
        second = self._new(at, parent.end, parent.index)
        self._remove(place, (first.index, second.index))
        self._insert(first)
        self._insert(second)

    def _merge(self, at: bytes) -> None:
        place = bisect_left(self._starts, at)
        lower, upper = self._open[place - 1], self._open[place]
        assert upper.start == at, "a merge is where two shards meet"
        child = self._new(lower.start, upper.end, lower.index, upper.index)
        self._remove(place, (child.index,))
        self._remove(place - 1, (child.index,))
        self._insert(child)

    def _new(self, start: bytes, end: bytes, parent: int | None = None, adjacent: int | None = None) -> Shard:
        index = self._stream.next_shard
        self._stream = replace(self._stream, next_shard=index + 1)
        opened = self._scope.kernel.next_order()
        return Shard(
            stream=self._stream.number,
            index=index,
            start=start,
            end=end,
            opened=opened,
            parent=parent,
            adjacent=adjacent,
        )

    def _insert(self, shard: Shard) -> None:
        place = bisect_left(self._starts, shard.start)
        self._open.insert(place, shard)
        self._starts.insert(place, shard.start)
        self._changed[shard.index] = shard

    def _remove(self, place: int, children: tuple[int, ...]) -> None:
        shard = self._open.pop(place)
        self._starts.pop(place)
        self._changed[shard.index] = replace(shard, closed=self._scope.kernel.next_order(), children=children)
