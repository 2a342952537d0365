"""Making the engines that run those that the store says are to run.

Engines are children of a launcher, which dies with the cloud's process and takes them along, whatever they are doing:
after a crash none is left, and the next start of the cloud starts them all anew. What they keep is in their folders.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import time
from typing import Any, Literal

import msgspec

from skyglobe.engines.output import Output
from skyglobe.engines.records import CHANGED, Engine, engines
from skyglobe.engines.sandboxes.client import (
    Launcher,
    NoLauncher,
    NotStarted,
    Pipes,
    Plan,
    Process,
    Running,
    Shared,
    start_launcher,
)
from skyglobe.kernel.kernel import Kernel

State = Literal["starting", "ready", "waiting", "stopping"]
"""``waiting`` is between the end of one process and the start of the next."""

FIRST_WAIT_FOR = 0.1
"""Seconds before an engine that ended is started again; doubles each time it does not live long."""
LONGEST_WAIT_FOR = 30.0
LIVED_LONG_FOR = 10.0
"""Seconds of being ready after which an end is not held against an engine."""
PROBE_EVERY = 0.02
FAILED_PROBES = 3
PROBE_FOR = 1.0
"""Seconds an engine may take to accept a connection."""
LOOK_EVERY = 86_400_000
"""Milliseconds on the cloud's clock after which to look even though nothing was said to have changed."""
STOP_FOR = 10.0
"""Seconds all engines together may take to end with the cloud."""

_log = logging.getLogger(__name__)


class EngineFailed(Exception):
    """An engine did not become ready; the message ends with what it printed last."""


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """How an engine is."""

    state: State
    pid: int
    """0 when no process is running."""
    starts: int
    """How often it was started since the cloud was."""
    output: str
    """The last of what it printed."""


class _Tended:
    """One engine that is wanted, and the task that tends it."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.state: State = "starting"
        self.pid = 0
        self.starts = 0
        self.output = Output()
        self.failures = 0
        self.is_wanted = True
        self.changed = asyncio.Event()
        """Set whenever its state changes."""
        self.unwanted = asyncio.Event()
        self.task: asyncio.Task[None] | None = None

    def become(self, state: State) -> None:
        self.state = state
        self.changed.set()
        self.changed = asyncio.Event()


class Supervisor:
    """Tends the engines of one cloud. Times here are the machine's: processes do not hear of the cloud's clock."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._tended: dict[str, _Tended] = {}
        self._ending: set[asyncio.Task[None]] = set()
        self._launcher: Launcher | None = None
        self._starting = asyncio.Lock()
        self._looking = asyncio.ensure_future(self._look())

    async def ready(self, name: str, attempts: int = 3) -> None:
        """Return when the engine is ready. Raises ``EngineFailed`` when it is not wanted, or ended too often before."""
        await self._reconcile()
        while True:
            tended = self._tended.get(name)
            if tended is None:
                raise EngineFailed(f"{name} is not to run")
            if tended.state == "ready":
                return
            if tended.failures >= attempts:
                raise EngineFailed(f"{name} does not start: {tended.output.text().strip()[-500:]}")
            await tended.changed.wait()

    def status(self, name: str) -> Status | None:
        """Return how an engine is; None when it is not tended."""
        tended = self._tended.get(name)
        if tended is None:
            return None
        return Status(state=tended.state, pid=tended.pid, starts=tended.starts, output=tended.output.text())

    async def stop(self) -> None:
        """End all engines; the next start of the cloud starts them again."""
        self._looking.cancel()
        for tended in self._tended.values():
            self._end(tended)
        self._tended.clear()
        if self._ending:
            await asyncio.wait(self._ending, timeout=STOP_FOR)
        if self._launcher is not None:
            await self._launcher.stop()

    async def _look(self) -> None:
        """Compare what runs with what is to run, whenever that may have changed."""
        with self._kernel.signals.listen((CHANGED,)) as bell:
            while True:
                await self._reconcile()
                await bell.wait(self._kernel.clock.now() + LOOK_EVERY)

    async def _reconcile(self) -> None:
        wanted = await self._kernel.transact(lambda scope: {engine.name: engine for engine in engines.scan(scope)})
        for name, tended in list(self._tended.items()):
            if wanted.get(name) != tended.engine:
                self._end(self._tended.pop(name))
        for name, engine in wanted.items():
            if name not in self._tended:
                tended = self._tended[name] = _Tended(engine)
                # Another of that name may be ending still: its port and files are free only afterwards.
                tended.task = asyncio.ensure_future(self._tend(tended, list(self._ending)))

    def _end(self, tended: _Tended) -> None:
        tended.is_wanted = False
        tended.unwanted.set()
        tended.changed.set()
        if tended.task is not None:
            self._ending.add(tended.task)
            tended.task.add_done_callback(self._ending.discard)

    async def _tend(self, tended: _Tended, predecessors: list[asyncio.Task[None]]) -> None:
        """Start an engine again and again until it is not wanted any more."""
        if predecessors:
            await asyncio.wait(predecessors)
        wait_for = FIRST_WAIT_FOR
        while tended.is_wanted:
            began = time.monotonic()
            try:
                await self._run(tended)
            except (NoLauncher, NotStarted) as error:
                tended.output.feed(f"{error}\n".encode())
            tended.pid = 0
            if not tended.is_wanted:
                return
            lived_long = time.monotonic() - began > LIVED_LONG_FOR
            tended.failures = 0 if lived_long else tended.failures + 1
            wait_for = FIRST_WAIT_FOR if lived_long else min(wait_for * 2, LONGEST_WAIT_FOR)
            tended.become("waiting")
            _log.warning("engine %s ended; it is started again in %.1f s", tended.engine.name, wait_for)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(tended.unwanted.wait(), wait_for)

    async def _run(self, tended: _Tended) -> None:
        """Run an engine's process from start to end."""
        tended.become("starting")
        tended.starts += 1
        engine = tended.engine
        main = Process(argv=list(engine.argv), environment=self._environment(engine), folder=engine.folder)
        plan = Plan(main=main, memory_bytes=engine.memory_bytes, limits=engine.limits)
        launcher = await self._find_launcher()
        with tended.output.pipe() as writer:
            ignored = os.open(os.devnull, os.O_WRONLY)
            running = await launcher.launch(plan, Pipes(writer, ignored, os.dup(ignored)))
            tended.pid = running.pid
            tending = asyncio.ensure_future(self._watch(tended, running))
            try:
                either: list[asyncio.Future[Any]] = [running.ended, tending]
                await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
                if not running.ended.done():
                    await self._finish(tended, running)
            finally:
                tending.cancel()

    async def _watch(self, tended: _Tended, running: Running) -> None:
        """Return when the process is to end: it did not become ready, is not healthy any more, or is not wanted."""
        unwanted = asyncio.ensure_future(tended.unwanted.wait())
        try:
            getting_ready = asyncio.ensure_future(self._until_ready(tended))
            await asyncio.wait([unwanted, getting_ready], return_when=asyncio.FIRST_COMPLETED)
            if not getting_ready.done() or not getting_ready.result():
                getting_ready.cancel()
                return
            tended.become("ready")
            failed = 0
            every = tended.engine.health_every_s
            while failed < FAILED_PROBES:
                await asyncio.wait([unwanted], timeout=every or None)
                if unwanted.done():
                    return
                failed = 0 if await _accepts(tended.engine) else failed + 1
        finally:
            unwanted.cancel()

    async def _until_ready(self, tended: _Tended) -> bool:
        ready = tended.engine.ready
        until = time.monotonic() + ready.within_s
        while time.monotonic() < until:
            printed = not ready.printed or ready.printed in tended.output.text()
            if printed and (not ready.port or await _accepts(tended.engine)):
                return True
            await asyncio.sleep(PROBE_EVERY)
        return False

    async def _finish(self, tended: _Tended, running: Running) -> None:
        tended.become("stopping")
        running.warn()
        await asyncio.wait([running.ended], timeout=tended.engine.grace_s)
        running.kill()
        await running.ended

    def _environment(self, engine: Engine) -> dict[str, str]:
        return {"PATH": os.defpath, "LANG": "C.UTF-8", **engine.environment}

    async def _find_launcher(self) -> Launcher:
        async with self._starting:
            if self._launcher is None or self._launcher.has_ended:
                name = f"engines-{id(self) & 0xFFFFFF:x}"
                folder = self._kernel.folder / "engines"
                self._launcher = await start_launcher(Shared(), Shared(), folder, name, "none")
            return self._launcher


async def _accepts(engine: Engine) -> bool:
    """Return whether the engine's port takes connections."""
    try:
        async with asyncio.timeout(PROBE_FOR):
            _, writer = await asyncio.open_connection(engine.ready.host, engine.ready.port)
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True


def supervisor_of(kernel: Kernel) -> Supervisor:
    """Return the supervisor of a cloud, which starts what is to run the first time it is asked for.

    A cloud that is started with engines in its store asks for it then.
    """
    return kernel.companions.of("engines", lambda: Supervisor(kernel))
