"""Blobs: finished or not there, counted, swept, held and leased."""

from __future__ import annotations

import asyncio
import errno
import gc
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from skyglobe.kernel.blob_uses import release_blob, sweep_blobs, use_blob, used_blobs
from skyglobe.kernel.blobs import LONG_GONE_BYTES, Blobs, copy_blobs
from skyglobe.kernel.config import Config
from skyglobe.kernel.ids import Ids
from skyglobe.kernel.kernel import Kernel

Play = Callable[..., None]


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return Blobs(tmp_path / "blobs", Ids(seed=1))


def written(blobs: Blobs, content: bytes = b"content") -> str:
    writer = blobs.create()
    writer.write(content)
    return writer.finish()


def test_what_is_being_written_is_counted(blobs: Blobs) -> None:
    first, second = blobs.create(), blobs.create()
    assert blobs.writers == 2
    first.finish()
    first.discard()
    assert blobs.writers == 1
    second.discard()
    assert blobs.writers == 0


def test_what_takes_long_to_remove_is_gone_at_once_and_removed_beside(blobs: Blobs) -> None:
    blob = written(blobs)
    os.truncate(blobs.path(blob), LONG_GONE_BYTES)
    blobs.delete(blob)
    assert not blobs.path(blob).exists()
    assert list(blobs.names()) == []
    for thread in threading.enumerate():
        if thread.name == "remove a blob":
            thread.join()
    assert list((blobs.folder / "incoming").iterdir()) == []
    blobs.delete(blob)  # harmless


@pytest.mark.parametrize("fsync", [False, True])
def test_a_finished_blob_is_read_back(tmp_path: Path, fsync: bool) -> None:
    blobs = Blobs(tmp_path / "blobs", Ids(), fsync=fsync)
    writer = blobs.create()
    writer.write(b"one ")
    writer.write(memoryview(b"two"))
    assert writer.size_bytes == 7
    blob = writer.finish()
    assert blob == writer.blob
    assert blobs.read(blob) == b"one two"
    assert blobs.read(blob, 4, 2) == b"tw"
    part = blobs.slice(blob, 1, 3)
    assert (Path(part.path).read_bytes()[part.offset :][: part.length]) == b"ne "
    assert list(blobs.names()) == [blob]


def test_an_unfinished_blob_is_nowhere_and_gone_at_the_next_start(blobs: Blobs) -> None:
    blobs.create().write(b"half")
    kept = written(blobs)
    assert list(blobs.names()) == [kept]
    again = Blobs(blobs.folder, Ids())
    assert not list((blobs.folder / "incoming").iterdir())
    assert again.read(kept) == b"content"


def test_a_discarded_blob_leaves_nothing(blobs: Blobs) -> None:
    writer = blobs.create()
    writer.write(b"half")
    writer.discard()
    writer.discard()
    assert not list(blobs.names())
    assert not list((blobs.folder / "incoming").iterdir())


def test_discarding_a_finished_blob_does_no_harm(blobs: Blobs) -> None:
    writer = blobs.create()
    writer.write(b"whole")
    blob = writer.finish()
    writer.discard()
    assert blobs.read(blob) == b"whole"


def test_an_id_that_is_taken_is_not_drawn_again(blobs: Blobs) -> None:
    first = written(blobs, b"first")
    same_seed = Blobs(blobs.folder, Ids(seed=1))
    second = written(same_seed, b"second")
    assert second != first
    assert same_seed.read(first) == b"first"


def test_a_full_disk_is_an_error_and_leaves_nothing(blobs: Blobs, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = blobs.create()
    writer.write(b"fits")

    class Full:
        def __init__(self, file: Any) -> None:
            self._file = file

        def write(self, data: bytes) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

        def close(self) -> None:
            self._file.close()

    monkeypatch.setattr(writer, "_file", Full(writer._file))
    with pytest.raises(OSError, match="No space"):
        writer.write(b"does not")
    writer.discard()
    assert not list((blobs.folder / "incoming").iterdir())


def test_short_writes_are_completed(blobs: Blobs, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = blobs.create()
    file = writer._file

    class Slow:
        def write(self, data: memoryview) -> int:
            return file.write(data[:3])

        def close(self) -> None:
            file.close()

    monkeypatch.setattr(writer, "_file", Slow())
    writer.write(b"0123456789")
    assert blobs.read(writer.finish()) == b"0123456789"


def test_while_held_deleted_blobs_stay(blobs: Blobs) -> None:
    blob, other = written(blobs), written(blobs)
    with blobs.hold():
        with blobs.hold():
            blobs.delete(blob)
        assert blobs.read(blob) == b"content"
    assert list(blobs.names()) == [other]


def test_a_leased_blob_stays_until_its_last_reader_is_done(blobs: Blobs) -> None:
    blob = written(blobs)
    first = blobs.lease([blobs.slice(blob, 0, 3)], [blob, blob])
    second = blobs.lease([b"head", blobs.slice(blob, 3, 4)], [blob])
    blobs.delete(blob)
    del first
    gc.collect()
    assert blobs.read(blob) == b"content"
    assert second[0] == b"head"
    del second
    gc.collect()
    assert not list(blobs.names())


def test_deleting_twice_does_no_harm(blobs: Blobs) -> None:
    blob = written(blobs)
    blobs.delete(blob)
    blobs.delete(blob)
    assert not list(blobs.names())


def test_copies_are_links_and_copying_again_changes_nothing(blobs: Blobs, tmp_path: Path) -> None:
    several = [written(blobs, b"%d" % number) for number in range(3)]
    assert copy_blobs(several, blobs.folder, tmp_path / "copy") == (3, 3)
    copies = Blobs(tmp_path / "copy", Ids())
    assert [copies.read(blob) for blob in several] == [b"0", b"1", b"2"]
    assert copies.path(several[0]).samefile(blobs.path(several[0]))
    copies.path(several[1]).unlink()
    assert copy_blobs(several, blobs.folder, tmp_path / "copy") == (3, 3)
    blobs.delete(several[2])
    assert copies.read(several[2]) == b"2"


def test_where_links_are_refused_bytes_are_copied(
    blobs: Blobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    blob = written(blobs)
    monkeypatch.setattr("os.link", refuse)
    copy_blobs([blob], blobs.folder, tmp_path / "copy")
    assert (tmp_path / "copy" / blob[:2] / blob).read_bytes() == b"content"
    assert not (tmp_path / "copy" / blob[:2] / blob).samefile(blobs.path(blob))


def test_a_missing_blob_is_not_copied_silently(blobs: Blobs, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        copy_blobs(["0" * 32], blobs.folder, tmp_path / "copy")


def test_a_blob_goes_with_the_last_record_that_names_it(play: Play) -> None:
    async def story(kernel: Kernel) -> None:
        blob = written(kernel.blobs)
        for _ in range(2):
            await kernel.transact(lambda scope: use_blob(scope, blob))
        await kernel.transact(lambda scope: release_blob(scope, blob))
        assert kernel.blobs.read(blob) == b"content"
        await kernel.transact(lambda scope: release_blob(scope, blob))
        assert not list(kernel.blobs.names())
        await kernel.transact(lambda scope: release_blob(scope, blob))

    play(story)


def test_a_release_that_fails_deletes_nothing(play: Play) -> None:
    async def story(kernel: Kernel) -> None:
        blob = written(kernel.blobs)
        await kernel.transact(lambda scope: use_blob(scope, blob))

        def fail(scope: Any) -> None:
            release_blob(scope, blob)
            raise LookupError

        with pytest.raises(LookupError):
            await kernel.transact(fail)
        assert kernel.blobs.read(blob) == b"content"
        assert await kernel.transact(lambda scope: list(used_blobs(scope.writes))) == [blob]

    play(story)


def test_the_next_start_sweeps_what_no_record_names(play: Play, tmp_path: Path) -> None:
    names: dict[str, str] = {}

    async def before(kernel: Kernel) -> None:
        names["kept"] = written(kernel.blobs)
        names["orphan"] = written(kernel.blobs)
        await kernel.transact(lambda scope: use_blob(scope, names["kept"]))

    async def after(kernel: Kernel) -> None:
        young = written(kernel.blobs)
        await sweep_blobs(kernel)
        assert set(kernel.blobs.names()) == {names["kept"], young}

    play(before, Config(folder=tmp_path))
    play(after, Config(folder=tmp_path))


def test_a_blob_settled_during_the_sweep_is_not_swept(play: Play) -> None:
    async def story(kernel: Kernel) -> None:
        blobs = [written(kernel.blobs, b"%d" % number) for number in range(40)]
        sweeping = asyncio.ensure_future(sweep_blobs(kernel))
        for blob in blobs:
            await kernel.transact(lambda scope, blob=blob: use_blob(scope, blob))
        assert await sweeping == 0
        assert set(kernel.blobs.names()) == set(blobs)

    play(story)


@pytest.mark.parametrize("most", [10**9, 700])
def test_many_pieces_are_written_in_their_order_whatever_a_write_takes(
    blobs: Blobs, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    real = os.writev

    def some(handle: int, pieces: list[bytes]) -> int:
        return os.write(handle, b"".join(pieces)[:most]) if most < 10**9 else real(handle, pieces)

    monkeypatch.setattr(os, "writev", some)
    pieces = [b"%d;" % number for number in range(1_200)]
    writer = blobs.create()
    writer.write_all(pieces)
    assert writer.size_bytes == len(b"".join(pieces))
    assert blobs.read(writer.finish()) == b"".join(pieces)
