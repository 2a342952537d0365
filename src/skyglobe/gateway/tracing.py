"""The last requests, and those that are being answered: what ``skyglobe trace`` shows."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from time import perf_counter

import msgspec

from skyglobe.gateway.plans import Plan
from skyglobe.kernel.clock import Instant
from skyglobe.kernel.kernel import Kernel
from skyglobe.kernel.principals import Principal

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

    def note(
        self,
        kernel: Kernel,
        plan: Plan,
        principal: Principal,
        region: str,
        request_id: str,
        started: float,
        status: int,
        error: str,
    ) -> None:
        """Remember a call that has just been answered. ``started`` is what ``perf_counter`` said when it arrived."""
        self.add(
            Traced(
                kernel.clock.now(),
                (perf_counter() - started) * 1000,
                plan.service_model.name,
                plan.name,
                region,
                principal.arn or principal.type,
                status,
                error,
                request_id,
            )
        )

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
