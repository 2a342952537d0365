"""States of the whole cloud to go back to, to fork from, and to carry to another machine."""

from __future__ import annotations

import asyncio
import contextlib
import re
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from skyglobe.kernel.blob_uses import sweep_blobs
from skyglobe.kernel.blobs import copy_blobs
from skyglobe.kernel.snapshot_files import (
    Manifest,
    SnapshotError,
    blobs_in,
    complete,
    make_data_folder,
    read_manifest,
    read_tar,
    sync,
    write_manifest,
    write_tar,
)
from skyglobe.kernel.sqlite_store import SqliteStore

if TYPE_CHECKING:
    from skyglobe.kernel.kernel import Kernel

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_UNFINISHED = ".new-"


class Snapshots:
    """The snapshots of one cloud, in a folder. Requests are served while they are saved.

    Loading and resetting hold all work back for the moment in which the store's content is exchanged.
    """

    def __init__(self, kernel: Kernel, folder: Path) -> None:
        self._kernel = kernel
        self.folder = folder
        """Where they are kept. A cloud in memory may be given a lasting place."""
        self._alone = asyncio.Lock()

    def clean(self) -> None:
        """Remove what a crash left half made."""
        for unfinished in self.folder.glob(f"{_UNFINISHED}*"):
            shutil.rmtree(unfinished)

    async def save(self, name: str, *, replace: bool = False) -> Manifest:
        """Save the cloud's state as ``name``. Raises ``SnapshotError`` when it exists and is not to be replaced."""
        self._check_free(name, replace)
        async with self._alone:
            made = await self._copy_out(name)
            try:
                self._put_in_place(made, self.folder / name, replace)
            except BaseException:
                shutil.rmtree(made, ignore_errors=True)
                raise
        return read_manifest(self.folder / name)

    async def load(self, name: str) -> Manifest:
        """Put the state ``name`` in the place of the present one, the clock's included. Nothing is kept of that."""
        source = self._find(name)
        manifest = read_manifest(source)
        async with self._alone:
            await self._exchange(source / "store.sqlite", source / "blobs")
        return manifest

    async def reset(self) -> None:
        """Empty the cloud: no resources, no faults, the clock on the machine's time. Snapshots stay."""
        async with self._alone:
            with tempfile.TemporaryDirectory(prefix="skyglobe-") as folder:
                empty = Path(folder) / "empty.sqlite"
                SqliteStore(empty).close()
                await self._exchange(empty, None)

    def list(self) -> list[Manifest]:
        """Return what snapshots there are, oldest first."""
        if not self.folder.is_dir():
            return []
        found = [read_manifest(place) for place in self.folder.iterdir() if _NAME.fullmatch(place.name)]
        return sorted(found, key=lambda manifest: (manifest.created_at, manifest.name))

    def delete(self, name: str) -> None:
        """Remove a snapshot. Raises ``SnapshotError`` when there is none of this name."""
        self._discard(self._find(name))

    async def fork(self, name: str | None, target: Path) -> Manifest:
        """Make ``target`` the data folder of a second cloud, in the state ``name`` or, with None, the present one.

        Raises ``SnapshotError`` when ``target`` exists and is not an empty folder. The fork is a cloud of its own:
        blobs are shared as hard links, and nobody ever changes a blob.
        """
        _check_empty(target)
        if name is not None:
            await asyncio.to_thread(make_data_folder, self._find(name), target)
            return read_manifest(self._find(name))
        async with self._alone:
            made = await self._copy_out("fork")
        try:
            await asyncio.to_thread(make_data_folder, made, target)
            return read_manifest(made)
        finally:
            shutil.rmtree(made, ignore_errors=True)

    async def export(self, name: str, target: Path) -> None:
        """Write a snapshot to one tar file, to be kept as an artifact or carried elsewhere."""
        await asyncio.to_thread(write_tar, self._find(name), target)

    async def take_in(self, source: Path, name: str | None = None, *, replace: bool = False) -> Manifest:
        """Add a snapshot from a tar file that ``export`` wrote, under its own name or ``name``."""
        made = self._new_folder()
        try:
            await asyncio.to_thread(read_tar, source, made)
            manifest = msgspec.structs.replace(read_manifest(made), name=name or read_manifest(made).name)
            self._check_free(manifest.name, replace)
            write_manifest(made, manifest)
            self._put_in_place(made, self.folder / manifest.name, replace)
        except BaseException:
            shutil.rmtree(made, ignore_errors=True)
            raise
        return manifest

    async def _copy_out(self, name: str) -> Path:
        """Write the cloud's present state to a new folder without a name."""
        kernel = self._kernel
        made = self._new_folder()
        try:
            await kernel.metrics.flush()
            with kernel.blobs.hold():
                # Whatever blob the copy of the store names is there until the hold ends.
                cloud_time = kernel.clock.now()
                with contextlib.nullcontext() if kernel.store.saves_beside else kernel.turns.paused():
                    kernel.turns.flush()
                    await asyncio.to_thread(kernel.store.save, made / "store.sqlite")
                await asyncio.to_thread(complete, made, name, cloud_time, kernel.blobs.folder)
        except BaseException:
            shutil.rmtree(made, ignore_errors=True)
            raise
        return made

    async def _exchange(self, store: Path, blobs: Path | None) -> None:
        kernel = self._kernel
        arriving = set(await asyncio.to_thread(blobs_in, store)) if blobs is not None else set()
        kernel.blobs.unsettled |= arriving
        if blobs is not None:
            await asyncio.to_thread(copy_blobs, arriving, blobs, kernel.blobs.folder)
        try:
            await kernel.exchange(lambda: kernel.store.load(store))
        finally:
            kernel.blobs.unsettled -= arriving
            await sweep_blobs(kernel)

    def _check_free(self, name: str, replace: bool) -> None:
        if not _NAME.fullmatch(name):
            raise SnapshotError(
                f"{name!r} cannot be a snapshot's name: take up to 64 letters, digits, dots, dashes and underscores, "
                "a letter or digit first"
            )
        if not replace and (self.folder / name).exists():
            raise SnapshotError(f"a snapshot {name} exists already")

    def _find(self, name: str) -> Path:
        if not _NAME.fullmatch(name) or not (self.folder / name).is_dir():
            raise SnapshotError(f"there is no snapshot {name}")
        return self.folder / name

    def _new_folder(self) -> Path:
        self.folder.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=self.folder))

    def _put_in_place(self, made: Path, place: Path, replace: bool) -> None:
        if replace and place.exists():
            self._discard(place)
        made.rename(place)
        sync(self.folder)

    def _discard(self, place: Path) -> None:
        gone = self._new_folder()
        place.rename(gone / "gone")
        shutil.rmtree(gone)


def _check_empty(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise SnapshotError(f"{folder} is not an empty folder")
