"""Which environment an invocation gets: an idle one, or a new one. Idle ones end after a while."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import msgspec

from skyglobe.kernel.kernel import Kernel
from skyglobe.services.lambda_.running.environment import Environment
from skyglobe.services.lambda_.running.home import Home
from skyglobe.services.lambda_.running.interface import Environments, Invocation, Outcome, Specification, WriteLogs

IDLE_FOR = 600_000
"""Milliseconds on the cloud's clock after which an environment nobody uses ends. AWS does not tell; it is minutes."""
EXPIRY_MARGIN = 60_000
"""Milliseconds before its credentials expire, and the function's timeout, that an environment is used no more."""
STOP_FOR = 5.0
"""Seconds that stopping waits for logs to be written and extensions to end."""


class _Version:
    """The environments of one version of a function."""

    def __init__(self) -> None:
        self.idle: list[Environment] = []
        """The one used last is last, and used first."""
        self.all: set[Environment] = set()
        self.frozen: list[Environment] = []
        """Initialized ones that wait to be restored from their snapshots."""
        self.busy = 0
        self.prepared: Specification | None = None
        self.prepared_count = 0


class WarmEnvironments(Environments):
    """The environments of one cloud."""

    def __init__(self, kernel: Kernel, write_logs: WriteLogs) -> None:
        super().__init__(kernel, write_logs)
        self._home = Home(kernel, write_logs)
        self._versions: dict[tuple[str, str], _Version] = {}
        self._sweeping: asyncio.Task[None] | None = None
        self._is_stopped = False
        kernel.when_exchanged.append(self._retire_all)

    async def invoke(self, specification: Specification, invocation: Invocation) -> Outcome:
        assert not self._is_stopped, "the cloud is stopping"
        version = self._version(specification)
        version.busy += 1
        environment = self._take(version, specification)
        if environment is None:
            return await asyncio.shield(self._home.spawn(self._invoke_cold(version, specification, invocation)))
        outcome = environment.invoke(invocation)
        outcome.add_done_callback(lambda _: self._over(version, specification))
        return await asyncio.shield(outcome)

    async def _invoke_cold(self, version: _Version, specification: Specification, invocation: Invocation) -> Outcome:
        try:
            environment = await self._begin(version, specification)
            while environment.has_ended:
                environment = await self._begin(version, specification)
            return await asyncio.shield(environment.invoke(invocation))
        finally:
            self._over(version, specification)

    def _over(self, version: _Version, specification: Specification) -> None:
        version.busy -= 1
        self._forget_if_empty(specification.function_arn, specification.version)

    def _take(self, version: _Version, specification: Specification) -> Environment | None:
        now = self.kernel.clock.now()
        while version.idle:
            environment = version.idle.pop()
            last = environment.expires_at - EXPIRY_MARGIN - specification.timeout_s * 1000
            if environment.has_ended:
                continue
            if environment.specification.revision == specification.revision and now < last:
                return environment
            self._home.spawn(environment.shut_down())
        return None

    async def _begin(self, version: _Version, specification: Specification) -> Environment:
        """Return an environment that nobody else has, ready or not: an invocation tries again what failed."""
        if specification.initialization == "snap-start":
            return await self._restored(version, specification)
        # More than were prepared are as any others.
        environment = self._new(version, msgspec.structs.replace(specification, initialization="on-demand"))
        await self._start(environment)
        return environment

    async def _restored(self, version: _Version, specification: Specification) -> Environment:
        """Return an environment awoken from its snapshot; make the next one meanwhile."""
        frozen = [each for each in version.frozen if each.specification.revision == specification.revision]
        if frozen:
            environment = frozen[0]
            version.frozen.remove(environment)
        else:
            environment = self._new(version, specification)
            await self._start(environment)
        if environment.is_frozen:
            self._home.spawn(self._freeze(version, specification))
            await environment.restore()
        return environment

    async def _freeze(self, version: _Version, specification: Specification) -> bool:
        if any(each.specification.revision == specification.revision for each in version.frozen):
            return True
        environment = self._new(version, specification)
        await self._start(environment)
        if environment.is_frozen and not environment.is_retired:
            version.frozen.append(environment)
            return True
        await environment.shut_down()
        return False

    def _new(self, version: _Version, specification: Specification) -> Environment:
        environment = Environment(self._home, specification)
        environment.when_idle = self._idle
        environment.when_ended = self._ended
        version.all.add(environment)
        return environment

    async def _start(self, environment: Environment) -> bool:
        try:
            return await environment.start() is None
        except BaseException:
            environment.kill()
            raise

    def _idle(self, environment: Environment) -> None:
        if environment.is_retired or self._is_stopped:
            self._home.spawn(environment.shut_down())
            return
        environment.idle_until = self.kernel.clock.now() + IDLE_FOR
        self._version(environment.specification).idle.append(environment)
        if self._sweeping is None:
            self._sweeping = self._home.spawn(self._sweep())

    def _ended(self, environment: Environment) -> None:
        specification = environment.specification
        version = self._version(specification)
        version.all.discard(environment)
        for among in (version.idle, version.frozen):
            if environment in among:
                among.remove(environment)
        if version.prepared is not None and not environment.is_retired and not self._is_stopped:
            self._home.spawn(self._top_up(version))
        self._forget_if_empty(specification.function_arn, specification.version)

    async def prepare(self, specification: Specification, count: int) -> int:
        version = self._version(specification)
        if count == 0:
            version.prepared = None
            for environment in [*version.frozen, *(each for each in version.idle if each.is_prepared)]:
                await environment.shut_down()
            self._forget_if_empty(specification.function_arn, specification.version)
            return 0
        if specification.initialization == "snap-start":
            return int(await self._freeze(version, specification))
        version.prepared = msgspec.structs.replace(specification, initialization="provisioned-concurrency")
        version.prepared_count = count
        return await self._top_up(version)

    async def _top_up(self, version: _Version) -> int:
        """Start what is missing of the prepared environments; return how many there are."""
        specification = version.prepared
        if specification is None:
            return 0
        missing = version.prepared_count - len(self._prepared(version, specification))
        made = [self._new(version, specification) for _ in range(missing)]
        started = await asyncio.gather(*map(self._start, made), return_exceptions=True)
        for environment, result in zip(made, started, strict=True):
            if result is True and version.prepared is specification:
                self._idle(environment)
            else:
                environment.is_retired = True  # what fails is not tried again and again
                environment.kill()
        for result in started:
            if isinstance(result, BaseException):
                raise result
        return len(self._prepared(version, specification))

    def _prepared(self, version: _Version, specification: Specification) -> list[Environment]:
        return [
            each for each in version.all if each.is_prepared and each.specification.revision == specification.revision
        ]

    async def retire(self, function_arn: str, version: str | None = None) -> None:
        for found in list(self._matching(function_arn, version)):
            found.prepared = None
            found_now = list(found.all)
            idle = [each for each in found_now if each in found.idle or each in found.frozen]
            for environment in found_now:
                environment.is_retired = True
            await asyncio.gather(*(environment.shut_down() for environment in idle))

    def busy(self, function_arn: str, version: str | None = None) -> int:
        return sum(found.busy for found in self._matching(function_arn, version))

    def _matching(self, function_arn: str, version: str | None) -> Iterator[_Version]:
        if version is not None:
            found = self._versions.get((function_arn, version))
            return iter([found] if found is not None else [])
        return (found for (arn, _), found in self._versions.items() if arn == function_arn)

    def _retire_all(self) -> None:
        """The store's content was exchanged: no function is what it was."""
        for version in list(self._versions.values()):
            version.prepared = None
            for environment in list(version.all):
                environment.is_retired = True
                environment.kill()

    async def stop(self) -> None:
        self._is_stopped = True
        environments = [each for version in list(self._versions.values()) for each in list(version.all)]
        ending = [asyncio.ensure_future(environment.shut_down()) for environment in environments]
        writing = [asyncio.ensure_future(environment.log.written()) for environment in environments]
        if ending:
            await asyncio.wait([*ending, *writing], timeout=STOP_FOR)
        await self._home.stop()

    async def _sweep(self) -> None:
        """End idle environments when their time has come."""
        try:
            while True:
                waiting = [each for version in self._versions.values() for each in version.idle]
                waiting = [each for each in waiting if not self._is_kept(each)]
                if not waiting:
                    return
                await self.kernel.clock.wait_until(min(each.idle_until for each in waiting))
                now = self.kernel.clock.now()
                due = [each for each in waiting if each.idle_until <= now and each.current is None]
                await asyncio.gather(*(environment.shut_down() for environment in due))
        finally:
            self._sweeping = None

    def _is_kept(self, environment: Environment) -> bool:
        version = self._version(environment.specification)
        return environment.is_prepared and version.prepared is not None

    def _version(self, specification: Specification) -> _Version:
        key = (specification.function_arn, specification.version)
        found = self._versions.get(key)
        if found is None:
            found = self._versions[key] = _Version()
        return found

    def _forget_if_empty(self, function_arn: str, version: str) -> None:
        found = self._versions.get((function_arn, version))
        if found is not None and not found.all and not found.busy and found.prepared is None:
            del self._versions[function_arn, version]
