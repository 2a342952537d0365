"""The clock: real time, turned time, standing time, and those who wait for it."""

from __future__ import annotations

import asyncio
import random

import pytest

from skyglobe.kernel.clock import MAX_SHIFTS, STALE_ALARMS, Clock
from skyglobe.kernel.records import Shift
from tests.kernel.conftest import START, Wall

HOUR = 3_600_000


@pytest.fixture
def clock(wall: Wall) -> Clock:
    return Clock(wall=wall)


def turn(clock: Clock, by: int) -> None:
    clock.stand_at(clock.now() + by)
    clock.go_on()


def test_it_shows_the_walls_time_until_turned(clock: Clock, wall: Wall) -> None:
    assert clock.now() == START
    wall.at += 5
    assert clock.now() == START + 5


def test_turns_add_up_and_time_runs_on_from_there(clock: Clock, wall: Wall) -> None:
    turn(clock, HOUR)
    wall.at += 10
    turn(clock, HOUR)
    wall.at += 10
    assert clock.now() == START + 2 * HOUR + 20


def test_it_stands_still_until_it_goes_on(clock: Clock, wall: Wall) -> None:
    clock.stand_at(START + HOUR)
    wall.at += 500
    assert clock.now() == START + HOUR
    clock.go_on()
    assert clock.now() == START + HOUR
    wall.at += 1
    assert clock.now() == START + HOUR + 1


def test_it_never_stands_earlier_than_it_showed(clock: Clock) -> None:
    clock.stand_at(START - HOUR)
    assert clock.now() == START
    clock.stand_at(START + 5)
    clock.stand_at(START + 3)
    assert clock.now() == START + 5


def test_going_on_without_standing_changes_nothing(clock: Clock) -> None:
    clock.go_on()
    assert clock.shifts == ()


def test_every_wall_instant_is_mapped_to_what_the_clock_showed_then(clock: Clock, wall: Wall) -> None:
    random_ = random.Random(1)
    shown = {}
    for _ in range(40):
        wall.at += random_.randrange(1, 1000)
        if random_.random() < 0.3:
            turn(clock, random_.randrange(HOUR))
        shown[wall.at] = clock.now()
    assert {at: clock.at_wall(at) for at in shown} == shown
    assert clock.at_wall(START - 1) == START - 1


def test_a_clock_with_the_same_shifts_shows_the_same_time(clock: Clock, wall: Wall) -> None:
    turn(clock, HOUR)
    wall.at += 7
    turn(clock, 3)
    again = Clock(clock.shifts, wall=wall)
    assert again.now() == clock.now()
    assert again.at_wall(START + 5) == clock.at_wall(START + 5) == START + 5 + HOUR


def test_the_shifts_to_remember_while_it_stands_are_those_it_would_go_on_with(clock: Clock, wall: Wall) -> None:
    turn(clock, HOUR)
    clock.stand_at(clock.now() + HOUR)
    wall.at += 250  # the machine goes on, and a crash comes
    again = Clock(clock.shifts_now(), wall=wall)
    assert again.now() == clock.now()
    clock.go_on()
    assert clock.shifts == again.shifts


def test_the_number_of_shifts_is_bounded_and_the_time_is_not_affected(clock: Clock, wall: Wall) -> None:
    for _ in range(MAX_SHIFTS + 20):
        wall.at += 1
        turn(clock, HOUR)
    assert len(clock.shifts) == MAX_SHIFTS
    assert clock.now() == wall.at + (MAX_SHIFTS + 20) * HOUR


async def waiting(clock: Clock, woken: list[int], *instants: int) -> list[asyncio.Task[None]]:
    async def wait(instant: int) -> None:
        await clock.wait_until(instant)
        woken.append(instant)

    tasks = [asyncio.ensure_future(wait(instant)) for instant in instants]
    await asyncio.sleep(0)
    return tasks


async def steps(count: int = 3) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


def test_waiters_are_woken_in_the_order_of_their_instants(clock: Clock) -> None:
    async def story() -> None:
        woken: list[int] = []
        tasks = await waiting(clock, woken, START + 30, START + 10, START + 20, START + 99)
        clock.stand_at(START + 20)
        await steps()
        assert woken == [START + 10, START + 20]
        clock.stand_at(START + 98)
        await steps()
        assert woken == [START + 10, START + 20, START + 30]
        assert clock.next_wake() == START + 99
        clock.go_on()
        turn(clock, 10)
        await asyncio.gather(*tasks)

    asyncio.run(story())


def test_an_instant_already_reached_is_not_waited_for(clock: Clock) -> None:
    async def story() -> None:
        await clock.wait_until(START)
        await clock.wait_until(START - HOUR)
        assert clock.next_wake() is None

    asyncio.run(story())


def test_waiters_are_woken_as_real_time_passes() -> None:
    async def story() -> None:
        clock = Clock()
        instants = [clock.now() + 3, clock.now() + 1]
        await asyncio.gather(*(clock.wait_until(instant) for instant in instants))
        assert clock.now() >= max(instants)

    asyncio.run(story())


def test_a_cancelled_waiter_is_not_waited_for_any_more(clock: Clock) -> None:
    async def story() -> None:
        woken: list[int] = []
        first, second = await waiting(clock, woken, START + 10, START + 20)
        first.cancel()
        await steps()
        assert clock.next_wake() == START + 20
        turn(clock, 30)
        await second
        assert woken == [START + 20]

    asyncio.run(story())


def test_forgotten_alarms_do_not_pile_up(clock: Clock) -> None:
    async def story() -> None:
        loop = asyncio.get_running_loop()
        kept = clock.alarm(START + HOUR, loop.create_future(), "kept")
        for _ in range(20 * STALE_ALARMS):
            clock.forget(clock.alarm(START + 2 * HOUR, loop.create_future(), None))
        assert len(clock._agenda) <= 2 * STALE_ALARMS
        turn(clock, HOUR)
        assert kept.future.result() == "kept"

    asyncio.run(story())


def test_it_tells_who_waits_for_it(clock: Clock) -> None:
    async def story() -> None:
        (task,) = await waiting(clock, [], START + 10)
        current = asyncio.current_task()
        assert current is not None
        assert clock.holds(task)
        assert not clock.holds(current)
        turn(clock, 10)
        assert not clock.holds(task)
        await task

    asyncio.run(story())


def test_when_the_store_is_replaced_everybody_wakes_and_nobody_is_left(clock: Clock) -> None:
    async def story() -> None:
        turn(clock, HOUR)
        woken: list[int] = []
        tasks = await waiting(clock, woken, START + 3 * HOUR, START + 2 * HOUR)
        clock.restore((Shift(START, -HOUR),))
        clock.wake_all()
        await asyncio.gather(*tasks)
        assert woken == [START + 2 * HOUR, START + 3 * HOUR]
        assert clock.next_wake() is None

    asyncio.run(story())
