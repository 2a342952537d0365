"""Events as they are stored: fresh batches, and chunks that many batches are packed into."""

from __future__ import annotations

import zlib
from functools import partial
from itertools import repeat
from typing import NamedTuple

import msgspec

from skyglobe.kernel.scope import Scope
from skyglobe.services.logs.records import SLOT_FOR, Chunk, Fresh, chunks, fresh
from skyglobe.services.logs.rules.batches import EVENT_OVERHEAD_BYTES

MAX_FRESH = 64  # batches of one stream before they are packed
MAX_FRESH_BYTES = 65_536
CHUNK_BYTES = 32_768  # of events in one chunk: reading one event reads no more around it than this
_LEVEL = 1  # of zlib: a third of the size for a tenth of the time that its best would take
_WORTHWHILE_BYTES = 512

Spans = list[tuple[int, int]]


class Event(NamedTuple):
    """One log event."""

    at: int
    order: int
    text: str
    spans: Spans | None = None
    """Where in the text sensitive data begin and end; None when none were looked for or found."""

    @property
    def masked(self) -> str:
        """The text with an asterisk for each character of sensitive data."""
        if not self.spans:
            return self.text
        text = self.text
        for start, end in self.spans:
            text = text[:start] + "*" * (end - start) + text[end:]
        return text


_new_event = partial(tuple.__new__, Event)
"""Makes an event of a tuple, without the steps in Python that its own constructor takes."""


class _Content(msgspec.Struct, array_like=True):
    times: list[int]
    orders: list[int]
    texts: list[str]
    spans: dict[int, Spans]


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Content).decode


def events_of_batch(batch: Fresh) -> list[Event]:
    """Return the events of a batch, which are in order of time."""
    masks = batch.masks
    return [
        Event(at, batch.order + place, text, masks.get(place))
        for place, (at, text) in enumerate(zip(batch.times, batch.texts, strict=True))
    ]


def events_of_chunk(chunk: Chunk) -> list[Event]:
    """Return the events of a chunk, in order of position."""
    raw = chunk.packed[1:]
    content = _decode(zlib.decompress(raw) if chunk.packed[0] else raw)
    spans = content.spans
    if not spans:
        return list(map(_new_event, zip(content.times, content.orders, content.texts, repeat(None))))
    return [
        Event(at, order, text, spans.get(place))
        for place, (at, order, text) in enumerate(zip(content.times, content.orders, content.texts, strict=True))
    ]


def size_of(event: Event) -> int:
    """Return what an event counts as stored."""
    text = event.text
    length = len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
    return length + EVENT_OVERHEAD_BYTES


def pack_stream(scope: Scope, stream: int, coming: list[Event]) -> None:
    """Write a stream's fresh batches, and the events ``coming``, as chunks."""
    batches = list(fresh.scan(scope, stream))
    events = [event for batch in batches for event in events_of_batch(batch)] + coming
    for batch in batches:
        fresh.drop(scope, stream, batch.order)
    events.sort()
    start, size = 0, 0
    for place, event in enumerate(events):
        own = size_of(event)
        if place > start and (size + own > CHUNK_BYTES or event.at // SLOT_FOR != events[start].at // SLOT_FOR):
            chunks.insert(scope, _packed(stream, events[start:place], size))
            start, size = place, 0
        size += own
    if events:
        chunks.insert(scope, _packed(stream, events[start:], size))


def _packed(stream: int, events: list[Event], size: int) -> Chunk:
    content = _encode(
        _Content(
            [event.at for event in events],
            [event.order for event in events],
            [event.text for event in events],
            {place: event.spans for place, event in enumerate(events) if event.spans},
        )
    )
    is_worthwhile = len(content) > _WORTHWHILE_BYTES
    return Chunk(
        stream=stream,
        first=events[0].at,
        order=events[0].order,
        last=events[-1].at,
        count=len(events),
        size=size,
        packed=b"\1" + zlib.compress(content, _LEVEL) if is_worthwhile else b"\0" + content,
    )
