"""Parts of encrypted blobs to send, and plain copies in memory of those that are read again and again."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass

from skyglobe.kernel.file_slices import FileSlice, PlainFile
from skyglobe.kernel.frames import FRAME_BYTES, FrameCipher, frames_of, plain_bytes, sealed_bytes

PIECE_FRAMES = 4
"""Read and decrypted at a time: 256 KiB fit the second-level cache."""
PIECE_BYTES = PIECE_FRAMES * FRAME_BYTES
COPIES_BYTES = 64 * 1024 * 1024
"""Of plain copies in memory, of a cloud: the kernel sends them at less than half of what decrypting costs."""
MAX_COPIES = 64
"""Each is an open file, of which a process may have 1,024."""
SEEN = 1_024
"""Blobs read lately that are remembered: one gets a copy when it is read a second time."""


class PlainCopies:
    """Plain copies of encrypted blobs, in memory that has no name: those that are read most often.

    None where the system has no such memory.
    """

    def __init__(self, most_bytes: int = COPIES_BYTES) -> None:
        self._most_bytes = most_bytes if hasattr(os, "memfd_create") else 0
        self._kept: dict[str, tuple[PlainFile, int]] = {}
        self._kept_bytes = 0
        self._reads: dict[str, int] = {}
        self._lock = threading.Lock()  # blobs are deleted in any thread

    def find(self, path: str) -> PlainFile | None:
        """Return the copy of a blob that is read, or None."""
        with self._lock:
            reads = self._reads.pop(path, 0)
            if len(self._reads) >= SEEN:  # the least recently read is forgotten
                del self._reads[next(iter(self._reads))]
            self._reads[path] = reads + 1
            found = self._kept.get(path)
            return found[0] if found is not None else None

    def begin(self, path: str, size: int) -> PlainFile | None:
        """Return an empty file to be filled and kept, when a blob of ``size`` bytes is worth it, else None.

        It is when it was read before, and more often than those that would have to go: who reads many large blobs in
        turns must not pay for copies that are gone before they are used.
        """
        with self._lock:
            reads = self._reads.get(path, 0)
            if size > self._most_bytes // 2 or reads < 2:
                return None
            rivals = self._rivals(size)
            if any(self._reads.get(rival, 0) >= reads for rival in rivals):
                return None
        try:
            return PlainFile(os.memfd_create("skyglobe"))
        except OSError:  # no descriptors left: then there is no copy
            return None

    def _rivals(self, size: int) -> list[str]:
        """Return the copies that would have to go for one of ``size`` bytes: the least often read."""
        excess = self._kept_bytes + size - self._most_bytes
        rivals: list[str] = []
        for path in sorted(self._kept, key=lambda path: self._reads.get(path, 0)):
            if excess <= 0 and len(self._kept) - len(rivals) < MAX_COPIES:
                break
            rivals.append(path)
            excess -= self._kept[path][1]
        return rivals

    def keep(self, path: str, file: PlainFile, size: int) -> None:
        """Keep a copy that is complete."""
        with self._lock:
            self._drop(path)
            for rival in self._rivals(size):
                self._drop(rival)
            self._kept[path] = (file, size)
            self._kept_bytes += size

    def forget(self, path: str) -> None:
        """Let go of a copy; its memory is free when whoever sends it has done so."""
        with self._lock:
            self._drop(path)

    def _drop(self, path: str) -> None:
        found = self._kept.pop(path, None)
        if found is not None:
            self._kept_bytes -= found[1]


@dataclass(slots=True, frozen=True)
class SealedSlice(FileSlice):
    """Bytes of an encrypted blob: ``offset`` and ``length`` are those of the plain text."""

    cipher: FrameCipher
    copies: PlainCopies | None
    """Where a plain copy may be kept; None when it must not."""

    @property
    def end_in_file(self) -> int:
        return sealed_bytes(self.offset + self.length, self.cipher.overhead)

    def plain_file(self) -> PlainFile | None:
        return self.copies.find(self.path) if self.copies is not None else None

    def rest(self, sent: int) -> SealedSlice:
        return SealedSlice(self.path, self.offset + sent, self.length - sent, self.cipher, self.copies)

    def pieces(self, piece_bytes: int = PIECE_BYTES) -> Iterator[bytes]:
        yield from map(bytes, self.views())

    def views(self) -> Iterator[memoryview]:
        """Yield the bytes piece by piece, each good until the next. Raises OSError, ``Damaged`` when altered."""
        room = memoryview(bytearray(PIECE_BYTES))
        overhead = self.cipher.overhead
        end = self.offset + self.length
        with open(self.path, "rb", buffering=0) as file:
            size = plain_bytes(os.fstat(file.fileno()).st_size, overhead)
            if size < end:
                raise OSError(f"{self.path} ends {end - size} bytes too early")
            file.seek(self.offset // FRAME_BYTES * (FRAME_BYTES + overhead))
            data, at, filled, wanted_from = memoryview(b""), 0, 0, 0
            for number, frame_bytes, start, stop in frames_of(size, self.offset, self.length):
                if at == len(data):
                    data, at = memoryview(file.read(PIECE_FRAMES * (FRAME_BYTES + overhead))), 0
                    filled, wanted_from = 0, start
                sealed = data[at : at + frame_bytes + overhead]
                self.cipher.open_into(number, sealed, room[filled : filled + frame_bytes])
                at += len(sealed)
                filled += frame_bytes
                if filled == PIECE_BYTES or number * FRAME_BYTES + stop == end:
                    yield room[wanted_from : filled - frame_bytes + stop]

    def begin_copy(self) -> PlainFile | None:
        """Return a file to be filled with what is sent, when that is the whole blob and worth keeping."""
        if self.copies is None or self.offset:
            return None
        if os.stat(self.path).st_size != self.end_in_file:
            return None
        return self.copies.begin(self.path, self.length)

    def keep_copy(self, file: PlainFile) -> None:
        """Keep a file that has been filled."""
        if self.copies is not None:
            self.copies.keep(self.path, file, self.length)
