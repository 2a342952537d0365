"""Tables: random work on records, with every index compared to the records themselves."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from skyglobe.kernel.resources import Resource, ResourceTable, list_resources
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.sqlite_store import SqliteStore
from skyglobe.kernel.store import WriteSet
from skyglobe.kernel.tables import Counter, Reach, Record, Table


class Message(Record, frozen=True):
    queue: str
    number: int
    group: str | None = None
    visible_at: int | None = None

    @property
    def is_waiting(self) -> bool | None:
        return True if self.visible_at is None else None


def message_table(reach: Reach = "region") -> Table[Message]:
    return Table(
        f"messages.{reach}",
        Message,
        key=("queue", "number"),
        indexes={"group": ("queue", "group"), "visible": ("visible_at",), "waiting": ("queue", "is_waiting")},
        reach=reach,
    )


messages = message_table()


def scope_over(store: Any, account: str = "1" * 12, region: str = "us-east-1") -> Scope:
    kernel: Any = SimpleNamespace(partition="aws")
    return Scope(kernel, WriteSet(store), account, region, 0)


@pytest.fixture
def scope() -> Scope:
    return scope_over(SqliteStore())


queues = st.sampled_from(["a", "a\0", "ab", "b", ""])
records = st.builds(
    Message,
    queue=queues,
    number=st.integers(-3, 3),
    group=st.none() | st.sampled_from(["", "g", "g\0"]),
    visible_at=st.none() | st.integers(0, 4),
)


class TableMachine(RuleBasedStateMachine):
    @initialize()
    def begin(self) -> None:
        self.store = SqliteStore()
        self.scope = scope_over(self.store)
        self.model: dict[tuple[str, int], Message] = {}

    @rule(record=records)
    def put(self, record: Message) -> None:
        messages.put(self.scope, record)
        self.model[record.queue, record.number] = record

    @rule(record=records)
    def insert_or_replace(self, record: Message) -> None:
        old = messages.find(self.scope, record.queue, record.number)
        assert old == self.model.get((record.queue, record.number))
        if old is None:
            messages.insert(self.scope, record)
        else:
            messages.replace(self.scope, old, record)
        self.model[record.queue, record.number] = record

    @rule(record=records)
    def delete(self, record: Message) -> None:
        old = messages.find(self.scope, record.queue, record.number)
        if old is not None:
            messages.delete(self.scope, old)
        self.model.pop((record.queue, record.number), None)

    @rule(queue=queues)
    def clear(self, queue: str) -> None:
        gone = [key for key in self.model if key[0] == queue]
        assert messages.clear(self.scope, queue) == len(gone)
        for key in gone:
            del self.model[key]

    @rule()
    def end_operation(self) -> None:
        self.store.write(self.scope.writes.changes)
        self.scope = scope_over(self.store)

    @rule(
        queue=queues,
        number=st.integers(-3, 3),
        bound=st.sampled_from(["start", "past", "stop"]),
        limit=st.none() | st.integers(0, 3),
        reverse=st.booleans(),
    )
    def scan_part(self, queue: str, number: int, bound: str, limit: int | None, reverse: bool) -> None:
        kept = {
            "start": lambda record: record.number >= number,
            "past": lambda record: record.number > number,
            "stop": lambda record: record.number < number,
        }[bound]
        expected = [self.model[key] for key in sorted(self.model) if key[0] == queue and kept(self.model[key])]
        bounds: dict[str, Any] = {bound: (number,)}
        found = list(messages.scan(self.scope, queue, limit=limit, reverse=reverse, **bounds))
        assert found == (expected[::-1] if reverse else expected)[:limit]

    @rule(start=st.sampled_from(["a", "a\0", "g", "b", "ab", "x"]))
    def scan_starting(self, start: str) -> None:
        expected = [self.model[key] for key in sorted(self.model) if key[0].startswith(start)]
        assert list(messages.scan(self.scope, starting=start)) == expected

    @invariant()
    def indexes_agree(self) -> None:
        records = [self.model[key] for key in sorted(self.model)]
        assert list(messages.scan(self.scope)) == records
        indexes = {"group": ("queue", "group"), "visible": ("visible_at",), "waiting": ("queue", "is_waiting")}
        for index, attributes in indexes.items():
            values = {id(record): tuple(getattr(record, name) for name in attributes) for record in records}
            named = [record for record in records if None not in values[id(record)]]
            expected = sorted(named, key=lambda record: (values[id(record)], record.queue, record.number))
            assert list(messages.scan_by(self.scope, index)) == expected
            assert messages.count_by(self.scope, index) == len(expected)


TableMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
TestEveryIndexAgreesWithTheRecords = TableMachine.TestCase


def test_a_prefix_of_an_index_narrows_a_scan(scope: Scope) -> None:
    for queue, number, group in (("a", 1, "g"), ("a", 2, "h"), ("b", 3, "g"), ("a", 4, "g")):
        messages.insert(scope, Message(queue=queue, number=number, group=group))
    assert [record.number for record in messages.scan_by(scope, "group", "a", "g")] == [1, 4]
    assert [record.number for record in messages.scan_by(scope, "group", "a")] == [1, 4, 2]
    assert [record.number for record in messages.scan_by(scope, "group", "a", reverse=True, limit=1)] == [2]
    assert messages.count_by(scope, "group", "a", "g") == 2


def test_a_page_goes_on_past_the_last_one(scope: Scope) -> None:
    for number in range(10):
        messages.insert(scope, Message(queue="a", number=number, visible_at=number // 4))
    first = list(messages.scan(scope, "a", limit=4))
    rest = list(messages.scan(scope, "a", past=(first[-1].number,)))
    assert [record.number for record in first + rest] == list(range(10))
    by = list(messages.scan_by(scope, "visible", limit=6))
    last = by[-1]
    by += messages.scan_by(scope, "visible", past=(last.visible_at, last.queue, last.number))
    assert [record.number for record in by] == list(range(10))


@pytest.mark.parametrize(
    ("reach", "region_sees", "account_sees"),
    [("region", False, False), ("account", True, False), ("global", True, True)],
)
def test_records_are_seen_as_far_as_the_table_reaches(reach: Reach, region_sees: bool, account_sees: bool) -> None:
    table = message_table(reach)
    here = scope_over(SqliteStore())
    record = Message(queue="a", number=1, group="g")
    table.insert(here, record)
    for there, sees in ((here.within(region="eu-west-1"), region_sees), (here.within(account="2" * 12), account_sees)):
        expected = [record] if sees else []
        assert list(table.scan(there)) == expected
        assert list(table.scan_by(there, "group", "a", "g")) == expected
        assert (table.find(there, "a", 1) is not None) == sees


def test_tables_whose_names_start_alike_do_not_mix(scope: Scope) -> None:
    tables = [Table(name, Message, key=("queue",)) for name in ("t", "ta", "t.a", "t\0")]
    for table in tables:
        table.insert(scope, Message(queue=table.name, number=0, group=table.name))
    for table in tables:
        assert [record.queue for record in table.scan(scope)] == [table.name]


def test_a_counter_adds_and_starts_at_nothing(scope: Scope) -> None:
    counter = Counter("bytes")
    assert counter.get(scope, "a") == 0
    counter.add(scope, "a", 5)
    counter.add(scope, "a", -7)
    counter.add(scope, "b", 1)
    assert (counter.get(scope, "a"), counter.get(scope, "b"), counter.get(scope, "c")) == (-2, 1, 0)
    assert counter.get(scope.within(region="eu-west-1"), "a") == 0


def test_a_record_written_before_a_field_was_added_is_read_with_its_default(scope: Scope) -> None:
    class Old(Record, frozen=True):
        queue: str

    old: Table[Old] = Table("growing", Old, key=("queue",))
    new = Table("growing", Message, key=("queue",))
    old.insert(scope, Old(queue="a"))
    with pytest.raises(Exception, match="array"):  # a field without default cannot be added
        new.find(scope, "a")

    class New(Old, frozen=True):
        colour: str = "blue"

    assert Table("growing", New, key=("queue",)).find(scope, "a") == New(queue="a", colour="blue")


class Thing(Resource, frozen=True):
    colour: str = "red"


things: ResourceTable[Thing] = ResourceTable("Tests::Kernel::Thing", "tests.things", Thing)


def test_a_resource_is_found_by_its_arn_from_anywhere(scope: Scope) -> None:
    arn = "arn:aws:things:eu-west-1:222222222222:thing"
    thing = Thing(arn=arn, id="thing", owner="2" * 12, created_at=1, tags={"a": "b"})
    things.insert(scope.within("2" * 12, "eu-west-1"), thing)
    assert things.find_by_arn(scope, arn) == thing
    assert things.find_by_arn(scope, arn + "s") is None
    assert things.find_by_arn(scope, arn.replace("eu-west-1", "us-east-1")) is None
    with pytest.raises(ValueError, match="not an ARN"):
        things.find_by_arn(scope, "thing")


def test_the_inventory_lists_what_is_here(scope: Scope) -> None:
    thing = Thing(arn="arn:aws:things:us-east-1:1:x", id="x", owner="1" * 12, created_at=1)
    things.insert(scope, thing)
    things.insert(scope.within(region="eu-west-1"), thing)
    assert [(name, found) for name, found in list_resources(scope) if name.startswith("Tests::")] == [
        ("Tests::Kernel::Thing", thing)
    ]


def test_text_numbers_truth_and_nothing_are_different_keys(scope: Scope) -> None:
    class Anything(Record, frozen=True):
        part: str | int | bool | None

    table: Table[Anything] = Table("any", Anything, key=("part",))
    parts: list[str | int | bool | None] = ["a", "", "1", -1, 0, 1, True, False, None]
    for part in parts:
        table.insert(scope, Anything(part=part))
    for part in parts:
        found = table.find(scope, part)
        assert found is not None
        assert (found.part, type(found.part)) == (part, type(part))


def test_a_table_is_not_named_like_an_index() -> None:
    with pytest.raises(AssertionError):
        Table("messages:group", Message, key=("queue",))


def test_a_record_can_be_dropped_unread_where_no_index_points_at_it(scope: Scope) -> None:
    plain: Table[Message] = Table("plain", Message, key=("queue", "number"))
    plain.insert(scope, Message(queue="a", number=1))
    plain.insert(scope, Message(queue="a", number=2))
    plain.drop(scope, "a", 1)
    plain.drop(scope, "a", 3)
    assert [record.number for record in plain.scan(scope, "a")] == [2]
    with pytest.raises(AssertionError):
        messages.drop(scope, "a", 1)
