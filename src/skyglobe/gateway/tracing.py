"""The last requests, and those that are being answered: what ``skyglobe trace`` shows."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator

import msgspec

from skyglobe.kernel.clock import Instant

KEPT = 1_000  # answered requests remembered
BEHIND = 10_000  # events a slow watcher may be behind before it loses the oldest


class Traced(msgspec.Struct, frozen=True):
    """One answered request."""

    at: Instant
    """Cloud time at which it arrived."""
    took_ms: float
    """Real milliseconds from arrival to answer."""
    service: str
    operation: str
    region: str
    caller: str
    """ARN, or the service that called in process."""
    status: int
    error: str
    """Error code, empty when it went well."""
    request_id: str


class Traces:
    """Remembers answered requests and hands them to whoever watches."""

    def __init__(self) -> None:
        self.recent: deque[Traced] = deque(maxlen=KEPT)
        self._watchers: set[asyncio.Queue[Traced]] = set()

    def add(self, traced: Traced) -> None:
        self.recent.append(traced)
        for queue in self._watchers:
            if queue.full():
                queue.get_nowait()
            queue.put_nowait(traced)

    async def watch(self) -> AsyncIterator[Traced]:
        """Yield requests as they are answered, until the caller stops listening."""
        queue: asyncio.Queue[Traced] = asyncio.Queue(BEHIND)
        self._watchers.add(queue)
        try:
            while True:
                yield await queue.get()
        finally:
            self._watchers.discard(queue)
