"""What was worked out from the store and could be worked out again: kept in memory, bounded, one set for each cloud."""

from __future__ import annotations

from typing import Any


class Cache(dict[Any, Any]):
    """A dict that is emptied when it would hold more than ``most`` entries.

    Its keys must tell all that its values were worked out from: an entry is good for ever.
    """

    __slots__ = ("most",)

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most = most

    def keep(self, key: Any, value: Any) -> None:
        """Keep one more entry, making room for it if need be."""
        if len(self) >= self.most:
            self.clear()
        self[key] = value


class Caches(dict[str, Cache]):
    """The caches of one cloud by name, made when first asked for."""

    def of(self, name: str, most: int) -> Cache:
        """Return the cache of that name; ``most`` is how many entries it may hold when it is made."""
        found = self.get(name)
        if found is None:
            found = self[name] = Cache(most)
        return found
