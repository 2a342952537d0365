"""Which blobs the store names, and how often: what nothing names any more is deleted, at once or by a sweep."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from skyglobe.kernel.scope import Scope
from skyglobe.kernel.store import Readable
from skyglobe.kernel.tables import Record, Table

if TYPE_CHECKING:
    from skyglobe.kernel.kernel import Kernel

SWEEP_BATCH = 128  # blobs looked up between two looks at the rest of the event loop: about a millisecond


class BlobUse(Record, frozen=True):
    """How many records refer to one blob. Copies of an object share its bytes."""

    blob: str
    uses: int


_uses: Table[BlobUse] = Table("kernel.blobs", BlobUse, key=("blob",), reach="global")


def use_blob(scope: Scope, blob: str) -> None:
    """Count one more record that refers to ``blob``. Without any, a blob does not outlive the next start."""
    found = _uses.find(scope, blob)
    if found is None:
        use_new_blob(scope, blob)
    else:
        _uses.replace(scope, found, msgspec.structs.replace(found, uses=found.uses + 1))


def use_new_blob(scope: Scope, blob: str, records: int = 1) -> None:
    """As ``use_blob``, for ``records`` that are the first to refer to a blob."""
    _uses.insert(scope, BlobUse(blob=blob, uses=records))
    scope.after_commit(lambda: scope.kernel.blobs.unsettled.discard(blob))


def release_blob(scope: Scope, blob: str) -> None:
    """Count one record less; the last one gone, the blob is deleted after the commit."""
    found = _uses.find(scope, blob)
    if found is None:
        return
    if found.uses > 1:
        _uses.replace(scope, found, msgspec.structs.replace(found, uses=found.uses - 1))
        return
    _uses.delete(scope, found)
    scope.after_commit(lambda: scope.kernel.blobs.delete(blob))


def used_blobs(store: Readable) -> Iterator[str]:
    """Yield the ids of all blobs that a store names."""
    yield from (use.blob for use in _uses.scan_all(store))


async def sweep_blobs(kernel: Kernel) -> int:
    """Delete the blobs that no record refers to: what a crash left between the bytes and their commit, or after it.

    Runs beside everything else, may be cut off and run again at any time. Returns how many were deleted.
    """
    swept = 0
    blobs = kernel.blobs  # made here, once: making it in the thread too would clear away what is being written
    found = await asyncio.to_thread(lambda: list(blobs.names()))
    for at in range(0, len(found), SWEEP_BATCH):
        batch = found[at : at + SWEEP_BATCH]

        def unnamed(scope: Scope, batch: list[str] = batch) -> list[str]:
            # Both are asked at one instant: a blob settled later in this very turn is unsettled here.
            unsettled = blobs.unsettled
            return [blob for blob in batch if blob not in unsettled and _uses.find(scope, blob) is None]

        for blob in await kernel.transact(unnamed):
            blobs.delete(blob)
            swept += 1
        await asyncio.sleep(0)
    return swept
