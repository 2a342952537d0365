"""What is SQLite's own: its log stays short, its file survives, its limits are told."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from skyglobe.kernel import checkpoints
from skyglobe.kernel.sqlite_store import MAX_RECENT, PAGE_BYTES, SqliteStore
from skyglobe.kernel.store import StoreFailure


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "store.sqlite"


def log_pages(place: Path) -> int:
    return place.with_name(place.name + "-wal").stat().st_size // PAGE_BYTES


def churn(store: SqliteStore, commits: int, each: Callable[[int], None] = lambda number: None) -> None:
    for number in range(commits):
        store.write({b"%08d" % (number * 7919 % 100_003): b"v" * 400})
        store.commit()
        each(number)


def test_the_log_stays_within_its_bound_under_unbroken_writes(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoints, "CHECKPOINT_PAGES", 100)
    monkeypatch.setattr(checkpoints, "MAX_LOG_PAGES", 400)
    store = SqliteStore(place)

    def wait_for_the_thread(number: int) -> None:
        # A busy machine may give the thread no turn for long; the bound is on what comes in while it works.
        if number % 50 == 0 and store._checkpoints is not None:
            store._checkpoints.close()

    churn(store, 4_000, wait_for_the_thread)
    assert log_pages(place) < 1_200
    store.close()


def test_large_values_count_as_the_pages_they_take(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoints, "CHECKPOINT_PAGES", 100)
    store = SqliteStore(place)
    assert store._checkpoints is not None
    for number in range(10):
        store.write({b"%d" % number: b"v" * 131_072})
        store.commit()
    assert store._checkpoints._thread is not None
    store.close()


def test_the_writer_finishes_what_the_thread_cannot(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoints, "CHECKPOINT_PAGES", 10)
    monkeypatch.setattr(checkpoints, "MAX_LOG_PAGES", 20)
    store = SqliteStore(place)
    assert store._checkpoints is not None
    churn(store, 100)
    store._checkpoints.close()
    churn(store, 100)
    store._checkpoints.close()
    store._checkpoints.finish()
    store.write({b"a": b"1"})
    store.commit()  # begins the log afresh
    other = sqlite3.connect(place)
    assert other.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()[1] < 10
    other.close()
    store.close()


def test_a_reader_in_the_way_delays_the_log_and_hurts_nobody(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoints, "CHECKPOINT_PAGES", 10)
    monkeypatch.setattr(checkpoints, "MAX_LOG_PAGES", 20)
    store = SqliteStore(place)
    churn(store, 10)
    reader = sqlite3.connect(place)
    reader.execute("BEGIN")
    before = reader.execute("SELECT count(*) FROM pairs").fetchone()
    churn(store, 300)
    assert reader.execute("SELECT count(*) FROM pairs").fetchone() == before
    reader.close()
    assert store.count() == 300
    store.close()


def test_a_store_that_was_not_closed_is_whole_when_opened_again(place: Path) -> None:
    store = SqliteStore(place)
    churn(store, 300)
    store.write({b"open": b"1"})
    again = SqliteStore(place.with_name("copy.sqlite"))
    again.close()
    for suffix in ("", "-wal"):
        place.with_name(f"copy.sqlite{suffix}").write_bytes(place.with_name(place.name + suffix).read_bytes())
    crashed = SqliteStore(place.with_name("copy.sqlite"))
    assert crashed.count() == 300
    assert crashed.get(b"open") is None
    crashed.close()
    store.close()


@pytest.mark.parametrize(("fsync", "level"), [(False, 1), (True, 2)])
def test_the_durability_asked_for_is_the_connections(place: Path, fsync: bool, level: int) -> None:
    store = SqliteStore(place, fsync=fsync)
    assert store._connection.execute("PRAGMA synchronous").fetchone() == (level,)
    assert store._connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    store.close()


def test_a_file_that_is_no_database_is_a_store_failure(place: Path) -> None:
    place.write_text("this is no database, and it is longer than a header of one would be " * 3)
    with pytest.raises(StoreFailure, match="not a database"):
        SqliteStore(place)


def test_a_damaged_page_is_a_store_failure(place: Path) -> None:
    store = SqliteStore(place)
    churn(store, 500)
    store.close()
    content = bytearray(place.read_bytes())
    content[PAGE_BYTES:] = b"\xff" * (len(content) - PAGE_BYTES)
    place.write_bytes(content)
    damaged = SqliteStore(place)
    with pytest.raises(StoreFailure):
        list(damaged.scan(b"", b"\xff"))
    with pytest.raises(StoreFailure):
        damaged.get(b"%08d" % 7919)
    damaged.rollback()
    damaged.close()


def test_a_full_disk_in_the_middle_of_a_save_is_a_failure_and_the_store_goes_on(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = SqliteStore(place)
    churn(store, 500)
    with pytest.raises(StoreFailure):
        store.save(place.parent / "no such folder" / "copy.sqlite")
    store.write({b"after": b"1"})
    store.commit()
    assert store.get(b"after") == b"1"
    store.close()


def test_saving_while_writes_go_on_takes_one_moments_state(place: Path) -> None:
    import threading

    store = SqliteStore(place)
    churn(store, 3_000)
    saved = threading.Event()

    def save() -> None:
        for number in range(5):
            store.save(place.with_name(f"copy{number}"))
        saved.set()

    thread = threading.Thread(target=save)
    thread.start()
    number = 0
    while not saved.is_set():
        number += 1
        store.write({b"first": b"%d" % number, b"zlast": b"%d" % number})
        store.commit()
    thread.join()
    for copy_number in range(5):
        copy = SqliteStore.open_readonly(place.with_name(f"copy{copy_number}"))
        assert copy.get(b"first") == copy.get(b"zlast")
        assert copy._connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        copy.close()
    store.close()


def test_what_is_remembered_is_never_older_than_the_store(tmp_path: Path) -> None:
    store = SqliteStore()
    store.write({b"a": b"1"})
    store.commit()
    assert (store.get(b"a"), store.get(b"b")) == (b"1", None)
    store.write({b"a": b"2", b"b": b"2"})
    assert (store.get(b"a"), store.get(b"b")) == (b"2", b"2")
    store.rollback()
    assert (store.get(b"a"), store.get(b"b")) == (b"1", None)
    store.write({b"a": b"x" * 10_000, b"b": b"3"})
    store.commit()
    assert (store.get(b"a"), store.get(b"b")) == (b"x" * 10_000, b"3")
    store.save(tmp_path / "copy.sqlite")
    store.write({b"a": None, b"b": None})
    store.commit()
    assert (store.get(b"a"), store.get(b"b")) == (None, None)
    store.load(tmp_path / "copy.sqlite")
    assert (store.get(b"a"), store.get(b"b")) == (b"x" * 10_000, b"3")


def test_what_a_failed_commit_wrote_is_not_remembered(place: Path) -> None:
    store = SqliteStore(place)
    assert store.get(b"a") is None
    pages = store._connection.execute("PRAGMA page_count").fetchone()[0]
    store._connection.execute(f"PRAGMA max_page_count = {pages + 1}")
    store.write({b"a": b"1", b"large": b"x" * 500_000})
    with pytest.raises(StoreFailure):
        store.commit()
    assert store.get(b"a") is None
    store.close()


def test_what_is_remembered_is_bounded() -> None:
    store = SqliteStore()
    for number in range(3 * MAX_RECENT):
        store.get(b"%d" % number)
    assert len(store._recent) <= MAX_RECENT
