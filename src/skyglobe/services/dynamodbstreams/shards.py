"""Streams as shards: spans of four hours of a table's log, one after another, told from the time alone."""

from __future__ import annotations

from typing import NamedTuple

from skyglobe.kernel.clock import Instant
from skyglobe.services.dynamodb.records import ORDER_BITS, StreamRecord
from skyglobe.services.dynamodb.trimming import STREAM_KEPT_FOR

SHARD_FOR = 4 * 3_600_000  # milliseconds; shards of real streams roll about every four hours
_SEQUENCE_BASE = 3 * 10**20  # sequence numbers have 21 digits at least; API reference of GetShardIterator


class Shard(NamedTuple):
    """One shard: the changes from ``start`` to before ``stop``."""

    number: int
    start: int
    stop: int | None
    """None while it is open."""
    opened_at: Instant

    @property
    def id(self) -> str:
        return f"shardId-{self.opened_at:020}-{self.number:08x}"


def list_shards(stream: StreamRecord, now: Instant) -> list[Shard]:
    """Return the shards that have not been trimmed, oldest first."""
    opened_at = stream.since >> ORDER_BITS
    ended_at = stream.until >> ORDER_BITS if stream.until is not None else None
    last = ((ended_at if ended_at is not None else now) - opened_at) // SHARD_FOR
    first = max(0, (now - STREAM_KEPT_FOR - opened_at) // SHARD_FOR)
    return [shard_at(stream, number, now) for number in range(first, last + 1)]


def shard_at(stream: StreamRecord, number: int, now: Instant) -> Shard:
    """Return a stream's shard by number."""
    opened_at = stream.since >> ORDER_BITS
    begins_at, ends_at = opened_at + number * SHARD_FOR, opened_at + (number + 1) * SHARD_FOR
    start = stream.since if number == 0 else begins_at << ORDER_BITS
    stop: int | None = ends_at << ORDER_BITS if ends_at <= now else None
    if stream.until is not None:
        stop = min(stop, stream.until) if stop is not None else stream.until
    return Shard(number, start, stop, begins_at)


def find_shard(stream: StreamRecord, shard_id: str, now: Instant) -> Shard | None:
    """Return the shard of that id; None when the stream has none such, or no more."""
    return next((shard for shard in list_shards(stream, now) if shard.id == shard_id), None)


def sequence_number(order: int) -> str:
    """Return a change's order as clients see it."""
    return str(_SEQUENCE_BASE + order)


def parse_sequence_number(text: str) -> int:
    """Return the order behind a sequence number. Raises ValueError."""
    if not (text.isascii() and text.isdigit()):
        raise ValueError(text)
    return int(text) - _SEQUENCE_BASE


def horizon(now: Instant) -> int:
    """Return the order of the oldest change that can still be read."""
    return (now - STREAM_KEPT_FOR) << ORDER_BITS
