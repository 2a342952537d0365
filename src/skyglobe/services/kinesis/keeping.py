"""Where the data of records lies: in their chunks, or in one blob for all chunks of a call that brings much of it.

A blob is written once, before the chunks that name it are committed, and deleted with the last of them. SQLite would
copy the same bytes several times over, page by page into its log and out of it again: 500 records of a KiB cost it
more than all else that is done about them.
"""

from __future__ import annotations

from msgspec.structs import replace

from skyglobe.kernel.blob_uses import release_blob, use_new_blob
from skyglobe.kernel.blobs import INLINE_BYTES
from skyglobe.kernel.errors import Damaged, ServiceError
from skyglobe.kernel.kernel import Kernel
from skyglobe.kernel.scope import Scope
from skyglobe.services.kinesis.records import Chunk, chunks


def keep(scope: Scope, filled: list[Chunk]) -> None:
    """Write the new chunks of a call. Raises ServiceUnavailable when there is no room for them."""
    sizes = [tuple(map(len, chunk.data)) for chunk in filled]
    # The commit's one fsync, where there is one, keeps chunks with their data; a blob would take two of its own.
    if sum(map(sum, sizes)) > INLINE_BYTES and not scope.kernel.blobs.fsync:
        filled = _set_apart(scope, filled, sizes)
    for chunk in filled:
        chunks.insert(scope, chunk)


def data_of(kernel: Kernel, chunk: Chunk) -> list[bytes]:
    """Return the data of each record of a chunk, as it is kept. Raises Damaged when there is less than was written."""
    if not chunk.blob:
        return chunk.data
    data = kernel.blobs.read(chunk.blob, chunk.blob_at, chunk.data_bytes)
    if len(data) != chunk.data_bytes:
        raise Damaged(f"blob {chunk.blob} ends before the records of a stream in it")
    found, at = [], 0
    for size in chunk.sizes:
        found.append(data[at : at + size])
        at += size
    return found


def forget(scope: Scope, chunk: Chunk) -> None:
    """Delete a chunk, and the blob its data lies in when no other chunk needs that."""
    chunks.delete(scope, chunk)
    if chunk.blob:
        release_blob(scope, chunk.blob)


def _set_apart(scope: Scope, filled: list[Chunk], sizes: list[tuple[int, ...]]) -> list[Chunk]:
    """Write the data of chunks to a new blob; return them without it."""
    blob = _write(scope.kernel, [data for chunk in filled for data in chunk.data])
    use_new_blob(scope, blob, len(filled))
    light, at = [], 0
    for chunk, its_sizes in zip(filled, sizes, strict=True):
        light.append(replace(chunk, data=[], blob=blob, blob_at=at, sizes=its_sizes))
        at += sum(its_sizes)
    return light


def _write(kernel: Kernel, pieces: list[bytes]) -> str:
    try:
        writer = kernel.blobs.create()
    except OSError as error:
        raise _no_room(error) from error
    try:
        writer.write_all(pieces)
        return writer.finish()
    except OSError as error:
        writer.discard()
        kernel.blobs.delete(writer.blob)
        raise _no_room(error) from error


def _no_room(error: OSError) -> ServiceError:
    text = f"The records could not be kept: {error.strerror}. Nothing was changed."
    return ServiceError(text, code="ServiceUnavailable", status=503)
