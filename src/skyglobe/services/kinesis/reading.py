"""A consumer's side: where to begin, and what comes next in a shard."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec

from skyglobe.kernel.call import Call
from skyglobe.kernel.scope import Scope
from skyglobe.services.kinesis.records import ORDER_BITS, Chunk, Shard, Stream, chunks, shards
from skyglobe.services.kinesis.refusals import invalid, no_such_shard
from skyglobe.services.kinesis.rules.names import parse_shard_id, shard_id
from skyglobe.services.kinesis.rules.sequences import ORDER_AT, base_of, numbered, parse_sequence
from skyglobe.services.kinesis.sealing import opened

MAX_RECORDS = 10_000  # of one answer; API reference of GetRecords
MAX_BYTES = 10 * 1024 * 1024  # the same
FEW, MANY = 16, 512  # chunks asked of the store at once, large and small ones
SMALL_CHUNK_BYTES = 4_096

Where = tuple[int, int]
"""From which chunk on, and from which order on."""


class Record(msgspec.Struct, frozen=True, gc=False):
    """One record as it goes out."""

    SequenceNumber: str
    ApproximateArrivalTimestamp: float
    Data: bytes
    PartitionKey: str
    EncryptionType: str | msgspec.UnsetType = msgspec.UNSET

    def __getitem__(self, member: str) -> Any:
        """Return a member by its name, for callers in process."""
        return getattr(self, member)


class Page(NamedTuple):
    """What a reader gets at once."""

    records: list[Record]
    size: int
    """Bytes of data and partition keys."""
    next: Where
    behind_for: int
    """Milliseconds from the tip."""
    is_end: bool
    """Whether the shard is closed and read to its end."""


def get_shard(scope: Scope, stream: Stream, name: str) -> Shard:
    """Return a shard by its id, unless it expired. Raises ResourceNotFoundException."""
    index = parse_shard_id(name)
    shard = shards.find(scope, stream.number, index) if index is not None else None
    if shard is None or is_expired(scope, stream, shard):
        raise no_such_shard(stream, name)
    return shard


def is_expired(scope: Scope, stream: Stream, shard: Shard) -> bool:
    """Whether a shard was closed so long ago that none of its records can be there any more."""
    return shard.closed_at is not None and shard.closed_at < stream.horizon_at(scope.now)


def begin(
    scope: Scope, stream: Stream, shard: Shard, kind: str, sequence: str | None, timestamp: datetime | None
) -> Where:
    """Return where an iterator of ``kind`` begins. Raises InvalidArgumentException."""
    if kind == "LATEST":
        order = scope.kernel.next_order()
        return order, order
    if kind == "TRIM_HORIZON":
        return 0, 0
    if kind == "AT_TIMESTAMP":
        if timestamp is None:
            raise invalid("Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP.")
        return _around(scope, shard, _order_at(scope, timestamp))
    if sequence is None:
        raise invalid(f"Must specify startingSequenceNumber parameter for iterator of type {kind}.")
    order = _order_of(stream, shard, sequence)
    return _around(scope, shard, order + 1 if kind == "AFTER_SEQUENCE_NUMBER" else order)


def _order_at(scope: Scope, timestamp: datetime) -> int:
    millis = int((timestamp - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1000)
    if millis > scope.now:
        raise invalid(
            "The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. "
            f"timestampInMillis: {millis}, currentTimestampInMillis: {scope.now}"
        )
    return max(millis, 0) << ORDER_BITS


def _order_of(stream: Stream, shard: Shard, sequence: str) -> int:
    found = parse_sequence(sequence)
    if found is None or (found.created_s, found.shard) != (shard.created_s, shard.index):
        raise invalid(
            f"StartingSequenceNumber {sequence} used in GetShardIterator on shard {shard_id(shard.index)} in stream "
            f"{stream.id} under account {stream.owner} is invalid because it did not come from this stream."
        )
    return found.order


def _around(scope: Scope, shard: Shard, order: int) -> Where:
    """Return where to read ``order`` and what follows: it may lie within a chunk that begins earlier."""
    before = next(iter(chunks.scan(scope, shard.stream, shard.index, stop=(order,), limit=1, reverse=True)), None)
    return (before.order if before is not None and before.last >= order else order), order


def read(
    call: Call,
    scope: Scope,
    stream: Stream,
    shard: Shard,
    where: Where,
    limit: int = MAX_RECORDS,
    max_bytes: int = MAX_BYTES,
) -> Page:
    """Return the next records from ``where`` on: at most ``limit`` and ``max_bytes``, but always one.

    Raises what KMS says to a ``call`` that cannot have them decrypted.
    """
    horizon = stream.horizon_at(scope.now) << ORDER_BITS
    reader = _Reader(shard, max(where[1], horizon), limit, max_bytes)
    start = max(where[0], horizon)
    wanted = FEW
    while True:
        batch = list(chunks.scan(scope, stream.number, shard.index, start=(start,), limit=wanted))
        for chunk in batch:
            if not reader.take(chunk, opened(call, stream, chunk)):
                behind_for = max(0, scope.now - chunk.arrived_at)
                return Page(reader.records, reader.size, (chunk.order, reader.order), behind_for, False)
        if len(batch) < wanted:
            break
        start = batch[-1].last + 1
        wanted = MANY if batch[-1].data_bytes < SMALL_CHUNK_BYTES else FEW
    order = max(reader.order, start)
    return Page(reader.records, reader.size, (order, order), 0, shard.closed is not None)


class _Reader:
    """Takes records out of chunks, as many as fit."""

    def __init__(self, shard: Shard, order: int, limit: int, max_bytes: int) -> None:
        self._base = base_of(shard.created_s, shard.index)
        self._limit = limit
        self._max_bytes = max_bytes
        self.order = order
        """The first order that was not taken."""
        self.size = 0
        self.records: list[Record] = []

    def take(self, chunk: Chunk, opened: list[bytes]) -> bool:
        """Take what fits of a chunk, whose data are ``opened``; return whether that was all."""
        arrived, base, first, records = chunk.arrived_at / 1000, self._base, self.order, self.records
        size, room, most = self.size, self._limit - len(records), self._max_bytes
        encryption = chunk.encryption if chunk.encryption != "NONE" else msgspec.UNSET
        for order, key, data in zip(chunk.orders, chunk.keys, opened, strict=True):
            if order < first:
                continue
            grown = size + len(data) + len(key)
            if room <= 0 or (grown > most and records):
                self.size = size
                return False
            records.append(Record(str(base + (order << ORDER_AT)), arrived, data, key, encryption))
            self.order = order + 1
            size, room = grown, room - 1
        self.size = size
        return True


def child_shards(scope: Scope, stream: Stream, shard: Shard) -> list[dict[str, Any]]:
    """Return what a reader at the end of a closed shard goes on with."""
    found = (shards.find(scope, stream.number, index) for index in shard.children)
    return [
        {
            "ShardId": shard_id(child.index),
            "ParentShards": [shard_id(index) for index in (child.parent, child.adjacent) if index is not None],
            "HashKeyRange": hash_key_range(child),
        }
        for child in found
        if child is not None
    ]


def hash_key_range(shard: Shard) -> dict[str, str]:
    """Return a shard's hash keys as the API shows them."""
    return {
        "StartingHashKey": str(int.from_bytes(shard.start)),
        "EndingHashKey": str(int.from_bytes(shard.end)),
    }


def shown_shard(shard: Shard) -> dict[str, Any]:
    """Return a shard as the API shows it."""
    base = base_of(shard.created_s, shard.index)
    numbers = {"StartingSequenceNumber": numbered(base, shard.opened)}
    if shard.closed is not None:
        numbers["EndingSequenceNumber"] = numbered(base, shard.closed)
    shown = {
        "ShardId": shard_id(shard.index),
        "HashKeyRange": hash_key_range(shard),
        "SequenceNumberRange": numbers,
    }
    if shard.parent is not None:
        shown["ParentShardId"] = shard_id(shard.parent)
    if shard.adjacent is not None:
        shown["AdjacentParentShardId"] = shard_id(shard.adjacent)
    return shown
