"""Counting: by the minute, once, folded before anybody reads; points that grow coarser with age; gauges."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from skyglobe.kernel.config import Config
from skyglobe.kernel.kernel import Kernel
from skyglobe.kernel.metric_points import (
    DAY,
    HOUR,
    MINUTE,
    Point,
    Watcher,
    read_points,
    series,
    watchers,
    write_point,
)
from skyglobe.kernel.metrics import Reading, count, record_gauges
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.service import Service
from skyglobe.kernel.timers import find_timer
from tests.kernel.conftest import START, Wall

ACCOUNT, REGION = "1" * 12, "us-east-1"
DIMENSIONS = (("QueueName", "one"),)
Play = Callable[..., None]


def everything(scope: Scope, name: str = "Sent") -> list[Point]:
    found = series.find(scope, "AWS/SQS", name, "QueueName\x1fone")
    return list(read_points(scope, found.number, 0, START * 2)) if found is not None else []


async def counted(kernel: Kernel) -> list[Point]:
    return await kernel.transact(everything, ACCOUNT, REGION)


def test_what_is_counted_in_a_minute_is_one_point_with_its_values(play: Play, wall: Wall) -> None:
    async def story(kernel: Kernel) -> None:
        def work(scope: Scope) -> None:
            for value in (3.0, 5.0, 3.0):
                count(scope, "AWS/SQS", "Sent", DIMENSIONS, value)

        await kernel.transact(work, ACCOUNT, REGION)
        await kernel.metrics.flush()
        await kernel.transact(work, ACCOUNT, REGION)
        await kernel.metrics.flush()
        wall.at += MINUTE
        await kernel.transact(work, ACCOUNT, REGION)
        await kernel.metrics.flush()
        first, second = await counted(kernel)
        assert (first.count, first.sum, first.min, first.max) == (6, 22, 3, 5)
        assert first.values == {3.0: 4, 5.0: 2}
        assert (second.at - first.at, second.count) == (MINUTE, 3)

    play(story)


def test_work_that_fails_counts_nothing(play: Play) -> None:
    async def story(kernel: Kernel) -> None:
        def work(scope: Scope) -> None:
            count(scope, "AWS/SQS", "Sent", DIMENSIONS)
            raise ValueError("no")

        with pytest.raises(ValueError, match="no"):
            await kernel.transact(work, ACCOUNT, REGION)
        assert not kernel.metrics.is_behind

    play(story)


def test_what_two_fold_before_the_commit_counts_once(play: Play) -> None:
    async def story(kernel: Kernel) -> None:
        kernel.metrics.add(ACCOUNT, REGION, kernel.clock.now(), "AWS/SQS", "Sent", DIMENSIONS)

        def work(scope: Scope) -> list[Point]:
            kernel.metrics.fold(scope)
            return everything(scope)

        one, other = (
            kernel.turns.submit(lambda writes: work(kernel.scope(writes, ACCOUNT, REGION))),
            kernel.turns.submit(lambda writes: work(kernel.scope(writes, ACCOUNT, REGION))),
        )
        assert [point.count for point in await one] == [point.count for point in await other] == [1]
        assert not kernel.metrics.is_behind

    play(story)


def test_a_fold_that_is_not_kept_is_made_again(play: Play) -> None:
    async def story(kernel: Kernel) -> None:
        kernel.metrics.add(ACCOUNT, REGION, kernel.clock.now(), "AWS/SQS", "Sent", DIMENSIONS)

        def work(scope: Scope) -> None:
            kernel.metrics.fold(scope)
            raise ValueError("no")

        with pytest.raises(ValueError, match="no"):
            await kernel.transact(work, ACCOUNT, REGION)
        await kernel.settle()
        assert [point.count for point in await counted(kernel)] == [1]

    play(story)


def test_a_cloud_that_stops_keeps_what_was_counted(play: Play, tmp_path: Path) -> None:
    async def before(kernel: Kernel) -> None:
        kernel.metrics.add(ACCOUNT, REGION, kernel.clock.now(), "AWS/SQS", "Sent", DIMENSIONS)

    async def after(kernel: Kernel) -> None:
        assert [point.count for point in await counted(kernel)] == [1]

    play(before, Config(folder=tmp_path))
    play(after, Config(folder=tmp_path))


def test_points_grow_coarser_with_age_and_keep_their_sums(play: Play, wall: Wall) -> None:
    async def story(kernel: Kernel) -> None:
        def put(scope: Scope, at: int) -> None:
            write_point(
                scope, "AWS/SQS", "Sent", DIMENSIONS, Point(series=0, tier=60, at=at, count=1, sum=2, min=2, max=2)
            )

        wall.at = start = START // HOUR * HOUR
        for minute in range(10):
            await kernel.transact(lambda scope, at=start + minute * MINUTE: put(scope, at), ACCOUNT, REGION)
        wall.at = start + 16 * DAY
        await kernel.transact(lambda scope: put(scope, wall.at), ACCOUNT, REGION)
        old = [point for point in await counted(kernel) if point.at < wall.at]
        assert [(point.tier, point.at - start, point.count, point.sum) for point in old] == [
            (300, 0, 5, 10),
            (300, 5 * MINUTE, 5, 10),
        ]
        wall.at = start + 64 * DAY
        await kernel.transact(lambda scope: put(scope, wall.at), ACCOUNT, REGION)
        assert [(point.tier, point.count) for point in await counted(kernel)][-1] == (3600, 10)
        wall.at = start + 456 * DAY
        await kernel.transact(lambda scope: put(scope, wall.at), ACCOUNT, REGION)
        assert [point.at >= start + 16 * DAY // HOUR * HOUR for point in await counted(kernel)] == [True] * 3

    play(story)


def test_who_watches_a_series_has_a_timer_set_when_it_is_written(play: Play, service: Service) -> None:
    rung: list[int] = []

    @service.timer("bell")
    def bell(scope: Scope, key: str, payload: dict[str, Any]) -> None:
        rung.append(scope.now)

    async def story(kernel: Kernel) -> None:
        def watch(scope: Scope) -> None:
            watcher = Watcher(
                namespace="AWS/SQS",
                dimension_key="QueueName\x1fone",
                name="Sent",
                service="sqs",
                kind="bell",
                key="a",
                grid=MINUTE,
            )
            watchers.put(scope, watcher)

        await kernel.transact(watch, ACCOUNT, REGION)
        await kernel.turn(DAY)
        assert rung == []
        kernel.metrics.add(ACCOUNT, REGION, kernel.clock.now(), "AWS/SQS", "Received", DIMENSIONS)
        await kernel.metrics.flush()
        assert await kernel.transact(lambda scope: find_timer(scope, "sqs", "bell", "a"), ACCOUNT, REGION) is None
        kernel.metrics.add(ACCOUNT, REGION, kernel.clock.now(), "AWS/SQS", "Sent", DIMENSIONS)
        await kernel.turn(DAY)
        assert rung == [(START + DAY) // MINUTE * MINUTE + MINUTE]

    play(story)


def test_gauges_are_asked_and_their_last_word_in_a_minute_counts(play: Play, service: Service) -> None:
    shown = [7.0]

    @service.gauges
    def read(scope: Scope, dimensions: dict[str, str] | None) -> Iterator[Reading]:
        if dimensions in (None, {"QueueName": "one"}):
            yield Reading("Visible", DIMENSIONS, shown[0])

    async def story(kernel: Kernel) -> None:
        for value in (7.0, 9.0):
            shown[0] = value
            await kernel.transact(lambda scope: record_gauges(scope, "AWS/SQS"), ACCOUNT, REGION)
        found = await kernel.transact(lambda scope: everything(scope, "Visible"), ACCOUNT, REGION)
        assert [(point.count, point.sum) for point in found] == [(1, 9)]
        asked = await kernel.transact(
            lambda scope: record_gauges(scope, "AWS/SQS", {"QueueName": "two"}), ACCOUNT, REGION
        )
        assert not asked

    play(story)


def test_a_point_tells_a_bounded_number_of_values_apart_and_their_ends_exactly(play: Play) -> None:
    async def story(kernel: Kernel) -> None:
        for value in range(2000):
            kernel.metrics.add(ACCOUNT, REGION, kernel.clock.now(), "AWS/SQS", "Sent", DIMENSIONS, float(value))
        await kernel.metrics.flush()
        (point,) = await counted(kernel)
        assert (point.count, point.sum, point.min, point.max) == (2000, 1999000, 0, 1999)
        assert point.values is not None
        assert len(point.values) < 600
        assert sum(point.values.values()) == 2000

    play(story)
