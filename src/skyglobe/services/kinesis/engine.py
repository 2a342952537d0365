"""What happens in Kinesis when time passes: changes are carried out, records expire, on-demand streams grow."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.scope import Scope
from skyglobe.kernel.timers import set_timer
from skyglobe.services.kinesis import kinesis
from skyglobe.services.kinesis.changing import finish as finish_change
from skyglobe.services.kinesis.changing import finish_consumer as finish_registration
from skyglobe.services.kinesis.keeping import forget
from skyglobe.services.kinesis.layout import Layout
from skyglobe.services.kinesis.records import (
    ORDER_BITS,
    Stream,
    chunks,
    commitments,
    consumers,
    shards,
    streams,
    usages,
)
from skyglobe.services.kinesis.rules.capacity import is_growing, on_demand_limit
from skyglobe.services.kinesis.rules.resharding import plan_doubling

BATCH = 50  # chunks a timer deletes before others have their turn: at most 13 MB of small records
TRIM_PAUSE_FOR = 60_000  # milliseconds between two sweeps of a stream; readers look at each record's age themselves
HOUR = 3_600_000


@kinesis.timer("finish")
def finish(scope: Scope, key: str, payload: dict[str, Any]) -> None:
    """Carry out what a stream is CREATING, UPDATING or DELETING for."""
    stream = _find(scope, key, payload)
    if stream is not None:
        finish_change(scope, stream, payload)


@kinesis.timer("finish-consumer")
def finish_consumer(scope: Scope, key: str, payload: dict[str, Any]) -> None:
    """Carry out a consumer's registration, or its end."""
    consumer = consumers.find(scope, payload["stream"], payload["name"])
    if consumer is not None and consumer.arn == key and consumer.status != "ACTIVE":
        finish_registration(scope, consumer)


@kinesis.timer("trim")
def trim(scope: Scope, key: str, payload: dict[str, Any]) -> None:
    """Delete the records that were kept for long enough, and closed shards that have none left."""
    stream = _find(scope, key, payload)
    if stream is None:
        return
    horizon = stream.horizon_at(scope.now)
    room, oldest = BATCH, None
    for shard in list(shards.scan(scope, stream.number)):
        expired = list(chunks.scan(scope, stream.number, shard.index, stop=(horizon << ORDER_BITS,), limit=room))
        for chunk in expired:
            forget(scope, chunk)
        room -= len(expired)
        if not room:
            set_timer(scope, "kinesis", "trim", key, scope.now, payload)
            return
        if shard.closed_at is not None and shard.closed_at < horizon:
            shards.delete(scope, shard)
            continue
        first = next(iter(chunks.scan(scope, stream.number, shard.index, limit=1)), None)
        ages = [at for at in (first.arrived_at if first else None, shard.closed_at) if at is not None]
        oldest = min([*ages, *([oldest] if oldest is not None else [])], default=None)
    set_trim(scope, stream, scope.now if oldest is None else oldest)


def set_trim(scope: Scope, stream: Stream, oldest: int) -> None:
    """Have records deleted in time, of which the oldest is of the instant ``oldest``."""
    due_at = max(oldest + stream.retention_hours * HOUR + 1, scope.now + TRIM_PAUSE_FOR)
    set_timer(scope, "kinesis", "trim", str(stream.number), due_at, {"name": stream.id})


@kinesis.timer("clear")
def clear(scope: Scope, key: str, payload: dict[str, Any]) -> None:
    """Delete the records and shards of a stream that is gone."""
    number = int(key)
    old_chunks = list(chunks.scan(scope, number, limit=BATCH))
    for chunk in old_chunks:
        forget(scope, chunk)
    old_shards = list(shards.scan(scope, number, limit=BATCH))
    for shard in old_shards:
        shards.delete(scope, shard)
    if len(old_chunks) == BATCH or len(old_shards) == BATCH:
        set_timer(scope, "kinesis", "clear", key, scope.now)


@kinesis.timer("grow")
def grow(scope: Scope, key: str, payload: dict[str, Any]) -> None:
    """Double an on-demand stream's shards when the last minute's traffic was beyond half of what they take."""
    stream = _find(scope, key, payload)
    usage = usages.find(scope, int(key))
    if usage is not None:
        usages.drop(scope, int(key))
    if stream is None or usage is None or not stream.is_on_demand or stream.status != "ACTIVE":
        return
    layout = Layout(scope, stream)
    count = len(layout.spans)
    if count * 2 > on_demand_limit(scope.region):
        return
    if is_growing(usage.size, usage.records, (scope.now - usage.since) / 1000, count):
        layout.apply(plan_doubling(layout.spans))
        streams.replace(scope, stream, layout.save())


@kinesis.timer("end-commitment")
def end_commitment(scope: Scope, key: str, payload: dict[str, Any]) -> None:
    """End a billing commitment that was to end as early as it may."""
    commitment = commitments.find(scope, key)
    if commitment is not None and commitment.status == "ENABLED_UNTIL_EARLIEST_ALLOWED_END":
        commitments.insert(scope, replace(commitment, status="DISABLED", ended_at=scope.now))


def _find(scope: Scope, key: str, payload: dict[str, Any]) -> Stream | None:
    """Return the stream a timer is for, unless that one is gone."""
    stream = streams.find(scope, payload["name"])
    return stream if stream is not None and stream.number == int(key) else None
