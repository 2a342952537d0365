"""What lives beside the store as long as a cloud runs: processes, listeners, pools. Made on first use, one of each."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

_log = logging.getLogger(__name__)


class Companion(Protocol):
    """Something that must be ended with its cloud."""

    async def stop(self) -> None: ...


C = TypeVar("C", bound=Companion)


class Companions:
    """The companions of one cloud by name. What must last is in the store; these only act on it."""

    def __init__(self) -> None:
        self._made: dict[str, Any] = {}

    def of(self, name: str, make: Callable[[], C]) -> C:
        """Return the companion of that name; ``make`` it when there is none yet."""
        found: C | None = self._made.get(name)
        if found is None:
            found = self._made[name] = make()
        return found

    async def stop(self) -> None:
        """Stop all, the last made first. One that fails to does not keep the others."""
        while self._made:
            name, companion = self._made.popitem()
            try:
                await companion.stop()
            except Exception:
                _log.exception("%s did not stop", name)
