"""What all environments of a cloud share: the launcher, the folder, the addresses."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
from collections.abc import Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skyglobe.engines.addresses import LentAddresses
from skyglobe.engines.sandboxes.client import Isolation, Launcher, NoLauncher, Plan, Process, start_launcher
from skyglobe.engines.sandboxes.inside import FRAMES_AT
from skyglobe.services.lambda_.running import layout, runtimes
from skyglobe.services.lambda_.running.interface import Credentials, WriteLogs
from skyglobe.services.lambda_.running.runtime_api import Door
from skyglobe.services.lambda_.running.variables import variables

if TYPE_CHECKING:
    from skyglobe.kernel.kernel import Kernel
    from skyglobe.services.lambda_.running.environment import Environment

MEMORY_OF_A_CPU_MB = 1769
"""How much memory goes with one processor; "Configure Lambda function memory"."""
SHARES_OF_A_CPU = 1024


class Home:
    """Where environments live."""

    def __init__(self, kernel: Kernel, write_logs: WriteLogs) -> None:
        self.kernel = kernel
        self.write_logs = write_logs
        self.addresses = LentAddresses(int.from_bytes(os.urandom(4), "big"))
        self.folder = kernel.folder / "lambda" / "running"
        self.isolation: Isolation | None = None
        """How to keep environments apart; None does it as well as the machine can."""
        self._launcher: Launcher | None = None
        self._starting = asyncio.Lock()
        self._compiling = asyncio.Lock()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._starts = 0

    async def launcher(self) -> Launcher:
        """Return the launcher; start it when there is none, or none any more. Raises ``NoLauncher``."""
        if self._launcher is not None and not self._launcher.has_ended:
            return self._launcher
        async with self._starting:
            if self._launcher is None or self._launcher.has_ended:
                self._launcher = await self._start_launcher()
        return self._launcher

    async def get_ready(self) -> None:
        """Have a launcher, if there can be one: who needs it is told why there is none."""
        with contextlib.suppress(NoLauncher):
            await self.launcher()

    async def _start_launcher(self) -> Launcher:
        self._starts += 1
        name = f"lambda-{id(self) & 0xFFFFFF:x}-{self._starts}"
        folder = self.folder / "launcher"
        if self._starts == 1:
            shutil.rmtree(self.folder, ignore_errors=True)  # of a cloud that did not end in peace
        isolated = layout.shared(runtimes.programs())
        in_the_open = layout.shared_in_the_open(self.folder / "runtime")
        return await start_launcher(isolated, in_the_open, folder, name, self.isolation)

    @property
    def watches_memory(self) -> bool:
        """Whether the machine itself tells when an environment has no memory left."""
        return self._launcher is not None and self._launcher.watches_memory

    def door(self, environment: Environment) -> Door:
        return Door(environment)

    def spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def make_ready(self, runtime: str) -> None:
        """Do what functions of a runtime need done once, at nobody's expense. Raises ``RuntimeMissing``."""
        await self.get_ready()
        if runtime.startswith("java"):
            async with self._compiling:
                await asyncio.to_thread(runtimes.compile_java, self._java)

    @property
    def _java(self) -> Path:
        return self.folder / "java"

    def plan(self, environment: Environment, isolation: Isolation, credentials: Credentials, api: str) -> Plan:
        """Return the sandbox an environment is to have. Raises ``RuntimeMissing`` and ``Entrypoint``."""
        specification = environment.specification
        plan = Plan(main=Process(), limits={"nofile": layout.MAX_OPEN_FILES, "core": 0})
        if isolation == "none":
            own = self._own_folder(environment)
            shutil.rmtree(own, ignore_errors=True)
            places = layout.places_in_the_open(specification, own, self.folder / "runtime", self._java)
        else:
            places = layout.plan_files(plan, specification, self._hosts(environment.host), self._java)
        start = runtimes.start_of(specification, places)
        environ = variables(
            specification,
            credentials,
            places,
            api=api,
            stream=environment.log.stream,
            endpoint=self.kernel.config.endpoint,
        )
        plan.others = [
            Process(name=name, argv=[f"{places.opt}/extensions/{name}"], environment=environ)
            for name in environment.extensions.expected
        ]
        if start.takes_frames:
            environ = {**environ, "_LAMBDA_TELEMETRY_LOG_FD": str(FRAMES_AT)}
        plan.main.environment = environ
        plan.main.folder = places.task
        if start.argv is None:
            details = {"handler": specification.handler, "api": api, "task": places.task}
            plan.main.details = {**details, "opt": places.opt, "runtime": places.runtime}
        else:
            plan.main.argv = start.argv
            environ["SKYGLOBE_OPT"] = places.opt
        plan.memory_bytes = specification.memory_mb << 20
        plan.cpu_shares = max(2, specification.memory_mb * SHARES_OF_A_CPU // MEMORY_OF_A_CPU_MB)
        plan.processes = layout.MAX_PROCESSES
        return plan

    def release(self, environment: Environment) -> None:
        """Remove what an environment that has ended left behind."""
        if self._launcher is not None and self._launcher.isolation == "none":
            self.spawn(asyncio.to_thread(shutil.rmtree, self._own_folder(environment), ignore_errors=True))

    async def stop(self) -> None:
        """End the launcher, and with it everything that is left."""
        for task in list(self._tasks):
            task.cancel()
        if self._launcher is not None:
            await self._launcher.stop()
            self._launcher = None
        await asyncio.to_thread(shutil.rmtree, self.folder, ignore_errors=True)

    def _own_folder(self, environment: Environment) -> Path:
        return self.folder / "environments" / environment.log.stream.rpartition("]")[2]

    def _hosts(self, host: str) -> Path:
        """Return a file that names the environment's own address as AWS does in its sandboxes."""
        path = self.folder / "hosts" / host
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"127.0.0.1 localhost localhost.localdomain\n{host} sandbox sandbox.localdomain\n")
        return path
