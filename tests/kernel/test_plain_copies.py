"""Plain copies of encrypted blobs: kept for what is read again, within bounds, and let go with the blob."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from skyglobe.kernel.blobs import Blobs
from skyglobe.kernel.frames import KEY_BYTES, FrameCipher, FrameWriter
from skyglobe.kernel.ids import Ids
from skyglobe.kernel.sealed_files import MAX_COPIES, PlainCopies, SealedSlice

pytestmark = pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="there is no nameless memory here")


def read(copies: PlainCopies, path: str, size: int = 10) -> bool:
    """Read a blob as an answer does; return whether there was a copy of it."""
    if copies.find(path) is not None:
        return True
    file = copies.begin(path, size)
    if file is not None:
        copies.keep(path, file, size)
    return False


def test_what_is_read_a_second_time_is_kept() -> None:
    copies = PlainCopies(100)
    assert [read(copies, "a") for _ in range(3)] == [False, False, True]


def test_who_reads_more_than_fits_in_turns_keeps_what_fits() -> None:
    copies = PlainCopies(100)
    for _ in range(5):
        hits = [read(copies, name, 30) for name in "abcde"]
    assert hits == [True, True, True, False, False]
    for _ in range(9):
        read(copies, "e", 30)
    assert read(copies, "e", 30)


def test_large_ones_and_too_many_are_not_kept() -> None:
    copies = PlainCopies(100)
    assert [read(copies, "a", 51) for _ in range(3)] == [False] * 3
    many = PlainCopies(10_000)
    for number in range(MAX_COPIES + 10):
        for _ in range(2 + number):
            read(many, str(number), 1)
    assert len(many._kept) == MAX_COPIES


def test_a_deleted_blob_has_no_copy(tmp_path: Path) -> None:
    blobs, keys, body = Blobs(tmp_path, Ids(1)), [os.urandom(KEY_BYTES)], os.urandom(200_000)
    writer = blobs.create()
    frames = FrameWriter(writer, FrameCipher(keys))
    frames.write((body,))
    frames.finish()
    whole = blobs.sealed_slice(writer.blob, 0, len(body), FrameCipher(keys), may_copy=True)
    assert isinstance(whole, SealedSlice)
    for _ in range(2):
        assert whole.plain_file() is None
        copy = whole.begin_copy()
    assert copy is not None
    os.write(copy.number, body)
    whole.keep_copy(copy)
    part = blobs.sealed_slice(writer.blob, 70_000, 100, FrameCipher(keys), may_copy=True)
    kept = part.plain_file()
    assert kept is not None
    assert os.pread(kept.number, 100, 70_000) == body[70_000:70_100]
    assert blobs.sealed_slice(writer.blob, 0, 9, FrameCipher(keys), may_copy=False).plain_file() is None
    blobs.delete(writer.blob)
    assert part.plain_file() is None
