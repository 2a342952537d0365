"""Durable timers: work that is due at an instant of the cloud's clock, however that instant comes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import msgspec

from skyglobe.kernel.clock import Instant
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.tables import Record, Table

if TYPE_CHECKING:
    from skyglobe.kernel.kernel import Kernel
    from skyglobe.kernel.store import WriteSet

MAX_ATTEMPTS = 8
"""How often a timer whose work fails is tried before it is set aside as dead."""
FIRST_RETRY_FOR = 1_000  # milliseconds; doubles with each attempt
BATCH = 64  # timers fired between two looks at the rest of the event loop

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


timers: Table[Timer] = Table(
    "kernel.timers",
    Timer,
    key=("service", "kind", "account", "region", "key"),
    indexes={"due": ("due_at",)},
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


class TimerRunner:
    """Fires timers in due order: as real time passes, or while the clock is being turned."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._next_at: Instant | None = None
        self._alarm: asyncio.TimerHandle | None = None
        self._turning = asyncio.Lock()

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

    async def turn(self, by: int, settle: Callable[[], Awaitable[None]]) -> int:
        """Move the clock ``by`` milliseconds, firing every timer on the way with the clock standing at its due time.

        ``settle`` is awaited after each instant, so that what a timer caused (deliveries) happens at that instant
        too. Returns how many timers fired.
        """
        async with self._turning:
            clock = self._kernel.clock
            target = clock.now() + by
            clock.stand_at(clock.now())
            fired = 0
            try:
                await settle()
                while (at := await self._next_event(target)) is not None:
                    clock.stand_at(at)
                    await asyncio.sleep(0)  # let those who waited for this instant run
                    fired += await self._fire_until(at)
                    await settle()
                clock.stand_at(target)
                await settle()
            finally:
                shift = clock.go_on()
            assert shift is not None
            await self._kernel.turns.perform(lambda writes: self._kernel.remember_shift(writes, shift))
        self._set_alarm()
        return fired

    async def _next_event(self, until: Instant) -> Instant | None:
        """Return the next instant at which a timer is due or somebody waits for the clock, if not after ``until``."""
        await self._kernel.turns.perform(self._due(until))
        instants = [at for at in (self._next_at, self._kernel.clock.next_wake()) if at is not None and at <= until]
        return min(instants, default=None)

    async def _fire_until(self, instant: Instant) -> int:
        """Fire every timer due by ``instant``, those included that the fired ones set; return how many."""
        fired = 0
        while due := await self._kernel.turns.perform(self._due(instant)):
            await self._kernel.turns.perform(self._work(due))
            fired += 1
            if fired % BATCH == 0:
                await asyncio.sleep(0)
        return fired

    def _due(self, until: Instant) -> Callable[[WriteSet], Timer | None]:
        def look(writes: WriteSet) -> Timer | None:
            scope = self._kernel.scope(writes)
            first = next(iter(timers.scan_by(scope, "due", limit=1)), None)
            self._next_at = first.due_at if first is not None else None
            if first is None or self._next_at is None or self._next_at > until:
                self._set_alarm()
                return None
            return first

        return look

    def _work(self, timer: Timer) -> Callable[[WriteSet], None]:
        def work(writes: WriteSet) -> None:
            now = max(timer.due_at or 0, 0)
            scope = Scope(self._kernel, writes, timer.account, timer.region, now)
            current = timers.find(scope, timer.service, timer.kind, timer.account, timer.region, timer.key)
            if current != timer:
                return  # cancelled or set anew in the meantime
            timers.delete(scope, timer)
            kept = dict(writes.changes)
            try:
                service = self._kernel.services.find(timer.service)
                if service is None:
                    raise LookupError(f"service {timer.service} is not enabled")
                service.timers[timer.kind](scope, timer.key, timer.payload)
            except Exception as error:
                _log.exception("timer %s.%s %s failed", timer.service, timer.kind, timer.key)
                writes.changes.clear()
                writes.effects.clear()
                writes.changes.update(kept)
                self._retry_later(scope, timer, error)

        return work

    def _retry_later(self, scope: Scope, timer: Timer, error: Exception) -> None:
        attempts = timer.attempts + 1
        due_at = scope.now + FIRST_RETRY_FOR * 2**timer.attempts if attempts < MAX_ATTEMPTS else None
        timers.insert(scope, msgspec.structs.replace(timer, due_at=due_at, attempts=attempts, error=repr(error)))
        if due_at is not None:
            scope.after_commit(lambda: self.expect(due_at))

    def _set_alarm(self) -> None:
        self.stop()
        if self._next_at is None or self._turning.locked():
            return
        delay_for = max(0, self._next_at - self._kernel.clock.now()) / 1000
        loop = asyncio.get_running_loop()
        # Never longer than a day: event loops refuse delays of months.
        self._alarm = loop.call_later(min(delay_for, 86_400), self._ring)

    def _ring(self) -> None:
        self._alarm = None
        if self._next_at is not None and self._next_at <= self._kernel.clock.now():
            self._kernel.spawn(self._fire_until(self._kernel.clock.now()))
        else:
            self._set_alarm()
