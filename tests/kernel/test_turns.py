"""Group commit: who shares a transaction, who is told what, and when."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any

import pytest

from skyglobe.kernel.sqlite_store import SqliteStore
from skyglobe.kernel.store import Conflict, StoreFailure, WriteSet
from skyglobe.kernel.turns import MAX_ATTEMPTS, Turns


class Recorded:
    """A store that counts commits, and fails when told to."""

    def __init__(self, path: Path | None = None) -> None:
        self._store = SqliteStore(path)
        self.commits: list[dict[bytes, bytes | None]] = []
        self.open: dict[bytes, bytes | None] = {}
        self.next_failures: list[Exception] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def write(self, changes: Mapping[bytes, bytes | None]) -> None:
        self.open.update(changes)
        self._store.write(changes)

    def commit(self) -> None:
        if self.open and self.next_failures:
            raise self.next_failures.pop(0)
        self._store.commit()
        if self.open:
            self.commits.append(self.open)
        self.open = {}

    def rollback(self) -> None:
        self._store.rollback()
        self.open = {}


@pytest.fixture
def store() -> Recorded:
    return Recorded()


def play(store: Recorded, story: Callable[[Turns], Coroutine[Any, Any, None]]) -> None:
    async def whole() -> None:
        turns = Turns(store)
        turns.bind(asyncio.get_running_loop())
        await story(turns)

    asyncio.run(whole())


def put(key: bytes, value: bytes = b"v") -> Callable[[WriteSet], bytes]:
    def work(writes: WriteSet) -> bytes:
        writes.put(key, value)
        return key

    return work


def explode(*_: object) -> None:
    raise RuntimeError("somebody else's fault")


def content(turns: Turns) -> dict[bytes, bytes]:
    return dict(turns.store.scan(b"", b"\xff"))


def test_the_work_of_one_turn_is_one_commit(store: Recorded) -> None:
    async def story(turns: Turns) -> None:
        answers = await asyncio.gather(*(turns.submit(put(b"%d" % number)) for number in range(5)))
        assert answers == [b"0", b"1", b"2", b"3", b"4"]
        assert [sorted(commit) for commit in store.commits] == [answers]
        await turns.perform(put(b"5"))
        assert len(store.commits) == 2

    play(store, story)


def test_later_work_of_a_turn_sees_what_earlier_work_wrote(store: Recorded) -> None:
    async def story(turns: Turns) -> None:
        turns.submit(put(b"a"))
        assert await turns.perform(lambda writes: writes.get(b"a")) == b"v"
        assert len(store.commits) == 1

    play(store, story)


def test_answers_leave_only_after_the_commit(store: Recorded) -> None:
    async def story(turns: Turns) -> None:
        told: list[tuple[object, int]] = []
        turns.run(put(b"a"), lambda result, failure: told.append((result, len(store.commits))))
        turns.run(lambda writes: writes.get(b"a"), lambda result, failure: told.append((result, len(store.commits))))
        assert told == []
        turns.flush()
        assert told == [(b"a", 1), (b"v", 1)]

    play(store, story)


def test_a_read_before_any_write_of_the_turn_is_answered_at_once(store: Recorded) -> None:
    async def story(turns: Turns) -> None:
        told: list[object] = []
        turns.run(lambda writes: writes.get(b"a"), lambda result, failure: told.append(result))
        assert told == [None]

    play(store, story)


def test_work_that_raises_loses_its_own_writes_only(store: Recorded) -> None:
    def fail(writes: WriteSet) -> None:
        writes.put(b"b", b"v")
        writes.effects.append(lambda: pytest.fail("an effect of work that failed"))
        raise LookupError("no such queue")

    async def story(turns: Turns) -> None:
        outcomes = await asyncio.gather(
            turns.submit(put(b"a")), turns.submit(fail), turns.submit(put(b"c")), return_exceptions=True
        )
        assert outcomes[0] == b"a"
        assert isinstance(outcomes[1], LookupError)
        assert content(turns) == {b"a": b"v", b"c": b"v"}

    play(store, story)


def test_effects_follow_the_commit_in_order_and_one_that_fails_spoils_no_other(store: Recorded) -> None:
    happened: list[str] = []

    def work(name: str) -> Callable[[WriteSet], None]:
        def run(writes: WriteSet) -> None:
            writes.put(name.encode(), b"v")
            writes.effects.append(lambda: happened.append(f"{name} after {len(store.commits)}"))
            writes.effects.append(explode)
            writes.effects.append(lambda: happened.append(name))

        return run

    async def story(turns: Turns) -> None:
        await asyncio.gather(turns.submit(work("a")), turns.submit(work("b")))
        assert happened == ["a after 1", "a", "b after 1", "b"]

    play(store, story)


def test_an_answer_that_cannot_be_delivered_spoils_no_other(store: Recorded) -> None:
    async def story(turns: Turns) -> None:
        turns.run(put(b"a"), explode)
        assert await turns.perform(put(b"b")) == b"b"

    play(store, story)


def test_somebody_who_left_does_not_undo_the_work(store: Recorded) -> None:
    async def story(turns: Turns) -> None:
        turns.submit(put(b"a")).cancel()
        await turns.perform(put(b"b"))
        assert content(turns) == {b"a": b"v", b"b": b"v"}

    play(store, story)


def test_an_answer_may_start_the_next_work(store: Recorded) -> None:
    async def story(turns: Turns) -> None:
        chained: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        turns.run(put(b"a"), lambda *_: turns.run(put(b"b"), lambda result, failure: chained.set_result(result)))
        assert await chained == b"b"
        assert [list(commit) for commit in store.commits] == [[b"a"], [b"b"]]

    play(store, story)


def test_after_a_conflict_all_work_of_the_turn_runs_again_in_order(store: Recorded) -> None:
    ran: list[str] = []

    def work(name: str) -> Callable[[WriteSet], str]:
        def run(writes: WriteSet) -> str:
            ran.append(name)
            trail = (writes.get(b"trail") or b"") + name.encode()
            writes.put(b"trail", trail)
            writes.effects.append(lambda: ran.append(f"effect {name}"))
            if name == "b":
                raise LookupError(name)
            return trail.decode()

        return run

    async def story(turns: Turns) -> None:
        store.next_failures = [Conflict(), Conflict()]
        outcomes = await asyncio.gather(*(turns.submit(work(name)) for name in "abc"), return_exceptions=True)
        assert outcomes[::2] == ["a", "ac"]
        assert isinstance(outcomes[1], LookupError)
        assert ran == [*"abc" * 3, "effect a", "effect c"]
        assert content(turns) == {b"trail": b"ac"}

    play(store, story)


def test_conflicts_without_end_are_given_up(store: Recorded) -> None:
    async def story(turns: Turns) -> None:
        store.next_failures = [Conflict()] * (MAX_ATTEMPTS + 1)
        with pytest.raises(StoreFailure, match="races"):
            await turns.perform(put(b"a"))
        assert len(store.next_failures) == 1
        store.next_failures = []
        assert content(turns) == {}

    play(store, story)


def test_a_store_failure_reaches_everybody_of_the_turn_and_leaves_the_store_as_it_was(store: Recorded) -> None:
    def fail(writes: WriteSet) -> None:
        raise LookupError("seen in writes that were never kept")

    async def story(turns: Turns) -> None:
        await turns.perform(put(b"before"))
        store.next_failures = [StoreFailure("disk full")]
        effects: list[int] = []

        def write(writes: WriteSet) -> None:
            writes.put(b"a", b"v")
            writes.effects.append(lambda: effects.append(1))

        outcomes = await asyncio.gather(
            turns.submit(write),
            turns.submit(fail),
            turns.submit(lambda writes: writes.get(b"a")),
            return_exceptions=True,
        )
        assert [type(outcome) for outcome in outcomes] == [StoreFailure] * 3
        assert effects == []
        assert content(turns) == {b"before": b"v"}
        assert await turns.perform(put(b"after")) == b"after"

    play(store, story)


def test_a_full_disk_fails_the_turn_and_the_next_small_one_succeeds(tmp_path: Path) -> None:
    store = Recorded(tmp_path / "store.sqlite")
    pages = store._connection.execute("PRAGMA page_count").fetchone()[0]
    store._connection.execute(f"PRAGMA max_page_count = {pages + 3}")

    async def story(turns: Turns) -> None:
        await turns.perform(put(b"kept"))
        small = turns.submit(put(b"small"))
        large = turns.submit(put(b"large", b"x" * 500_000))
        late = turns.submit(put(b"late"))
        outcomes = await asyncio.gather(small, large, late, return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [StoreFailure] * 3
        assert "full" in str(outcomes[1])
        assert content(turns) == {b"kept": b"v"}
        await turns.perform(put(b"after"))
        assert content(turns) == {b"kept": b"v", b"after": b"v"}

    play(store, story)
    store.close()
    assert dict(SqliteStore(tmp_path / "store.sqlite").pairs()) == {b"kept": b"v", b"after": b"v"}


def test_a_store_that_cannot_be_read_fails_the_turn(store: Recorded) -> None:
    def read(writes: WriteSet) -> None:
        raise StoreFailure("disk I/O error")

    async def story(turns: Turns) -> None:
        outcomes = await asyncio.gather(turns.submit(read), turns.submit(put(b"a")), return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [StoreFailure] * 2
        assert content(turns) == {}

    play(store, story)


def test_while_paused_work_is_held_back_and_then_done_in_order(store: Recorded) -> None:
    async def story(turns: Turns) -> None:
        open_before = turns.submit(put(b"before"))
        with turns.paused():
            assert open_before.done()
            held = [turns.submit(lambda writes: sorted(dict(writes.scan(b"", b"\xff")))), turns.submit(put(b"x"))]
            await asyncio.sleep(0)
            assert not any(each.done() for each in held)
            store.write({b"replaced": b"1"})
            store.commit()
        assert await asyncio.gather(*held) == [[b"before", b"replaced"], b"x"]

    play(store, story)


def test_flushing_commits_the_open_turn_at_once_and_only_once(store: Recorded) -> None:
    async def story(turns: Turns) -> None:
        future = turns.submit(put(b"a"))
        turns.flush()
        assert future.done()
        turns.flush()
        await asyncio.sleep(0)
        assert len(store.commits) == 1

    play(store, story)


def test_a_turn_of_reads_leaves_no_transaction_open(tmp_path: Path) -> None:
    store = Recorded(tmp_path / "store.sqlite")

    async def story(turns: Turns) -> None:
        await turns.perform(put(b"a"))
        await turns.perform(lambda writes: [writes.get(b"a"), list(writes.scan(b"", b"\xff"))])
        await asyncio.sleep(0)
        assert not store._connection.in_transaction
        busy, pages, carried = store._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        assert (busy, pages, carried) == (0, 0, 0)

    play(store, story)
    store.close()


def test_a_result_that_is_still_being_read_does_not_pin_the_log(tmp_path: Path) -> None:
    store = Recorded(tmp_path / "store.sqlite")

    async def story(turns: Turns) -> None:
        for number in range(30):
            await turns.perform(put(b"%d" % number))
        page = await turns.perform(lambda writes: iter(writes.scan(b"", b"\xff", limit=10)))
        next(page)
        await asyncio.sleep(0)
        other = sqlite3.connect(tmp_path / "store.sqlite", timeout=0)
        assert other.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone() == (0, 0, 0)
        other.close()
        assert len(list(page)) == 9

    play(store, story)
    store.close()
