"""What must not be lost between its cause and its effect: deliveries written in the same transaction as their cause."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from skyglobe.kernel.clock import Instant
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.tables import Record, Table

if TYPE_CHECKING:
    from skyglobe.kernel.kernel import Kernel
    from skyglobe.kernel.store import WriteSet

MAX_ATTEMPTS = 8
"""How often a delivery is tried before it is set aside in the dead-letter view."""
FIRST_RETRY_FOR = 1_000  # milliseconds; doubles with each attempt
MAX_LANES = 64  # lanes worked on at the same time

_log = logging.getLogger(__name__)


class Letter(Record, frozen=True):
    """One delivery to make."""

    id: int
    """In the order of posting."""
    service: str
    kind: str
    account: str
    region: str
    lane: str
    """Letters of one lane are delivered in order, one at a time."""
    payload: dict[str, Any]
    posted_at: Instant
    next_at: Instant | None
    """When to try (again); None when the letter is dead."""
    attempts: int = 0
    error: str = ""

    @property
    def is_dead(self) -> bool | None:
        return True if self.next_at is None else None

    @property
    def queued_in(self) -> str | None:
        return self.lane if self.lane and self.next_at is not None else None


letters: Table[Letter] = Table(
    "kernel.outbox",
    Letter,
    key=("id",),
    indexes={"waiting": ("next_at",), "lane": ("queued_in",), "dead": ("is_dead",)},
    reach="global",
)


def post(scope: Scope, service: str, kind: str, payload: dict[str, Any], *, lane: str = "") -> None:
    """Have ``kind``'s consumer called with ``payload`` at least once, after this work is committed.

    ``payload`` holds plain values (text, bytes, numbers, lists, dicts). Without a ``lane`` the letter waits for no
    other.
    """
    letter = Letter(
        id=scope.kernel.next_order(),
        service=service,
        kind=kind,
        account=scope.account,
        region=scope.region,
        lane=lane,
        payload=payload,
        posted_at=scope.now,
        next_at=scope.now,
    )
    letters.insert(scope, letter)
    scope.after_commit(scope.kernel.outbox.wake)


class OutboxRunner:
    """Delivers what is in the outbox: at least once, in order within a lane, with growing pauses after failures."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._busy: set[int | str] = set()
        self._alarm_at: Instant | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._task: asyncio.Task[None] | None = None
        self._again = False

    def wake(self) -> None:
        """Look for letters to deliver."""
        self._again = True
        if self._task is None or self._task.done():
            self._task = self._kernel.spawn(self._drain())

    async def settle(self) -> None:
        """Wait until nothing is deliverable at the clock's present instant."""
        self.wake()
        while self._task is not None and not self._task.done():
            await asyncio.wait({self._task})
            if self._again:
                self.wake()

    async def _drain(self) -> None:
        while True:
            self._again = False
            ready = await self._kernel.turns.perform(self._ready)
            for letter in ready:
                self._busy.add(letter.id)
                task = self._kernel.spawn(self._deliver_lane(letter))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
            if self._tasks:
                await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
            elif not self._again:
                return

    def _ready(self, writes: WriteSet) -> list[Letter]:
        """Return the letters to deliver now; set an alarm for the next that is due later."""
        scope = self._kernel.scope(writes)
        room = MAX_LANES - len(self._busy)
        ready: list[Letter] = []
        taken: set[str] = set()
        for letter in list(letters.scan_by(scope, "waiting", limit=4 * MAX_LANES)):
            assert letter.next_at is not None
            if letter.next_at > scope.now:
                self._wake_at(letter.next_at)
                break
            if letter.id in self._busy or letter.lane in self._busy or letter.lane in taken or len(ready) >= room:
                continue
            if letter.lane:
                head = next(letters.scan_by(scope, "lane", letter.lane, limit=1))
                if head.id != letter.id:
                    # The lane's first letter waits for its next attempt; wait with it, out of the others' way.
                    letters.replace(scope, letter, msgspec.structs.replace(letter, next_at=head.next_at))
                    continue
                taken.add(letter.lane)
            ready.append(letter)
        return ready

    def _wake_at(self, instant: Instant) -> None:
        if self._alarm_at is not None and self._alarm_at <= instant:
            return
        self._alarm_at = instant

        async def wait() -> None:
            await self._kernel.clock.wait_until(instant)
            if self._alarm_at == instant:
                self._alarm_at = None
            self.wake()

        self._kernel.spawn(wait())

    async def _deliver_lane(self, letter: Letter) -> None:
        if letter.lane:
            self._busy.add(letter.lane)
        try:
            failure = await self._attempt(letter)
            await self._kernel.turns.perform(lambda writes: self._file(writes, letter, failure))
        finally:
            self._busy -= {letter.lane, letter.id}
            self._again = True

    async def _attempt(self, letter: Letter) -> Exception | None:
        try:
            service = self._kernel.services.find(letter.service)
            if service is None:
                raise LookupError(f"service {letter.service} is not enabled")
            consumer = service.consumers[letter.kind]
            if inspect.iscoroutinefunction(consumer):
                await consumer(Delivery(self._kernel, letter), letter.payload)
            else:
                await self._kernel.turns.perform(
                    lambda writes: consumer(self._kernel.scope(writes, letter.account, letter.region), letter.payload)
                )
            return None
        except Exception as error:
            _log.warning("delivery %s.%s %s failed: %r", letter.service, letter.kind, letter.id, error)
            return error

    def _file(self, writes: WriteSet, letter: Letter, failure: Exception | None) -> None:
        scope = self._kernel.scope(writes)
        if failure is None:
            letters.delete(scope, letter)
            return
        attempts = letter.attempts + 1
        next_at = scope.now + FIRST_RETRY_FOR * 2**letter.attempts if attempts < MAX_ATTEMPTS else None
        tried = msgspec.structs.replace(letter, attempts=attempts, next_at=next_at, error=repr(failure))
        letters.replace(scope, letter, tried)


class Delivery:
    """What an async consumer is handed: where it works, and how to open transactions there."""

    def __init__(self, kernel: Kernel, letter: Letter) -> None:
        self.kernel = kernel
        self.account = letter.account
        self.region = letter.region
        self.attempt = letter.attempts + 1
        self.posted_at = letter.posted_at

    async def transact(self, work: Callable[[Scope], Any]) -> Any:
        """Run ``work(scope)`` in one transaction, wait for its commit and return its result."""
        return await self.kernel.turns.perform(
            lambda writes: work(self.kernel.scope(writes, self.account, self.region))
        )


def list_dead(scope: Scope, limit: int) -> list[Letter]:
    """Return letters that were set aside after too many failures, oldest first."""
    return list(letters.scan_by(scope, "dead", limit=limit))


def revive(scope: Scope, letter: Letter) -> None:
    """Try a dead letter again, from its first attempt."""
    letters.replace(scope, letter, msgspec.structs.replace(letter, next_at=scope.now, attempts=0, error=""))
    scope.after_commit(scope.kernel.outbox.wake)
