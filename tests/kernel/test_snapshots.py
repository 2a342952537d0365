"""Snapshots: whole states, taken and put back while the cloud runs."""

from __future__ import annotations

import asyncio
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from skyglobe.kernel.blob_uses import release_blob, sweep_blobs, use_blob
from skyglobe.kernel.config import Config
from skyglobe.kernel.kernel import Kernel
from skyglobe.kernel.outbox import post
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.service import Service
from skyglobe.kernel.snapshot_files import FORMAT, SnapshotError
from skyglobe.kernel.tables import Record, Table
from skyglobe.kernel.timers import set_timer
from tests.kernel.conftest import START, Wall

Play = Callable[..., None]


class Note(Record, frozen=True):
    name: str
    blob: str = ""


notes: Table[Note] = Table("tests.notes", Note, key=("name",), indexes={"blob": ("blob", "name")}, reach="global")


async def write(kernel: Kernel, *names: str) -> None:
    await kernel.transact(lambda scope: [notes.put(scope, Note(name=name)) for name in names])


async def names(kernel: Kernel) -> list[str]:
    return await kernel.transact(lambda scope: [note.name for note in notes.scan(scope)])


async def write_blob(kernel: Kernel, name: str, content: bytes) -> str:
    writer = kernel.blobs.create()
    writer.write(content)
    blob = writer.finish()

    def record(scope: Scope) -> None:
        use_blob(scope, blob)
        notes.put(scope, Note(name=name, blob=blob))

    await kernel.transact(record)
    return blob


async def remove(kernel: Kernel, name: str) -> None:
    def gone(scope: Scope) -> None:
        note = notes.find(scope, name)
        assert note is not None
        notes.delete(scope, note)
        if note.blob:
            release_blob(scope, note.blob)

    await kernel.transact(gone)


@pytest.fixture(params=["memory", "file", "postgres"])
def config(request: pytest.FixtureRequest, tmp_path: Path) -> Config:
    if request.param == "memory":
        return Config()
    store = request.getfixturevalue("dsn") if request.param == "postgres" else ""
    return Config(folder=tmp_path / "cloud", store=store)


def test_what_was_saved_is_put_back(play: Play, config: Config) -> None:
    async def story(kernel: Kernel) -> None:
        await write(kernel, "a", "b")
        blob = await write_blob(kernel, "c", b"large")
        manifest = await kernel.snapshots.save("first")
        assert (manifest.name, manifest.cloud_time, manifest.blobs, manifest.blob_bytes) == ("first", START, 1, 5)
        assert manifest.store_bytes > 0
        assert manifest.pairs > 6
        await write(kernel, "d")
        await remove(kernel, "c")
        assert not list(kernel.blobs.names())
        other = await write_blob(kernel, "e", b"other")

        assert await kernel.snapshots.load("first") == manifest
        assert await names(kernel) == ["a", "b", "c"]
        assert kernel.blobs.read(blob) == b"large"
        assert set(kernel.blobs.names()) == {blob}
        assert other != blob
        await write(kernel, "f")
        assert await names(kernel) == ["a", "b", "c", "f"]

    play(story, config)


def test_a_snapshot_can_be_loaded_again_and_again(play: Play, config: Config) -> None:
    async def story(kernel: Kernel) -> None:
        blob = await write_blob(kernel, "a", b"large")
        await kernel.snapshots.save("s")
        for _ in range(3):
            await remove(kernel, "a")
            await kernel.snapshots.load("s")
            assert kernel.blobs.read(blob) == b"large"

    play(story, config)


def test_a_sweep_in_the_middle_of_a_load_takes_nothing_of_it(
    play: Play, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(kernel: Kernel) -> None:
        blob = await write_blob(kernel, "a", b"large")
        await kernel.snapshots.save("s")
        await remove(kernel, "a")
        exchange = kernel.exchange

        async def sweep_and_exchange(load: Callable[[], None]) -> None:
            await sweep_blobs(kernel)
            await exchange(load)

        monkeypatch.setattr(kernel, "exchange", sweep_and_exchange)
        await kernel.snapshots.load("s")
        assert kernel.blobs.read(blob) == b"large"

    play(story, config)


def test_reset_empties_the_cloud_and_keeps_its_snapshots(play: Play, config: Config) -> None:
    async def story(kernel: Kernel) -> None:
        await write_blob(kernel, "a", b"large")
        await kernel.turn(86_400_000)
        await kernel.transact(lambda scope: kernel.faults.set(scope, "sqs", "duplicate", 1))
        secret = kernel.secret
        await kernel.snapshots.save("s")
        await kernel.snapshots.reset()
        assert await names(kernel) == []
        assert not list(kernel.blobs.names())
        assert kernel.clock.now() == START
        assert kernel.faults.list() == []
        assert kernel.secret != secret
        await kernel.snapshots.load("s")
        assert await names(kernel) == ["a"]
        assert kernel.clock.now() == START + 86_400_000
        assert kernel.faults.get("sqs", "duplicate") == 1
        assert kernel.secret == secret

    play(story, config)


def test_saving_while_work_goes_on_takes_one_moments_state(play: Play, config: Config) -> None:
    async def story(kernel: Kernel) -> None:
        stopped = False

        async def work() -> int:
            # Two notes of each number are written together; the one before goes with its blob.
            number = 0
            while not stopped:
                number += 1
                await write_blob(kernel, f"{number:05d}", b"%05d" % number)
                if number > 2:
                    await remove(kernel, f"{number - 2:05d}")
            return number

        working = asyncio.ensure_future(work())
        for name in ("one", "two", "three"):
            await kernel.snapshots.save(name)
        stopped = True
        await working
        for name in ("one", "two", "three"):
            await kernel.snapshots.load(name)
            found = await kernel.transact(lambda scope: list(notes.scan(scope)))
            assert len(found) <= 3
            assert [kernel.blobs.read(note.blob).decode() for note in found] == [note.name for note in found]
            assert {note.blob for note in found} == set(kernel.blobs.names())

    play(story, config)


def test_loading_while_work_goes_on_fails_nobody(play: Play, config: Config) -> None:
    async def story(kernel: Kernel) -> None:
        await kernel.snapshots.save("empty")
        stopped = False

        async def work(name: str) -> int:
            number = 0
            while not stopped:
                number += 1
                await write(kernel, f"{name}{number}")
            return number

        working = [asyncio.ensure_future(work(name)) for name in "ab"]
        for _ in range(3):
            await write(kernel, "before")
            await kernel.snapshots.load("empty")
            assert "before" not in await names(kernel)
        stopped = True
        assert all(await asyncio.gather(*working))

    play(story, config)


def test_loading_wakes_whoever_waits_and_fires_the_snapshots_timers(play: Play, service: Service) -> None:
    seen: list[str] = []

    @service.timer("bell")
    def bell(scope: Scope, key: str, payload: dict[str, Any]) -> None:
        seen.append(f"{key} at {scope.now - START}")

    @service.consumer("letter")
    def letter(scope: Scope, payload: dict[str, Any]) -> None:
        seen.append("letter")
        if len(seen) == 1:
            raise RuntimeError("on purpose")

    async def story(kernel: Kernel) -> None:
        await kernel.transact(lambda scope: set_timer(scope, "sqs", "bell", "kept", START + 100))
        await kernel.transact(lambda scope: post(scope, "sqs", "letter", {}))
        await kernel.outbox.settle()
        assert seen == ["letter"]
        await kernel.snapshots.save("s")
        await kernel.turn(50_000)
        assert sorted(seen) == ["kept at 100", "letter", "letter"]
        await kernel.transact(lambda scope: set_timer(scope, "sqs", "bell", "dropped", START + 60_000))
        waiting = asyncio.ensure_future(kernel.signals.wait(("topic",), START + 90_000))
        sleeping = asyncio.ensure_future(kernel.clock.wait_until(START + 90_000))
        await asyncio.sleep(0)
        seen.clear()
        await kernel.snapshots.load("s")
        assert kernel.clock.now() == START
        assert await waiting
        await sleeping
        await kernel.turn(100_000)
        assert sorted(seen) == ["kept at 100", "letter"]

    play(story)


def test_whoever_remembers_something_is_told_when_the_store_was_exchanged(play: Play) -> None:
    async def story(kernel: Kernel) -> None:
        told: list[int] = []
        kernel.when_exchanged.append(lambda: told.append(1))
        await kernel.snapshots.save("s")
        assert told == []
        await kernel.snapshots.load("s")
        await kernel.snapshots.reset()
        assert told == [1, 1]

    play(story)


def test_order_numbers_go_on_growing_after_an_old_state_was_loaded(play: Play) -> None:
    async def story(kernel: Kernel) -> None:
        await kernel.snapshots.save("s")
        await kernel.turn(1_000_000)
        before = kernel.next_order()
        await kernel.snapshots.load("s")
        assert kernel.next_order() > before

    play(story)


def test_snapshots_are_listed_by_age_and_deleted(play: Play, tmp_path: Path) -> None:
    async def story(kernel: Kernel) -> None:
        assert kernel.snapshots.list() == []
        made = [await kernel.snapshots.save(name) for name in ("z", "a", "m.1_2-3")]
        assert kernel.snapshots.list() == made
        kernel.snapshots.delete("a")
        assert [manifest.name for manifest in kernel.snapshots.list()] == ["z", "m.1_2-3"]
        assert sorted(place.name for place in kernel.snapshots.folder.iterdir()) == ["m.1_2-3", "z"]
        with pytest.raises(SnapshotError, match="no snapshot a"):
            kernel.snapshots.delete("a")

    play(story, Config(folder=tmp_path / "cloud"))


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "a/b", ".hidden", "-x", "a b", "ä", "x" * 65, "a\0", "a\n"])
def test_names_that_are_no_plain_names_are_refused(play: Play, name: str) -> None:
    async def story(kernel: Kernel) -> None:
        with pytest.raises(SnapshotError):
            await kernel.snapshots.save(name)
        for refused in (kernel.snapshots.load(name), kernel.snapshots.fork(name, Path("/nonexistent/x"))):
            with pytest.raises(SnapshotError, match="no snapshot"):
                await refused
        assert not kernel.snapshots.folder.exists()

    play(story)


def test_an_existing_name_is_replaced_only_when_asked(play: Play) -> None:
    async def story(kernel: Kernel) -> None:
        await kernel.snapshots.save("s")
        await write(kernel, "a")
        with pytest.raises(SnapshotError, match="exists already"):
            await kernel.snapshots.save("s")
        await kernel.snapshots.save("s", replace=True)
        await remove(kernel, "a")
        await kernel.snapshots.load("s")
        assert await names(kernel) == ["a"]
        assert [place.name for place in kernel.snapshots.folder.iterdir()] == ["s"]

    play(story)


def test_a_save_that_fails_leaves_nothing(play: Play, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    async def story(kernel: Kernel) -> None:
        await write_blob(kernel, "a", b"large")
        monkeypatch.setattr("skyglobe.kernel.snapshots.complete", full)
        with pytest.raises(OSError, match="No space"):
            await kernel.snapshots.save("s")
        assert list(kernel.snapshots.folder.iterdir()) == []
        assert await names(kernel) == ["a"]

    play(story, Config(folder=tmp_path / "cloud"))


def test_a_load_that_fails_changes_nothing(play: Play, tmp_path: Path) -> None:
    async def story(kernel: Kernel) -> None:
        await kernel.snapshots.save("s")
        await write(kernel, "a")
        (kernel.snapshots.folder / "s" / "store.sqlite").write_bytes(b"damaged " * 1000)
        with pytest.raises(SnapshotError):
            await kernel.snapshots.load("s")
        assert await names(kernel) == ["a"]
        await write(kernel, "b")
        assert await names(kernel) == ["a", "b"]

    play(story, Config(folder=tmp_path / "cloud"))


def test_what_a_crash_left_half_made_goes_at_the_next_start(play: Play, tmp_path: Path) -> None:
    async def before(kernel: Kernel) -> None:
        await kernel.snapshots.save("s")
        (kernel.snapshots.folder / ".new-abc").mkdir()
        (kernel.snapshots.folder / ".new-abc" / "store.sqlite").write_bytes(b"half")

    async def after(kernel: Kernel) -> None:
        assert [place.name for place in kernel.snapshots.folder.iterdir()] == ["s"]

    play(before, Config(folder=tmp_path / "cloud"))
    play(after, Config(folder=tmp_path / "cloud"))


def test_a_snapshot_of_a_newer_format_is_refused(play: Play) -> None:
    async def story(kernel: Kernel) -> None:
        await kernel.snapshots.save("s")
        manifest = kernel.snapshots.folder / "s" / "manifest.json"
        manifest.write_text(manifest.read_text().replace(f'"format": {FORMAT}', f'"format": {FORMAT + 1}'))
        with pytest.raises(SnapshotError, match="formats up to"):
            await kernel.snapshots.load("s")

    play(story)


@pytest.mark.parametrize("from_name", [True, False])
def test_a_fork_is_a_cloud_of_its_own(play: Play, config: Config, tmp_path: Path, from_name: bool) -> None:
    target = tmp_path / "forks" / "second"
    blobs: list[str] = []

    async def original(kernel: Kernel) -> None:
        await write(kernel, "a")
        blobs.append(await write_blob(kernel, "b", b"large"))
        await kernel.turn(1_000)
        await kernel.snapshots.save("s")
        if from_name:
            await write(kernel, "only here")
        manifest = await kernel.snapshots.fork("s" if from_name else None, target)
        assert manifest.blobs == 1
        await write(kernel, "only here")
        await remove(kernel, "b")
        assert [found.name for found in kernel.snapshots.list()] == ["s"]
        assert [place.name for place in target.parent.iterdir()] == ["second"]

    async def fork(kernel: Kernel) -> None:
        assert await names(kernel) == ["a", "b"]
        assert kernel.blobs.read(blobs[0]) == b"large"
        assert kernel.clock.now() == START + 1_000
        await remove(kernel, "b")
        assert kernel.snapshots.list() == []

    play(original, config)
    play(fork, Config(folder=target))
    if config.folder is not None:
        assert Path(config.folder, "snapshots", "s", "blobs", blobs[0][:2], blobs[0]).read_bytes() == b"large"


def test_a_fork_does_not_write_over_anything(play: Play, tmp_path: Path) -> None:
    async def story(kernel: Kernel) -> None:
        await kernel.snapshots.save("s")
        (tmp_path / "full").mkdir()
        (tmp_path / "full" / "file").write_text("mine")
        (tmp_path / "file").write_text("mine")
        (tmp_path / "empty").mkdir()
        for target in ("full", "file"):
            with pytest.raises(SnapshotError, match="not an empty folder"):
                await kernel.snapshots.fork("s", tmp_path / target)
        with pytest.raises(SnapshotError, match="no snapshot"):
            await kernel.snapshots.fork("missing", tmp_path / "new")
        await kernel.snapshots.fork("s", tmp_path / "empty")
        assert (tmp_path / "empty" / "store.sqlite").exists()

    play(story)
    assert sorted(place.name for place in tmp_path.iterdir()) == ["empty", "file", "full"]


def test_a_snapshot_travels_in_one_file(play: Play, tmp_path: Path, wall: Wall) -> None:
    async def sender(kernel: Kernel) -> None:
        await write(kernel, "a")
        await write_blob(kernel, "b", b"large")
        await kernel.snapshots.save("s")
        await kernel.snapshots.export("s", tmp_path / "s.tar")
        with pytest.raises(SnapshotError, match="no snapshot"):
            await kernel.snapshots.export("t", tmp_path / "t.tar")

    async def receiver(kernel: Kernel) -> None:
        manifest = await kernel.snapshots.take_in(tmp_path / "s.tar", "renamed")
        assert kernel.snapshots.list() == [manifest]
        await kernel.snapshots.load("renamed")
        (note,) = await kernel.transact(lambda scope: list(notes.scan_by(scope, "blob", start=("0",))))
        assert kernel.blobs.read(note.blob) == b"large"
        assert (await kernel.snapshots.take_in(tmp_path / "s.tar")).name == "s"
        with pytest.raises(SnapshotError, match="exists already"):
            await kernel.snapshots.take_in(tmp_path / "s.tar")
        await kernel.snapshots.take_in(tmp_path / "s.tar", replace=True)

    play(sender)
    assert [file.name for file in tmp_path.iterdir()] == ["s.tar"]
    play(receiver, Config(folder=tmp_path / "cloud"))


def test_files_that_are_no_exported_snapshots_are_refused(play: Play, tmp_path: Path) -> None:
    (tmp_path / "text.tar").write_text("no tar")
    (tmp_path / "evil").write_text("evil")
    with tarfile.open(tmp_path / "path.tar", "w") as tar:
        tar.add(tmp_path / "evil", "../evil")
    with tarfile.open(tmp_path / "link.tar", "w") as tar:
        member = tarfile.TarInfo("store.sqlite")
        member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(member)
    with tarfile.open(tmp_path / "empty.tar", "w"):
        pass

    async def story(kernel: Kernel) -> None:
        await write_blob(kernel, "a", b"large")
        await kernel.snapshots.save("s")
        await kernel.snapshots.export("s", tmp_path / "whole.tar")
        with tarfile.open(tmp_path / "whole.tar") as whole, tarfile.open(tmp_path / "part.tar", "w") as part:
            for member in whole:
                if not member.name.startswith("blobs/"):
                    part.addfile(member, whole.extractfile(member) if member.isfile() else None)
        kernel.snapshots.delete("s")
        for name in ("text", "path", "link", "empty", "part", "missing"):
            with pytest.raises(SnapshotError):
                await kernel.snapshots.take_in(tmp_path / f"{name}.tar", "taken")
        assert list(kernel.snapshots.folder.iterdir()) == []

    play(story)


def test_a_cloud_in_memory_may_keep_its_snapshots_in_a_lasting_place(play: Play, tmp_path: Path) -> None:
    async def before(kernel: Kernel) -> None:
        kernel.snapshots.folder = tmp_path / "kept"
        await write(kernel, "a")
        await kernel.snapshots.save("s")

    async def after(kernel: Kernel) -> None:
        kernel.snapshots.folder = tmp_path / "kept"
        await kernel.snapshots.load("s")
        assert await names(kernel) == ["a"]

    play(before)
    play(after)


def test_a_seeded_cloud_makes_the_same_ids_after_each_reset(play: Play) -> None:
    async def story(kernel: Kernel) -> None:
        made = []
        for _ in range(2):
            await kernel.snapshots.reset()
            made.append([kernel.ids.uuid() for _ in range(3)])
        assert made[0] == made[1]

    play(story, Config(seed=5))
