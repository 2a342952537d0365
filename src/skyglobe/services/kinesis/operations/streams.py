"""Creating, describing, listing and deleting streams."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.kernel.pagination import InvalidToken, seal, unseal
from skyglobe.services.kinesis import kinesis
from skyglobe.services.kinesis.changing import begin_creating, begin_deleting
from skyglobe.services.kinesis.engine import set_trim
from skyglobe.services.kinesis.finding import get_active, get_stream, stream_arn
from skyglobe.services.kinesis.layout import open_count
from skyglobe.services.kinesis.quota import check_on_demand_room, check_shard_room
from skyglobe.services.kinesis.reading import is_expired, shown_shard
from skyglobe.services.kinesis.records import (
    DEFAULT_MAX_RECORD_KIB,
    Stream,
    consumers,
    shards,
    streams,
)
from skyglobe.services.kinesis.refusals import in_use, invalid, over_limit
from skyglobe.services.kinesis.rules.capacity import ON_DEMAND_SHARDS
from skyglobe.services.kinesis.rules.names import shard_after
from skyglobe.services.kinesis.tagging import check_stream_tags
from skyglobe.services.kinesis.warming import check_warm, is_committed

MAX_CREATING = 5  # at the same time; API reference of CreateStream
DEFAULT_LISTED = 100  # streams and shards of one answer; API references of ListStreams and DescribeStream


@kinesis.operation
def create_stream(
    call: Call,
    stream_name: str,
    shard_count: int | None = None,
    stream_mode_details: dict[str, str] | None = None,
    tags: dict[str, str] | None = None,
    warm_throughput_mi_bps: int | None = None,
    max_record_size_in_ki_b: int | None = None,
) -> None:
    """Create a stream of so many shards, or one that sees to them itself."""
    mode = (stream_mode_details or {}).get("StreamMode", "PROVISIONED")
    if streams.find(call, stream_name) is not None:
        raise in_use(f"Stream {stream_name} under account {call.account} already exists.")
    check_stream_tags(stream_name, call.account, tags or {})
    _check_creating(call)
    count = _first_count(call, mode, shard_count, warm_throughput_mi_bps)
    stream = Stream(
        arn=stream_arn(call, stream_name),
        id=stream_name,
        owner=call.account,
        created_at=call.now,
        tags=tags or {},
        number=call.kernel.next_order(),
        status="CREATING",
        mode=mode,
        max_record_kib=max_record_size_in_ki_b or DEFAULT_MAX_RECORD_KIB,
        warm_mib=warm_throughput_mi_bps or 0,
    )
    begin_creating(call, stream, count)
    set_trim(call, stream, call.now)


def _first_count(call: Call, mode: str, count: int | None, warm_mib: int | None) -> int:
    """Return how many shards a new stream has. Raises ValidationException and LimitExceededException."""
    if mode == "PROVISIONED":
        if warm_mib is not None:
            raise kinesis.errors.ValidationException("WarmThroughputMiBps is not supported in provisioned mode.")
        count = 1 if count is None else count
        check_shard_room(call, count)
        return count
    if count is not None:
        raise kinesis.errors.ValidationException("ShardCount must not be specified in on-demand capacity mode.")
    check_on_demand_room(call)
    if warm_mib is not None:
        check_warm(call, warm_mib)
    return max(ON_DEMAND_SHARDS, warm_mib or 0)


def _check_creating(call: Call) -> None:
    if call.kernel.config.pace == "instant":
        return
    creating = sum(1 for stream in streams.scan(call) if stream.status == "CREATING")
    if creating >= MAX_CREATING:
        raise over_limit(
            f"Limit for streams being created concurrently exceeded: {MAX_CREATING} for account {call.account}."
        )


@kinesis.operation(unused=("StreamId",))
def delete_stream(
    call: Call,
    stream_name: str | None = None,
    enforce_consumer_deletion: bool = False,
    stream_arn: str | None = None,
) -> None:
    """Delete a stream with its records; one that has registered consumers only when told to."""
    scope, stream = get_active(call, stream_name, stream_arn)
    registered = len(list(consumers.scan(scope, stream.number, limit=1)))
    if registered and not enforce_consumer_deletion:
        raise in_use(
            f"Stream {stream.id} under account {stream.owner} has registered consumers. "
            "Deregister them, or set EnforceConsumerDeletion."
        )
    begin_deleting(scope, stream)


@kinesis.operation(unused=("StreamId",))
def describe_stream(
    call: Call,
    stream_name: str | None = None,
    limit: int = DEFAULT_LISTED,
    exclusive_start_shard_id: str | None = None,
    stream_arn: str | None = None,
) -> dict[str, Any]:
    """Return a stream's settings and its shards, page by page."""
    scope, stream = get_stream(call, stream_name, stream_arn)
    start = shard_after(exclusive_start_shard_id) if exclusive_start_shard_id is not None else 0
    found = shards.scan(scope, stream.number, start=(start,))
    listed = []
    for shard in found:
        if not is_expired(scope, stream, shard):
            listed.append(shard)
        if len(listed) > limit:
            break
    shown = _shown(stream)
    shown["Shards"] = [shown_shard(shard) for shard in listed[:limit]]
    shown["HasMoreShards"] = len(listed) > limit
    return {"StreamDescription": shown}


@kinesis.operation(unused=("StreamId",))
def describe_stream_summary(
    call: Call, stream_name: str | None = None, stream_arn: str | None = None
) -> dict[str, Any]:
    """Return a stream's settings and counts."""
    scope, stream = get_stream(call, stream_name, stream_arn)
    shown = _shown(stream)
    shown["OpenShardCount"] = open_count(scope, stream)
    shown["ConsumerCount"] = sum(1 for _ in consumers.scan(scope, stream.number))
    shown["MaxRecordSizeInKiB"] = stream.max_record_kib
    if stream.is_on_demand and is_committed(scope):
        shown["WarmThroughput"] = {"TargetMiBps": stream.warm_mib, "CurrentMiBps": stream.warm_mib}
    return {"StreamDescriptionSummary": shown}


def _shown(stream: Stream) -> dict[str, Any]:
    shown = {
        "StreamName": stream.id,
        "StreamARN": stream.arn,
        "StreamStatus": stream.status,
        "StreamModeDetails": {"StreamMode": stream.mode},
        "RetentionPeriodHours": stream.retention_hours,
        "StreamCreationTimestamp": stream.created_at // 1000,
        "EnhancedMonitoring": [{"ShardLevelMetrics": list(stream.metrics)}],
        "EncryptionType": stream.encryption,
    }
    if stream.key_id:
        shown["KeyId"] = stream.key_id
    return shown


@kinesis.operation
def list_streams(
    call: Call,
    limit: int = DEFAULT_LISTED,
    exclusive_start_stream_name: str | None = None,
    next_token: str | None = None,
) -> dict[str, Any]:
    """List the account's streams by name, page by page."""
    past = exclusive_start_stream_name
    if next_token is not None:
        try:
            (past,) = unseal(call, "streams", next_token)  # type: ignore[assignment]
        except InvalidToken as error:
            raise invalid("The NextToken is invalid.") from error
    listed = list(streams.scan(call, past=(past,) if past is not None else None, limit=limit + 1))
    page = listed[:limit]
    answer: dict[str, Any] = {
        "StreamNames": [stream.id for stream in page],
        "HasMoreStreams": len(listed) > limit,
        "StreamSummaries": [
            {
                "StreamName": stream.id,
                "StreamARN": stream.arn,
                "StreamStatus": stream.status,
                "StreamModeDetails": {"StreamMode": stream.mode},
                "StreamCreationTimestamp": stream.created_at // 1000,
            }
            for stream in page
        ],
    }
    if len(listed) > limit:
        answer["NextToken"] = seal(call, "streams", (page[-1].id,))
    return answer
