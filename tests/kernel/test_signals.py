"""Signals: nobody sleeps through one, and nothing is left behind."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from skyglobe.kernel.clock import Clock
from skyglobe.kernel.signals import Signals
from tests.kernel.conftest import START, Wall

TOPIC = ("sqs", "queue")
LATER = START + 1_000


@pytest.fixture
def signals(wall: Wall) -> Signals:
    return Signals(Clock(wall=wall))


def play(story: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(story())


async def started(*work: Coroutine[Any, Any, bool]) -> list[asyncio.Task[bool]]:
    tasks = [asyncio.ensure_future(each) for each in work]
    await asyncio.sleep(0)
    return tasks


def move(signals: Signals, by: int) -> None:
    signals.clock.stand_at(signals.clock.now() + by)
    signals.clock.go_on()


def clean(signals: Signals) -> bool:
    return not signals._listening and signals.clock.next_wake() is None


def test_everybody_who_waits_for_a_topic_is_woken_and_nobody_else(signals: Signals) -> None:
    async def story() -> None:
        first, second, other = await started(
            signals.wait(TOPIC, LATER), signals.wait(TOPIC, LATER), signals.wait(("sqs", "other"), LATER)
        )
        signals.fire(TOPIC)
        assert await first
        assert await second
        assert not other.done()
        move(signals, 1_000)
        assert not await other
        assert clean(signals)

    play(story)


def test_fire_one_wakes_those_who_wait_one_after_the_other(signals: Signals) -> None:
    async def story() -> None:
        woken: list[int] = []

        async def wait(number: int) -> bool:
            await signals.wait(TOPIC, LATER)
            woken.append(number)
            return True

        tasks = await started(*(wait(number) for number in range(3)))
        signals.fire_one(TOPIC)
        signals.fire_one(TOPIC)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert woken == [0, 1]
        signals.fire_one(TOPIC)
        await asyncio.gather(*tasks)
        assert woken == [0, 1, 2]
        assert clean(signals)

    play(story)


def test_a_signal_between_the_look_and_the_wait_is_heard(signals: Signals) -> None:
    async def story() -> None:
        with signals.listen(TOPIC) as bell:
            # Here a look at the store found nothing; before its answer arrives, somebody else commits.
            signals.fire(TOPIC)
            assert await bell.wait(LATER)
            assert not bell.has_rung
            (second,) = await started(bell.wait(LATER))
            assert not second.done()
            signals.fire(TOPIC)
            assert await second
        assert clean(signals)

    play(story)


def test_several_signals_before_a_wait_are_one(signals: Signals) -> None:
    async def story() -> None:
        with signals.listen(TOPIC) as bell:
            signals.fire(TOPIC)
            signals.fire(TOPIC)
            assert await bell.wait(LATER)
            (second,) = await started(bell.wait(START + 10))
            move(signals, 10)
            assert not await second

    play(story)


def test_who_waits_until_now_hears_that_nothing_came(signals: Signals) -> None:
    async def story() -> None:
        assert not await signals.wait(TOPIC, START)
        assert not await signals.wait(TOPIC, START - 5)
        assert clean(signals)

    play(story)


def test_a_topic_is_awaited_as_long_as_somebody_listens(signals: Signals) -> None:
    with signals.listen(TOPIC), signals.listen(TOPIC):
        assert signals.is_awaited(TOPIC)
    assert not signals.is_awaited(TOPIC)
    signals.fire(TOPIC)
    signals.fire_one(TOPIC)


def test_a_cancelled_waiter_leaves_nothing_behind(signals: Signals) -> None:
    async def story() -> None:
        (task,) = await started(signals.wait(TOPIC, LATER))
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert clean(signals)

    play(story)


def test_a_ring_for_one_that_was_cancelled_goes_to_the_next(signals: Signals) -> None:
    async def story() -> None:
        first, second = await started(signals.wait(TOPIC, LATER), signals.wait(TOPIC, LATER))
        signals.fire_one(TOPIC)
        first.cancel()  # before it got to run
        await asyncio.gather(first, return_exceptions=True)
        assert first.cancelled()
        assert await second

    play(story)


def test_a_ring_just_before_the_time_is_up_counts(signals: Signals) -> None:
    async def story() -> None:
        (task,) = await started(signals.wait(TOPIC, LATER))
        signals.fire(TOPIC)
        move(signals, 2_000)
        assert await task

    play(story)


def test_firing_all_wakes_every_topic(signals: Signals) -> None:
    async def story() -> None:
        tasks = await started(signals.wait(TOPIC, LATER), signals.wait(("sns",), LATER))
        signals.fire_all()
        assert await asyncio.gather(*tasks) == [True, True]
        assert clean(signals)

    play(story)


def test_thousands_of_waits_leave_nothing_behind(signals: Signals) -> None:
    async def story() -> None:
        for _ in range(2_000):
            task, *_ = await started(signals.wait(TOPIC, LATER))
            signals.fire(TOPIC)
            await task
        assert clean(signals)
        assert len(signals.clock._agenda) <= 512

    play(story)


def test_one_of_those_who_wait_is_woken_at_the_earliest_instant_asked_for(signals: Signals) -> None:
    async def story() -> None:
        first, second = await started(*(signals.wait(TOPIC, START + 60_000) for _ in range(2)))
        for instant in (START + 5_000, START + 2_000, START + 9_000):
            signals.fire_one_at(TOPIC, instant)
        move(signals, 1_999)
        await asyncio.sleep(0)
        assert not first.done()
        move(signals, 1)
        assert await first
        assert not second.done()
        move(signals, 10_000)
        await asyncio.sleep(0)
        assert not second.done()  # asked for once only
        move(signals, 60_000)
        assert not await second
        assert clean(signals)

    play(story)


def test_an_alarm_goes_with_the_last_who_listens(signals: Signals) -> None:
    async def story() -> None:
        with signals.listen(TOPIC):
            signals.fire_one_at(TOPIC, LATER)
        signals.fire_one_at(TOPIC, LATER)
        assert clean(signals)

    play(story)
