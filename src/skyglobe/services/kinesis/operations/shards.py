"""Listing shards, and changing how a stream is cut into them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.kernel.pagination import InvalidToken, seal, unseal
from skyglobe.kernel.scope import Scope
from skyglobe.services.kinesis import kinesis
from skyglobe.services.kinesis.changing import begin_resharding
from skyglobe.services.kinesis.finding import check_created, get_active, get_stream
from skyglobe.services.kinesis.layout import Layout
from skyglobe.services.kinesis.quota import check_shard_room
from skyglobe.services.kinesis.reading import get_shard, is_expired, shown_shard
from skyglobe.services.kinesis.records import Shard, Stream, shards
from skyglobe.services.kinesis.refusals import invalid, on_demand_only_provisioned, over_limit
from skyglobe.services.kinesis.rules.names import shard_after
from skyglobe.services.kinesis.rules.resharding import Merge, Split, check_target, plan_uniform

MAX_LISTED = 1_000  # of one answer; API reference of ListShards
TOKEN_LASTS_FOR = 300_000  # milliseconds; the same
SCALINGS_A_DAY = 10  # API reference of UpdateShardCount
DAY = 86_400_000


@kinesis.operation(unused=("StreamId",))
def list_shards(
    call: Call,
    stream_name: str | None = None,
    next_token: str | None = None,
    exclusive_start_shard_id: str | None = None,
    max_results: int = MAX_LISTED,
    stream_creation_timestamp: datetime | None = None,
    shard_filter: dict[str, Any] | None = None,
    stream_arn: str | None = None,
) -> dict[str, Any]:
    """List a stream's shards that a filter lets through, page by page."""
    if next_token is not None:
        if stream_name is not None or stream_creation_timestamp is not None or exclusive_start_shard_id is not None:
            raise invalid("NextToken and StreamName cannot be provided together.")
        stream_name, start, shard_filter = _open_token(call, next_token, stream_arn)
    else:
        start = shard_after(exclusive_start_shard_id) if exclusive_start_shard_id is not None else 0
    scope, stream = get_stream(call, stream_name, stream_arn)
    check_created(stream, stream_creation_timestamp)
    passes, first = _filter(scope, stream, shard_filter)
    limit = min(max_results, MAX_LISTED)
    listed: list[Shard] = []
    for shard in shards.scan(scope, stream.number, start=(max(start, first),)):
        if passes(shard) and not is_expired(scope, stream, shard):
            listed.append(shard)
        if len(listed) > limit:
            break
    answer: dict[str, Any] = {"Shards": [shown_shard(shard) for shard in listed[:limit]]}
    if len(listed) > limit:
        answer["NextToken"] = _token(call, stream, listed[limit].index, shard_filter or {}, stream_arn)
    return answer


def _token(call: Call, stream: Stream, start: int, given: dict[str, Any], arn: str | None) -> str:
    kept = [str(_millis(value) / 1000 if name == "Timestamp" else value) for name, value in given.items()]
    names = list(given)
    return seal(call, f"shards:{arn or ''}", (stream.id, start, call.now, len(names), *names, *kept))


def _open_token(call: Call, token: str, arn: str | None) -> tuple[str, int, dict[str, Any] | None]:
    try:
        name, start, issued_at, count, *kept = unseal(call, f"shards:{arn or ''}", token)
    except InvalidToken as error:
        raise invalid("The NextToken is invalid.") from error
    if call.now - int(issued_at) > TOKEN_LASTS_FOR:  # type: ignore[arg-type]
        raise kinesis.errors.ExpiredNextTokenException("The NextToken has expired.")
    given: dict[str, Any] = dict(zip(kept[: int(count)], kept[int(count) :], strict=True))  # type: ignore[arg-type]
    if "Timestamp" in given:
        given["Timestamp"] = datetime.fromtimestamp(float(given["Timestamp"]), UTC)
    return str(name), int(start), given or None  # type: ignore[arg-type]


def _millis(instant: datetime) -> int:
    return round(instant.timestamp() * 1000)


def _filter(scope: Scope, stream: Stream, given: dict[str, Any] | None) -> tuple[Callable[[Shard], bool], int]:
    """Return what a shard must fulfil, and the number listing begins with; API reference, ShardFilter."""
    if given is None:
        return lambda shard: True, 0
    kind = given["Type"]
    if ("ShardId" in given) != (kind == "AFTER_SHARD_ID"):
        raise invalid("ShardId must be given with the shard filter type AFTER_SHARD_ID, and with no other.")
    if ("Timestamp" in given) != (kind in ("AT_TIMESTAMP", "FROM_TIMESTAMP")):
        raise invalid("Timestamp must be given with the types AT_TIMESTAMP and FROM_TIMESTAMP, and with no other.")
    if kind == "AFTER_SHARD_ID":
        return lambda shard: True, shard_after(given["ShardId"])
    if kind == "AT_LATEST":
        return lambda shard: shard.closed is None, 0
    horizon = max(stream.horizon_at(scope.now), stream.created_at)
    if kind == "AT_TRIM_HORIZON":
        # A stream is opened a moment after it is created, at AWS's pace a longer one, and its first shards in turn.
        own = [shard.opened_at for shard in shards.scan(scope, stream.number) if shard.parent is None]
        return _open_at(max([horizon, *own])), 0
    if kind == "FROM_TRIM_HORIZON":
        return lambda shard: True, 0
    at = _millis(given["Timestamp"])
    if kind == "AT_TIMESTAMP":
        return _open_at(at), 0
    return lambda shard: shard.closed_at is None or shard.closed_at >= max(at, horizon), 0


def _open_at(at: int) -> Callable[[Shard], bool]:
    return lambda shard: shard.opened_at <= at and (shard.closed_at is None or shard.closed_at >= at)


def _get_provisioned(call: Call, name: str | None, arn: str | None, operation: str) -> tuple[Scope, Stream]:
    scope, stream = get_active(call, name, arn)
    if stream.is_on_demand:
        raise on_demand_only_provisioned(operation, stream)
    return scope, stream


def _get_open(scope: Scope, stream: Stream, name: str) -> Shard:
    shard = get_shard(scope, stream, name)
    if shard.closed is not None:
        raise invalid(
            f"Shard {name} in stream {stream.id} under account {stream.owner} is closed; only open shards can be "
            "split or merged."
        )
    return shard


@kinesis.operation(unused=("StreamId",))
def split_shard(
    call: Call,
    shard_to_split: str,
    new_starting_hash_key: str,
    stream_name: str | None = None,
    stream_arn: str | None = None,
) -> None:
    """Cut an open shard in two."""
    scope, stream = _get_provisioned(call, stream_name, stream_arn, "SplitShard")
    shard = _get_open(scope, stream, shard_to_split)
    at, start, end = int(new_starting_hash_key), int.from_bytes(shard.start), int.from_bytes(shard.end)
    if not start < at <= end:
        raise invalid(
            f"NewStartingHashKey {new_starting_hash_key} used in SplitShard() on shard {shard_to_split} in stream "
            f"{stream.id} under account {stream.owner} is not both greater than the shard's StartingHashKey {start} "
            f"and less than or equal to the shard's EndingHashKey {end}."
        )
    check_shard_room(scope, 1)
    begin_resharding(scope, stream, [Split(at)])


@kinesis.operation(unused=("StreamId",))
def merge_shards(
    call: Call,
    shard_to_merge: str,
    adjacent_shard_to_merge: str,
    stream_name: str | None = None,
    stream_arn: str | None = None,
) -> None:
    """Make one of two open shards that lie side by side."""
    scope, stream = _get_provisioned(call, stream_name, stream_arn, "MergeShards")
    lower, upper = sorted(
        (_get_open(scope, stream, name) for name in (shard_to_merge, adjacent_shard_to_merge)),
        key=lambda shard: shard.start,
    )
    if int.from_bytes(lower.end) + 1 != int.from_bytes(upper.start):
        raise invalid(
            f"Shards {shard_to_merge} and {adjacent_shard_to_merge} in stream {stream.id} under account "
            f"{stream.owner} are not an adjacent pair of shards eligible for merging"
        )
    begin_resharding(scope, stream, [Merge(int.from_bytes(upper.start))])


@kinesis.operation(unused=("StreamId",))
def update_shard_count(
    call: Call,
    target_shard_count: int,
    scaling_type: str,
    stream_name: str | None = None,
    stream_arn: str | None = None,
) -> dict[str, Any]:
    """Cut a stream into another number of equal shards. ``ScalingType`` has one value only."""
    assert scaling_type == "UNIFORM_SCALING", "the model knows no other"
    scope, stream = _get_provisioned(call, stream_name, stream_arn, "UpdateShardCount")
    spans = Layout(scope, stream).spans
    if reason := check_target(len(spans), target_shard_count):
        raise invalid(reason)
    recent = tuple(at for at in stream.scalings if call.now - at < DAY)
    if len(recent) >= SCALINGS_A_DAY:
        raise over_limit(
            f"UpdateShardCount can be called at most {SCALINGS_A_DAY} times in 24 hours for stream {stream.id} under "
            f"account {stream.owner}."
        )
    check_shard_room(scope, target_shard_count, besides=stream)
    begin_resharding(scope, stream, plan_uniform(spans, target_shard_count), scalings=(*recent, call.now))
    return {
        "StreamName": stream.id,
        "StreamARN": stream.arn,
        "CurrentShardCount": len(spans),
        "TargetShardCount": target_shard_count,
    }
