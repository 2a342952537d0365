"""The cloud's one clock: real time plus all the turns it was given, or standing still while it is being turned."""

from __future__ import annotations

import asyncio
import heapq
import time
from bisect import bisect_right
from collections.abc import Callable
from itertools import count
from operator import attrgetter
from typing import Any

from skyglobe.kernel.records import Shift

Instant = int
"""Milliseconds since the Unix epoch."""


MAX_SHIFTS = 100
"""Turns remembered for ``at_wall``; of older ones only the sum counts."""
MAX_SLEEP_FOR = 86_400  # seconds; event loops refuse delays of months
STALE_ALARMS = 256  # forgotten alarms that may lie around before the heap is cleared of them


class Alarm:
    """One entry of the clock's agenda: at ``at``, ``future`` is given ``result``."""

    __slots__ = ("at", "future", "order", "result", "task")

    def __init__(self, at: Instant, order: int, future: asyncio.Future[Any], result: Any) -> None:
        self.at = at
        self.order = order
        self.future = future
        self.result = result
        self.task = asyncio.current_task()

    def __lt__(self, other: Alarm) -> bool:
        return (self.at, self.order) < (other.at, other.order)


def wall_now() -> Instant:
    """Return the machine's own time. Only the clock and signature checks may ask."""
    return time.time_ns() // 1_000_000


class Clock:
    """Tells the cloud's time, and wakes those who wait for an instant.

    ``wall`` is injectable so that a test can hold time still.
    """

    def __init__(self, shifts: tuple[Shift, ...] = (), *, wall: Callable[[], Instant] = wall_now) -> None:
        self.wall = wall
        self.shifts = shifts
        self._ahead = shifts[-1].ahead if shifts else 0
        self._standing_at: Instant | None = None
        self._agenda: list[Alarm] = []
        self._stale = 0
        self._order = count()
        self._handle: asyncio.TimerHandle | None = None

    def now(self) -> Instant:
        """Return the cloud's time."""
        return self.wall() + self._ahead if self._standing_at is None else self._standing_at

    def at_wall(self, wall: Instant) -> Instant:
        """Return what this clock showed when the machine's own clock showed ``wall``."""
        passed = bisect_right(self.shifts, wall, key=attrgetter("wall"))
        return wall + (self.shifts[passed - 1].ahead if passed else 0)

    def stand_at(self, instant: Instant) -> None:
        """Stop at ``instant``, not earlier than now, and wake those who wait for it. ``go_on`` starts it again."""
        self._standing_at = max(instant, self.now())
        self._wake()

    def go_on(self) -> None:
        """Run on from where the clock stands."""
        shifts = self.shifts_now()
        self._standing_at = None
        self.restore(shifts)

    def shifts_now(self) -> tuple[Shift, ...]:
        """Return the shifts to remember: while the clock stands, as if it went on from there."""
        if self._standing_at is None:
            return self.shifts
        wall = self.wall()
        return (*self.shifts, Shift(wall, self._standing_at - wall))[-MAX_SHIFTS:]

    def restore(self, shifts: tuple[Shift, ...]) -> None:
        """Take over the shifts a store remembers."""
        self.shifts = shifts
        self._ahead = shifts[-1].ahead if shifts else 0
        self._wake()

    async def wait_until(self, instant: Instant) -> None:
        """Return once the clock has reached ``instant``, however it gets there, or the whole store was replaced."""
        if self.now() >= instant:
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        alarm = self.alarm(instant, future, None)
        try:
            await future
        finally:
            self.forget(alarm)

    def alarm(self, instant: Instant, future: asyncio.Future[Any], result: Any) -> Alarm:
        """Have ``future`` set to ``result`` at ``instant``, unless it is done by then. ``forget`` it in the end."""
        alarm = Alarm(instant, next(self._order), future, result)
        heapq.heappush(self._agenda, alarm)
        if self._agenda[0] is alarm:
            self._wake()
        return alarm

    def forget(self, alarm: Alarm) -> None:
        """Take an alarm off the agenda, whether or not it went off."""
        if not alarm.future.done():
            alarm.future.cancel()
        alarm.task = None
        self._stale += 1
        if self._stale > STALE_ALARMS and self._stale > len(self._agenda) // 2:
            self._agenda = [alarm for alarm in self._agenda if not alarm.future.done()]
            heapq.heapify(self._agenda)
            self._stale = 0

    def holds(self, task: asyncio.Task[Any]) -> bool:
        """Return whether ``task`` waits for this clock at the moment."""
        return any(alarm.task is task and not alarm.future.done() for alarm in self._agenda)

    def wake_all(self) -> None:
        """Wake everybody: the store was replaced, time jumped, perhaps backwards."""
        agenda, self._agenda, self._stale = self._agenda, [], 0
        for alarm in sorted(agenda):
            if not alarm.future.done():
                alarm.future.set_result(alarm.result)

    def next_wake(self) -> Instant | None:
        """Return the earliest instant anybody waits for."""
        while self._agenda and self._agenda[0].future.done():
            heapq.heappop(self._agenda)
        return self._agenda[0].at if self._agenda else None

    def _wake(self) -> None:
        """Set off what is due, and set the loop's alarm for what is next."""
        now = self.now()
        while (next_at := self.next_wake()) is not None and next_at <= now:
            alarm = heapq.heappop(self._agenda)
            alarm.future.set_result(alarm.result)
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None
        if next_at is not None and self._standing_at is None:
            sleep_for = min((next_at - self.now()) / 1000, MAX_SLEEP_FOR)
            self._handle = asyncio.get_running_loop().call_later(max(sleep_for, 0.0), self._wake)
