"""What streams count for CloudWatch. Developer guide, "Monitor Kinesis Data Streams with CloudWatch".

Of a shard, what ``EnableEnhancedMonitoring`` asked for. Latencies are not counted.
"""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.metric_points import Dimensions
from skyglobe.kernel.metrics import count_all
from skyglobe.kernel.scope import Scope
from skyglobe.services.kinesis.reading import Page
from skyglobe.services.kinesis.records import Stream
from skyglobe.services.kinesis.rules.names import shard_id

NAMESPACE = "AWS/Kinesis"
_WRITE_EXCEEDED = "WriteProvisionedThroughputExceeded"
_READ_EXCEEDED = "ReadProvisionedThroughputExceeded"


def _stream(stream: Stream) -> Dimensions:
    return (("StreamName", stream.id),)


def _shard(stream: Stream, shard: int) -> Dimensions:
    return (("ShardId", shard_id(shard)), ("StreamName", stream.id))


def count_put(scope: Scope, stream: Stream, operation: str, size: int, records: int, refused: int) -> None:
    """Count records that were put, ``size`` bytes of data and keys, and how many were ``refused`` beside them."""
    values = [
        ("IncomingBytes", float(size)),
        ("IncomingRecords", float(records)),
        (_WRITE_EXCEEDED, float(refused)),
        (f"{operation}.Bytes", float(size)),
        (f"{operation}.Success", 1.0 if records else 0.0),
    ]
    if operation == "PutRecords":
        values += [
            ("PutRecords.Records", float(records)),
            ("PutRecords.SuccessfulRecords", float(records)),
            ("PutRecords.TotalRecords", float(records + refused)),
            ("PutRecords.ThrottledRecords", float(refused)),
        ]
    count_all(scope, NAMESPACE, _stream(stream), values)


def count_put_by_shard(scope: Scope, stream: Stream, entries: list[dict[str, Any]], shards: list[int]) -> None:
    """Count records that were put, each into the shard that ``shards`` names, for those of a stream that asked."""
    totals: dict[int, list[int]] = {}
    for entry, shard in zip(entries, shards, strict=True):
        total = totals.setdefault(shard, [0, 0])
        total[0] += len(entry["Data"]) + len(entry["PartitionKey"])
        total[1] += 1
    for shard, (size, records) in totals.items():
        told = {"IncomingBytes": float(size), "IncomingRecords": float(records), _WRITE_EXCEEDED: 0.0}
        values = [(name, value) for name, value in told.items() if name in stream.metrics]
        count_all(scope, NAMESPACE, _shard(stream, shard), values)


def count_write_refused(scope: Scope, stream: Stream, shard: int) -> None:
    """Count a record for which there was no room: now, as the call that put it fails."""
    _refused(scope, stream, shard, _WRITE_EXCEEDED)


def count_read_refused(scope: Scope, stream: Stream, shard: int) -> None:
    """Count a call that read too much: now, as it fails."""
    _refused(scope, stream, shard, _READ_EXCEEDED)


def _refused(scope: Scope, stream: Stream, shard: int, name: str) -> None:
    add = scope.kernel.metrics.add
    add(scope.account, scope.region, scope.now, NAMESPACE, name, _stream(stream))
    if name in stream.metrics:
        add(scope.account, scope.region, scope.now, NAMESPACE, name, _shard(stream, shard))


def count_read(scope: Scope, stream: Stream, shard: int, page: Page) -> None:
    """Count what GetRecords returned, and how old the last record of it was."""
    size, records, age = float(page.size), float(len(page.records)), float(page.behind_for)
    values = [
        ("GetRecords.Bytes", size),
        ("GetRecords.Records", records),
        ("GetRecords.IteratorAgeMilliseconds", age),
        ("GetRecords.Success", 1.0),
        (_READ_EXCEEDED, 0.0),
    ]
    count_all(scope, NAMESPACE, _stream(stream), values)
    if stream.metrics:
        told = {
            "OutgoingBytes": size,
            "OutgoingRecords": records,
            "IteratorAgeMilliseconds": age,
            _READ_EXCEEDED: 0.0,
        }
        chosen = [(name, value) for name, value in told.items() if name in stream.metrics]
        count_all(scope, NAMESPACE, _shard(stream, shard), chosen)


def count_pushed(scope: Scope, stream: Stream, consumer: str, page: Page) -> None:
    """Count an event that was pushed to a consumer."""
    dimensions = (("ConsumerName", consumer), ("StreamName", stream.id))
    values = [
        ("SubscribeToShardEvent.Bytes", float(page.size)),
        ("SubscribeToShardEvent.Records", float(len(page.records))),
        ("SubscribeToShardEvent.MillisBehindLatest", float(page.behind_for)),
        ("SubscribeToShardEvent.Success", 1.0),
    ]
    count_all(scope, NAMESPACE, dimensions, values)
