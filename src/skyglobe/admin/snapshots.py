"""Snapshots: saved states of the whole cloud."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import msgspec

from skyglobe.admin.dispatch import Refusal
from skyglobe.admin.interface import Admin
from skyglobe.admin.routes import route
from skyglobe.admin.status import Done
from skyglobe.kernel.snapshot_files import Manifest
from skyglobe.kernel.wire import Response

PIECE_BYTES = 256 * 1024  # of an exported file, read and sent at a time


class Snapshot(msgspec.Struct, frozen=True):
    """One saved state."""

    name: str
    created_at: datetime
    """On the machine's clock."""
    cloud_time_ms: int
    """What the cloud's clock showed, milliseconds since the epoch."""
    records: int
    blobs: int
    bytes: int
    """Records and blobs together; blobs may be shared with the cloud and other snapshots."""
    version: str
    """Of the program that made it."""


class Snapshots(msgspec.Struct, frozen=True):
    """What there is."""

    snapshots: list[Snapshot]


class Name(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A snapshot's name."""

    name: str


class NewSnapshot(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A snapshot to save."""

    name: str
    replace: bool = False
    """Whether one of the same name may be overwritten."""


class Fork(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A data folder to make for a second cloud."""

    folder: str
    """Absolute; it must be empty or not exist."""
    snapshot: str | None = None
    """The state to start from; the present one without."""


@route("GET", "/_skyglobe/snapshots")
async def list_snapshots(admin: Admin) -> Snapshots:
    """List the snapshots, oldest first."""
    return Snapshots([_told(manifest) for manifest in admin.kernel.snapshots.list()])


@route("POST", "/_skyglobe/snapshots")
async def save_snapshot(admin: Admin, given: NewSnapshot) -> Snapshot:
    """Save the cloud's state. Requests are served meanwhile."""
    return _told(await admin.kernel.snapshots.save(given.name, replace=given.replace))


@route("POST", "/_skyglobe/snapshots/{name}/load")
async def load_snapshot(admin: Admin, given: Name) -> Snapshot:
    """Put a saved state in the place of the present one, the clock's included."""
    return _told(await admin.kernel.snapshots.load(given.name))


@route("DELETE", "/_skyglobe/snapshots/{name}")
async def delete_snapshot(admin: Admin, given: Name) -> Done:
    """Delete a snapshot."""
    await asyncio.to_thread(admin.kernel.snapshots.delete, given.name)
    return Done()


@route("GET", "/_skyglobe/snapshots/{name}/export", media="application/x-tar")
async def export_snapshot(admin: Admin, given: Name) -> bytes:
    """Download a snapshot as one tar file."""
    folder = Path(tempfile.mkdtemp(prefix="skyglobe-"))
    try:
        await admin.kernel.snapshots.export(given.name, folder / "snapshot.tar")
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    headers = {"Content-Type": "application/x-tar", "Content-Disposition": f'attachment; filename="{given.name}.tar"'}
    return Response(200, headers, _read_and_remove(folder / "snapshot.tar"))  # type: ignore[return-value]


@route("POST", "/_skyglobe/forks")
async def fork_cloud(admin: Admin, given: Fork) -> Snapshot:
    """Make a data folder for a second cloud, in the state of a snapshot or the present one."""
    target = Path(given.folder)
    if not target.is_absolute():
        raise Refusal(400, f"{given.folder} must be an absolute path.")
    return _told(await admin.kernel.snapshots.fork(given.snapshot, target))


async def _read_and_remove(path: Path) -> AsyncIterator[bytes]:
    try:
        with path.open("rb") as file:
            while piece := await asyncio.to_thread(file.read, PIECE_BYTES):
                yield piece
    finally:
        shutil.rmtree(path.parent, ignore_errors=True)


def _told(manifest: Manifest) -> Snapshot:
    return Snapshot(
        name=manifest.name,
        created_at=manifest.created_at,
        cloud_time_ms=manifest.cloud_time,
        records=manifest.pairs,
        blobs=manifest.blobs,
        bytes=manifest.store_bytes + manifest.blob_bytes,
        version=manifest.version,
    )
