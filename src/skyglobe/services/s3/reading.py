"""Bytes on their way out: which spans an object's bytes are in, as slices to send or pieces to hash."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator

from skyglobe.kernel.blobs import Lease
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.wire import FileSlice
from skyglobe.services.s3.records import Details, Layout, Part, Span, chunks, layouts, parts

PIECE_BYTES = 1024 * 1024  # read from a file at a time


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
        found.append(Span(size, span.blob, span.offset + start, span.chunk))
        length -= size
        start = 0
    return found


def body(scope: Scope, spans: list[Span]) -> bytes | Lease:
    """Return a response body: bytes when all are in the store, else slices whose files stay until they are sent."""
    if not any(span.blob for span in spans):
        return b"".join([stored(scope, span) for span in spans])
    return lease(scope, spans)


def lease(scope: Scope, spans: list[Span]) -> Lease:
    """Return the bytes of ``spans`` for use after this transaction, whatever is deleted in the meantime."""
    blobs = scope.kernel.blobs
    slices: list[FileSlice | bytes] = [
        blobs.slice(span.blob, span.offset, span.size_bytes) if span.blob else stored(scope, span) for span in spans
    ]
    return blobs.lease(slices, [span.blob for span in spans if span.blob])


def pieces(held: Iterable[FileSlice | bytes]) -> Iterator[bytes]:
    """Yield the bytes of a lease. Blocks: for threads. Raises OSError."""
    for part in held:
        if isinstance(part, bytes):
            yield part
            continue
        with open(part.path, "rb", buffering=0) as file:
            file.seek(part.offset)
            left = part.length
            while left:
                piece = file.read(min(PIECE_BYTES, left))
                if not piece:
                    raise OSError(f"{part.path} ends {left} bytes too early")
                left -= len(piece)
                yield piece


def stored(scope: Scope, span: Span) -> bytes:
    """Return bytes that are in the store."""
    chunk = chunks.find(scope, span.chunk)
    assert chunk is not None, f"no chunk {span.chunk}"
    data = chunk.data
    whole = not span.offset and span.size_bytes == len(data)
    return data if whole else data[span.offset : span.offset + span.size_bytes]
