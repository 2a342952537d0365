"""The bytes of archives: encrypted and hashed as they come, small ones into the store, large ones into blobs."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple

from skyglobe.kernel.blob_uses import release_blob, use_blob
from skyglobe.kernel.blobs import INLINE_BYTES, BlobWriter, Lease
from skyglobe.kernel.call import Call
from skyglobe.kernel.file_slices import FileSlice
from skyglobe.kernel.frames import KEY_BYTES, NONCE_BYTES, FrameCipher, FrameWriter, Wrapping, sealed_value
from skyglobe.kernel.kernel import Kernel
from skyglobe.kernel.scope import Scope
from skyglobe.services.glacier import refusals
from skyglobe.services.glacier.records import Chunk, Extent, chunks
from skyglobe.services.glacier.rules.tree_hashes import TreeHash

BATCH_BYTES = 1024 * 1024
"""Handed to a thread at a time."""


class Taken(NamedTuple):
    """Bytes that arrived whole, not yet named in the store: ``keep`` or ``forget`` them."""

    size_bytes: int
    tree_hash: str
    data: bytes = b""
    blob: str = ""
    """Empty when ``data`` is all of it."""
    key: bytes = b""


def is_small(call: Call, body: bytes) -> bool:
    """Whether the body is at hand and small enough for the store."""
    return call.request.stream is None and len(body) <= INLINE_BYTES


def take(body: bytes) -> Taken:
    """Hash a small body, on the spot."""
    tree = TreeHash()
    tree.update(body)
    return Taken(len(body), tree.hexdigest(), body)


class Writing:
    """Bytes on their way into a blob."""

    def __init__(self, kernel: Kernel) -> None:
        """Start a blob. Raises ServiceUnavailableException when the disk is full."""
        self._kernel = kernel
        self._key = kernel.ids.token(KEY_BYTES)
        try:
            self._writer: BlobWriter = kernel.blobs.create()
        except OSError as error:
            raise refusals.no_room(error.strerror or error) from error
        self._frames = FrameWriter(self._writer, FrameCipher([self._key]))
        self._tree = TreeHash()

    @property
    def size_bytes(self) -> int:
        return self._tree.size_bytes

    def write(self, pieces: Sequence[bytes]) -> None:
        """Append pieces. For threads."""
        for piece in pieces:
            self._tree.update(piece)
        self._frames.write(pieces)

    def finish(self) -> Taken:
        """Make the blob permanent. For threads."""
        self._frames.finish()
        return Taken(self._tree.size_bytes, self._tree.hexdigest(), b"", self._writer.blob, self._key)

    def discard(self) -> None:
        """Throw away what was written."""
        self._writer.discard()
        self._kernel.blobs.delete(self._writer.blob)


async def receive(call: Call, body: bytes, limit: int) -> Taken:
    """Write a body to a blob as it comes, in constant memory.

    Raises InvalidParameterValueException beyond ``limit`` bytes, ServiceUnavailableException when the disk is full, and
    what the stream raises. Nothing is left then.
    """
    writing = Writing(call.kernel)
    try:
        if call.request.stream is None:
            await asyncio.to_thread(writing.write, (body,))
        else:
            await _pour(call, writing, limit)
        return await asyncio.to_thread(writing.finish)
    except OSError as error:
        writing.discard()
        raise refusals.no_room(error.strerror or error) from error
    except BaseException:
        writing.discard()
        raise


async def _pour(call: Call, writing: Writing, limit: int) -> None:
    stream = call.request.stream
    assert stream is not None
    batch: list[bytes] = []
    waiting = total = 0
    while piece := await stream.read():
        batch.append(piece)
        waiting += len(piece)
        total += len(piece)
        if total > limit:
            raise too_large(limit)
        if waiting >= BATCH_BYTES:
            await asyncio.to_thread(writing.write, batch)
            batch, waiting = [], 0
    await asyncio.to_thread(writing.write, batch)


def too_large(limit: int) -> Exception:
    return refusals.invalid(f"Invalid content length: the body must not be larger than {limit} bytes.")


def forget(kernel: Kernel, taken: Taken) -> None:
    """Throw away bytes that are not to be kept."""
    if taken.blob:
        kernel.blobs.delete(taken.blob)


def keep(scope: Scope, taken: Taken) -> list[Extent]:
    """Name the bytes in the store; return where they are."""
    ids, wrapping = scope.kernel.ids, _wrapping(scope.kernel.secret)
    if taken.blob:
        use_blob(scope, taken.blob)
        return [Extent(taken.size_bytes, taken.blob, 0, wrapping.wrap(ids.token(NONCE_BYTES), taken.key))]
    if not taken.data:
        return []
    chunk, key = scope.kernel.next_order(), ids.token(KEY_BYTES)
    chunks.insert(scope, Chunk(id=chunk, data=sealed_value([key], taken.data)))
    return [Extent(taken.size_bytes, "", chunk, wrapping.wrap(ids.token(NONCE_BYTES), key))]


def share(scope: Scope, extents: Iterable[Extent]) -> list[Extent]:
    """Let a job have the bytes of an archive too, whatever becomes of it."""
    shared: list[Extent] = []
    for extent in extents:
        if extent.blob:
            use_blob(scope, extent.blob)
            shared.append(extent)
        else:
            data = _stored(scope, extent)
            shared += keep(scope, Taken(len(data), "", data))
    return shared


def release(scope: Scope, extents: Iterable[Extent]) -> None:
    """Give up bytes. Blobs nobody has any more are deleted after the commit."""
    for extent in extents:
        if extent.blob:
            release_blob(scope, extent.blob)
        else:
            chunks.drop(scope, extent.chunk)


def lease(scope: Scope, extents: Iterable[Extent], start: int, length: int) -> Lease:
    """Return ``length`` bytes from ``start`` on, for a response to send, whatever is deleted in the meantime."""
    blobs, wrapping = scope.kernel.blobs, _wrapping(scope.kernel.secret)
    slices: list[FileSlice | bytes] = []
    names: list[str] = []
    for extent in extents:
        if not length:
            break
        if start >= extent.size_bytes:
            start -= extent.size_bytes
            continue
        size = min(extent.size_bytes - start, length)
        if extent.blob:
            cipher = FrameCipher([wrapping.unwrap(extent.key)])
            slices.append(blobs.sealed_slice(extent.blob, start, size, cipher, may_copy=False))
            names.append(extent.blob)
        else:
            slices.append(_stored(scope, extent)[start : start + size])
        length -= size
        start = 0
    return blobs.lease(slices, names)


def _stored(scope: Scope, extent: Extent) -> bytes:
    chunk = chunks.find(scope, extent.chunk)
    assert chunk is not None, f"no chunk {extent.chunk}"
    return FrameCipher([_wrapping(scope.kernel.secret).unwrap(extent.key)]).opened(chunk.data)


@lru_cache(maxsize=16)  # clouds in one process
def _wrapping(secret: bytes) -> Wrapping:
    return Wrapping(blake2b(b"", key=secret, digest_size=KEY_BYTES, person=b"glacier").digest())
