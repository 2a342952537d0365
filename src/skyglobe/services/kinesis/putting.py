"""A producer's side: finding each record's shard, holding it to its limits, and writing what arrives together."""

from __future__ import annotations

from bisect import bisect_right
from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.scope import Scope
from skyglobe.kernel.timers import set_timer
from skyglobe.kernel.watching import touch
from skyglobe.services.kinesis.records import Chunk, Routing, Stream, Usage, chunks, routings, usages
from skyglobe.services.kinesis.refusals import invalid, no_such_stream, rate_text
from skyglobe.services.kinesis.rules.capacity import MIB, WRITE_BYTES, WRITE_RECORDS
from skyglobe.services.kinesis.rules.hashing import SPACE, hash_of, packed
from skyglobe.services.kinesis.rules.names import shard_id
from skyglobe.services.kinesis.rules.sequences import base_of, numbered

CHUNK_BYTES = 65_536  # of data in one chunk: reading one record reads no more around it than this
MAY_BE_TOO_LARGE = MIB - 1024  # the smallest limit a stream may have, less the longest partition key
GROWS_AFTER = 60_000  # milliseconds over which an on-demand stream's traffic is looked at
THROTTLED = "ProvisionedThroughputExceededException"

Entry = dict[str, Any]


def put(scope: Scope, stream: Stream, entries: list[Entry]) -> list[Entry]:
    """Write records in the API's form; return for each its shard and sequence number, or why it was not taken.

    Raises InvalidArgumentException, and then nothing is written.
    """
    routing = routings.find(scope, stream.number)
    if routing is None:
        raise no_such_stream(scope, stream.id)
    places = _route(stream, routing, entries)
    writing = _Writing(scope, stream, routing, len(entries))
    is_limited = scope.kernel.quotas.enforced
    results: list[Entry] = []
    for entry, place in zip(entries, places, strict=True):
        if is_limited and not _take_quota(scope, stream, routing.shards[place], entry):
            text = rate_text(stream, routing.shards[place])
            results.append({"ErrorCode": THROTTLED, "ErrorMessage": text})
        else:
            results.append(writing.add(place, entry))
    writing.finish()
    touch(scope, stream.arn)
    if stream.is_on_demand:
        _count(scope, stream, writing.size, writing.count)
    return results


def _route(stream: Stream, routing: Routing, entries: list[Entry]) -> list[int]:
    """Return where in ``routing`` each record belongs."""
    most = stream.max_record_kib * 1024
    starts, places = routing.starts, []
    for entry in entries:
        key = entry["PartitionKey"]
        if len(entry["Data"]) > MAY_BE_TOO_LARGE:
            _check_size(entry, most)
        explicit = entry.get("ExplicitHashKey")
        places.append(bisect_right(starts, hash_of(key) if explicit is None else _explicit(explicit)) - 1)
    return places


def _check_size(entry: Entry, most: int) -> None:
    size = len(entry["Data"]) + len(entry["PartitionKey"].encode("utf-8", "surrogatepass"))
    if size > most:
        raise invalid(
            f"The size of the record, its data and its partition key, is {size} bytes. "
            f"The stream's maximum record size is {most} bytes."
        )


def _explicit(text: str) -> bytes:
    value = int(text)
    if value >= SPACE:
        raise invalid(
            f"Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. Specified value was {text}"
        )
    return packed(value)


def _take_quota(scope: Scope, stream: Stream, shard: int, entry: Entry) -> bool:
    quotas, name = scope.kernel.quotas, (str(stream.number), str(shard))
    size = len(entry["Data"]) + len(entry["PartitionKey"].encode("utf-8", "surrogatepass"))
    if size <= WRITE_BYTES:
        fits = quotas.take_in_second("kinesis", "in", *name, limit=WRITE_BYTES, amount=size)
    else:
        # Records beyond a second's worth come in bursts that the shard makes up for afterwards.
        fits = quotas.take("kinesis", "burst", *name, rate=WRITE_BYTES, burst=stream.max_record_kib * 1024, amount=size)
    return fits and quotas.take_in_second("kinesis", "records", *name, limit=WRITE_RECORDS)


class _Writing:
    """The chunks of one call, filled record by record."""

    def __init__(self, scope: Scope, stream: Stream, routing: Routing, count: int) -> None:
        self._scope = scope
        self._stream = stream
        self._next = scope.kernel.next_orders(count)
        self._shards = [(index, shard_id(index)) for index in routing.shards]
        self._bases = [base_of(created, index) for created, index in zip(routing.created, routing.shards, strict=True)]
        self._open: dict[int, Chunk] = {}
        self._room: dict[int, int] = {}
        self.size = 0
        self.count = 0

    def add(self, place: int, entry: Entry) -> Entry:
        order = self._next
        self._next = order + 1
        data, key = entry["Data"], entry["PartitionKey"]
        index, name = self._shards[place]
        chunk, size = self._open.get(place), len(data)
        if chunk is None or self._room[place] < size:
            chunk = self._turn_over(place, index, order)
        self._room[place] -= size
        chunk.orders.append(order)
        chunk.keys.append(key)
        chunk.data.append(data)
        self.size += size + len(key)
        self.count += 1
        return {"SequenceNumber": numbered(self._bases[place], order), "ShardId": name}

    def finish(self) -> None:
        for place, chunk in self._open.items():
            self._write(chunk)
            self._scope.notify("kinesis", str(self._stream.number), str(self._shards[place][0]))

    def _turn_over(self, place: int, index: int, order: int) -> Chunk:
        if (full := self._open.get(place)) is not None:
            self._write(full)
        stream = self._stream
        chunk = self._open[place] = Chunk(
            stream=stream.number,
            shard=index,
            order=order,
            last=order,
            arrived_at=self._scope.now,
            encryption=stream.encryption,
            orders=[],
            keys=[],
            data=[],
        )
        self._room[place] = CHUNK_BYTES
        return chunk

    def _write(self, chunk: Chunk) -> None:
        chunks.insert(self._scope, replace(chunk, last=chunk.orders[-1]))


def _count(scope: Scope, stream: Stream, size: int, records: int) -> None:
    """Note an on-demand stream's traffic; the timer of its minute decides whether it grows."""
    usage = usages.find(scope, stream.number)
    if usage is None:
        usage = Usage(stream=stream.number, since=scope.now)
        set_timer(scope, "kinesis", "grow", str(stream.number), scope.now + GROWS_AFTER, {"name": stream.id})
    usages.insert(scope, replace(usage, size=usage.size + size, records=usage.records + records))
