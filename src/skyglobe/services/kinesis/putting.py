"""A producer's side: finding each record's shard, holding it to its limits, and writing what arrives together."""

from __future__ import annotations

from bisect import bisect_right
from typing import Any

import msgspec
from msgspec.structs import replace

from skyglobe.kernel.data_keys import DataKey
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.timers import set_timer
from skyglobe.kernel.watching import touch
from skyglobe.services.kinesis.counting import count_put, count_put_by_shard, count_write_refused
from skyglobe.services.kinesis.keeping import keep
from skyglobe.services.kinesis.records import Chunk, Routing, Stream, Usage, routings, usages
from skyglobe.services.kinesis.refusals import invalid, no_such_stream, rate_text
from skyglobe.services.kinesis.rules.capacity import MIB, WRITE_BYTES, WRITE_RECORDS
from skyglobe.services.kinesis.rules.hashing import SPACE, hash_of, packed
from skyglobe.services.kinesis.rules.names import shard_id
from skyglobe.services.kinesis.rules.sequences import ORDER_AT, base_of

CHUNK_BYTES = 262_144  # of data in one chunk: reading one record reads no more around it than this
MAY_BE_TOO_LARGE = MIB - 1024  # the smallest limit a stream may have, less the longest partition key
GROWS_AFTER = 60_000  # milliseconds over which an on-demand stream's traffic is looked at
THROTTLED = "ProvisionedThroughputExceededException"

Entry = dict[str, Any]


class Refused(msgspec.Struct, frozen=True, gc=False):
    """Why a record was not taken; one entry of PutRecords' answer, as it goes out."""

    ErrorCode: str
    ErrorMessage: str


def put(
    scope: Scope,
    stream: Stream,
    entries: list[Entry],
    data_key: DataKey | None = None,
    operation: str = "PutRecords",
) -> list[Put | Refused]:
    """Write records in the API's form; return for each its shard and sequence number, or why it was not taken.

    ``data_key`` is what they are encrypted with while they are kept.

    Raises InvalidArgumentException, and then nothing is written.
    """
    routing = routings.find(scope, stream.number)
    if routing is None:
        raise no_such_stream(scope, stream.id)
    places = _route(stream, routing, entries)
    shards = [routing.shards[place] for place in places]
    taken = None
    if scope.kernel.quotas.enforced:
        taken = [_take_quota(scope, stream, shard, entry) for entry, shard in zip(entries, shards, strict=True)]
    results = _write(scope, stream, routing, entries, places, taken, data_key)
    touch(scope, stream.arn)
    if taken is None:
        _count(scope, stream, operation, entries, shards, 0)
    elif operation == "PutRecord" and not taken[0]:
        count_write_refused(scope, stream, shards[0])
    else:
        kept = [number for number, fits in enumerate(taken) if fits]
        refused = len(entries) - len(kept)
        _count(scope, stream, operation, [entries[one] for one in kept], [shards[one] for one in kept], refused)
    return results


def _count(scope: Scope, stream: Stream, operation: str, entries: list[Entry], shards: list[int], refused: int) -> None:
    """Count the records that were taken, each into its shard, and how many were ``refused`` beside them."""
    count_put(scope, stream, operation, size_of(entries), len(entries), refused)
    if stream.metrics:
        count_put_by_shard(scope, stream, entries, shards)
    if stream.is_on_demand:
        _note_traffic(scope, stream, sum([len(entry["Data"]) for entry in entries]), len(entries))


def size_of(entries: list[Entry]) -> int:
    """Return how much data and keys of records in the API's form are, as it is counted."""
    return sum([len(entry["Data"]) + len(entry["PartitionKey"]) for entry in entries])


def _route(stream: Stream, routing: Routing, entries: list[Entry]) -> list[int]:
    """Return where in ``routing`` each record belongs."""
    most = stream.max_record_kib * 1024
    starts, places = routing.starts, []
    is_one = len(starts) == 1
    for entry in entries:
        if len(entry["Data"]) > MAY_BE_TOO_LARGE:
            _check_size(entry, most)
        if "ExplicitHashKey" in entry:
            places.append(bisect_right(starts, _explicit(entry["ExplicitHashKey"])) - 1)
        else:
            places.append(0 if is_one else bisect_right(starts, hash_of(entry["PartitionKey"])) - 1)
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


class Put(msgspec.Struct, frozen=True, gc=False):
    """Where a record was put; one entry of PutRecords' answer, as it goes out."""

    SequenceNumber: str
    ShardId: str


def _write(
    scope: Scope,
    stream: Stream,
    routing: Routing,
    entries: list[Entry],
    places: list[int],
    taken: list[bool] | None,
    data_key: DataKey | None,
) -> list[Put | Refused]:
    """Write the records that are ``taken``, all when that is None, in chunks shard by shard; return where they are.

    Orders follow the order of the entries, over all shards.
    """
    order = scope.kernel.next_orders(len(entries))
    names = [shard_id(index) for index in routing.shards]
    bases = [base_of(created, index) for created, index in zip(routing.created, routing.shards, strict=True)]
    filled: list[Chunk] = []
    filling_of: dict[int, _Filling] = {}
    results: list[Put | Refused] = []
    for entry, place in zip(entries, places, strict=True):
        if taken is not None and not taken[len(results)]:
            results.append(Refused(THROTTLED, rate_text(stream, routing.shards[place])))
            continue
        filling = filling_of.get(place)
        if filling is None:
            filling = filling_of[place] = _Filling(scope, stream, routing.shards[place], data_key, filled)
        data = entry["Data"]
        filling.room -= len(data)
        if filling.room < 0:
            filling.turn_over()
            filling.room -= len(data)
        filling.orders.append(order)
        filling.keys.append(entry["PartitionKey"])
        filling.data.append(data)
        results.append(Put(str(bases[place] + (order << ORDER_AT)), names[place]))
        order += 1
    for place, filling in filling_of.items():
        filling.turn_over()
        scope.notify("kinesis", str(stream.number), str(routing.shards[place]))
    keep(scope, filled)
    return results


class _Filling:
    """The chunk of one shard that is being filled; those that are full go to ``filled``."""

    __slots__ = ("_data_key", "_filled", "_scope", "_shard", "_stream", "data", "keys", "orders", "room")

    def __init__(self, scope: Scope, stream: Stream, shard: int, data_key: DataKey | None, filled: list[Chunk]) -> None:
        self._data_key = data_key
        self._filled = filled
        self._scope = scope
        self._stream = stream
        self._shard = shard
        self._begin()

    def _begin(self) -> None:
        self.orders: list[int] = []
        self.keys: list[str] = []
        self.data: list[bytes] = []
        self.room = CHUNK_BYTES

    def turn_over(self) -> None:
        """Hand on what is there, and begin anew."""
        if not self.orders:
            return
        key = self._data_key
        chunk = Chunk(
            stream=self._stream.number,
            shard=self._shard,
            order=self.orders[0],
            last=self.orders[-1],
            arrived_at=self._scope.now,
            encryption=self._stream.encryption,
            orders=self.orders,
            keys=self.keys,
            data=self.data if key is None else key.wrap_each(self._scope, self.data),
            data_key=key.sealed if key is not None else b"",
        )
        self._filled.append(chunk)
        self._begin()


def _note_traffic(scope: Scope, stream: Stream, size: int, records: int) -> None:
    """Note an on-demand stream's traffic; the timer of its minute decides whether it grows."""
    usage = usages.find(scope, stream.number)
    if usage is None:
        usage = Usage(stream=stream.number, since=scope.now)
        set_timer(scope, "kinesis", "grow", str(stream.number), scope.now + GROWS_AFTER, {"name": stream.id})
    usages.insert(scope, replace(usage, size=usage.size + size, records=usage.records + records))
