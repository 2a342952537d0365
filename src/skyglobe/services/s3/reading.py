"""Bytes on their way out: which spans an object's bytes are in, as slices to send or pieces to hash."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator

from skyglobe.kernel.blobs import Lease
from skyglobe.kernel.errors import Damaged
from skyglobe.kernel.file_slices import FileSlice
from skyglobe.kernel.scope import Scope
from skyglobe.services.s3 import errors
from skyglobe.services.s3.envelopes import Envelope
from skyglobe.services.s3.records import Details, Layout, Part, Span, chunks, layouts, parts


def spans_of(scope: Scope, details: Details, start: int, length: int) -> list[Span]:
    """Return where ``length`` bytes of an object from ``start`` on are."""
    if not length:
        return []
    if details.spans is not None:
        return cut(details.spans, start, length)
    layout = get_layout(scope, details)
    first = bisect_right(layout.ends, start)
    last = bisect_left(layout.ends, start + length)
    begin = layout.ends[first - 1] if first else 0
    wanted = parts_between(scope, details.upload, layout.numbers[first], layout.numbers[last])
    return cut([span for part in wanted for span in part.spans], start - begin, length)


def get_layout(scope: Scope, details: Details) -> Layout:
    """Return how an object that an upload made is put together."""
    layout = layouts.find(scope, details.upload)
    assert layout is not None, f"no layout of {details.upload}"
    return layout


def parts_between(scope: Scope, upload: str, first: int, last: int) -> list[Part]:
    """Return an upload's parts from number ``first`` to number ``last``."""
    return list(parts.scan(scope, upload, start=(first,), stop=(last + 1,)))


def cut(spans: Iterable[Span], start: int, length: int) -> list[Span]:
    """Return the spans that ``length`` bytes from ``start`` on lie in, cut to fit."""
    found: list[Span] = []
    for span in spans:
        if not length:
            break
        if start >= span.size_bytes:
            start -= span.size_bytes
            continue
        size = min(span.size_bytes - start, length)
        found.append(Span(size, span.blob, span.offset + start, span.chunk, span.key))
        length -= size
        start = 0
    return found


def body(scope: Scope, spans: list[Span], envelope: Envelope) -> bytes | Lease:
    """Return a response body: bytes when all are in the store, else slices whose files stay until they are sent."""
    if not any(span.blob for span in spans):
        return b"".join([stored(scope, span, envelope) for span in spans])
    return lease(scope, spans, envelope)


def lease(scope: Scope, spans: list[Span], envelope: Envelope) -> Lease:
    """Return the bytes of ``spans`` for use after this transaction, whatever is deleted in the meantime."""
    slices: list[FileSlice | bytes] = [
        _slice(scope, span, envelope) if span.blob else stored(scope, span, envelope) for span in spans
    ]
    return scope.kernel.blobs.lease(slices, [span.blob for span in spans if span.blob])


def _slice(scope: Scope, span: Span, envelope: Envelope) -> FileSlice:
    blobs = scope.kernel.blobs
    if not span.key:
        return blobs.slice(span.blob, span.offset, span.size_bytes)
    try:
        cipher = envelope.cipher(scope.kernel.caches, span)
    except Damaged as error:
        raise errors.damaged() from error
    return blobs.sealed_slice(span.blob, span.offset, span.size_bytes, cipher, may_copy=envelope.may_copy)


def pieces(held: Iterable[FileSlice | bytes]) -> Iterator[bytes]:
    """Yield the bytes of a lease. Blocks: for threads. Raises OSError."""
    for part in held:
        if isinstance(part, bytes):
            yield part
        else:
            yield from part.pieces()


def stored(scope: Scope, span: Span, envelope: Envelope) -> bytes:
    """Return bytes that are in the store. Raises InternalError when they are not what was written."""
    chunk = chunks.find(scope, span.chunk)
    assert chunk is not None, f"no chunk {span.chunk}"
    try:
        data = envelope.cipher(scope.kernel.caches, span).opened(chunk.data) if span.key else chunk.data
    except Damaged as error:
        raise errors.damaged() from error
    whole = not span.offset and span.size_bytes == len(data)
    return data if whole else data[span.offset : span.offset + span.size_bytes]
