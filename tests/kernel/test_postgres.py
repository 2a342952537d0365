"""What is PostgreSQL's own: races with other writers, lost connections, a missing driver, large keys."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import textwrap
from collections.abc import Iterator

import pytest

from skyglobe.kernel.store import Conflict, StoreFailure, WriteSet
from skyglobe.kernel.turns import Turns

psycopg = pytest.importorskip("psycopg", reason="needs the package psycopg")

from skyglobe.kernel.postgres_store import MAX_KEY_BYTES, PostgresStore  # noqa: E402


@pytest.fixture
def pair(dsn: str) -> Iterator[tuple[PostgresStore, PostgresStore]]:
    first, second = PostgresStore(dsn), PostgresStore(dsn)
    yield first, second
    first.close()
    second.close()


Two = tuple[PostgresStore, PostgresStore]


def test_of_two_that_read_and_write_the_same_key_the_later_to_commit_conflicts(pair: Two) -> None:
    first, second = pair
    first.get(b"n")
    second.get(b"n")
    first.write({b"n": b"first"})
    second.write({b"n": b"second"})
    first.commit()
    with pytest.raises(Conflict):
        second.commit()
    second.rollback()
    assert second.get(b"n") == b"first"


def test_write_skew_is_a_conflict(pair: Two) -> None:
    first, second = pair
    first.write({b"a": b"1", b"b": b"1"})
    first.commit()
    assert (first.get(b"a"), first.get(b"b")) == (second.get(b"a"), second.get(b"b")) == (b"1", b"1")
    first.write({b"a": b"0"})
    second.write({b"b": b"0"})
    first.commit()
    with pytest.raises(Conflict):
        second.commit()


def test_a_range_that_gained_a_key_is_a_conflict(pair: Two) -> None:
    first, second = pair
    assert list(first.scan(b"q", b"r")) == list(second.scan(b"q", b"r")) == []
    first.write({b"q1": b"first"})
    second.write({b"q2": b"second"})
    first.commit()
    with pytest.raises(Conflict):
        second.commit()


def test_a_write_without_reads_takes_part_in_serialization(dsn: str, pair: Two) -> None:
    first, second = pair
    third = PostgresStore(dsn)
    assert first.get(b"x") is None
    second.write({b"x": b"1"})
    second.commit()
    assert (third.get(b"x"), third.get(b"y")) == (b"1", None)
    third.commit()
    third.close()
    # First came before second (it saw no x), which came before third, which came before first (it saw no y).
    first.write({b"y": b"1"})
    with pytest.raises(Conflict):
        first.commit()


def test_others_see_nothing_before_the_commit(pair: Two) -> None:
    first, second = pair
    first.write({b"a": b"1"})
    assert second.get(b"a") is None
    second.commit()
    first.commit()
    assert second.get(b"a") == b"1"


def test_a_turn_that_lost_a_race_runs_again_and_answers_what_it_saw_then(pair: Two) -> None:
    ours, theirs = pair
    seen: list[bytes | None] = []

    def add_one(writes: WriteSet) -> int:
        seen.append(before := writes.get(b"n"))
        if len(seen) == 1:
            theirs.write({b"n": b"10"})
            theirs.commit()
        value = int(before or b"0") + 1
        writes.put(b"n", b"%d" % value)
        return value

    async def story() -> int:
        turns = Turns(ours)
        turns.bind(asyncio.get_running_loop())
        return await turns.perform(add_one)

    assert asyncio.run(story()) == 11
    assert seen == [None, b"10"]
    assert theirs.get(b"n") == b"11"


def test_a_turn_of_reads_only_is_run_again_as_well(pair: Two) -> None:
    ours, _ = pair
    attempts: list[int] = []

    def read(writes: WriteSet) -> bytes | None:
        attempts.append(1)
        if len(attempts) == 1:
            raise Conflict("the server lost patience")
        return writes.get(b"n")

    async def story() -> bytes | None:
        turns = Turns(ours)
        turns.bind(asyncio.get_running_loop())
        return await turns.perform(read)

    assert asyncio.run(story()) is None
    assert len(attempts) == 2


ADDER = """
    import asyncio, sys
    from skyglobe.kernel.postgres_store import PostgresStore
    from skyglobe.kernel.turns import Turns

    def add(writes):
        writes.put(b"count", b"%d" % (int(writes.get(b"count") or b"0") + 1))

    async def main():
        turns = Turns(PostgresStore(sys.argv[1]))
        turns.bind(asyncio.get_running_loop())
        for _ in range(int(sys.argv[2])):
            await asyncio.gather(*(turns.perform(add) for _ in range(5)))

    asyncio.run(main())
"""


def test_processes_that_count_together_lose_no_count(dsn: str) -> None:
    adders = [
        subprocess.Popen([sys.executable, "-c", textwrap.dedent(ADDER), dsn, "20"], stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    for adder in adders:
        _, said = adder.communicate()
        assert adder.returncode == 0, said.decode()
    store = PostgresStore(dsn)
    assert store.get(b"count") == b"200"
    store.close()


def _cut(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")


def test_a_lost_connection_fails_the_whole_turn_and_the_next_one_connects_anew(dsn: str) -> None:
    store = PostgresStore(dsn)

    async def story() -> None:
        turns = Turns(store)
        turns.bind(asyncio.get_running_loop())
        await turns.perform(lambda writes: writes.put(b"before", b"1"))
        written = turns.submit(lambda writes: writes.put(b"lost", b"1"))
        _cut(dsn)
        read = turns.submit(lambda writes: writes.get(b"before"))
        assert [type(failure) for failure in await asyncio.gather(written, read, return_exceptions=True)] == [
            StoreFailure,
            StoreFailure,
        ]
        assert await turns.perform(lambda writes: dict(writes.scan(b"", b"\xff"))) == {b"before": b"1"}
        await turns.perform(lambda writes: writes.put(b"after", b"1"))

    asyncio.run(story())
    assert store.get(b"after") == b"1"
    store.close()


def test_a_connection_lost_within_a_transaction_is_not_taken_up_in_the_middle(dsn: str) -> None:
    store = PostgresStore(dsn)
    store.get(b"a")
    _cut(dsn)
    for _ in range(2):
        with pytest.raises(StoreFailure):
            store.get(b"a")
    with pytest.raises(StoreFailure):
        store.commit()
    store.rollback()
    assert store.get(b"a") is None
    store.close()


def test_a_server_that_is_not_there_is_a_store_failure() -> None:
    with pytest.raises(StoreFailure, match="connection"):
        PostgresStore("host=/nonexistent dbname=postgres")


def test_keys_as_large_as_allowed_are_kept_and_larger_ones_refused_alone(dsn: str) -> None:
    import random

    store = PostgresStore(dsn)
    noise = random.Random(1).randbytes(MAX_KEY_BYTES + 1)  # does not compress
    store.write({noise[:-1]: b"v"})
    with pytest.raises(ValueError, match="2600"):
        store.write({b"other": b"v", noise: b"v"})
    store.commit()
    assert store.get(noise[:-1]) == b"v"
    assert store.get(b"other") is None
    store.close()


def test_the_table_is_made_by_whoever_comes_first(dsn: str) -> None:
    stores = [PostgresStore(dsn) for _ in range(2)]
    stores[0].write({b"a": b"1"})
    stores[0].commit()
    assert stores[1].get(b"a") == b"1"
    for store in stores:
        store.close()


@pytest.mark.parametrize(("fsync", "expected"), [(False, "off"), (True, "on")])
def test_the_durability_asked_for_is_the_sessions(dsn: str, fsync: bool, expected: str) -> None:
    store = PostgresStore(dsn, fsync=fsync)
    assert store._server.connect().execute("SELECT current_setting('synchronous_commit')").fetchone() == (expected,)
    store.close()


def test_without_the_driver_the_error_names_the_package() -> None:
    code = "import sys; sys.modules['psycopg'] = None; import skyglobe.kernel.postgres_store"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "pip install skyglobe[postgres]" in ended.stderr


def test_saving_while_others_write_takes_one_moments_state(dsn: str, tmp_path: object) -> None:
    from pathlib import Path

    from skyglobe.kernel.sqlite_store import SqliteStore

    assert isinstance(tmp_path, Path)
    store, other = PostgresStore(dsn), PostgresStore(dsn)
    for number in range(50):
        other.write({b"a": b"%d" % number, b"b%d" % number: b"", b"z": b"%d" % number})
        other.commit()
        if number % 10 == 0:
            store.save(tmp_path / f"{number}")
            copy = SqliteStore.open_readonly(tmp_path / f"{number}")
            assert copy.get(b"a") == copy.get(b"z") == b"%d" % number
            copy.close()
    store.close()
    other.close()
