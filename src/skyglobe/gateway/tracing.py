"""The last requests, and those that are being answered: what ``skyglobe trace`` and ``skyglobe explain`` show."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from time import perf_counter

from skyglobe.gateway.context import RequestContext
from skyglobe.gateway.plans import Plan
from skyglobe.gateway.traced import Asked, Traced, watched
from skyglobe.gateway.usage import Usage
from skyglobe.kernel.call import Call
from skyglobe.kernel.kernel import Kernel
from skyglobe.kernel.principals import Principal
from skyglobe.policy import Decision

KEPT = 1_000  # answered requests remembered
KEPT_DENIED = 200  # denied requests remembered, however many others were answered since
BEHIND = 10_000  # events a slow watcher may be behind before it loses the oldest


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
            asked = call.asked
            self.usage.note(principal, asked, now)
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

    def watch(self) -> AsyncIterator[Traced]:
        """Yield requests as they are answered, until the caller stops listening."""
        return watched(self._watchers, BEHIND)


def _is(traced: Traced, request_id: str) -> bool:
    return traced.request_id == request_id


def release(decision: Decision) -> None:
    """Let a decision go on without the call it was made for."""
    context = decision.question.context
    if isinstance(context, RequestContext):
        context.release()
