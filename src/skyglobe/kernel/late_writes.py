"""What services were told already and is written a moment later, many at a time: who reads is shown all of it.

Only for what AWS itself shows late, such as the log of a function, and would not be missed after a crash.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from functools import wraps
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from skyglobe.kernel.call import Call

Finish = Callable[[], Awaitable[None]]
"""Writes what is left, and returns when it is written."""


class LateWrites:
    """Who has something left to write for a service: one ``Finish`` of each."""

    def __init__(self) -> None:
        self._left: dict[str, dict[Finish, None]] = {}

    def expect(self, service: str, finish: Finish) -> None:
        """Note that somebody has something left to write; harmless when that is noted already."""
        self._left.setdefault(service, {})[finish] = None

    def done(self, service: str, finish: Finish) -> None:
        """Note that it is written."""
        self._left.get(service, {}).pop(finish, None)

    def rest(self, service: str) -> Coroutine[Any, Any, None] | None:
        """Return what to await until everything for ``service`` is written; None when nothing is left."""
        left = self._left.get(service)
        return _all(list(left)) if left else None

    async def finish(self) -> None:
        """Have everything written."""
        await _all([finish for left in self._left.values() for finish in left])


async def _all(left: list[Finish]) -> None:
    await asyncio.gather(*(finish() for finish in left))


def shows_all(operation: Callable[..., Any]) -> Callable[..., Any]:
    """Have an operation begin when everything for its service is written. It must be one that need not wait itself,
    and that what is written late does not use.
    """

    @wraps(operation)
    def perform(call: Call, *request: Any, **params: Any) -> Any:
        rest = call.kernel.late_writes.rest(call.operation.service.name)
        if rest is None:
            return operation(call, *request, **params)

        async def later() -> Any:
            await rest
            return await call.transact(lambda now: operation(now, *request, **params))

        return later()

    return perform
