"""Bodies on their way through threads: what is done to them is done side by side, while more of them arrives."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Sequence

from skyglobe.kernel.wire import BodyStream

Batch = Sequence[bytes]
"""Pieces of a body that are next to each other."""

BATCH_BYTES = 1024 * 1024
"""Handed to the threads at a time: large enough that handing over costs little, small enough for the cache."""
LEAST_BATCH_BYTES = 512 * 1024
"""Handed over at a time however many bodies there are."""
ALL_BATCHES_BYTES = 16 * 1024 * 1024
"""Handed over at a time of all bodies together, as long as there are not so many that each does with the least."""
BATCHES_AHEAD = 2
"""Batches that may wait for a thread besides the one it works on, so that it never waits for the event loop."""


class Lane:
    """Does one thing to the batches of a body, in order, in a thread that it holds only while there are any.

    Clients are slower than threads: with a thread for each upload, a few slow ones would keep all others out. To be
    used on the event loop's thread.
    """

    def __init__(self, work: Callable[[Batch], None]) -> None:
        self._work = work
        self._loop = asyncio.get_running_loop()
        self._lock = threading.Lock()
        self._batches: deque[Batch] = deque()
        self._is_working = False
        self._failure: Exception | None = None
        self._room: asyncio.Future[None] | None = None
        self._working: asyncio.Future[None] | None = None

    async def put(self, batch: Batch) -> None:
        """Hand over a batch, once there is room for it. Raises what the work raised on an earlier one."""
        while room := self._awaited_room():
            await room
        if self._failure is not None:
            raise self._failure
        with self._lock:
            self._batches.append(batch)
            if self._is_working:
                return
            self._is_working = True
        self._working = self._loop.run_in_executor(None, self._run)

    async def finish(self) -> None:
        """Wait until all work is done. Raises what it raised."""
        await self._settled()
        if self._failure is not None:
            raise self._failure

    async def abandon(self) -> None:
        """Drop what waits, and return when the thread is done with what it was at."""
        with self._lock:
            self._batches.clear()
        await self._settled()

    async def _settled(self) -> None:
        if self._working is not None:
            await asyncio.wait((self._working,))

    def _awaited_room(self) -> asyncio.Future[None] | None:
        """Return what to wait for before the next batch; None when there is room."""
        with self._lock:
            if len(self._batches) < BATCHES_AHEAD:
                return None
            self._room = self._loop.create_future()
            return self._room

    # in the thread

    def _run(self) -> None:
        while (batch := self._next()) is not None:
            if self._failure is None:
                try:
                    self._work(batch)
                except Exception as error:  # the rest of the body is of no use; ``put`` and ``finish`` tell
                    self._failure = error

    def _next(self) -> Batch | None:
        with self._lock:
            room, self._room = self._room, None
            batch = self._batches.popleft() if self._batches else None
            self._is_working = batch is not None
        if room is not None:
            self._loop.call_soon_threadsafe(_give, room)
        return batch


def _give(room: asyncio.Future[None]) -> None:
    if not room.done():  # else whoever waited was cancelled
        room.set_result(None)


def batch_bytes(bodies: int) -> int:
    """Return how many bytes to hand over at a time while there are so many bodies."""
    return max(LEAST_BATCH_BYTES, min(BATCH_BYTES, ALL_BATCHES_BYTES // (bodies or 1)))


async def pour(
    stream: BodyStream,
    works: Sequence[Callable[[Batch], None]],
    arrived: Callable[[int], None],
    bodies: Callable[[], int],
) -> None:
    """Do each of ``works`` to all of ``stream``, in threads of their own, in constant memory.

    ``arrived`` is told how many bytes have come so far, and may raise; ``bodies`` says how many are being poured. No
    thread works on after this has ended, however it ends. Raises what the stream, the works and ``arrived`` raise.
    """
    lanes = [Lane(work) for work in works]
    total = waiting = 0
    batch: list[bytes] = []
    try:
        while piece := await stream.read():
            batch.append(piece)
            waiting += len(piece)
            total += len(piece)
            arrived(total)
            if waiting >= batch_bytes(bodies()):
                for lane in lanes:
                    await lane.put(batch)
                batch, waiting = [], 0
        for lane in lanes:
            if batch:
                await lane.put(batch)
        for lane in lanes:
            await lane.finish()
    except BaseException:  # not "finally": mypyc cannot await there, see docs/decisions/compiled.md
        for lane in lanes:
            await lane.abandon()
        raise
