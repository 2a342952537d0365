"""What is remembered of one answered request."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

import msgspec

from skyglobe.kernel.access import Need
from skyglobe.kernel.clock import Instant
from skyglobe.policy import Decision

Asked = Sequence[tuple[Need, Decision | None]]
"""Permissions and what was decided on each; None where nothing needed deciding."""


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
    asked: Asked = ()
    """The permissions it needed, as far as they were asked for; empty where it came to no decision."""

    @property
    def is_denied(self) -> bool:
        decision = self.asked[-1][1] if self.asked else None
        return decision is not None and not decision.is_allowed


async def watched(watchers: set[asyncio.Queue[Traced]], most: int) -> AsyncIterator[Traced]:
    """Yield what is put into a queue of ``most`` that stands among ``watchers`` until the caller stops listening."""
    queue: asyncio.Queue[Traced] = asyncio.Queue(most)
    watchers.add(queue)
    try:
        while True:
            yield await queue.get()
    finally:
        watchers.discard(queue)
