"""How long to fuzz, and clouds with recordings to start from."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from skyglobe.kernel.config import Config
from skyglobe.testing import TestCloud
from tests.fuzz.recording import ROOT_KEY, Recorded, record

IS_LONG = os.environ.get("SKYGLOBE_FUZZ") == "long"
LONG_FOR = float(os.environ.get("SKYGLOBE_FUZZ_SECONDS", "150"))
"""Seconds each long test goes on; the sample of ``make test`` is a fixed number of seeds."""
FIRST_SEED = int(os.environ.get("SKYGLOBE_FUZZ_SEED", "0"))
KEYS = {"trusted": ("test", "test"), "verified": ROOT_KEY}


@pytest.fixture(params=KEYS)
def key(request: pytest.FixtureRequest) -> tuple[str, str]:
    """A key taken on trust, whose requests reach the services whatever they say, or one that is verified."""
    return KEYS[request.param]


class Stage:
    """A cloud, and what boto3 said to it."""

    def __init__(self, key: tuple[str, str]) -> None:
        self.cloud = TestCloud(Config(root_key=ROOT_KEY))
        self.corpus: list[Recorded] = record(self.cloud, key)


@pytest.fixture
def stage(key: tuple[str, str]) -> Iterator[Callable[[], Stage]]:
    """``stage()`` throws the cloud of the call before away and makes a fresh one."""
    made: list[Stage] = []

    def fresh() -> Stage:
        while made:
            made.pop().cloud.close()
        made.append(Stage(key))
        return made[0]

    yield fresh
    while made:
        made.pop().cloud.close()


@pytest.fixture
def seeds(capfd: pytest.CaptureFixture[str], request: pytest.FixtureRequest) -> Callable[[int], Iterator[int]]:
    """``seeds(n)`` yields n seeds, or, in the long run, as many as there is time for, telling how far it is."""

    def count(sample: int) -> Iterator[int]:
        started = told = time.monotonic()
        seed = FIRST_SEED
        while time.monotonic() - started < LONG_FOR if IS_LONG else seed < FIRST_SEED + sample:
            yield seed
            seed += 1
            if IS_LONG and time.monotonic() - told > 10:
                told = time.monotonic()
                tell(seed, told - started)
        if IS_LONG:
            tell(seed, time.monotonic() - started)

    def tell(seed: int, seconds: float) -> None:
        with capfd.disabled():
            sys.stderr.write(f"{request.node.name}: {seed - FIRST_SEED:,} mutants in {seconds:.0f} s\n")
            sys.stderr.flush()

    return count


class Serving:
    """A cloud behind a socket, on a thread and loop of its own."""

    def __init__(self) -> None:
        from skyglobe.assembly import Cloud
        from skyglobe.transport import Limits, new_event_loop, serve

        self.loop = new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()
        self._cloud = self.run(self._make(lambda: Cloud(Config(root_key=ROOT_KEY))))
        self.run(self._cloud.start())
        self._server = self.run(serve(self._cloud.handle, "127.0.0.1", 0, limits=Limits(linger_for=0.5)))
        self.port = self._server.addresses[0][1]

    def run(self, work):
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(60)

    def close(self) -> None:
        self.run(self._server.close(0.2))
        self.run(self._cloud.stop())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()

    @staticmethod
    async def _make(maker):
        return maker()


@pytest.fixture
def serving() -> Iterator[Serving]:
    made = Serving()
    yield made
    made.close()
