"""What must not be lost between its cause and its effect: deliveries written in the same transaction as their cause."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Callable, Coroutine
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from skyglobe.kernel.clock import Instant
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.store import StoreFailure
from skyglobe.kernel.tables import Record, Table

if TYPE_CHECKING:
    from skyglobe.kernel.kernel import Kernel
    from skyglobe.kernel.store import WriteSet

MAX_ATTEMPTS = 8
"""How often a delivery is tried before it is set aside in the dead-letter view."""
FIRST_RETRY_FOR = 1_000  # milliseconds; doubles with each attempt
MAX_DELIVERIES = 64  # at the same time
BATCH = 16  # of plain consumers in one turn, between two looks at the rest of the event loop
STORE_RETRY_FOR = 1.0  # seconds of real time, after the store refused (disk full): that has nothing to do with a letter
SETTLE_FOR = 30.0  # seconds of real time a turn of the clock waits for deliveries that do not end

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
    """When to try (again); None while others of its lane come first, and when it is dead."""
    attempts: int = 0
    error: str = ""
    dead: bool = False

    @property
    def is_dead(self) -> bool | None:
        return True if self.dead else None

    @property
    def queued_in(self) -> str | None:
        if not self.lane or self.dead:
            return None
        return f"{self.service}:{self.account}:{self.region}:{self.lane}"


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
    other; letters of one lane (of this service, account and region) wait for those posted before.
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
        next_at=None,
    )
    _queue(scope, letter)


def _queue(scope: Scope, letter: Letter) -> None:
    """Write a letter that is not in the outbox: ready at once, or behind its lane's others."""
    if _first_in_lane(scope, letter) is None:
        letter = msgspec.structs.replace(letter, next_at=scope.now)
        scope.after_commit(scope.kernel.outbox.wake)
    letters.insert(scope, letter)


def _first_in_lane(scope: Scope, letter: Letter) -> Letter | None:
    lane = letter.queued_in
    return next(letters.scan_by(scope, "lane", lane, limit=1), None) if lane is not None else None


def _take_out(scope: Scope, letter: Letter) -> None:
    """Delete a letter and make the next one of its lane ready."""
    letters.delete(scope, letter)
    following = _first_in_lane(scope, letter)
    if following is not None and following.next_at is None:
        letters.replace(scope, following, msgspec.structs.replace(following, next_at=scope.now))
        scope.after_commit(scope.kernel.outbox.wake)


class OutboxRunner:
    """Delivers what is in the outbox: at least once, in order within a lane, with growing pauses after failures.

    A plain consumer's writes and the end of its letter are one transaction, so it takes effect exactly once.
    """

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._busy: set[int] = set()
        self._aside: set[int] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._alarm_at: Instant | None = None
        self._is_looking = False
        self._again = False
        self._is_stopped = False

    def wake(self) -> None:
        """Look for letters to deliver."""
        self._again = True
        if not self._is_looking and not self._is_stopped:
            self._is_looking = True
            self._spawn(self._look())

    def stop(self) -> None:
        """Start no more deliveries."""
        self._is_stopped = True

    async def settle(self) -> None:
        """Wait until nothing is deliverable at the clock's present instant.

        Deliveries that wait for the clock themselves are left to it, and those that never end to their fate.
        """
        self.wake()
        until = asyncio.get_running_loop().time() + SETTLE_FOR
        while running := [task for task in self._tasks if not self._kernel.clock.holds(task)]:
            if asyncio.get_running_loop().time() > until:
                _log.warning("%d deliveries take longer than %.0f s; time goes on", len(running), SETTLE_FOR)
                return
            # Now and then look whether one of them has come to wait for the clock.
            await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED, timeout=0.05)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._kernel.spawn(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _look(self) -> None:
        try:
            while self._again and not self._is_stopped:
                self._again = False
                try:
                    ready = await self._kernel.turns.perform(self._ready)
                except StoreFailure:
                    await asyncio.sleep(STORE_RETRY_FOR)
                    self._again = True
                    continue
                await self._deliver_all(ready)
        finally:
            self._is_looking = False

    def _ready(self, writes: WriteSet) -> list[Letter]:
        """Return the letters to deliver now; set an alarm for the next that is due later."""
        scope = self._kernel.scope(writes)
        room = MAX_DELIVERIES - len(self._busy) + len(self._aside)
        ready: list[Letter] = []
        for letter in letters.scan_by(scope, "waiting", limit=MAX_DELIVERIES + 1 + len(self._aside)):
            assert letter.next_at is not None
            if letter.next_at > scope.now:
                self._wake_at(letter.next_at)
                break
            if letter.id not in self._busy and len(ready) < room:
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

    async def _deliver_all(self, ready: list[Letter]) -> None:
        """Have plain consumers do their work here and now, a few in each turn; start the others beside it."""
        plain: list[tuple[Letter, Callable[..., Any]]] = []
        for letter in ready:
            self._busy.add(letter.id)
            service = self._kernel.services.find(letter.service)
            consumer = service.consumers.get(letter.kind) if service is not None else None
            if consumer is None or inspect.iscoroutinefunction(consumer):
                self._spawn(self._deliver(letter))
            else:
                plain.append((letter, consumer))
        for start in range(0, len(plain), BATCH):
            batch = plain[start : start + BATCH]
            await asyncio.gather(
                *(self._submit(letter, consumer) for letter, consumer in batch), return_exceptions=True
            )

    def _submit(self, letter: Letter, consumer: Callable[..., Any]) -> asyncio.Future[None]:
        """Deliver by a plain consumer in this turn; what fails is set back beside it."""

        def ended(done: asyncio.Future[None]) -> None:
            failure = done.exception() if not done.cancelled() else None
            if failure is None:
                self._busy.discard(letter.id)
                self._again = True
            else:
                self._spawn(self._fail(letter, failure))

        future = self._kernel.turns.submit(lambda writes: self._finish(writes, letter, consumer))
        future.add_done_callback(ended)
        return future

    async def _fail(self, letter: Letter, failure: BaseException) -> None:
        try:
            if isinstance(failure, StoreFailure) or not isinstance(failure, Exception):
                await asyncio.sleep(STORE_RETRY_FOR)
            else:
                _log.warning("delivery %s.%s %s failed: %r", letter.service, letter.kind, letter.id, failure)
                await self._kernel.turns.perform(lambda writes: self._set_back(writes, letter, failure))
        except StoreFailure:
            await asyncio.sleep(STORE_RETRY_FOR)
        finally:
            self._busy.discard(letter.id)
            self.wake()

    async def _deliver(self, letter: Letter) -> None:
        try:
            failure = await self._attempt(letter)
            if failure is not None:
                await self._kernel.turns.perform(lambda writes: self._set_back(writes, letter, failure))
        except StoreFailure:
            await asyncio.sleep(STORE_RETRY_FOR)
        finally:
            self._busy.discard(letter.id)
            self._aside.discard(letter.id)
            self.wake()

    def _stand_aside(self, letter: Letter) -> None:
        """Let others have the place of a delivery that takes long."""
        if letter.id in self._busy and letter.id not in self._aside:
            self._aside.add(letter.id)
            self.wake()

    async def _attempt(self, letter: Letter) -> Exception | None:
        try:
            service = self._kernel.services.find(letter.service)
            if service is None:
                raise LookupError(f"service {letter.service} is not enabled")
            consumer = service.consumers[letter.kind]
            await consumer(Delivery(self._kernel, letter, partial(self._stand_aside, letter)), letter.payload)
            await self._kernel.turns.perform(lambda writes: self._finish(writes, letter))
            return None
        except StoreFailure:
            raise
        except Exception as error:
            _log.warning("delivery %s.%s %s failed: %r", letter.service, letter.kind, letter.id, error)
            return error

    def _finish(self, writes: WriteSet, letter: Letter, consumer: Callable[..., Any] | None = None) -> None:
        scope = self._kernel.scope(writes, letter.account, letter.region)
        if letters.find(scope, letter.id) != letter:
            return  # the store was replaced in the meantime
        if consumer is not None:
            consumer(scope, letter.payload)
        _take_out(scope, letter)

    def _set_back(self, writes: WriteSet, letter: Letter, failure: Exception) -> None:
        scope = self._kernel.scope(writes)
        if letters.find(scope, letter.id) != letter:
            return
        tried = msgspec.structs.replace(letter, attempts=letter.attempts + 1, error=repr(failure))
        if tried.attempts < MAX_ATTEMPTS:
            next_at = scope.now + FIRST_RETRY_FOR * 2**letter.attempts
            letters.replace(scope, letter, msgspec.structs.replace(tried, next_at=next_at))
        else:
            _take_out(scope, letter)
            letters.insert(scope, msgspec.structs.replace(tried, next_at=None, dead=True))


class Delivery:
    """What an async consumer is handed: where it works, and how to open transactions there."""

    def __init__(self, kernel: Kernel, letter: Letter, stand_aside: Callable[[], None]) -> None:
        self.kernel = kernel
        self.stand_aside = stand_aside
        """To be called by deliveries that may take minutes: they do not count among ``MAX_DELIVERIES``. How many of
        them there are at a time is for their lanes to bound.
        """
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
    """Try a dead letter again, from its first attempt, as the next one of its lane. Nothing happens to others."""
    if letters.find(scope, letter.id) != letter or not letter.dead:
        return
    letters.delete(scope, letter)
    _queue(scope, msgspec.structs.replace(letter, next_at=None, attempts=0, error="", dead=False))
