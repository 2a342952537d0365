"""Throughput quotas: token buckets on the cloud's clock. In force only in quota mode, as AWS would have them."""

from __future__ import annotations

from collections import OrderedDict

from skyglobe.kernel.clock import Clock, Instant

MAX_BUCKETS = 100_000  # the least recently used are forgotten, which only ever means a full bucket
_ROUNDING = 1e-9  # what adding fractions up may lose


class Quotas:
    """Buckets by name. They live in memory: a restart fills them."""

    def __init__(self, clock: Clock, *, enforced: bool) -> None:
        self._clock = clock
        self.enforced = enforced
        self._buckets: OrderedDict[tuple[str, ...], tuple[float, Instant]] = OrderedDict()

    def clear(self) -> None:
        """Fill all buckets."""
        self._buckets.clear()

    def take(self, *name: str, rate: float, burst: float | None = None, amount: float = 1) -> bool:
        """Take ``amount`` from the bucket ``name`` that refills by ``rate`` a second up to ``burst``.

        Returns whether there was enough; always true when quotas are not enforced.
        """
        if not self.enforced:
            return True
        now = self._clock.now()
        full = rate if burst is None else burst
        level, since = self._buckets.pop(name, (full, now))
        level = min(full, level + rate * max(0, now - since) / 1000)  # loading a snapshot may set the clock back
        taken = level + _ROUNDING >= amount
        self._buckets[name] = (level - amount if taken else level, now)
        if len(self._buckets) > MAX_BUCKETS:
            self._buckets.popitem(last=False)
        return taken

    def spend(self, *name: str, rate: float, amount: float) -> None:
        """Take ``amount`` that was used already from a bucket, below nothing if need be.

        For quotas on what a call turns out to cost: until the debt is paid off, ``take`` gets nothing, not even 0.
        """
        if not self.enforced:
            return
        self.take(*name, rate=rate, amount=0)
        level, since = self._buckets[name]
        self._buckets[name] = (level - amount, since)

    def take_in_second(self, *name: str, limit: float, amount: float = 1) -> bool:
        """Take ``amount`` of at most ``limit`` in a second, which begins with the first taking after the last one.

        For quotas that AWS counts by the second, where a bucket that refills on the way would let more through.
        """
        if not self.enforced:
            return True
        now = self._clock.now()
        used, since = self._buckets.pop(name, (0.0, now))
        if not 0 <= now - since < 1000:  # over, or the clock was set back by a snapshot
            used, since = 0.0, now
        taken = used + amount <= limit
        self._buckets[name] = (used + amount if taken else used, since)
        if len(self._buckets) > MAX_BUCKETS:
            self._buckets.popitem(last=False)
        return taken
