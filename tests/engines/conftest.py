"""Clouds whose engines are small Python programs."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Self, TypeVar

import pytest

from skyglobe.assembly import Cloud
from skyglobe.engines.records import Engine, drop_engine, want_engine
from skyglobe.engines.supervisor import Supervisor, supervisor_of
from skyglobe.kernel.config import Config

T = TypeVar("T")

SERVER = """
import os, signal, socket, sys, time
if "stubborn" in sys.argv:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if "fails" in sys.argv:
    sys.exit("cannot begin")
server = socket.create_server((sys.argv[1], int(sys.argv[2])), reuse_port=False)
if "child" in sys.argv:
    told, telling = os.pipe()
    child = os.fork()
    if child == 0:
        os.setsid()
        os.write(telling, b"1")
        time.sleep(1000)
    os.read(told, 1)
print("listening", flush=True)
while True:
    connection, _ = server.accept()
    connection.sendall(str(os.getpid()).encode())
    connection.close()
"""


class Engines:
    """A cloud and its engines, from inside its event loop."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def __aenter__(self) -> Self:
        self.cloud = Cloud(Config(folder=self.folder / "data"))
        await self.cloud.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.cloud.stop()

    @property
    def supervisor(self) -> Supervisor:
        return supervisor_of(self.cloud.kernel)

    def engine(self, name: str, host: str, *words: str, **fields: Any) -> Engine:
        program = self.folder / "server.py"
        program.write_text(SERVER)
        argv = (sys.executable, "-S", str(program), host, "7070", *words)
        from skyglobe.engines.records import Ready

        fields.setdefault("ready", Ready(host=host, port=7070))
        return Engine(name=name, argv=argv, **fields)

    async def want(self, engine: Engine) -> None:
        await self.cloud.kernel.transact(lambda scope: want_engine(scope, engine))

    async def drop(self, name: str) -> None:
        await self.cloud.kernel.transact(lambda scope: drop_engine(scope, name))


async def asked(host: str) -> int:
    """Return the process id of the server at an address."""
    reader, writer = await asyncio.open_connection(host, 7070)
    pid = int(await reader.read())
    writer.close()
    return pid


async def until(holds: Callable[[], bool | Awaitable[bool]], what: str) -> None:
    """Wait for what other processes do; fail after a long while."""
    end = time.monotonic() + 60
    while True:
        found = holds()
        if found if isinstance(found, bool) else await found:
            return
        assert time.monotonic() < end, what
        await asyncio.sleep(0.01)


def children_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def environment_of(pid: int) -> bytes:
    return Path(f"/proc/{pid}/environ").read_bytes()


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture
def engines(tmp_path: Path) -> Engines:
    return Engines(tmp_path)
