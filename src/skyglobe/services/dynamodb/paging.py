"""Queries and scans: ranges of the store read page by page, filtered and projected."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from skyglobe.kernel.scope import Scope
from skyglobe.kernel.store import Pair
from skyglobe.services.dynamodb.expressions.binding import Values
from skyglobe.services.dynamodb.expressions.conditions import Test
from skyglobe.services.dynamodb.expressions.projections import Projection
from skyglobe.services.dynamodb.finding import Found
from skyglobe.services.dynamodb.items import decode
from skyglobe.services.dynamodb.layout import Index
from skyglobe.services.dynamodb.rules.capacity import READ_BYTES
from skyglobe.services.dynamodb.rules.values import Item

PAGE_BYTES = 1 << 20  # of items read for one page, before filters; developer guide, "Paginating table query results"
CHUNK = 300  # entries fetched at once, so that no cursor stays open behind a page


class Reading(NamedTuple):
    """What to read, and what to do with each item."""

    start: bytes
    stop: bytes
    is_reverse: bool
    limit: int | None
    test: Test | None
    values: Values
    projection: Projection | None
    fetches: bool
    """Whether the whole item is fetched from the table, because the local index does not carry what is wanted."""
    counts_only: bool


class Page(NamedTuple):
    """One page."""

    items: list[Item]
    matched: int
    scanned: int
    size: int
    """Bytes read."""
    last: Item | None
    """The last item looked at, when there may be more."""
    fetched_units: float
    """Read units, strongly consistent, of items fetched from the table."""


def read_page(found: Found, index: Index | None, reading: Reading) -> Page:
    """Read until the limit, a megabyte, or the end of the range."""
    scope = found.scope
    test, values, projection, limit = reading.test, reading.values, reading.projection, reading.limit
    fetches, counts_only = reading.fetches and index is not None, reading.counts_only
    items: list[Item] = []
    count = scanned = size = 0
    fetched = 0.0
    last: Item | None = None
    for chunk in _chunks(scope, reading):
        for _, value in chunk:
            item_size, item = decode(value)
            size += item_size
            if size > PAGE_BYTES and scanned:
                return Page(items, count, scanned, size - item_size, last, fetched)
            scanned += 1
            last = item
            if fetches:
                assert index is not None
                full_size, item = decode(scope.writes.get(index.primary.of_item(item)))  # type: ignore[arg-type]
                fetched += max(1, -(-full_size // READ_BYTES))
            if test is None or test(item, values):
                count += 1
                if not counts_only:
                    items.append(projection(item) if projection is not None else item)
            if scanned == limit:
                return Page(items, count, scanned, size, last, fetched)
    return Page(items, count, scanned, size, None, fetched)


def _chunks(scope: Scope, reading: Reading) -> Iterator[list[Pair]]:
    """Yield the pairs of a range in order, some at a time."""
    start, stop, left = reading.start, reading.stop, reading.limit
    scan, is_reverse = scope.writes.scan, reading.is_reverse
    while True:
        wanted = CHUNK if left is None else min(CHUNK, left)
        pairs = list(scan(start, stop, limit=wanted, reverse=is_reverse))
        yield pairs
        if len(pairs) < wanted:
            return
        if left is not None:
            left -= wanted
            if not left:
                return
        key = pairs[-1][0]
        if is_reverse:
            stop = key
        else:
            start = key + b"\0"
