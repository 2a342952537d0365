"""The last requests, and those that are being answered: what ``skyglobe trace`` and ``skyglobe explain`` show."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Sequence
from time import perf_counter

import msgspec

from skyglobe.gateway.context import RequestContext
from skyglobe.gateway.plans import Plan
from skyglobe.gateway.usage import Usage
from skyglobe.kernel.access import Need
from skyglobe.kernel.call import Call
from skyglobe.kernel.clock import Instant
from skyglobe.kernel.kernel import Kernel
from skyglobe.kernel.principals import Principal
from skyglobe.policy import Decision

KEPT = 1_000  # answered requests remembered
KEPT_DENIED = 200  # denied requests remembered, however many others were answered since
BEHIND = 10_000  # events a slow watcher may be behind before it loses the oldest


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


class Traces:
    """Remembers answered requests and hands them to whoever watches."""

    def __init__(self) -> None:
        self.recent: deque[Traced] = deque(maxlen=KEPT)
        self.denied: deque[Traced] = deque(maxlen=KEPT_DENIED)
        self.usage = Usage()
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
        call: Call | None = None,
    ) -> None:
        """Remember a call that has just been answered. ``started`` is what ``perf_counter`` said when it arrived."""
        now = kernel.clock.now()
        asked: Asked = ()
        if call is not None and call.asked:
            self.usage.note(principal, call.asked, now)
            asked = [(need if decision is not None else need.bare, decision) for need, decision in call.asked]
        self.add(
            Traced(
                now,
                (perf_counter() - started) * 1000,
                plan.service_model.name,
                plan.name,
                region,
                principal.arn or principal.type,
                status,
                error,
                request_id,
                asked,
            )
        )

    def find(self, request_id: str) -> Traced | None:
        """Return the request with this id, or None when it was never here or is long past."""
        return next((traced for kept in (self.denied, self.recent) for traced in kept if _is(traced, request_id)), None)

    def add(self, traced: Traced) -> None:
        for _, decision in traced.asked:
            if decision is not None:
                release(decision)
        if traced.is_denied:
            self.denied.append(traced)
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


def _is(traced: Traced, request_id: str) -> bool:
    return traced.request_id == request_id


def release(decision: Decision) -> None:
    """Let a decision go on without the call it was made for."""
    context = decision.question.context
    if isinstance(context, RequestContext):
        context.release()
