"""What the store costs: ``python benchmarks/store.py [POSTGRES-DSN]``. Prints microseconds, the best of three runs."""

from __future__ import annotations

import asyncio
import random
import resource
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from skyglobe.kernel.sqlite_store import SqliteStore
from skyglobe.kernel.store import Store, WriteSet
from skyglobe.kernel.turns import Turns

PAIRS = 20_000


def best(times: int, work: Callable[[int], None]) -> float:
    """Return the microseconds one of ``times`` took in the best of three runs."""
    taken = []
    for _ in range(3):
        started = time.perf_counter()
        work(times)
        taken.append(time.perf_counter() - started)
    return min(taken) / times * 1e6


def measure(name: str, store: Store, scale: int = 1) -> None:
    for start in range(0, PAIRS, 1_000):
        store.write({b"k%08d" % number: b"v" * 200 for number in range(start, start + 1_000)})
        store.commit()

    def key() -> bytes:
        return b"k%08d" % random.randrange(PAIRS)

    def gets(times: int) -> None:
        for _ in range(times):
            store.get(key())
        store.commit()

    def scans(times: int) -> None:
        for _ in range(times):
            list(store.scan(key(), b"l", limit=10))
        store.commit()

    def puts(group: int) -> Callable[[int], None]:
        def run(times: int) -> None:
            for number in range(times):
                value = random.randbytes(300)  # SQLite does not write a page that stays as it is
                store.write({b"q%08d" % (number % 5_000): value, b"r%08d" % (number % 5_000): value[:8]})
                if number % group == group - 1:
                    store.commit()

        return run

    figures = {
        "get": best(6_000 // scale, gets),
        "scan of 10": best(3_000 // scale, scans),
        "two puts alone": best(3_200 // scale, puts(1)),
        "in 16": best(8_000 // scale, puts(16)),
        "operation alone": operations(store, 1, 3_200 // scale),
        "in sixteen": operations(store, 16, 8_000 // scale),
    }
    print(f"{name:8}", *(f"{what} {took:.1f}" for what, took in figures.items()), sep="  ")


def operations(store: Store, group: int, times: int) -> float:
    """An operation as SQS's are: three reads, a short scan, five writes, of them two counters."""
    numbers = iter(range(10**9))

    def operation(writes: WriteSet) -> None:
        number = next(numbers)
        writes.get(b"queue")
        for counter in (b"messages", b"bytes"):
            writes.put(counter, b"%d" % (int(writes.get(counter) or b"0") + 1))
        writes.put(b"m%012d" % number, b"v" * 300)
        writes.put(b"visible%012d" % number, b"x" * 30)
        writes.put(b"group%016x" % random.getrandbits(64), b"x" * 30)
        list(writes.scan(b"visible", b"visiblf", limit=5))

    async def all_of_them(times: int) -> None:
        turns = Turns(store)
        turns.bind(asyncio.get_running_loop())

        async def one_after_the_other() -> None:
            for _ in range(times // group):
                await turns.perform(operation)

        await asyncio.gather(*(one_after_the_other() for _ in range(group)))

    return best(times, lambda times: asyncio.run(all_of_them(times)))


def measure_saving(folder: Path) -> None:
    """How long the longest commits take, alone and while a copy of 160 MB is made."""
    store = SqliteStore(folder / "large.sqlite")
    for _ in range(150):
        store.write({b"m%016x" % random.getrandbits(64): random.randbytes(900) for _ in range(1_000)})
        store.commit()

    def commits(stop: Callable[[int], bool]) -> list[float]:
        taken: list[float] = []
        while not stop(len(taken)):
            started = time.perf_counter()
            store.write({b"x%016x" % random.getrandbits(64): b"v" * 300, b"c": b"1"})
            store.commit()
            taken.append((time.perf_counter() - started) * 1e3)
        return sorted(taken)

    taken = commits(lambda done: done == 50_000)
    print(f"50,000 commits: 99.9 % within {taken[-50]:.2f} ms, longest {taken[-1]:.1f} ms, log {log_mb(folder)} MB")
    saver = threading.Thread(target=store.save, args=(folder / "copy.sqlite",))
    started = time.perf_counter()
    saver.start()
    taken = commits(lambda _: not saver.is_alive())
    took = time.perf_counter() - started
    print(f"a copy of 160 MB takes {took:.2f} s; {len(taken)} commits meanwhile, longest {taken[-1]:.1f} ms")
    store.close()


def log_mb(folder: Path) -> int:
    return (folder / "large.sqlite-wal").stat().st_size >> 20


def main() -> None:
    folder = Path(tempfile.mkdtemp(prefix="store-"))
    try:
        measure("memory", SqliteStore())
        measure("file", SqliteStore(folder / "store.sqlite"))
        measure("fsync", SqliteStore(folder / "fsync.sqlite", fsync=True), scale=20)
        if len(sys.argv) > 1:
            from skyglobe.kernel.postgres_store import PostgresStore

            measure("postgres", PostgresStore(sys.argv[1]), scale=4)
        measure_saving(folder)
        print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10} MiB")
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
