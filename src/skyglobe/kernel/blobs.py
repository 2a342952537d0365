"""Large values as files beside the store: written aside, made durable, then renamed into place. Never changed."""

from __future__ import annotations

import contextlib
import os
import shutil
import threading
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from skyglobe.kernel.file_slices import FileSlice
from skyglobe.kernel.frames import FrameCipher
from skyglobe.kernel.ids import Ids
from skyglobe.kernel.sealed_files import PlainCopies, SealedSlice

INLINE_BYTES = 128 * 1024
"""Values up to this size belong in the store itself: one write instead of three, and group commit. Measured: putting
64 KiB so costs 2.3 times less than as a file, 256 KiB 1.5 times, but then a range of it is read at the price of all."""

MOST_PIECES = 512  # written at once; Linux and macOS take 1,024 (IOV_MAX)
LONG_GONE_BYTES = 64 * 1024 * 1024
"""A file from here on is removed in a thread: freeing its pages takes some 0.1 ms a mebibyte."""


class BlobWriter:
    """A blob that is being written. ``finish`` keeps it, ``discard`` (or never finishing) does not."""

    def __init__(self, blobs: Blobs, blob: str) -> None:
        self._blobs = blobs
        self.blob = blob
        """The id the blob will have."""
        self._path = blobs.folder / "incoming" / blob
        self._file: BinaryIO = open(self._path, "wb", buffering=0)  # noqa: SIM115 - closed by finish or discard
        self._is_open = True
        blobs.count_writer(1)
        self.size_bytes = 0

    def write(self, data: bytes | memoryview) -> None:
        """Append ``data``, from any thread, one call at a time. Raises OSError when the disk is full."""
        view = memoryview(data)
        while view:
            written = self._file.write(view)
            view = view[written:]
        self.size_bytes += len(data)

    def write_all(self, pieces: Sequence[bytes]) -> None:
        """As ``write``, of many small pieces, without joining them first."""
        for at in range(0, len(pieces), MOST_PIECES):
            some = pieces[at : at + MOST_PIECES]
            size = sum(map(len, some))
            written = os.writev(self._file.fileno(), some)
            self.size_bytes += written
            if written < size:
                self.write(b"".join(some)[written:])

    def finish(self) -> str:
        """Make the blob permanent and return its id. It must then be named in the store, or it is swept away."""
        if self._blobs.fsync:
            os.fsync(self._file.fileno())
        self._close()
        place = self._blobs.path(self.blob)
        try:
            self._path.rename(place)
        except FileNotFoundError:  # the first whose name begins so
            place.parent.mkdir(exist_ok=True)
            self._path.rename(place)
        if self._blobs.fsync:
            _fsync_folder(place.parent)
        return self.blob

    def discard(self) -> None:
        """Throw away what was written. Harmless after ``finish``."""
        self._close()
        self._path.unlink(missing_ok=True)

    def _close(self) -> None:
        if self._is_open:
            self._is_open = False
            self._blobs.count_writer(-1)
        self._file.close()


class Lease(list[FileSlice | bytes]):
    """Slices of blobs to send. Their files stay as long as anything refers to this list, deleted or not.

    A response refers to its body until it has been sent or given up, so what is being read outlives its deletion.
    """

    def __init__(self, blobs: Blobs, parts: Iterable[FileSlice | bytes], names: tuple[str, ...]) -> None:
        super().__init__(parts)
        self._blobs = blobs
        self._names = names

    def __del__(self) -> None:
        self._blobs.unlease(self._names)


class Blobs:
    """The blobs of one cloud, in a folder."""

    def __init__(self, folder: Path, ids: Ids, *, fsync: bool = False) -> None:
        self.folder = folder
        self.fsync = fsync
        self._ids = ids
        self._holds = 0
        self._leases: dict[str, int] = {}
        self._condemned: set[str] = set()
        self._lock = threading.Lock()  # a lease may end in any thread
        self.writers = 0
        """How many blobs are being written."""
        self.plain_copies = PlainCopies()
        self.unsettled: set[str] = set()
        """Blobs this process wrote that the store may not name yet: never to be swept away."""
        shutil.rmtree(folder / "incoming", ignore_errors=True)  # whatever was half written when the process died
        (folder / "incoming").mkdir(parents=True)

    def create(self) -> BlobWriter:
        """Start writing a new blob. Raises OSError when the disk is full."""
        blob = self._ids.hex("", 32)
        while self.path(blob).exists():  # whatever draws the ids, no blob is ever overwritten
            blob = self._ids.hex("", 32)
        self.unsettled.add(blob)
        return BlobWriter(self, blob)

    def count_writer(self, difference: int) -> None:
        """Take note that a blob begins or ends to be written, in any thread."""
        with self._lock:
            self.writers += difference

    def path(self, blob: str) -> Path:
        return self.folder / blob[:2] / blob

    def slice(self, blob: str, offset: int, length: int) -> FileSlice:
        """Return a part of a blob for a response to send."""
        return FileSlice(str(self.path(blob)), offset, length)

    def sealed_slice(self, blob: str, offset: int, length: int, cipher: FrameCipher, *, may_copy: bool) -> FileSlice:
        """Return a part of an encrypted blob for a response to send, by its place in the plain text.

        ``may_copy`` is whether a plain copy may be kept in memory.
        """
        copies = self.plain_copies if may_copy else None
        return SealedSlice(str(self.path(blob)), offset, length, cipher, copies)

    def read(self, blob: str, offset: int = 0, length: int = -1) -> bytes:
        """Return bytes of a blob. For small pieces: it blocks."""
        with open(self.path(blob), "rb") as file:
            file.seek(offset)
            return file.read(length)

    def lease(self, parts: Iterable[FileSlice | bytes], names: Iterable[str]) -> Lease:
        """Return ``parts`` for a response to send; the blobs ``names`` stay until then, whatever is deleted."""
        held = tuple(set(names))
        with self._lock:
            for name in held:
                self._leases[name] = self._leases.get(name, 0) + 1
        return Lease(self, parts, held)

    def unlease(self, names: tuple[str, ...]) -> None:
        """End a lease: remove what was deleted while it lasted."""
        with self._lock:
            for name in names:
                self._leases[name] -= 1
                if not self._leases[name]:
                    del self._leases[name]
            self._remove_condemned()

    def delete(self, blob: str) -> None:
        """Remove a blob that nothing in the store names any more. Call after the commit (``scope.after_commit``).

        The file goes when the last lease on it ends.
        """
        self.unsettled.discard(blob)
        with self._lock:
            self._condemned.add(blob)
            self._remove_condemned()

    @contextlib.contextmanager
    def hold(self) -> Iterator[None]:
        """Keep deleted blobs' files until the block ends, so that a consistent copy can be made."""
        with self._lock:
            self._holds += 1
        try:
            yield
        finally:
            with self._lock:
                self._holds -= 1
                self._remove_condemned()

    def _remove_condemned(self) -> None:
        if self._holds or not self._condemned:
            return
        free = [blob for blob in self._condemned if blob not in self._leases]
        for blob in free:
            self._condemned.discard(blob)
            self.plain_copies.forget(str(self.path(blob)))
            self._remove(blob)

    def _remove(self, blob: str) -> None:
        """Remove a file; what takes the system long beside the caller, who is everybody's event loop."""
        path, aside = self.path(blob), self.folder / "incoming" / blob
        try:
            if path.stat().st_size < LONG_GONE_BYTES:
                path.unlink()
                return
            path.rename(aside)  # the next start clears the folder, should this one not come to it
        except FileNotFoundError:
            return
        threading.Thread(target=aside.unlink, args=(True,), name="remove a blob", daemon=True).start()

    def names(self) -> Iterator[str]:
        """Yield the id of every finished blob."""
        for folder in self.folder.iterdir():
            if len(folder.name) == 2:
                for file in folder.iterdir():
                    yield file.name

    def take_over(self, source: Path) -> None:
        """Take over the blobs in the folder ``source``, by hard link where the file system can. Ours stay too."""
        copy_blobs((file.name for shelf in source.glob("??") for file in shelf.iterdir()), source, self.folder)


def copy_blobs(blobs: Iterable[str], source: Path, target: Path) -> tuple[int, int]:
    """Copy blobs between folders, by hard link where the file system can. Returns how many, and their bytes.

    Raises OSError when the disk is full, or a blob is not there.
    """
    count = size_bytes = 0
    for blob in blobs:
        place = target / blob[:2] / blob
        place.parent.mkdir(parents=True, exist_ok=True)
        _link(source / blob[:2] / blob, place)
        count += 1
        size_bytes += place.stat().st_size
    return count, size_bytes


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except FileExistsError:
        return  # the same id is the same bytes
    except OSError:
        shutil.copyfile(source, target)


def _fsync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
