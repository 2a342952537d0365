"""How services count what they do: one cheap call, folded by the minute into what can be read and watched.

Inside an operation, ``count(scope, "AWS/SQS", "NumberOfMessagesSent", (("QueueName", "one"),))`` costs under a
microsecond and takes effect when the operation's work is kept. Where there is no operation, ``kernel.metrics.add``.
What is counted waits in memory and is folded into the store every few seconds, before anybody reads, before a
snapshot, when the clock is turned and when the cloud stops. A ``kill -9`` loses the last moments: metrics are best
effort on AWS, too.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from skyglobe.kernel.metric_points import MINUTE, Dimensions, Point, bounded, wake_all, write_point
from skyglobe.kernel.records import Number
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.store import StoreFailure
from skyglobe.kernel.tables import Table

if TYPE_CHECKING:
    from skyglobe.kernel.kernel import Kernel

FOLD_EVERY = 5.0
"""Seconds of real time, at most, between something being counted and it being kept."""

_Key = tuple[str, str, str, str, Dimensions, int]
_Batch = dict[_Key, "_Tally"]

_folded: Table[Number] = Table("kernel.metrics.folded", Number, key=("key",), reach="global")


class Reading(NamedTuple):
    """What a gauge shows."""

    name: str
    dimensions: Dimensions
    value: float
    every: int = MINUTE
    """Milliseconds: the value is that of the time since the last multiple of it."""
    is_steady: bool = False
    """Whether it stays as it is until its service says otherwise, by ``metric_points.wake_watchers``."""


ReadGauges = Callable[[Scope, "dict[str, str] | None"], Iterable[Reading]]
"""From where one stands and the dimensions asked for, None for all, to what there is to read."""


class _Tally:
    """What was counted in a minute."""

    __slots__ = ("count", "max", "min", "sum", "values")

    def __init__(self, value: float) -> None:
        self.count = 0.0
        self.sum = 0.0
        self.min = self.max = value
        self.values: dict[float, float] = {}


def count(
    scope: Scope, namespace: str, name: str, dimensions: Dimensions, value: float = 1.0, times: float = 1.0
) -> None:
    """Count ``value``, ``times`` times, now, in this account and region, if the work of ``scope`` is kept.

    ``dimensions`` are in order of their names.
    """
    scope.writes.effects.append(
        partial(
            scope.kernel.metrics.add, scope.account, scope.region, scope.now, namespace, name, dimensions, value, times
        )
    )


def count_all(scope: Scope, namespace: str, dimensions: Dimensions, values: Iterable[tuple[str, float]]) -> None:
    """As ``count``, of several names at once."""
    add, account, region, now = scope.kernel.metrics.add, scope.account, scope.region, scope.now

    def effect() -> None:
        for name, value in values:
            add(account, region, now, namespace, name, dimensions, value)

    scope.writes.effects.append(effect)


class Metrics:
    """What was counted and is not folded yet."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._open: _Batch = {}
        self._closed: dict[int, _Batch] = {}
        """Being folded, until the commit is known; by numbers that grow."""
        self._waiting: asyncio.TimerHandle | None = None
        self._place = ""
        kernel.when_exchanged.append(self.forget)

    @property
    def is_behind(self) -> bool:
        """Whether there is something to fold."""
        return bool(self._open or self._closed)

    def add(
        self,
        account: str,
        region: str,
        now: int,
        namespace: str,
        name: str,
        dimensions: Dimensions,
        value: float = 1.0,
        times: float = 1.0,
    ) -> None:
        """Count ``value``, ``times`` times, in the minute of ``now``, whatever becomes of the work that is going on."""
        key = (account, region, namespace, name, dimensions, now // MINUTE)
        tally = self._open.get(key)
        if tally is None:
            tally = self._open[key] = _Tally(value)
            if self._waiting is None and not self._kernel.is_stopped:
                self._expect()
        tally.count += times
        tally.sum += value * times
        if value < tally.min:
            tally.min = value
        elif value > tally.max:
            tally.max = value
        values = tally.values
        if value in values:
            values[value] += times
        else:
            values[value] = times
            tally.values = bounded(values)

    def fold(self, scope: Scope) -> None:
        """Write everything counted so far as part of this work. Who reads after it in this work finds it all.

        It counts once, however often the work is tried and whatever else folds before it is known to be kept: what is
        folded bears a number, and the store remembers which was the last.
        """
        if self._open:
            self._closed[self._kernel.next_order()] = self._open
            self._open = {}
        if not self._closed:
            return
        if not self._place:
            self._place = self._kernel.ids.uuid()
        known = _folded.find(scope, self._place)
        for number, batch in self._closed.items():
            if known is None or number > known.value:
                _write(scope, batch)
        last = max(self._closed)
        _folded.insert(scope, Number(key=self._place, value=last))
        scope.after_commit(partial(self._kept, last))

    async def flush(self) -> None:
        """Fold what there is, in a transaction of its own."""
        if self.is_behind:
            await self._kernel.transact(self.fold)

    def forget(self) -> None:
        """Drop what was counted and not folded: the cloud is another one now."""
        self._open = {}
        self._closed.clear()
        self._place = ""

    def stop(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    def _kept(self, last: int) -> None:
        self._closed = {number: batch for number, batch in self._closed.items() if number > last}

    def _expect(self) -> None:
        with contextlib.suppress(RuntimeError):  # nothing runs: the next one to read, or the end, folds
            self._waiting = asyncio.get_running_loop().call_later(FOLD_EVERY, self._fold_late)

    def _fold_late(self) -> None:
        self._waiting = None
        if not self._kernel.is_stopped:
            self._kernel.spawn(self._flush_late())

    async def _flush_late(self) -> None:
        try:
            await self.flush()
        except StoreFailure:
            self._expect()  # a full disk: what was counted waits


def read_gauges(scope: Scope, namespace: str, dimensions: dict[str, str] | None = None) -> list[Reading]:
    """Return what the gauges of a namespace show, all or those with just these dimensions.

    ``AWS/SQS`` is asked of the service ``sqs``: one that is not built, or has none, shows nothing.
    """
    service = scope.kernel.services.find_known(namespace.removeprefix("AWS/").lower())
    if service is None or service.read_gauges is None:
        return []
    return list(service.read_gauges(scope, dimensions))


def record_gauges(
    scope: Scope, namespace: str, dimensions: dict[str, str] | None = None, name: str = ""
) -> list[Reading]:
    """Keep what gauges show as points of their time, and return it. Once a minute is enough.

    With a ``name``, nothing is kept unless one of them is called so.
    """
    readings = read_gauges(scope, namespace, dimensions)
    if name and all(reading.name != name for reading in readings):
        return []
    for reading in readings:
        value = float(reading.value)
        at = scope.now // reading.every * reading.every
        point = Point(series=0, tier=60, at=at, count=1.0, sum=value, min=value, max=value)
        write_point(scope, namespace, reading.name, reading.dimensions, point, instead=True)
    if readings:
        wake_all(scope)
    return readings


def _write(scope: Scope, batch: _Batch) -> None:
    for (account, region, namespace, name, dimensions, minute), tally in batch.items():
        point = Point(
            series=0,
            tier=60,
            at=minute * MINUTE,
            count=tally.count,
            sum=tally.sum,
            min=tally.min,
            max=tally.max,
            values=tally.values if tally.min != tally.max else None,
        )
        write_point(scope.within(account, region), namespace, name, dimensions, point)
    for place in {key[:2] for key in batch}:
        wake_all(scope.within(*place))
