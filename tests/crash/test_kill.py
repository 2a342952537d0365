"""kill -9 at random points, again and again: what was acknowledged is there, and nothing is half there."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from skyglobe.kernel.blob_uses import sweep_blobs, used_blobs
from skyglobe.kernel.config import Config
from skyglobe.kernel.kernel import Kernel
from skyglobe.kernel.outbox import letters
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.timers import timers

ROUNDS = 20
MAX_ACKNOWLEDGED = 120  # lines read before the kill: some tens of milliseconds of work

_PROGRAM = Path(__file__).with_name("writer.py")


def _load() -> Any:
    spec = importlib.util.spec_from_file_location("crash_writer", _PROGRAM)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


writer = _load()


@dataclass
class Heard:
    """What the killed processes said."""

    added: set[int] = field(default_factory=set)
    removing: set[int] = field(default_factory=set)
    removed: set[int] = field(default_factory=set)
    clock: int = 0

    def take(self, line: str) -> None:
        word, _, number = line.partition(" ")
        if word == "clock":
            self.clock = max(self.clock, int(number))
        else:
            getattr(self, word).add(int(number))


@pytest.fixture
def zygote(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Forks a cloud on the folder of this test for each line it is sent."""
    process = subprocess.Popen(
        [sys.executable, _PROGRAM, tmp_path / "cloud"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    yield process
    process.communicate()
    assert process.returncode == 0


def work_and_kill(zygote: subprocess.Popen[str], seed: int, acknowledged: int, heard: Heard) -> None:
    assert zygote.stdin is not None
    assert zygote.stdout is not None
    zygote.stdin.write(f"{seed}\n")
    zygote.stdin.flush()
    child = int(zygote.stdout.readline())
    for _ in range(acknowledged):
        heard.take(zygote.stdout.readline())
    os.kill(child, signal.SIGKILL)
    while (line := zygote.stdout.readline()) != "gone\n":
        heard.take(line)


async def check(folder: Path, heard: Heard) -> None:
    kernel = Kernel(Config(folder=folder))
    kernel.services.add(writer.service)
    await kernel.start()
    try:
        assert kernel.clock.now() >= heard.clock
        await kernel.transact(lambda scope: check_records(scope, heard))
        await kernel.turn(3_600_001)
        await kernel.transact(check_consequences)
        await sweep_blobs(kernel)
        await kernel.transact(lambda scope: check_blobs(scope, kernel))
        newest = await kernel.transact(lambda scope: next(writer.twins.scan(scope, limit=1, reverse=True), None))
        assert newest is None or kernel.next_order() > newest.order
        heard.clock = kernel.clock.now()
    finally:
        await kernel.stop()


def check_records(scope: Scope, heard: Heard) -> None:
    items = list(writer.items.scan(scope))
    there = {item.number for item in items}
    assert heard.added - heard.removing <= there, "something acknowledged is lost"
    assert not heard.removed & there, "something removed is back"
    assert sorted(writer.twins.scan(scope), key=lambda item: item.number) == items, "half a write-set was applied"
    by_colour = sorted(writer.items.scan_by(scope, "colour"), key=lambda item: item.number)
    assert by_colour == items, "an index disagrees with its records"
    assert writer.items.count_by(scope, "colour") == writer.counts.get(scope, "items") == len(items)


def check_consequences(scope: Scope) -> None:
    traces = list(writer.traces.scan(scope))
    assert [trace.number for trace in traces if trace.fired_at != trace.due_at] == [], "a timer did not fire when due"
    assert [trace.number for trace in traces if trace.times != 1] == [], "a letter was not delivered exactly once"
    assert not list(timers.scan(scope))
    assert not list(letters.scan(scope))


def check_blobs(scope: Scope, kernel: Kernel) -> None:
    blobs = {item.blob: item.number for item in writer.items.scan(scope) if item.blob}
    assert set(used_blobs(scope.writes)) == set(kernel.blobs.names()) == set(blobs)
    for blob, number in blobs.items():
        assert kernel.blobs.read(blob) == writer.content(number)


def test_a_cloud_that_is_killed_again_and_again_loses_nothing_it_acknowledged(
    zygote: subprocess.Popen[str], tmp_path: Path
) -> None:
    heard = Heard()
    random_ = random.Random()
    for _ in range(ROUNDS):
        work_and_kill(zygote, random_.randrange(2**32), random_.randrange(MAX_ACKNOWLEDGED), heard)
        if random_.random() < 0.7:  # else the next one starts on what the last one left
            asyncio.run(check(tmp_path / "cloud", heard))
    asyncio.run(check(tmp_path / "cloud", heard))
    assert len(heard.added) > ROUNDS
