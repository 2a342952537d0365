"""Durable timers: due order, their own instants, restarts, failures, cascades."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from skyglobe.kernel.clock import Clock, wall_now
from skyglobe.kernel.config import Config
from skyglobe.kernel.kernel import Kernel
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.service import Service
from skyglobe.kernel.store import StoreFailure
from skyglobe.kernel.timers import (
    FIRST_RETRY_FOR,
    MAX_ATTEMPTS,
    cancel_timer,
    find_timer,
    list_dead_timers,
    revive_timer,
    set_timer,
    timers,
)
from tests.kernel.conftest import START, Wall

ACCOUNT, REGION = "1" * 12, "us-east-1"

Play = Callable[..., None]
Fired = list[tuple[str, int]]


@pytest.fixture
def fired(service: Service) -> Fired:
    """What fired, with the instant it saw; timers of the kind ``bell`` only tell."""
    record: Fired = []

    @service.timer("bell")
    def bell(scope: Scope, key: str, payload: dict[str, Any]) -> None:
        record.append((key, scope.now))

    return record


async def set_(kernel: Kernel, key: str, due_at: int, kind: str = "bell", **payload: Any) -> None:
    await kernel.transact(lambda scope: set_timer(scope, "sqs", kind, key, due_at, payload), ACCOUNT, REGION)


async def found(kernel: Kernel, key: str, kind: str = "bell") -> Any:
    return await kernel.transact(lambda scope: find_timer(scope, "sqs", kind, key), ACCOUNT, REGION)


def test_turning_fires_timers_in_due_order_at_their_due_instants(play: Play, fired: Fired) -> None:
    async def story(kernel: Kernel) -> None:
        for key, after in (("c", 300), ("a", 100), ("d", 401), ("b", 200), ("b2", 200)):
            await set_(kernel, key, START + after)
        assert await kernel.turn(400) == 4
        assert fired == [("a", START + 100), ("b", START + 200), ("b2", START + 200), ("c", START + 300)]
        assert kernel.clock.now() == START + 400
        assert await kernel.turn(1) == 1
        assert fired[-1] == ("d", START + 401)

    play(story)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    sets=st.lists(st.tuples(st.sampled_from("abcde"), st.integers(0, 50) | st.none()), max_size=15),
    turns=st.lists(st.integers(0, 30), max_size=4),
)
def test_what_fires_is_what_was_set_last_and_not_cancelled(
    play: Play, fired: Fired, sets: list[tuple[str, int | None]], turns: list[int]
) -> None:
    async def story(kernel: Kernel) -> None:
        fired.clear()
        start = kernel.clock.now()
        expected: dict[str, int] = {}
        for key, after in sets:
            if after is None:
                await kernel.transact(lambda scope, key=key: cancel_timer(scope, "sqs", "bell", key), ACCOUNT, REGION)
                expected.pop(key, None)
            else:
                await set_(kernel, key, start + 1 + after)
                expected[key] = start + 1 + after
        for by in turns:
            await kernel.turn(by)
        now = start + sum(turns)
        assert fired == sorted(
            ((k, at) for k, at in expected.items() if at <= now), key=lambda each: (each[1], each[0])
        )
        waiting = await kernel.transact(lambda scope: {timer.key: timer.due_at for timer in timers.scan(scope)})
        assert waiting == {key: at for key, at in expected.items() if at > now}

    play(story)


def test_timers_of_other_places_and_kinds_do_not_replace_each_other(play: Play, service: Service) -> None:
    seen: list[tuple[str, str, str]] = []
    for kind in ("one", "two"):

        @service.timer(kind)
        def fire(scope: Scope, key: str, payload: dict[str, Any], kind: str = kind) -> None:
            seen.append((kind, scope.account, scope.region))

    async def story(kernel: Kernel) -> None:
        places = [(kind, account, region) for kind in ("one", "two") for account in "12" for region in ("eu", "us")]
        for kind, account, region in places:
            await kernel.transact(lambda scope, kind=kind: set_timer(scope, "sqs", kind, "k", START), account, region)
        await kernel.turn(0)
        assert sorted(seen) == places

    play(story)


def test_real_time_fires_timers_too(play: Play, service: Service) -> None:
    async def story(kernel: Kernel) -> None:
        rang: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        @service.timer("soon")
        def soon(scope: Scope, key: str, payload: dict[str, Any]) -> None:
            scope.after_commit(lambda: rang.set_result(scope.now))

        kernel.clock.wall = wall_now
        due_at = kernel.clock.now() + 3
        await set_(kernel, "k", due_at, "soon")
        assert await rang == due_at
        assert kernel.clock.now() >= due_at

    play(story)


def test_a_timer_set_for_the_past_fires_with_its_own_instant(play: Play, fired: Fired) -> None:
    async def story(kernel: Kernel) -> None:
        await set_(kernel, "k", START - 500)
        await kernel.turn(0)
        assert fired == [("k", START - 500)]

    play(story)


def test_a_timer_that_sets_timers_fires_them_in_the_same_turn_of_the_clock(play: Play, service: Service) -> None:
    seen: list[tuple[int, int]] = []

    @service.timer("again")
    def again(scope: Scope, key: str, payload: dict[str, Any]) -> None:
        seen.append((payload["left"], scope.now - START))
        if payload["left"]:
            set_timer(
                scope, "sqs", "again", key, scope.now + payload["every"], {**payload, "left": payload["left"] - 1}
            )

    async def story(kernel: Kernel) -> None:
        await set_(kernel, "slow", START + 10, "again", left=3, every=10)
        await kernel.turn(35)
        assert seen == [(3, 10), (2, 20), (1, 30)]
        await kernel.turn(5)
        seen.clear()
        await set_(kernel, "cascade", START + 50, "again", left=200, every=0)
        assert await kernel.turn(10) == 201
        assert {at for _, at in seen} == {50}

    play(story)


def test_thousands_of_timers_fire_once_each_and_in_order(play: Play, fired: Fired) -> None:
    async def story(kernel: Kernel) -> None:
        due = [START + random.Random(1).randrange(1_000) + number for number in range(3_000)]

        def set_all(scope: Scope) -> None:
            for number, at in enumerate(due):
                set_timer(scope, "sqs", "bell", f"{number:05d}", at)

        await kernel.transact(set_all, ACCOUNT, REGION)
        assert await kernel.turn(10_000) == 3_000
        assert len({key for key, _ in fired}) == 3_000
        assert [at for _, at in fired] == sorted(due)

    play(story)


def test_timers_outlive_the_process(play: Play, fired: Fired, tmp_path: Path, wall: Wall) -> None:
    config = Config(folder=tmp_path)

    async def before(kernel: Kernel) -> None:
        await set_(kernel, "missed", START + 100)
        await set_(kernel, "later", START + 90_000)
        await kernel.turn(50)

    async def after(kernel: Kernel) -> None:
        assert fired == [("missed", START + 100)]
        await kernel.turn(90_000)
        assert fired[1:] == [("later", START + 90_000)]

    play(before, config)
    wall.at += 60
    play(after, config)


def test_a_turned_clock_stays_ahead_after_a_restart(play: Play, tmp_path: Path, wall: Wall) -> None:
    async def before(kernel: Kernel) -> None:
        await kernel.turn(86_400_000)

    async def after(kernel: Kernel) -> None:
        assert kernel.clock.now() == START + 86_400_000 + 70

    play(before, Config(folder=tmp_path))
    wall.at += 70
    play(after, Config(folder=tmp_path))


def test_while_turning_the_store_remembers_each_instant_before_its_timers_fire(play: Play, service: Service) -> None:
    async def story(kernel: Kernel) -> None:
        shown: list[int] = []

        @service.timer("look")
        def look(scope: Scope, key: str, payload: dict[str, Any]) -> None:
            crashed = Clock(kernel.remembered_shifts(scope.writes), wall=kernel.clock.wall)
            shown.append(crashed.now() - scope.now)

        for after in (10, 20, 30):
            await set_(kernel, str(after), START + after, "look")
        await kernel.turn(100)
        assert shown == [0, 0, 0]

    play(story)


def test_a_timer_that_fails_keeps_nothing_is_tried_again_with_growing_pauses_and_dies(
    play: Play, service: Service
) -> None:
    tried: list[int] = []

    @service.timer("broken")
    def broken(scope: Scope, key: str, payload: dict[str, Any]) -> None:
        tried.append(scope.now - START)
        set_timer(scope, "sqs", "bell", "side effect", START)
        scope.after_commit(lambda: pytest.fail("an effect of work that failed"))
        raise RuntimeError("on purpose")

    async def story(kernel: Kernel) -> None:
        await set_(kernel, "k", START, "broken", a=1)
        await kernel.turn(FIRST_RETRY_FOR * 2**MAX_ATTEMPTS)
        assert tried == [FIRST_RETRY_FOR * (2**number - 1) for number in range(MAX_ATTEMPTS)]
        assert await found(kernel, "side effect") is None
        (dead,) = await kernel.transact(lambda scope: list_dead_timers(scope, 10))
        assert (dead.key, dead.payload, dead.due_at, dead.attempts) == ("k", {"a": 1}, None, MAX_ATTEMPTS)
        assert "on purpose" in dead.error

        service.timers["broken"] = lambda scope, key, payload: tried.append(payload["a"])
        await kernel.transact(lambda scope: revive_timer(scope, dead))
        await kernel.turn(0)
        assert tried[-1] == 1
        assert await kernel.transact(lambda scope: [*list_dead_timers(scope, 10), *timers.scan(scope)]) == []

    play(story)


def test_one_timer_that_fails_holds_up_no_other(play: Play, service: Service, fired: Fired) -> None:
    @service.timer("broken")
    def broken(scope: Scope, key: str, payload: dict[str, Any]) -> None:
        raise RuntimeError("on purpose")

    async def story(kernel: Kernel) -> None:
        for key, kind in (("a", "bell"), ("b", "broken"), ("c", "nobody knows this kind"), ("d", "bell")):
            await set_(kernel, key, START + 10, kind)
        await kernel.turn(10)
        assert [key for key, _ in fired] == ["a", "d"]

    play(story)


def test_a_store_failure_is_not_the_timers_fault(play: Play, service: Service, monkeypatch: Any) -> None:
    async def story(kernel: Kernel) -> None:
        done: list[int] = []

        @service.timer("works")
        def works(scope: Scope, key: str, payload: dict[str, Any]) -> None:
            if not done:
                done.append(0)
                raise StoreFailure("disk full")
            done.append(scope.now)

        await set_(kernel, "k", START + 10, "works")
        with pytest.raises(StoreFailure):
            await kernel.turn(20)
        timer = await found(kernel, "k", "works")
        assert (timer.due_at, timer.attempts) == (START + 10, 0)
        await kernel.turn(20)
        assert done[-1] == START + 10
        assert await found(kernel, "k", "works") is None

    play(story)


def test_in_real_time_a_store_failure_delays_a_timer_and_loses_it_not(
    play: Play, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("skyglobe.kernel.timers.STORE_RETRY_FOR", 0)

    async def story(kernel: Kernel) -> None:
        rang: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        failures = [StoreFailure("disk full")] * 3

        @service.timer("works")
        def works(scope: Scope, key: str, payload: dict[str, Any]) -> None:
            if failures:
                raise failures.pop()
            scope.after_commit(lambda: rang.set_result(scope.now))

        kernel.clock.wall = wall_now
        due_at = kernel.clock.now() + 1
        await set_(kernel, "k", due_at, "works")
        assert await rang == due_at
        assert not failures

    play(story)


def test_waiters_and_timers_share_one_order_while_the_clock_turns(play: Play, fired: Fired) -> None:
    async def story(kernel: Kernel) -> None:
        order: list[str] = []

        async def wait(after: int) -> None:
            await kernel.clock.wait_until(START + after)
            order.append(f"waiter {kernel.clock.now() - START}, {len(fired)} fired")

        waiters = [asyncio.ensure_future(wait(after)) for after in (15, 5, 25)]
        await asyncio.sleep(0)
        for after in (10, 20):
            await set_(kernel, str(after), START + after)
        await kernel.turn(30)
        await asyncio.gather(*waiters)
        assert order == ["waiter 5, 0 fired", "waiter 15, 1 fired", "waiter 25, 2 fired"]

    play(story)


def test_two_turns_at_once_happen_one_after_the_other(play: Play, fired: Fired) -> None:
    async def story(kernel: Kernel) -> None:
        await set_(kernel, "a", START + 150)
        await asyncio.gather(kernel.turn(100), kernel.turn(100))
        assert kernel.clock.now() == START + 200
        assert fired == [("a", START + 150)]

    play(story)


def test_the_clock_is_not_turned_back(play: Play) -> None:
    async def story(kernel: Kernel) -> None:
        with pytest.raises(ValueError, match="forwards"):
            await kernel.turn(-1)

    play(story)


def test_order_numbers_only_grow_across_turns_and_restarts(play: Play, tmp_path: Path) -> None:
    numbers: list[int] = []

    async def story(kernel: Kernel) -> None:
        numbers.extend(kernel.next_order() for _ in range(3))
        await kernel.turn(1_000)
        numbers.extend(kernel.next_order() for _ in range(3))

    play(story, Config(folder=tmp_path))
    play(story, Config(folder=tmp_path))
    assert numbers == sorted(set(numbers))
