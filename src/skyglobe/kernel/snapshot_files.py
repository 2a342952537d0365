"""A snapshot on disk: a folder with ``manifest.json``, ``store.sqlite`` and ``blobs/``, or all of it as one tar.

``store.sqlite`` is the same whatever store the cloud runs on; blobs are hard links where the file system has them.
"""

from __future__ import annotations

import os
import re
import shutil
import tarfile
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from skyglobe import __version__
from skyglobe.kernel.blob_uses import used_blobs
from skyglobe.kernel.blobs import copy_blobs
from skyglobe.kernel.clock import Instant
from skyglobe.kernel.folders import check_format
from skyglobe.kernel.sqlite_store import SqliteStore
from skyglobe.kernel.store import StoreFailure

FORMAT = 3
"""Raise it when an older program could not load a snapshot any more."""

_MEMBER = re.compile(r"manifest\.json|store\.sqlite|blobs|blobs/[0-9a-f]{2}|blobs/([0-9a-f]{2})/\1[0-9a-f]{30}")


class SnapshotError(Exception):
    """A snapshot cannot be made, found or used; the message says why."""


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a snapshot holds."""

    name: str
    format: int = FORMAT
    version: str = __version__
    """Of the program that made it."""
    created_at: datetime
    """On the machine's clock."""
    cloud_time: Instant
    """What the cloud's clock showed, milliseconds since the epoch."""
    pairs: int
    """Keys in the store."""
    store_bytes: int
    blobs: int
    blob_bytes: int


def complete(made: Path, name: str, cloud_time: Instant, blobs: Path) -> None:
    """Add the manifest to ``store.sqlite`` in the folder ``made``, and the blobs it names from the folder ``blobs``."""
    (made / "blobs").mkdir()
    count, blob_bytes = copy_blobs(blobs_in(made / "store.sqlite"), blobs, made / "blobs")
    manifest = Manifest(
        name=name,
        created_at=datetime.now(UTC),
        cloud_time=cloud_time,
        pairs=_pairs_in(made / "store.sqlite"),
        store_bytes=(made / "store.sqlite").stat().st_size,
        blobs=count,
        blob_bytes=blob_bytes,
    )
    write_manifest(made, manifest)


def write_manifest(place: Path, manifest: Manifest) -> None:
    (place / "manifest.json").write_bytes(msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n")
    sync(place / "manifest.json")
    sync(place)


def read_manifest(place: Path) -> Manifest:
    """Read the manifest in the folder ``place``. Raises ``SnapshotError`` without one, or when its format is newer."""
    try:
        manifest = msgspec.json.decode((place / "manifest.json").read_bytes(), type=Manifest)
    except (OSError, msgspec.MsgspecError) as error:
        raise SnapshotError(f"{place} is no snapshot: {error}") from error
    if manifest.format > FORMAT:
        raise SnapshotError(
            f"{place} was made by version {manifest.version} in format {manifest.format}; "
            f"this version reads formats up to {FORMAT}"
        )
    return manifest


def blobs_in(store: Path) -> list[str]:
    """Return the ids of the blobs a saved store names. Raises ``SnapshotError`` when it is none."""
    try:
        reader = SqliteStore.open_readonly(store)
        try:
            return list(used_blobs(reader))
        finally:
            reader.close()
    except StoreFailure as error:
        raise SnapshotError(f"{store} is no snapshot's store: {error}") from error


def _pairs_in(store: Path) -> int:
    reader = SqliteStore.open_readonly(store)
    try:
        return reader.count()
    finally:
        reader.close()


def make_data_folder(source: Path, target: Path) -> None:
    """Make the data folder ``target``, which does not exist or is empty, from the snapshot in the folder ``source``."""
    target.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=".new-", dir=target.parent))
    try:
        shutil.copyfile(source / "store.sqlite", made / "store.sqlite")
        copy_blobs(blobs_in(source / "store.sqlite"), source / "blobs", made / "blobs")
        check_format(made)
        made.chmod(0o755)
        made.rename(target)  # takes the place of an empty folder
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise


def write_tar(source: Path, target: Path) -> None:
    """Write the snapshot in the folder ``source`` to one tar file, which appears when it is whole."""
    written = target.with_name(f".{target.name}.new")
    try:
        with tarfile.open(written, "w") as tar:
            for name in ("manifest.json", "store.sqlite", "blobs"):
                tar.add(source / name, name)
        written.rename(target)
    finally:
        written.unlink(missing_ok=True)


def read_tar(source: Path, target: Path) -> None:
    """Unpack into the folder ``target`` what ``write_tar`` wrote. Raises ``SnapshotError`` for anything else."""
    try:
        with tarfile.open(source) as tar:
            for member in tar:
                if not _MEMBER.fullmatch(member.name) or not (member.isfile() or member.isdir()):
                    raise SnapshotError(f"{source} is no exported snapshot: it contains {member.name}")
                tar.extract(member, target, set_attrs=False)
    except (OSError, tarfile.TarError) as error:
        raise SnapshotError(f"{source} cannot be read: {error}") from error
    (target / "blobs").mkdir(exist_ok=True)
    named = blobs_in(target / "store.sqlite")
    missing = sum(not (target / "blobs" / blob[:2] / blob).is_file() for blob in named)
    if missing:
        raise SnapshotError(f"{source} is incomplete: {missing} blobs are missing")


def sync(path: Path) -> None:
    """Make a file, or the names in a folder, durable."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
