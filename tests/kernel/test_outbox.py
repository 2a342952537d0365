"""The outbox: at least once, in order within a lane, whatever fails in between."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from skyglobe.kernel.config import Config
from skyglobe.kernel.kernel import Kernel
from skyglobe.kernel.outbox import (
    FIRST_RETRY_FOR,
    MAX_ATTEMPTS,
    MAX_DELIVERIES,
    Delivery,
    letters,
    list_dead,
    post,
    revive,
)
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.service import Service
from skyglobe.kernel.store import StoreFailure
from skyglobe.kernel.tables import Counter
from tests.kernel.conftest import START, Wall, until

ACCOUNT, REGION = "1" * 12, "us-east-1"

Play = Callable[..., None]
received = Counter("tests.received")


async def send(kernel: Kernel, *numbers: int, lane: str = "", kind: str = "note") -> None:
    def post_all(scope: Scope) -> None:
        for number in numbers:
            post(scope, "sqs", kind, {"number": number}, lane=lane)

    await kernel.transact(post_all, ACCOUNT, REGION)


async def waiting(kernel: Kernel) -> list[int]:
    return await kernel.transact(lambda scope: [letter.payload["number"] for letter in letters.scan(scope)])


async def dead(kernel: Kernel) -> list[int]:
    return await kernel.transact(lambda scope: [letter.payload["number"] for letter in list_dead(scope, 99)])


class Consumer:
    """Takes notes; fails as often as it is told to for a number."""

    def __init__(self, service: Service) -> None:
        self.taken: list[int] = []
        self.attempts: list[tuple[int, int]] = []
        self.failures: dict[int, int] = {}
        service.consumer("note")(self.take)
        service.consumer("slow note")(self.take_later)
        self.gate: asyncio.Event | None = None

    def take(self, scope: Scope, payload: dict[str, Any]) -> None:
        number = payload["number"]
        assert (scope.account, scope.region) == (ACCOUNT, REGION)
        self.attempts.append((number, scope.now - START))
        received.add(scope, str(number), 1)
        if self.failures.get(number, 0) > 0:
            self.failures[number] -= 1
            raise RuntimeError("on purpose")
        scope.after_commit(lambda: self.taken.append(number))

    async def take_later(self, delivery: Delivery, payload: dict[str, Any]) -> None:
        if self.gate is not None:
            await self.gate.wait()
        await delivery.transact(lambda scope: self.take(scope, payload))


@pytest.fixture
def consumer(service: Service) -> Consumer:
    return Consumer(service)


def test_what_is_posted_is_delivered_after_its_cause_is_committed(play: Play, consumer: Consumer) -> None:
    async def story(kernel: Kernel) -> None:
        await send(kernel, 1, 2, 3)
        await kernel.outbox.settle()
        assert sorted(consumer.taken) == [1, 2, 3]
        assert await waiting(kernel) == []

    play(story)


def test_a_cause_that_fails_posts_nothing(play: Play, consumer: Consumer) -> None:
    async def story(kernel: Kernel) -> None:
        def fail(scope: Scope) -> None:
            post(scope, "sqs", "note", {"number": 1})
            raise LookupError

        with pytest.raises(LookupError):
            await kernel.transact(fail, ACCOUNT, REGION)
        await kernel.outbox.settle()
        assert consumer.attempts == []

    play(story)


@pytest.mark.parametrize("kind", ["note", "slow note"])
def test_a_delivery_that_fails_is_tried_again_with_growing_pauses(play: Play, consumer: Consumer, kind: str) -> None:
    async def story(kernel: Kernel) -> None:
        consumer.failures[1] = 3
        await send(kernel, 1, kind=kind)
        await kernel.turn(60_000)
        assert [at for _, at in consumer.attempts] == [0, 1_000, 3_000, 7_000]
        assert consumer.taken == [1]
        assert await kernel.transact(lambda scope: received.get(scope, "1"), ACCOUNT, REGION) == 1

    play(story)


def test_a_letter_that_always_fails_ends_in_the_dead_letter_view_and_can_be_revived(
    play: Play, consumer: Consumer
) -> None:
    async def story(kernel: Kernel) -> None:
        consumer.failures[1] = MAX_ATTEMPTS
        await send(kernel, 1)
        await kernel.turn(FIRST_RETRY_FOR * 2**MAX_ATTEMPTS)
        assert len(consumer.attempts) == MAX_ATTEMPTS
        (letter,) = await kernel.transact(lambda scope: list_dead(scope, 10))
        assert (letter.payload, letter.attempts, letter.next_at) == ({"number": 1}, MAX_ATTEMPTS, None)
        assert "on purpose" in letter.error
        await kernel.transact(lambda scope: revive(scope, letter))
        await kernel.transact(lambda scope: revive(scope, letter))  # twice does no harm
        await kernel.outbox.settle()
        assert consumer.taken == [1]
        assert await waiting(kernel) == []

    play(story)


def test_a_letter_nobody_takes_is_dead_in_the_end_too(play: Play, consumer: Consumer) -> None:
    async def story(kernel: Kernel) -> None:
        await send(kernel, 1, kind="unknown kind")
        await kernel.transact(lambda scope: post(scope, "no-such-service", "note", {"number": 2}))
        await kernel.turn(FIRST_RETRY_FOR * 2**MAX_ATTEMPTS)
        assert await dead(kernel) == [1, 2]

    play(story)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    posts=st.lists(st.tuples(st.sampled_from(["", "a", "b"]), st.integers(0, 3)), max_size=20),
    slow=st.booleans(),
)
def test_a_lane_keeps_its_order_through_all_failures(
    play: Play, service: Service, posts: list[tuple[str, int]], slow: bool
) -> None:
    consumer = Consumer(service)

    async def story(kernel: Kernel) -> None:
        for number, (lane, failures) in enumerate(posts):
            consumer.failures[number] = failures
            await send(kernel, number, lane=lane, kind="slow note" if slow else "note")
        await kernel.turn(600_000)
        assert sorted(consumer.taken) == list(range(len(posts)))
        for lane in "ab":
            own = [number for number, (name, _) in enumerate(posts) if name == lane]
            assert [number for number in consumer.taken if number in own] == own
            # Nobody of a lane is even tried before those before it are through.
            tried = [number for number, _ in consumer.attempts if number in own]
            assert tried == sorted(tried)
        assert await waiting(kernel) == []

    play(story)


def test_a_dead_letter_lets_its_lane_go_on_and_comes_next_when_revived(play: Play, consumer: Consumer) -> None:
    async def story(kernel: Kernel) -> None:
        consumer.failures[1] = MAX_ATTEMPTS
        await send(kernel, 1, 2, lane="a")
        await kernel.turn(FIRST_RETRY_FOR * 2**MAX_ATTEMPTS)
        assert consumer.taken == [2]
        consumer.failures[3] = 1
        await send(kernel, 3, 4, lane="a")
        await kernel.outbox.settle()
        (letter,) = await kernel.transact(lambda scope: list_dead(scope, 10))
        await kernel.transact(lambda scope: revive(scope, letter))
        await kernel.turn(5_000)
        assert consumer.taken == [2, 3, 1, 4]

    play(story)


def test_lanes_of_different_places_do_not_wait_for_each_other(play: Play, service: Service) -> None:
    seen: list[str] = []

    @service.consumer("placed")
    def placed(scope: Scope, payload: dict[str, Any]) -> None:
        if scope.region == "us":
            raise RuntimeError("on purpose")
        seen.append(scope.region)

    async def story(kernel: Kernel) -> None:
        for region in ("us", "eu"):
            await kernel.transact(lambda scope: post(scope, "sqs", "placed", {}, lane="a"), ACCOUNT, region)
        await kernel.outbox.settle()
        assert seen == ["eu"]

    play(story)


def test_a_slow_delivery_holds_up_nobody_but_its_lane(play: Play, consumer: Consumer) -> None:
    async def story(kernel: Kernel) -> None:
        consumer.gate = asyncio.Event()
        await send(kernel, 1, lane="a", kind="slow note")
        await send(kernel, 2, lane="a")
        await asyncio.sleep(0)
        await send(kernel, 3, lane="b")
        await send(kernel, 4)
        await until(lambda: len(consumer.taken) == 2)
        assert sorted(consumer.taken) == [3, 4]
        consumer.gate.set()
        await kernel.outbox.settle()
        assert consumer.taken[2:] == [1, 2]

    play(story)


def test_a_long_lane_starves_nobody(play: Play, consumer: Consumer) -> None:
    async def story(kernel: Kernel) -> None:
        consumer.failures[0] = 2
        await send(kernel, *range(5 * MAX_DELIVERIES), lane="long")
        await send(kernel, 9_999)
        await kernel.outbox.settle()
        assert consumer.taken == [9_999]
        await kernel.turn(5_000)
        assert consumer.taken[1:] == list(range(5 * MAX_DELIVERIES))

    play(story)


def test_no_more_deliveries_run_at_once_than_allowed(play: Play, service: Service) -> None:
    running = most = done = 0

    async def story(kernel: Kernel) -> None:
        gate = asyncio.Event()

        @service.consumer("count")
        async def count(delivery: Delivery, payload: dict[str, Any]) -> None:
            nonlocal running, most, done
            running += 1
            most = max(most, running)
            if running == MAX_DELIVERIES:
                gate.set()
            await gate.wait()
            running -= 1
            done += 1

        await send(kernel, *range(3 * MAX_DELIVERIES), kind="count")
        await kernel.outbox.settle()
        assert (most, done) == (MAX_DELIVERIES, 3 * MAX_DELIVERIES)

    play(story)


def test_letters_outlive_the_process_and_a_delivery_cut_off_is_made_again(
    play: Play, consumer: Consumer, tmp_path: Path, wall: Wall
) -> None:
    async def before(kernel: Kernel) -> None:
        consumer.gate = asyncio.Event()  # never opens: the process ends in the middle
        consumer.failures[2] = 1
        await send(kernel, 1, lane="a", kind="slow note")
        await send(kernel, 2)
        await send(kernel, 3, lane="a")
        await until(lambda: consumer.attempts)

    async def after(kernel: Kernel) -> None:
        consumer.gate = None
        await kernel.turn(2_000)
        assert sorted(consumer.taken) == [1, 2, 3]
        assert consumer.taken.index(1) < consumer.taken.index(3)

    play(before, Config(folder=tmp_path))
    assert consumer.taken == []
    play(after, Config(folder=tmp_path))


def test_a_plain_consumer_takes_effect_exactly_once(play: Play, consumer: Consumer) -> None:
    async def story(kernel: Kernel) -> None:
        consumer.failures = {1: 2}
        await send(kernel, 1)
        await kernel.turn(60_000)
        assert len(consumer.attempts) == 3
        assert await kernel.transact(lambda scope: received.get(scope, "1"), ACCOUNT, REGION) == 1

    play(story)


def test_a_consumer_may_post_what_is_delivered_at_the_same_instant(play: Play, service: Service) -> None:
    seen: list[tuple[int, int]] = []

    @service.consumer("chain")
    def chain(scope: Scope, payload: dict[str, Any]) -> None:
        seen.append((payload["left"], scope.now - START))
        if payload["left"]:
            post(scope, "sqs", "chain", {"left": payload["left"] - 1}, lane="chain")

    async def story(kernel: Kernel) -> None:
        await kernel.transact(lambda scope: post(scope, "sqs", "chain", {"left": 20}, lane="chain"), ACCOUNT, REGION)
        await kernel.outbox.settle()
        assert seen == [(left, 0) for left in range(20, -1, -1)]

    play(story)


def test_turning_the_clock_is_not_held_up_by_a_consumer_that_waits_for_it(play: Play, service: Service) -> None:
    async def story(kernel: Kernel) -> None:
        woke: list[int] = []

        @service.consumer("patient")
        async def patient(delivery: Delivery, payload: dict[str, Any]) -> None:
            await kernel.clock.wait_until(START + 5_000)
            await kernel.signals.wait(("nothing",), START + 8_000)
            woke.append(kernel.clock.now() - START)

        await kernel.transact(lambda scope: post(scope, "sqs", "patient", {"number": 0}))
        await kernel.turn(10_000)
        assert woke == [8_000]
        assert await waiting(kernel) == []

    play(story)


def test_a_store_that_refuses_costs_a_letter_no_attempt(
    play: Play, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("skyglobe.kernel.outbox.STORE_RETRY_FOR", 0)
    outcomes: list[int] = []

    @service.consumer("unlucky")
    def unlucky(scope: Scope, payload: dict[str, Any]) -> None:
        (letter,) = letters.scan(scope)
        outcomes.append(letter.attempts)
        if len(outcomes) < 4:
            raise StoreFailure("disk full")

    async def story(kernel: Kernel) -> None:
        await send(kernel, 1, kind="unlucky")
        await kernel.outbox.settle()
        assert outcomes == [0, 0, 0, 0]
        assert await waiting(kernel) == []

    play(story)


def test_after_the_cloud_stops_nothing_is_delivered_any_more(play: Play, consumer: Consumer) -> None:
    kernels: list[Kernel] = []

    async def story(kernel: Kernel) -> None:
        kernels.append(kernel)
        consumer.gate = asyncio.Event()
        await send(kernel, 1, 2, kind="slow note")
        await until(lambda: kernel.outbox._busy)

    play(story)
    assert consumer.taken == []
    kernels[0].outbox.wake()
    assert not kernels[0].outbox._tasks
