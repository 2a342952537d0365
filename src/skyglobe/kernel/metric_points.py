"""What was measured: series of points by account and region, kept as fine as their age allows.

A point holds how many values there were in its time, their sum, least and greatest, and how often each value came.
Points of a second are made points of a minute after three hours, those of five minutes after 15 days, those of an hour
after 63 days, and go after 455 days (CloudWatch user guide, "Metrics retention"). That happens to a series when it is
written in a new hour: nobody has to wake for it, and what a reader sees does not depend on it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from skyglobe.kernel.records import Number
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.tables import Record, Table
from skyglobe.kernel.timers import find_timer, set_timer

Dimensions = tuple[tuple[str, str], ...]
"""Names and values, in order of the names."""

SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000  # milliseconds
TIERS = ((1, 60, 3 * HOUR), (60, 300, 15 * DAY), (300, 3600, 63 * DAY))
"""How many seconds a point stands for, what it is made part of, and after how many milliseconds."""
KEPT_FOR = 455 * DAY
MAX_VALUES = 512
"""Different values a point keeps apart. Beyond that they are told apart by a tenth, as CloudWatch does."""
SEEN_EVERY = 5 * MINUTE
"""How exactly it is known when a series was written last."""


class Series(Record, frozen=True):
    """Everything measured under one name, for one set of dimensions."""

    namespace: str
    name: str
    dimensions: Dimensions
    number: int
    seen_at: int
    """When a point was written last, give or take ``SEEN_EVERY``."""
    unit: str = ""
    """As it was told last; empty when nobody ever did."""

    @property
    def dimension_key(self) -> str:
        return key_of(self.dimensions)


class Point(Record, frozen=True):
    """What was measured in ``tier`` seconds from ``at`` on."""

    series: int
    tier: int
    at: int
    count: float
    sum: float
    min: float
    max: float
    values: dict[float, float] | None = None
    """How often each value came. None when that is not known, or when all are the same."""

    @property
    def distribution(self) -> dict[float, float] | None:
        """How often each value came; None when nobody told."""
        if self.values is not None:
            return self.values
        return {self.min: self.count} if self.min == self.max else None


class Watcher(Record, frozen=True):
    """Somebody whose timer is to be set when something is measured."""

    namespace: str
    """Empty, with everything else that is, for whatever is measured: see ``wake_all``."""
    dimension_key: str
    name: str
    """Empty for whatever is measured with these dimensions."""
    service: str
    kind: str
    key: str
    grid: int
    """Milliseconds: the timer is set to the next multiple of it."""


series: Table[Series] = Table("kernel.metrics.series", Series, key=("namespace", "name", "dimension_key"))
points: Table[Point] = Table("kernel.metrics.points", Point, key=("series", "tier", "at"))
watchers: Table[Watcher] = Table(
    "kernel.metrics.watchers", Watcher, key=("namespace", "dimension_key", "name", "service", "kind", "key")
)
_swept: Table[Number] = Table("kernel.metrics.swept", Number, key=("key",))


def key_of(dimensions: Dimensions) -> str:
    """Return dimensions as one text."""
    return "\x1e".join(f"{name}\x1f{value}" for name, value in dimensions)


def write_point(
    scope: Scope,
    namespace: str,
    name: str,
    dimensions: Dimensions,
    point: Point,
    *,
    unit: str = "",
    instead: bool = False,
) -> None:
    """Add ``point`` (whose series is looked up here) to what was measured in its time, or put it there ``instead``.

    Whoever watches the series has a timer set; not for what gauges show, which are looked at by who watches them.
    """
    key = key_of(dimensions)
    found = series.find(scope, namespace, name, key)
    if found is None:
        found = Series(
            namespace=namespace,
            name=name,
            dimensions=dimensions,
            number=scope.kernel.next_order(),
            seen_at=scope.now,
            unit=unit,
        )
        series.insert(scope, found)
        _sweep(scope)
    elif scope.now - found.seen_at >= SEEN_EVERY or (unit and unit != found.unit):
        if scope.now // HOUR != found.seen_at // HOUR:
            _roll_up(scope, found.number)
        series.replace(scope, found, replace(found, seen_at=scope.now, unit=unit or found.unit))
    start = point.at // (point.tier * SECOND) * (point.tier * SECOND)
    point = replace(point, series=found.number, at=start)
    before = points.find(scope, found.number, point.tier, start) if not instead else None
    points.insert(scope, point if before is None else merged(before, point))
    if not instead:
        wake_watchers(scope, namespace, name, key)


def wake_watchers(scope: Scope, namespace: str, name: str, dimension_key: str) -> None:
    """Have the timers of those who watch a series set, unless they are due soon anyway."""
    for watcher in list(watchers.scan(scope, namespace, dimension_key)):
        if watcher.name in ("", name):
            due_at = (scope.now // watcher.grid + 1) * watcher.grid
            timer = find_timer(scope, watcher.service, watcher.kind, watcher.key)
            if timer is None or timer.due_at is None or timer.due_at > due_at:
                set_timer(scope, watcher.service, watcher.kind, watcher.key, due_at)


def wake_all(scope: Scope) -> None:
    """Wake those who watch everything. For whoever writes points, after the last of them."""
    wake_watchers(scope, "", "", "")


def read_points(scope: Scope, number: int, start: int, stop: int) -> Iterator[Point]:
    """Yield the points of a series that begin in ``start <= at < stop``, by tier and time.

    A coarse point that begins before ``start`` is not among them.
    """
    for tier in (1, 60, 300, 3600):
        yield from points.scan(scope, number, tier, start=(start,), stop=(stop,))


def merged(one: Point, other: Point) -> Point:
    """Return both points' values as one point, in the time of ``one``."""
    values = None
    low, high = min(one.min, other.min), max(one.max, other.max)
    ours, theirs = one.distribution, other.distribution
    if low != high and ours is not None and theirs is not None:
        values = dict(ours)
        for value, times in theirs.items():
            values[value] = values.get(value, 0.0) + times
        values = bounded(values)
    return Point(
        series=one.series,
        tier=one.tier,
        at=one.at,
        count=one.count + other.count,
        sum=one.sum + other.sum,
        min=low,
        max=high,
        values=values,
    )


def bounded(values: dict[float, float]) -> dict[float, float]:
    """Return values and how often they came, with at most about ``MAX_VALUES`` told apart."""
    if len(values) <= MAX_VALUES:
        return values
    coarse: dict[float, float] = {}
    low, high = min(values), max(values)
    for value, times in values.items():
        kept = value if value in (low, high) else _rounded(value)
        coarse[kept] = coarse.get(kept, 0.0) + times
    return coarse


def _rounded(value: float) -> float:
    """Return the middle of the tenth a value lies in."""
    if value == 0 or not math.isfinite(value):
        return value
    power = math.floor(math.log(abs(value), 1.1))
    return math.copysign(1.1**power * 1.05, value)


def _roll_up(scope: Scope, number: int) -> None:
    """Make the old points of a series coarser."""
    for tier, next_tier, age in TIERS:
        grid = next_tier * SECOND
        old = list(points.scan(scope, number, tier, stop=((scope.now - age) // grid * grid,)))
        for start, group in _grouped(old, grid):
            whole = points.find(scope, number, next_tier, start)
            for point in group:
                points.drop(scope, number, tier, point.at)
                moved = replace(point, tier=next_tier, at=start)
                whole = moved if whole is None else merged(whole, moved)
            assert whole is not None
            points.insert(scope, whole)
    for point in list(points.scan(scope, number, 3600, stop=(scope.now - KEPT_FOR,))):
        points.delete(scope, point)


def _grouped(old: Iterable[Point], grid: int) -> Iterator[tuple[int, list[Point]]]:
    groups: dict[int, list[Point]] = {}
    for point in old:
        groups.setdefault(point.at // grid * grid, []).append(point)
    return iter(groups.items())


def _sweep(scope: Scope) -> None:
    """Once a day, when there is something new: delete what nobody wrote for longer than points are kept."""
    last = _swept.find(scope, "series")
    if last is not None and scope.now - last.value < DAY:
        return
    _swept.insert(scope, Number(key="series", value=scope.now))
    for found in [found for found in series.scan(scope) if scope.now - found.seen_at > KEPT_FOR]:
        series.delete(scope, found)
        points.clear(scope, found.number)
