"""What is told to those who listen at the moment, and to nobody else: live views. In memory only, and bounded.

``kernel.signals`` wakes those who look into the store; here the news itself is handed over, for what need not be kept.
"""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any

Topic = tuple[str, ...]


class Inbox:
    """What one listener was told and has not taken yet: the last ``most`` pieces."""

    __slots__ = ("_news", "missed")

    def __init__(self, most: int) -> None:
        self._news: deque[Any] = deque(maxlen=most)
        self.missed = 0
        """How many pieces were forgotten since the last ``take``, because newer ones came."""

    def put(self, news: Any) -> None:
        if len(self._news) == self._news.maxlen:
            self.missed += 1
        self._news.append(news)

    def take(self) -> list[Any]:
        """Return what has come since the last time, oldest first."""
        taken = list(self._news)
        self._news.clear()
        self.missed = 0
        return taken


class Broadcasts:
    """Topics with listeners. Whoever tells asks ``is_heard`` first, and does nothing for nobody."""

    def __init__(self) -> None:
        self._inboxes: dict[Topic, dict[Inbox, None]] = {}

    @contextlib.contextmanager
    def listen(self, topics: Iterable[Topic], most: int) -> Iterator[Inbox]:
        """Collect what is told to any of the topics until the block ends."""
        inbox, heard = Inbox(most), list(topics)
        for topic in heard:
            self._inboxes.setdefault(topic, {})[inbox] = None
        try:
            yield inbox
        finally:
            for topic in heard:
                listening = self._inboxes.get(topic, {})
                listening.pop(inbox, None)
                if not listening:
                    self._inboxes.pop(topic, None)

    def is_heard(self, topic: Topic) -> bool:
        return topic in self._inboxes

    def listeners(self, topic: Topic) -> int:
        """Return how many listen to ``topic``."""
        return len(self._inboxes.get(topic, ()))

    def tell(self, topic: Topic, news: Any) -> None:
        """Hand ``news`` to everybody who listens to ``topic``."""
        for inbox in self._inboxes.get(topic, ()):
            inbox.put(news)
