"""Functions that run without Lambda's API: their code in a folder, what they log in a list.

The tests of one file share a cloud, since every test has functions of its own and starting a launcher takes a while.
"""

from __future__ import annotations

import asyncio
import json
import stat
import textwrap
import threading
from collections.abc import Callable, Coroutine, Iterator
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import pytest

from skyglobe.kernel.clock import Clock
from skyglobe.kernel.config import Config
from skyglobe.kernel.kernel import Kernel
from skyglobe.services.lambda_.running.environment import Environment
from skyglobe.services.lambda_.running.interface import (
    Credentials,
    Environments,
    Invocation,
    Outcome,
    Specification,
    environments_of,
)

T = TypeVar("T")
ACCOUNT, REGION = "123456789012", "eu-west-1"


@pytest.fixture(autouse=True)
def nothing_ahead_of_need():
    """Here launchers do all they do."""


class Machine:
    """A cloud's execution environments, on an event loop in a thread of its own."""

    def __init__(self, folder: Path, isolation: str | None = None) -> None:
        self.folder = folder
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, name="machine", daemon=True).start()
        self.logs: dict[str, list[tuple[int, str]]] = {}
        self.roles_asked = 0
        self.credentials_last_for = 3_600_000
        self._numbers = count(1)
        self.run(self._start(isolation))

    async def _start(self, isolation: str | None) -> None:
        self.kernel = Kernel(Config(endpoint="http://127.0.0.1:4566"), clock=Clock())
        await self.kernel.start()
        self.environments: Environments = environments_of(self.kernel, self._write)
        if isolation is not None:
            self.environments._home.isolation = isolation  # type: ignore[attr-defined]

    async def _write(self, specification: Specification, stream: str, events: list[tuple[int, str]]) -> None:
        self.logs.setdefault(stream, []).extend(events)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(120)

    def do(self, act: Callable[[], T]) -> T:
        """Call something on the loop."""

        async def called() -> T:
            return act()

        return self.run(called())

    def turn(self, seconds: float) -> None:
        self.run(self.kernel.turn(round(seconds * 1000)))

    def function(self, files: str | dict[str, str | bytes], **changes: Any) -> Function:
        """Return a function with this code: that of ``app.py``, or files by name. Names that end with * may be run."""
        name = f"function-{next(self._numbers)}"
        code = self.layer({"app.py": files} if isinstance(files, str) else files)

        async def get_credentials() -> Credentials:
            self.roles_asked += 1
            return Credentials(
                access_key_id=f"ASIA{self.roles_asked:016}",
                secret_access_key="secret",
                session_token="token",
                expires_at=self.kernel.clock.now() + self.credentials_last_for,
            )

        specification = Specification(
            account=ACCOUNT,
            region=REGION,
            name=name,
            version="$LATEST",
            function_arn=f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}",
            revision="1",
            runtime="python3.11",
            handler="app.handler",
            code=code,
            get_credentials=get_credentials,
            log_group=f"/aws/lambda/{name}",
            timeout_s=30,  # of real time, on a machine that may be busy
        )
        return Function(self, msgspec.structs.replace(specification, **changes))

    def layer(self, files: dict[str, str | bytes]) -> Path:
        """Return a folder with these files."""
        folder = self.folder / f"files-{next(self._numbers)}"
        for name, content in files.items():
            path = folder / name.rstrip("*")
            path.parent.mkdir(parents=True, exist_ok=True)
            data = textwrap.dedent(content).encode() if isinstance(content, str) else content
            path.write_bytes(data.lstrip())
            if name.endswith("*"):
                path.chmod(path.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
        return folder

    def close(self) -> None:
        self.run(self.kernel.stop())
        self.loop.call_soon_threadsafe(self.loop.stop)


class Function:
    """One function of a machine's."""

    def __init__(self, machine: Machine, specification: Specification) -> None:
        self.machine = machine
        self.specification = specification

    def changed(self, **changes: Any) -> Function:
        """Return the same function configured otherwise."""
        return Function(self.machine, msgspec.structs.replace(self.specification, **changes))

    def invocation(self, event: Any = None, **fields: Any) -> Invocation:
        fields.setdefault("request_id", self.machine.kernel.ids.uuid())
        fields.setdefault("invoked_arn", self.specification.function_arn)
        fields.setdefault("payload", json.dumps(event).encode())
        fields.setdefault("wants_tail", True)
        return Invocation(**fields)

    def invoke(self, event: Any = None, **fields: Any) -> Outcome:
        return self.machine.run(self._invoke(self.invocation(event, **fields)))

    def returns(self, event: Any = None, **fields: Any) -> Any:
        """Invoke and return what the function did; it must not fail."""
        outcome = self.invoke(event, **fields)
        assert outcome.function_error is None, outcome.payload
        return json.loads(outcome.payload)

    def fails(self, event: Any = None, **fields: Any) -> dict[str, Any]:
        """Invoke and return the error; there must be one."""
        outcome = self.invoke(event, **fields)
        assert outcome.function_error == "Unhandled", outcome.payload
        found: dict[str, Any] = json.loads(outcome.payload)
        return found

    def invoke_all(self, events: list[Any]) -> list[Outcome]:
        """Invoke for all events at the same time."""

        async def invoke_all() -> list[Outcome]:
            return await asyncio.gather(*(self._invoke(self.invocation(event)) for event in events))

        return self.machine.run(invoke_all())

    def stream(self, event: Any = None) -> tuple[list[bytes], Outcome]:
        """Invoke for a streamed response; return its pieces too."""

        async def read() -> tuple[list[bytes], Outcome]:
            outcome = await self._invoke(self.invocation(event, is_streaming=True))
            return [piece async for piece in outcome.chunks] if outcome.chunks is not None else [], outcome

        return self.machine.run(read())

    async def _invoke(self, invocation: Invocation) -> Outcome:
        return await self.machine.environments.invoke(self.specification, invocation)

    def prepare(self, number: int) -> int:
        return self.machine.run(self.machine.environments.prepare(self.specification, number))

    def retire(self) -> None:
        self.machine.run(self.machine.environments.retire(self.specification.function_arn))

    @property
    def living(self) -> list[Environment]:
        """Its environments that have not ended."""

        async def look() -> list[Environment]:
            versions = self.machine.environments._versions  # type: ignore[attr-defined]
            return [
                each
                for (arn, _), found in versions.items()
                if arn == self.specification.function_arn
                for each in found.all
            ]

        return self.machine.run(look())

    def log(self) -> str:
        """Return everything logged so far, whichever environment did."""

        async def written() -> None:
            versions = self.machine.environments._versions  # type: ignore[attr-defined]
            for found in list(versions.values()):
                for environment in list(found.all):
                    await environment.log.written()

        self.machine.run(written())
        return "".join(text for stream in self.machine.logs.values() for _, text in stream)


def until(holds: Callable[[], bool], what: str) -> None:
    """Wait for what other processes do; fail after a long while."""
    import time

    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end, what
        time.sleep(0.01)


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    made = Machine(tmp_path_factory.mktemp("machine"))
    yield made
    made.close()
