"""Durable timers: work that is due at an instant of the cloud's clock, however that instant comes."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Any

import msgspec

from skyglobe.kernel.clock import MAX_SLEEP_FOR, Instant
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.store import Conflict, StoreFailure, WriteSet
from skyglobe.kernel.tables import Record, Table

if TYPE_CHECKING:
    from skyglobe.kernel.kernel import Kernel

MAX_ATTEMPTS = 8
"""How often a timer whose work fails is tried before it is set aside as dead."""
FIRST_RETRY_FOR = 1_000  # milliseconds; doubles with each attempt
BATCH = 64  # timers fired in one turn, between two looks at the rest of the event loop
STORE_RETRY_FOR = 1.0  # seconds of real time, after the store refused (disk full)

_log = logging.getLogger(__name__)


class Timer(Record, frozen=True):
    """One piece of work to do later."""

    service: str
    kind: str
    account: str
    region: str
    key: str
    due_at: Instant | None
    """None when the timer failed too often and was set aside."""
    payload: dict[str, Any]
    attempts: int = 0
    error: str = ""

    @property
    def is_dead(self) -> bool | None:
        return True if self.due_at is None else None


timers: Table[Timer] = Table(
    "kernel.timers",
    Timer,
    key=("service", "kind", "account", "region", "key"),
    indexes={"due": ("due_at",), "dead": ("is_dead",)},
    reach="global",
)


def set_timer(
    scope: Scope, service: str, kind: str, key: str, due_at: Instant, payload: dict[str, Any] | None = None
) -> None:
    """Have ``kind``'s function run at ``due_at`` in this account and region. Replaces the timer of the same key."""
    timer = Timer(
        service=service,
        kind=kind,
        account=scope.account,
        region=scope.region,
        key=key,
        due_at=due_at,
        payload=payload or {},
    )
    timers.put(scope, timer)
    scope.after_commit(lambda: scope.kernel.timers.expect(due_at))


def find_timer(scope: Scope, service: str, kind: str, key: str) -> Timer | None:
    """Return the timer of this account and region, or None."""
    return timers.find(scope, service, kind, scope.account, scope.region, key)


def cancel_timer(scope: Scope, service: str, kind: str, key: str) -> None:
    """Forget a timer. Nothing happens when there is none."""
    timer = find_timer(scope, service, kind, key)
    if timer is not None:
        timers.delete(scope, timer)


def list_dead_timers(scope: Scope, limit: int) -> list[Timer]:
    """Return timers that were set aside after too many failures, of all accounts and regions."""
    return list(timers.scan_by(scope, "dead", limit=limit))


def revive_timer(scope: Scope, timer: Timer) -> None:
    """Have a dead timer fire now, from its first attempt. Nothing happens when it was set anew in the meantime."""
    there = scope.within(timer.account, timer.region)
    if find_timer(there, timer.service, timer.kind, timer.key) == timer and timer.due_at is None:
        set_timer(there, timer.service, timer.kind, timer.key, scope.now, timer.payload)


class TimerRunner:
    """Fires timers in due order: as real time passes, or while the clock is being turned."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._next_at: Instant | None = None
        self._alarm: asyncio.TimerHandle | None = None
        self._turning = asyncio.Lock()
        self._firing = asyncio.Lock()

    def expect(self, due_at: Instant) -> None:
        """Take note that a timer is due at ``due_at``."""
        if self._next_at is None or due_at < self._next_at:
            self._next_at = due_at
            self._set_alarm()

    async def start(self) -> None:
        """Fire what became due while the cloud was down, and wait for the rest."""
        await self._fire_until(self._kernel.clock.now())

    def stop(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    @contextlib.asynccontextmanager
    async def at_rest(self) -> AsyncIterator[None]:
        """Fire nothing and do not turn the clock until the block ends."""
        async with self._turning, self._firing:
            self.stop()
            yield

    async def turn(self, by: int, settle: Callable[[], Awaitable[None]]) -> int:
        """Move the clock ``by`` milliseconds, firing every timer on the way with the clock standing at its due time.

        ``settle`` is awaited after each instant, so that what a timer caused (deliveries) happens at that instant
        too. Returns how many timers fired. After a crash on the way the clock takes up where it stood last.
        """
        try:
            async with self._turning:
                self.stop()
                return await self._turn(by, settle)
        finally:
            self._kernel.spawn(self._fire_due())

    async def _turn(self, by: int, settle: Callable[[], Awaitable[None]]) -> int:
        clock = self._kernel.clock
        target = clock.now() + by
        clock.stand_at(clock.now())
        fired = 0
        try:
            await settle()
            while (at := await self._next_event(target)) is not None:
                clock.stand_at(at)
                await self._kernel.turns.perform(self._kernel.remember_clock)
                fired += await self._fire_until(at)
                await settle()
            clock.stand_at(target)
            await settle()
        finally:
            clock.go_on()
            await self._kernel.turns.perform(self._kernel.remember_clock)
        return fired

    async def _next_event(self, until: Instant) -> Instant | None:
        """Return the next instant at which a timer is due or somebody waits for the clock, if not after ``until``."""
        await self._kernel.turns.perform(self._look)
        instants = [at for at in (self._next_at, self._kernel.clock.next_wake()) if at is not None and at <= until]
        return min(instants, default=None)

    async def _fire_until(self, instant: Instant) -> int:
        """Fire every timer due by ``instant``, those included that the fired ones set; return how many."""
        fired = 0
        async with self._firing:
            while True:
                outcomes = await asyncio.gather(*self._fire_some(instant))
                fired += sum(outcomes)
                if not outcomes[-1]:
                    break
        self._set_alarm()
        return fired

    def _fire_some(self, until: Instant) -> list[asyncio.Future[bool]]:
        """Fire up to ``BATCH`` due timers in this turn, each in a write-set of its own.

        Stops at the first look that finds none, whose outcome is False.
        """
        outcomes: list[asyncio.Future[bool]] = []
        found: list[Timer] = []
        while len(outcomes) == len(found) < BATCH:
            outcomes.append(self._kernel.turns.submit(self._fire_next(until, found.append)))
        return outcomes

    def _fire_next(self, until: Instant, found: Callable[[Timer], None]) -> Callable[[WriteSet], bool]:
        def work(writes: WriteSet) -> bool:
            timer = self._look(writes)
            if timer is None or timer.due_at is None or timer.due_at > until:
                return False
            found(timer)
            self._fire(writes, timer, timer.due_at)
            return True

        return work

    def _look(self, writes: WriteSet) -> Timer | None:
        """Return the timer that is due next, and note when."""
        first = next(timers.scan_by(self._kernel.scope(writes), "due", limit=1), None)
        self._next_at = first.due_at if first is not None else None
        return first

    def _fire(self, writes: WriteSet, timer: Timer, now: Instant) -> None:
        timers.delete(self._kernel.scope(writes), timer)
        own = WriteSet(writes)
        try:
            service = self._kernel.services.find(timer.service)
            if service is None:
                raise LookupError(f"service {timer.service} is not enabled")
            scope = Scope(self._kernel, own, timer.account, timer.region, now)
            service.timers[timer.kind](scope, timer.key, timer.payload)
        except (Conflict, StoreFailure):
            raise
        except Exception as error:
            _log.exception("timer %s.%s %s failed", timer.service, timer.kind, timer.key)
            self._retry_later(writes, timer, now, error)
        else:
            writes.fold(own)

    def _retry_later(self, writes: WriteSet, timer: Timer, now: Instant, error: Exception) -> None:
        attempts = timer.attempts + 1
        due_at = now + FIRST_RETRY_FOR * 2**timer.attempts if attempts < MAX_ATTEMPTS else None
        tried = msgspec.structs.replace(timer, due_at=due_at, attempts=attempts, error=repr(error))
        timers.insert(self._kernel.scope(writes), tried)

    def _set_alarm(self) -> None:
        self.stop()
        if self._next_at is None or self._turning.locked():
            return
        delay_for = max(0, self._next_at - self._kernel.clock.now()) / 1000
        loop = asyncio.get_running_loop()
        self._alarm = loop.call_later(min(delay_for, MAX_SLEEP_FOR), self._ring)

    def _ring(self) -> None:
        self._alarm = None
        if self._next_at is not None and self._next_at <= self._kernel.clock.now():
            self._kernel.spawn(self._fire_due())
        else:
            self._set_alarm()

    async def _fire_due(self) -> None:
        """Fire what is due, and set the alarm for what is next. Tries again later when the store refuses."""
        try:
            await self._fire_until(self._kernel.clock.now())
        except StoreFailure:
            # What was noted of the next timer in a turn that was not kept counts for nothing: look again.
            self._next_at = self._kernel.clock.now()
            self.stop()
            self._alarm = asyncio.get_running_loop().call_later(STORE_RETRY_FOR, self._ring)
