"""Waking those who wait for something to happen: long polls, streams, deliveries. In memory only."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator

from skyglobe.kernel.clock import Alarm, Clock, Instant

Topic = tuple[str, ...]


class Bell:
    """Rings when its topic fires. A ring while nobody waits is kept for the next ``wait``."""

    __slots__ = ("_future", "_has_rung", "_signals")

    def __init__(self, signals: Signals) -> None:
        self._signals = signals
        self._has_rung = False
        self._future: asyncio.Future[bool] | None = None

    async def wait(self, until: Instant) -> bool:
        """Wait until the bell rings (True), or the cloud's clock reaches ``until`` (False).

        Returns True at once when it has rung since the last ``wait``, or since it was hung up.
        """
        if not self._has_rung:
            self._future = asyncio.get_running_loop().create_future()
            alarm = self._signals.clock.alarm(until, self._future, False)
            try:
                await self._future
            finally:
                self._future = None
                self._signals.clock.forget(alarm)
        rung, self._has_rung = self._has_rung, False
        return rung

    @property
    def has_rung(self) -> bool:
        """Whether there is a ring that no ``wait`` has returned yet."""
        return self._has_rung

    def ring(self) -> None:
        self._has_rung = True
        if self._future is not None and not self._future.done():
            self._future.set_result(True)


class Signals:
    """Topics that can be listened to and fired. Who is woken must look again: a signal carries nothing.

    Hang up a bell before looking, so that nothing can happen unheard between the look and the wait::

        with signals.listen(topic) as bell:
            while (found := await call.transact(look)) is None and await bell.wait(until):
                pass
    """

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self._listening: dict[Topic, dict[Bell, None]] = {}
        self._alarms: dict[Topic, Alarm] = {}

    @contextlib.contextmanager
    def listen(self, topic: Topic) -> Iterator[Bell]:
        """Hang up a bell for ``topic`` until the block ends."""
        bell = Bell(self)
        self._listening.setdefault(topic, {})[bell] = None
        try:
            yield bell
        finally:
            self._take_down(topic, bell)

    async def wait(self, topic: Topic, until: Instant) -> bool:
        """Wait until ``topic`` fires (True) or the cloud's clock reaches ``until`` (False).

        What fired before the call is not heard: where a look at the store comes first, use ``listen``.
        """
        with self.listen(topic) as bell:
            return await bell.wait(until)

    def fire(self, topic: Topic) -> None:
        """Wake everybody who listens to ``topic``."""
        for bell in self._listening.get(topic, ()):
            bell.ring()

    def fire_one(self, topic: Topic) -> None:
        """Wake the one who has listened to ``topic`` longest and was not woken yet.

        When it leaves without having waited for that ring (it was cancelled), the ring goes to the next one.
        """
        for bell in self._listening.get(topic, ()):
            if not bell.has_rung:
                bell.ring()
                return

    def fire_one_at(self, topic: Topic, instant: Instant) -> None:
        """Do ``fire_one`` when the clock reaches ``instant``, if somebody listens all the while.

        A topic has one such alarm: the earliest asked for.
        """
        if topic not in self._listening:
            return
        pending = self._alarms.get(topic)
        if pending is not None:
            if pending.at <= instant:
                return
            self.clock.forget(pending)
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        future.add_done_callback(lambda done: None if done.cancelled() else self._alarmed(topic))
        self._alarms[topic] = self.clock.alarm(instant, future, None)

    def _alarmed(self, topic: Topic) -> None:
        self._alarms.pop(topic, None)
        self.fire_one(topic)

    def fire_all(self) -> None:
        """Wake everybody, whatever they listen to: the whole store was replaced."""
        for bells in self._listening.values():
            for bell in bells:
                bell.ring()

    def is_awaited(self, topic: Topic) -> bool:
        return topic in self._listening

    def _take_down(self, topic: Topic, bell: Bell) -> None:
        bells = self._listening[topic]
        del bells[bell]
        if not bells:
            del self._listening[topic]
            if (alarm := self._alarms.pop(topic, None)) is not None:
                self.clock.forget(alarm)
        elif bell.has_rung:
            self.fire_one(topic)
