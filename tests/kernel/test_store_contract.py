"""What every store promises, held against SQLite in memory, SQLite in a file, and PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from skyglobe.kernel.sqlite_store import SqliteStore
from skyglobe.kernel.store import Store, StoreFailure

Open = Callable[[], Store]

LETTERS = {bytes((letter,)): b"<%c>" % letter for letter in b"abcdefgh"}


def keys(store: Store, start: bytes = b"", stop: bytes = b"\xff", **how: object) -> list[bytes]:
    return [key for key, _ in store.scan(start, stop, **how)]  # type: ignore[arg-type]


def test_what_was_written_is_read_back(store: Store) -> None:
    store.write({b"key": b"value"})
    assert store.get(b"key") == b"value"
    assert store.get(b"other") is None


def test_empty_values_and_all_byte_values_are_kept(store: Store) -> None:
    everything = bytes(range(256))
    store.write({everything: everything, b"empty": b""})
    store.commit()
    assert store.get(everything) == everything
    assert store.get(b"empty") == b""


def test_a_large_value_is_kept(store: Store) -> None:
    store.write({b"k": b"\0\xff" * 500_000})
    store.commit()
    assert store.get(b"k") == b"\0\xff" * 500_000


def test_a_write_replaces_and_none_deletes(store: Store) -> None:
    store.write({b"a": b"1", b"b": b"1"})
    store.commit()
    store.write({b"a": b"2", b"b": None, b"never there": None})
    store.commit()
    assert dict(store.scan(b"", b"\xff")) == {b"a": b"2"}


def test_scans_return_keys_in_the_order_of_their_bytes(store: Store) -> None:
    shuffled = [b"b", b"\x00", b"a\xff", b"a", b"\xfe", b"a\x00", b"aa", b"\x7f", b"\x80"]
    store.write(dict.fromkeys(shuffled, b""))
    assert keys(store) == sorted(shuffled)
    store.commit()
    assert keys(store) == sorted(shuffled)


def test_a_range_has_its_start_and_not_its_stop(store: Store) -> None:
    store.write(LETTERS)
    assert keys(store, b"c", b"f") == [b"c", b"d", b"e"]
    assert keys(store, b"c", b"c") == []
    assert keys(store, b"f", b"c") == []


def test_limits_count_from_the_end_the_scan_starts_at(store: Store) -> None:
    store.write(LETTERS)
    store.commit()
    assert keys(store, limit=2) == [b"a", b"b"]
    assert keys(store, limit=2, reverse=True) == [b"h", b"g"]
    assert keys(store, b"b", b"e", limit=9, reverse=True) == [b"d", b"c", b"b"]
    assert keys(store, limit=0) == []


@pytest.mark.parametrize("reverse", [False, True])
def test_a_scan_of_more_than_one_fetch_misses_and_repeats_nothing(store: Store, reverse: bool) -> None:
    many = [b"%05d" % number for number in range(2_500)]
    store.write(dict.fromkeys(many, b"v"))
    store.commit()
    assert keys(store, reverse=reverse) == sorted(many, reverse=reverse)
    assert keys(store, limit=2_100, reverse=reverse) == sorted(many, reverse=reverse)[:2_100]


def test_a_transaction_sees_its_own_writes_in_scans(store: Store) -> None:
    store.write(LETTERS)
    store.commit()
    store.write({b"b": None, b"bb": b"new", b"c": b"changed"})
    assert list(store.scan(b"a", b"d")) == [(b"a", b"<a>"), (b"bb", b"new"), (b"c", b"changed")]
    assert keys(store, limit=2, reverse=True) == [b"h", b"g"]
    assert keys(store, b"a", b"d", limit=2) == [b"a", b"bb"]


def test_a_rollback_forgets_and_the_next_transaction_starts_clean(store: Store) -> None:
    store.write({b"a": b"kept"})
    store.commit()
    store.write({b"a": b"changed", b"b": b"new"})
    store.rollback()
    assert dict(store.scan(b"", b"\xff")) == {b"a": b"kept"}
    store.write({b"c": b"later"})
    store.commit()
    assert dict(store.scan(b"", b"\xff")) == {b"a": b"kept", b"c": b"later"}


def test_commits_and_rollbacks_of_nothing_do_no_harm(store: Store) -> None:
    store.rollback()
    store.commit()
    store.commit()
    store.get(b"a")
    store.commit()
    store.rollback()
    assert store.get(b"a") is None


def test_what_was_committed_is_there_after_closing_and_what_was_not_is_gone(open_store: Open) -> None:
    store = open_store()
    store.write({b"kept": b"1"})
    store.commit()
    store.write({b"dropped": b"1"})
    again = open_store()
    if again is store:
        pytest.skip("a store in memory is gone when closed")
    store.close()
    assert dict(again.scan(b"", b"\xff")) == {b"kept": b"1"}


def test_a_saved_copy_has_what_was_committed(store: Store, tmp_path: Path) -> None:
    store.write(LETTERS)
    store.commit()
    store.save(tmp_path / "copy.sqlite")
    copy = SqliteStore.open_readonly(tmp_path / "copy.sqlite")
    assert dict(copy.pairs()) == LETTERS
    assert copy.count() == len(LETTERS)
    copy.close()


def test_a_saved_copy_is_one_plain_file(store: Store, tmp_path: Path) -> None:
    store.write(LETTERS)
    store.commit()
    copies = tmp_path / "copies"
    copies.mkdir()
    store.save(copies / "copy.sqlite")
    SqliteStore.open_readonly(copies / "copy.sqlite").close()
    # Its header says "rollback journal": a write-ahead log would need files beside it, even to be read.
    assert (copies / "copy.sqlite").read_bytes()[18:20] == b"\x01\x01"
    assert [file.name for file in copies.iterdir()] == ["copy.sqlite"]


def test_loading_replaces_everything_and_lasts(open_store: Open, tmp_path: Path) -> None:
    store = open_store()
    store.write(LETTERS)
    store.commit()
    store.save(tmp_path / "a copy?#.sqlite")
    store.write({b"a": b"changed", b"b": None, b"z": b"new"})
    store.commit()
    store.load(tmp_path / "a copy?#.sqlite")
    assert dict(store.scan(b"", b"\xff")) == LETTERS
    store.write({b"after": b"1"})
    store.commit()
    assert dict(open_store().scan(b"", b"\xff")) == {**LETTERS, b"after": b"1"}


def test_loading_what_is_no_snapshot_fails_and_changes_nothing(store: Store, tmp_path: Path) -> None:
    store.write(LETTERS)
    store.commit()
    (tmp_path / "text").write_text("this is no database, and it is longer than a header of one would be " * 3)
    for place in (tmp_path / "text", tmp_path / "missing"):
        with pytest.raises(StoreFailure):
            store.load(place)
    assert dict(store.scan(b"", b"\xff")) == LETTERS


@pytest.mark.parametrize("saved_in", ["memory", "postgres"])
def test_every_store_loads_what_every_other_saved(
    saved_in: str, store: Store, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if saved_in == "postgres":
        from skyglobe.kernel.postgres_store import PostgresStore

        origin: Store = PostgresStore(request.getfixturevalue("dsn"))
    else:
        origin = SqliteStore()
    origin.write(LETTERS)
    origin.commit()
    origin.save(tmp_path / "copy.sqlite")
    origin.write({b"z": b"after"})
    origin.commit()
    origin.close()
    store.load(tmp_path / "copy.sqlite")
    assert dict(store.scan(b"", b"\xff")) == LETTERS
