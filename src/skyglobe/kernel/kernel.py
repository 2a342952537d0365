"""One cloud's insides, put together."""

from __future__ import annotations

import asyncio
import logging
import shutil
import tempfile
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from skyglobe.kernel.access import Need
from skyglobe.kernel.blob_uses import sweep_blobs
from skyglobe.kernel.blobs import Blobs
from skyglobe.kernel.broadcasts import Broadcasts
from skyglobe.kernel.caches import Caches
from skyglobe.kernel.call import Call
from skyglobe.kernel.clock import Clock
from skyglobe.kernel.companions import Companions
from skyglobe.kernel.config import Config
from skyglobe.kernel.credentials import admit_root
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.faults import Faults
from skyglobe.kernel.folders import DataFolder
from skyglobe.kernel.ids import Ids
from skyglobe.kernel.keys import pack
from skyglobe.kernel.late_writes import LateWrites
from skyglobe.kernel.metrics import Metrics
from skyglobe.kernel.openings import openings
from skyglobe.kernel.outbox import OutboxRunner
from skyglobe.kernel.principals import Principal
from skyglobe.kernel.quotas import Quotas
from skyglobe.kernel.records import Shift
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.service import Services
from skyglobe.kernel.signals import Signals
from skyglobe.kernel.store import Store, WriteSet
from skyglobe.kernel.timers import TimerRunner
from skyglobe.kernel.turns import Turns

if TYPE_CHECKING:
    from skyglobe.kernel.access import Need
    from skyglobe.kernel.call import Call
    from skyglobe.kernel.errors import ServiceError
    from skyglobe.kernel.snapshots import Snapshots
    from skyglobe.kernel.visits import Visit
    from skyglobe.kernel.wire import Request

T = TypeVar("T")

_SECRET_KEY = pack(("kernel.secret",))
_SHIFTS_KEY = pack(("kernel.clock",))
_STARTS_KEY = pack(("kernel.starts",))
_ORDER_KEY = pack(("kernel.order",))

Invoke = Callable[[Principal, str, str, str, str, dict[str, Any]], Awaitable[Any]]
Weigh = Callable[[Call, Need, dict[str, Any]], ServiceError | None]
Receive = Callable[[str, str, "Request", str], "Visit"]
InvokeWithin = Callable[[Scope, Principal, str, str, str, str, dict[str, Any]], Any]

_log = logging.getLogger(__name__)


class Kernel:
    """Store, clock, timers, outbox, blobs and services of one cloud. ``start`` it inside an event loop."""

    def __init__(self, config: Config, *, clock: Clock | None = None) -> None:
        self.config = config
        self.ids = Ids(config.seed)
        self.clock = clock or Clock()
        self.signals = Signals(self.clock)
        self.broadcasts = Broadcasts()
        self._temporary: Path | None = None
        self._folder = DataFolder(config.folder) if config.folder is not None else None
        try:
            self.store = _open_store(config, self._folder)
        except BaseException:
            self._close_folder()
            raise
        self.turns = Turns(self.store)
        self._blobs: Blobs | None = None
        self._snapshots: Snapshots | None = None
        self.services = Services(only=config.services)
        self.faults = Faults()
        self.quotas = Quotas(self.clock, enforced=config.quotas)
        self.timers = TimerRunner(self)
        self.outbox = OutboxRunner(self)
        self.secret = b""
        """Signs page tokens and receipt handles; made once for each cloud."""
        self.caches = Caches()
        self.companions = Companions()
        self.late_writes = LateWrites()
        self.invoke: Invoke = _nobody_to_invoke
        """Calls an operation of any service in process; the gateway puts itself here."""
        self.invoke_within: InvokeWithin = _nobody_to_ask
        """The same within work that is going on, for operations that do not wait."""
        self.weigh: Weigh = _nobody_to_ask
        """Decides whether a call may do something it did not begin with; the gateway puts itself here."""
        self.receive: Receive = _nobody_to_ask
        """Takes service, operation, request and region for a visit to a listener of that service's own: permissions are
        asked for as that operation's; the gateway puts itself here."""
        self.when_exchanged: list[Callable[[], None]] = []
        """What else to do when the store's content was exchanged: drop what is remembered of the old one."""
        self.metrics = Metrics(self)
        self._tasks: set[asyncio.Task[Any]] = set()
        self._last_order = 0
        self._is_stopped = False

    @property
    def folder(self) -> Path:
        """Where files are kept: the data folder, or a temporary one that goes when the cloud stops."""
        if self._folder is not None:
            return self._folder.path
        if self._temporary is None:
            self._temporary = Path(tempfile.mkdtemp(prefix="skyglobe-"))
        return self._temporary

    @property
    def is_stopped(self) -> bool:
        """Whether the cloud is being stopped, or was: what ends now may have been ended by that."""
        return self._is_stopped

    @property
    def blobs(self) -> Blobs:
        if self._blobs is None:
            self._blobs = Blobs(self.folder / "blobs", self.ids, fsync=self.config.durability == "power")
        return self._blobs

    @property
    def snapshots(self) -> Snapshots:
        if self._snapshots is None:
            from skyglobe.kernel.snapshots import Snapshots

            self._snapshots = Snapshots(self, self.folder / "snapshots")
        return self._snapshots

    async def start(self) -> None:
        """Take up where the store says the cloud was left."""
        self.turns.bind(asyncio.get_running_loop())
        await self.turns.perform(self._recall)
        await self.timers.start()
        self.outbox.wake()
        await self._open()
        if self._folder is not None:
            if self._folder.snapshots.is_dir():
                self.snapshots.clean()
            if self._folder.blobs.is_dir():
                self.spawn(sweep_blobs(self))

    async def stop(self) -> None:
        """Finish the open turn, end what runs and close the store. Harmless when done already."""
        if self._is_stopped:
            return
        self._is_stopped = True
        self.turns.bind(asyncio.get_running_loop())
        self.timers.stop()
        self.outbox.stop()
        await self.companions.stop()
        for task in list(self._tasks):
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=5)
        self.timers.stop()
        self.metrics.stop()
        if self.metrics.is_behind:
            self.turns.run(lambda writes: self.metrics.fold(self.scope(writes)), lambda *_: None)
        self.turns.run(self._remember_order, lambda *_: None)
        self.turns.flush()
        self.store.close()
        self._close_folder()

    async def exchange(self, load: Callable[[], None]) -> None:
        """Put other content into the store: ``load``, run in a thread, does it, while all work is held back.

        Then whatever was remembered of the old content is read anew, and everybody who waits is woken to look again.
        Raises what ``load`` raises; the old content stays then.
        """
        async with self.timers.at_rest():
            with self.turns.paused():
                await asyncio.to_thread(load)
                writes = WriteSet(self.store)
                self._recall(writes)
                self.store.write(writes.changes)
                self.store.commit()
            self.quotas.clear()
            for forget in self.when_exchanged:
                forget()
        self.signals.fire_all()
        self.clock.wake_all()
        await self.timers.start()
        self.outbox.wake()
        await self._open()

    def scope(self, writes: WriteSet, account: str = "", region: str = "") -> Scope:
        """Return a scope at the clock's present instant."""
        return Scope(self, writes, account, region, self.clock.now())

    async def transact(self, work: Callable[[Scope], T], account: str = "", region: str = "") -> T:
        """Run ``work(scope)`` in one transaction, wait for its commit and return its result."""
        return await self.turns.perform(lambda writes: work(self.scope(writes, account, region)))

    async def turn(self, by: int) -> int:
        """Turn the clock ``by`` milliseconds ahead. Returns how many timers fired."""
        if by < 0:
            raise ValueError("the clock only turns forwards")
        return await self.timers.turn(by, self.settle)

    async def settle(self) -> None:
        """Have everything done that needs no other time: what is written late, and what waits to be delivered."""
        await self.late_writes.finish()
        await self.outbox.settle()
        await self.metrics.flush()
        await asyncio.sleep(0)

    def spawn(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Run ``work`` beside everything else until it ends or the cloud stops. Failures are logged."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def next_order(self) -> int:
        """Return a number larger than any before. After a crash: unless the machine's clock was set back meanwhile."""
        return self.next_orders(1)

    def next_orders(self, count: int) -> int:
        """Return the first of ``count`` numbers in a row that are larger than any before, as ``next_order`` does."""
        first = max(self._last_order + 1, self.clock.now() << 20)
        self._last_order = first + count - 1
        return first

    def remember_clock(self, writes: WriteSet) -> None:
        """Keep where the clock stands, or how far ahead it runs, for the next start."""
        writes.put(_SHIFTS_KEY, msgspec.msgpack.encode(self.clock.shifts_now()))
        self._remember_order(writes)

    def _remember_order(self, writes: WriteSet) -> None:
        writes.put(_ORDER_KEY, b"%d" % self._last_order)

    def remembered_shifts(self, writes: WriteSet) -> tuple[Shift, ...]:
        """Return what ``remember_clock`` kept last."""
        kept = writes.get(_SHIFTS_KEY)
        return msgspec.msgpack.decode(kept, type=tuple[Shift, ...]) if kept is not None else ()

    def _recall(self, writes: WriteSet) -> None:
        secret = writes.get(_SECRET_KEY)
        if secret is None:
            secret = self.ids.token(32)
            writes.put(_SECRET_KEY, secret)
        self.secret = secret
        starts = int(writes.get(_STARTS_KEY) or b"0") + 1
        writes.put(_STARTS_KEY, b"%d" % starts)
        self.ids.begin(starts)
        self._last_order = max(self._last_order, int(writes.get(_ORDER_KEY) or b"0"))
        self.clock.restore(self.remembered_shifts(writes))
        self.faults.recall(self.scope(writes))
        if self.config.root_key is not None:
            admit_root(self.scope(writes), *self.config.root_key)

    async def _open(self) -> None:
        """Have services open what they had open. One that fails to does not keep the cloud from starting."""
        for opening in await self.transact(lambda scope: list(openings.scan(scope))):
            service = self.services.find(opening.service)
            if service is not None and service.open is not None:
                try:
                    await service.open(self)
                except Exception:
                    _log.exception("%s did not open", opening.service)

    def _close_folder(self) -> None:
        if self._folder is not None:
            self._folder.close()
        if self._temporary is not None:
            shutil.rmtree(self._temporary, ignore_errors=True)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            _log.error("background work failed", exc_info=task.exception())


async def _nobody_to_invoke(*_: Any) -> Any:
    raise RuntimeError("this kernel has no gateway")


def _nobody_to_ask(*_: Any) -> Any:
    raise RuntimeError("this kernel has no gateway")


def _open_store(config: Config, folder: DataFolder | None) -> Store:
    fsync = config.durability == "power"
    if config.store:
        from skyglobe.kernel.postgres_store import PostgresStore

        return PostgresStore(config.store, fsync=fsync)
    from skyglobe.kernel.sqlite_store import SqliteStore

    return SqliteStore(folder.store if folder is not None else None, fsync=fsync)
