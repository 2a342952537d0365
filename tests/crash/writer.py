"""What is killed: a cloud that writes as fast as it can and says what was acknowledged.

Run as ``python writer.py FOLDER``. For each line on standard input it forks a child that works until it is killed;
the child's lines on standard output are its process id, then what it was told is durable.
"""

from __future__ import annotations

import asyncio
import os
import random
import sys
from pathlib import Path
from typing import Any

from skyglobe.kernel.blob_uses import release_blob, use_blob
from skyglobe.kernel.config import Config
from skyglobe.kernel.kernel import Kernel
from skyglobe.kernel.outbox import post
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.service import Service
from skyglobe.kernel.tables import Counter, Record, Table
from skyglobe.kernel.timers import set_timer

LANES = 3
WORKERS = 6


class Item(Record, frozen=True):
    number: int
    order: int
    colour: str
    blob: str = ""


class Trace(Record, frozen=True):
    """What is never removed: each item's due instant, when its timer fired, and which delivery was its."""

    number: int
    due_at: int
    fired_at: int | None = None
    delivered: int | None = None
    times: int = 0


items: Table[Item] = Table("crash.items", Item, key=("number",), indexes={"colour": ("colour",)}, reach="global")
twins: Table[Item] = Table("crash.twins", Item, key=("order",), reach="global")
traces: Table[Trace] = Table("crash.traces", Trace, key=("number",), reach="global")
counts = Counter("crash.counts", reach="global")

service = Service("sqs")


@service.timer("fire")
def fire(scope: Scope, key: str, payload: dict[str, Any]) -> None:
    trace = traces.find(scope, payload["number"])
    assert trace is not None
    assert trace.fired_at is None, "a timer fired twice"
    traces.put(scope, Trace(**{**fields(trace), "fired_at": scope.now}))


@service.consumer("deliver")
def deliver(scope: Scope, payload: dict[str, Any]) -> None:
    trace = traces.find(scope, payload["number"])
    assert trace is not None
    counts.add(scope, "deliveries", 1)
    changed = {"delivered": counts.get(scope, "deliveries"), "times": trace.times + 1}
    traces.put(scope, Trace(**{**fields(trace), **changed}))


def fields(trace: Trace) -> dict[str, Any]:
    return {name: getattr(trace, name) for name in Trace.__struct_fields__}


def content(number: int) -> bytes:
    return b"%d " % number * 50


def say(*words: object) -> None:
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


async def add(kernel: Kernel, number: int, random_: random.Random) -> None:
    """Write an item and everything that hangs on it, in one transaction."""
    blob = ""
    if number % 4 == 0:
        writer = kernel.blobs.create()
        writer.write(content(number))
        blob = writer.finish()
    after = random_.choice([0, 1, 20, 3_600_000])
    colour = random_.choice(["red", "green"])

    def write(scope: Scope) -> None:
        item = Item(number=number, order=scope.kernel.next_order(), colour=colour, blob=blob)
        items.insert(scope, item)
        twins.insert(scope, item)
        counts.add(scope, "items", 1)
        if blob:
            use_blob(scope, blob)
        traces.insert(scope, Trace(number=number, due_at=scope.now + after))
        set_timer(scope, "sqs", "fire", str(number), scope.now + after, {"number": number})
        post(scope, "sqs", "deliver", {"number": number}, lane=f"lane {number % LANES}")

    await kernel.transact(write)
    say("added", number)


async def remove(kernel: Kernel, number: int) -> None:
    say("removing", number)

    def write(scope: Scope) -> None:
        item = items.find(scope, number)
        if item is None:
            return
        items.delete(scope, item)
        twins.delete(scope, item)
        counts.add(scope, "items", -1)
        if item.blob:
            release_blob(scope, item.blob)

    await kernel.transact(write)
    say("removed", number)


async def recolour(kernel: Kernel, number: int) -> None:
    def write(scope: Scope) -> None:
        item = items.find(scope, number)
        if item is not None:
            new = Item(number=number, order=item.order, colour=item.colour + "ish", blob=item.blob)
            items.replace(scope, item, new)
            twins.put(scope, new)

    await kernel.transact(write)


async def work(kernel: Kernel, numbers: Any, random_: random.Random) -> None:
    for number in numbers:
        await add(kernel, number, random_)
        if random_.random() < 0.3:
            await recolour(kernel, number - random_.randrange(20))
        if random_.random() < 0.3:
            await remove(kernel, number - random_.randrange(20))
        if random_.random() < 0.02:
            await kernel.turn(random_.randrange(7_200_000))
            say("clock", kernel.clock.now())


async def run(folder: Path, seed: int) -> None:
    kernel = Kernel(Config(folder=folder))
    kernel.services.add(service)
    await kernel.start()
    last = await kernel.transact(lambda scope: next(traces.scan(scope, limit=1, reverse=True), None))
    numbers = iter(range(last.number + 1 if last is not None else 0, sys.maxsize))
    random_ = random.Random(seed)
    await asyncio.gather(*(work(kernel, numbers, random_) for _ in range(WORKERS)))


def main() -> None:
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            say(os.getpid())
            asyncio.run(run(Path(sys.argv[1]), int(line)))
        os.waitpid(child, 0)
        say("gone")


if __name__ == "__main__":
    main()
