"""Random work on a store, and on write-sets over it, against a dictionary that is sorted when asked."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from skyglobe.kernel.sqlite_store import SqliteStore
from skyglobe.kernel.store import Store, WriteSet

few_keys = st.sampled_from([b"", b"\0", b"k", b"\xfe", *(b"k%02d" % number for number in range(20))])
changes = st.dictionaries(few_keys, st.none() | st.binary(max_size=4), max_size=24)

Model = dict[bytes, bytes]


def applied(model: Model, changed: dict[bytes, bytes | None]) -> Model:
    return {key: value for key, value in {**model, **changed}.items() if value is not None}


def scanned(model: Model, start: bytes, stop: bytes, limit: int | None, reverse: bool) -> list[tuple[bytes, bytes]]:
    return sorted(((k, v) for k, v in model.items() if start <= k < stop), reverse=reverse)[:limit]


class StoreMachine(RuleBasedStateMachine):
    """Holds three views of the content: committed, of the open transaction, and of an operation's write-set."""

    store: Store

    @initialize()
    def empty(self) -> None:
        self.store.rollback()
        self.store.write({key: None for key, _ in list(self.store.scan(b"", b"\xff\xff\xff"))})
        self.store.commit()
        self.committed: Model = {}
        self.open: Model = {}
        self.begin_operation()

    @rule()
    def begin_operation(self) -> None:
        self.writes = WriteSet(self.store)
        self.own: Model = dict(self.open)

    @rule(changed=changes)
    def operation_writes(self, changed: dict[bytes, bytes | None]) -> None:
        for key, value in changed.items():
            if value is None:
                self.writes.delete(key)
            else:
                self.writes.put(key, value)
        self.own = applied(self.own, changed)

    @rule()
    def operation_ends(self) -> None:
        self.store.write(self.writes.changes)
        self.open = self.own
        self.begin_operation()

    @rule()
    def commit(self) -> None:
        self.store.commit()
        self.committed = self.open
        self.begin_operation()

    @rule()
    def rollback(self) -> None:
        self.store.rollback()
        self.open = self.committed
        self.begin_operation()

    @rule(key=few_keys)
    def get(self, key: bytes) -> None:
        assert self.store.get(key) == self.open.get(key)
        assert self.writes.get(key) == self.own.get(key)

    @rule(start=few_keys, stop=few_keys, limit=st.none() | st.integers(0, 6), reverse=st.booleans())
    def scan(self, start: bytes, stop: bytes, limit: int | None, reverse: bool) -> None:
        asked = {"limit": limit, "reverse": reverse}
        assert list(self.store.scan(start, stop, **asked)) == scanned(self.open, start, stop, **asked)  # type: ignore[arg-type]
        assert list(self.writes.scan(start, stop, **asked)) == scanned(self.own, start, stop, **asked)  # type: ignore[arg-type]

    @rule(changed=changes, keeps=st.booleans())
    def nested_write_set(self, changed: dict[bytes, bytes | None], keeps: bool) -> None:
        upper = WriteSet(self.writes)
        upper.changes.update(changed)
        assert list(upper.scan(b"", b"\xff")) == scanned(applied(self.own, changed), b"", b"\xff", None, False)
        if keeps:
            self.writes.fold(upper)
            self.own = applied(self.own, changed)


@pytest.mark.parametrize("kind", ["memory", "file", "postgres"])
def test_a_store_behaves_like_a_sorted_dictionary(kind: str, request: pytest.FixtureRequest, tmp_path: object) -> None:
    store = _open(kind, request)

    class Machine(StoreMachine):
        pass

    Machine.store = store
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Machine,
        settings=settings(
            max_examples=15 if kind == "postgres" else 40,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    store.close()


def _open(kind: str, request: pytest.FixtureRequest) -> Store:
    if kind == "postgres":
        from skyglobe.kernel.postgres_store import PostgresStore

        return PostgresStore(request.getfixturevalue("dsn"))
    return SqliteStore(request.getfixturevalue("tmp_path") / "store.sqlite" if kind == "file" else None)


def test_a_large_write_set_stays_in_order_whatever_is_added_in_between() -> None:
    writes = WriteSet(_Nothing())
    model: Model = {}
    for number in range(300):
        key = b"%03d" % (number * 7919 % 997)
        writes.put(key, b"v")
        model[key] = b"v"
        if number % 3 == 0:
            low, high = b"%03d" % (number % 500), b"%03d" % (number % 500 + 400)
            assert list(writes.scan(low, high)) == scanned(model, low, high, None, False)


def test_deleted_keys_do_not_count_towards_a_limit() -> None:
    store = SqliteStore()
    store.write({b"%d" % number: b"v" for number in range(9)})
    writes = WriteSet(store)
    for number in (0, 1, 4, 8):
        writes.delete(b"%d" % number)
    assert [key for key, _ in writes.scan(b"", b"\xff", limit=3)] == [b"2", b"3", b"5"]
    assert [key for key, _ in writes.scan(b"", b"\xff", limit=3, reverse=True)] == [b"7", b"6", b"5"]


class _Nothing:
    def get(self, key: bytes) -> bytes | None:
        return None

    def scan(self, start: bytes, stop: bytes, *, limit: int | None = None, reverse: bool = False) -> list[object]:
        return []
