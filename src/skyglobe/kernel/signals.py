"""Waking those who wait for something to happen: long polls, streams, deliveries. In memory only."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from skyglobe.kernel.clock import Clock, Instant

Topic = tuple[str, ...]


class Signals:
    """Topics that can be waited for and fired. Who waits must look again when woken: a signal carries nothing."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._waiting: dict[Topic, dict[asyncio.Future[bool], None]] = {}

    def fire(self, topic: Topic) -> None:
        """Wake everybody who waits for ``topic``."""
        for future in self._waiting.pop(topic, ()):
            if not future.done():
                future.set_result(True)

    def fire_one(self, topic: Topic) -> None:
        """Wake the one who has waited for ``topic`` longest."""
        waiting = self._waiting.get(topic)
        while waiting:
            future = next(iter(waiting))
            del waiting[future]
            if not waiting:
                del self._waiting[topic]
            if not future.done():
                future.set_result(True)
                return

    def is_awaited(self, topic: Topic) -> bool:
        return topic in self._waiting

    async def wait(self, topic: Topic, until: Instant) -> bool:
        """Wait until ``topic`` fires (True) or the cloud's clock reaches ``until`` (False)."""
        future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(topic, {})[future] = None
        alarm = asyncio.ensure_future(self._clock.wait_until(until))
        alarm.add_done_callback(_resolve(future))
        try:
            return await future
        finally:
            alarm.cancel()
            waiting = self._waiting.get(topic)
            if waiting is not None:
                waiting.pop(future, None)
                if not waiting:
                    del self._waiting[topic]


def _resolve(future: asyncio.Future[bool]) -> Callable[[asyncio.Future[None]], None]:
    def done(_: asyncio.Future[None]) -> None:
        if not future.done():
            future.set_result(False)

    return done
