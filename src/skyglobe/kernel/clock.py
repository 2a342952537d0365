"""The cloud's one clock: real time plus all the turns it was given, or standing still while it is being turned."""

from __future__ import annotations

import asyncio
import heapq
import time
from collections.abc import Callable
from itertools import count

import msgspec

Instant = int
"""Milliseconds since the Unix epoch."""


class Shift(msgspec.Struct, frozen=True, array_like=True):
    """From wall instant ``wall`` on, the cloud's clock is ``ahead`` milliseconds ahead of the wall's."""

    wall: Instant
    ahead: int


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
        self._waiters: list[tuple[Instant, int, asyncio.Future[None]]] = []
        self._order = count()
        self._alarm: asyncio.TimerHandle | None = None

    def now(self) -> Instant:
        """Return the cloud's time."""
        return self.wall() + self._ahead if self._standing_at is None else self._standing_at

    def at_wall(self, wall: Instant) -> Instant:
        """Return what this clock showed when the machine's own clock showed ``wall``."""
        ahead = 0
        for shift in self.shifts:
            if shift.wall > wall:
                break
            ahead = shift.ahead
        return wall + ahead

    def stand_at(self, instant: Instant) -> None:
        """Stop at ``instant``, not earlier than now, and wake those who waited for it. ``go_on`` starts it again."""
        self._standing_at = max(instant, self.now())
        self._wake()

    def go_on(self) -> Shift | None:
        """Run on from where the clock stands. Returns the shift to remember, or None when it was not standing."""
        if self._standing_at is None:
            return None
        shift = Shift(self.wall(), self._standing_at - self.wall())
        self._standing_at = None
        self.restore((*self.shifts, shift))
        return shift

    def restore(self, shifts: tuple[Shift, ...]) -> None:
        """Take over the shifts a store remembers."""
        self.shifts = shifts
        self._ahead = shifts[-1].ahead if shifts else 0
        self._set_alarm()

    async def wait_until(self, instant: Instant) -> None:
        """Return once the clock has reached ``instant``, however it gets there."""
        if self.now() >= instant:
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiters, (instant, next(self._order), future))
        self._set_alarm()
        await future

    def next_wake(self) -> Instant | None:
        """Return the earliest instant anybody waits for."""
        while self._waiters and self._waiters[0][2].done():
            heapq.heappop(self._waiters)
        return self._waiters[0][0] if self._waiters else None

    def _wake(self) -> None:
        now = self.now()
        while self._waiters and (self._waiters[0][0] <= now or self._waiters[0][2].done()):
            future = heapq.heappop(self._waiters)[2]
            if not future.done():
                future.set_result(None)

    def _set_alarm(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        self._wake()
        if self._waiters and self._standing_at is None:
            delay_for = (self._waiters[0][0] - self.now()) / 1000
            self._alarm = asyncio.get_running_loop().call_later(delay_for, self._set_alarm)
