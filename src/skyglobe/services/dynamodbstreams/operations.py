"""ListStreams, DescribeStream, GetShardIterator, GetRecords."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any, NamedTuple

from skyglobe.kernel.call import Call
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.pagination import InvalidToken, seal, unseal
from skyglobe.kernel.scope import Scope
from skyglobe.services.dynamodb.describing import instant, shown_keys
from skyglobe.services.dynamodb.records import ORDER_BITS, Change, StreamRecord, changes, streams
from skyglobe.services.dynamodb.rules.names import parse_table_arn
from skyglobe.services.dynamodb.rules.values import size_of_item
from skyglobe.services.dynamodbstreams import dynamodbstreams
from skyglobe.services.dynamodbstreams.shards import (
    Shard,
    find_shard,
    horizon,
    list_shards,
    parse_sequence_number,
    sequence_number,
    shard_at,
)

MAX_LISTED = 100  # API references of ListStreams and DescribeStream
MAX_RECORDS = 1000  # API reference of GetRecords
MAX_BYTES = 1 << 20  # of one answer; same page
ITERATOR_FOR = 900_000  # milliseconds; same page: iterators expire 15 minutes after they were made


class Found(NamedTuple):
    scope: Scope
    stream: StreamRecord


def invalid(message: str) -> ServiceError:
    return dynamodbstreams.error("ValidationException", message)


def get_stream(call: Call, arn: str) -> Found:
    """Return a stream. Raises ResourceNotFoundException."""
    place = parse_table_arn(arn)
    if place is None or not place[3].startswith("/stream/"):
        raise invalid(f"Invalid StreamArn: {arn}")
    region, account, table, rest = place
    scope = call.within(account, region)
    stream = streams.find(scope, table, rest.removeprefix("/stream/"))
    if stream is None or (stream.until is not None and stream.until < horizon(scope.now)):
        raise dynamodbstreams.errors.ResourceNotFoundException(f"Requested resource not found: Stream: {arn} not found")
    return Found(scope, stream)


@dynamodbstreams.operation
def list_streams(
    call: Call, table_name: str | None = None, limit: int | None = None, exclusive_start_stream_arn: str | None = None
) -> dict[str, Any]:
    """List streams: of one table, or of all."""
    limit = min(limit or MAX_LISTED, MAX_LISTED)
    past = None
    if exclusive_start_stream_arn is not None:
        place = parse_table_arn(exclusive_start_stream_arn)
        if place is None:
            raise invalid(f"Invalid StreamArn: {exclusive_start_stream_arn}")
        past = (place[2], place[3].removeprefix("/stream/"))
    if table_name is not None:
        found = list(streams.scan(call, table_name, past=past[1:] if past else None, limit=limit + 1))
    else:
        found = list(streams.scan(call, past=past, limit=limit + 1))
    answer: dict[str, Any] = {
        "Streams": [
            {"StreamArn": stream.arn, "TableName": stream.table_name, "StreamLabel": stream.label}
            for stream in found[:limit]
        ]
    }
    if len(found) > limit:
        answer["LastEvaluatedStreamArn"] = found[limit - 1].arn
    return answer


@dynamodbstreams.operation
def describe_stream(
    call: Call,
    stream_arn: str,
    limit: int | None = None,
    exclusive_start_shard_id: str | None = None,
    shard_filter: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Describe a stream and its shards."""
    scope, stream = get_stream(call, stream_arn)
    shards = list_shards(stream, scope.now)
    if shard_filter is not None:
        if shard_filter.get("Type") != "CHILD_SHARDS":
            raise invalid("ShardFilter must have the type CHILD_SHARDS")
        parent = find_shard(stream, shard_filter.get("ShardId", ""), scope.now)
        shards = [shard for shard in shards if parent is not None and shard.number == parent.number + 1]
    if exclusive_start_shard_id is not None:
        shards = [shard for shard in shards if shard.id > exclusive_start_shard_id]
    limit = min(limit or MAX_LISTED, MAX_LISTED)
    shown: dict[str, Any] = {
        "StreamArn": stream.arn,
        "StreamLabel": stream.label,
        "StreamStatus": "ENABLED" if stream.until is None else "DISABLED",
        "StreamViewType": stream.view,
        "CreationRequestDateTime": instant(stream.since >> ORDER_BITS),
        "TableName": stream.table_name,
        "KeySchema": shown_keys(stream.keys),
        "Shards": [_shown(stream, shard, scope.now) for shard in shards[:limit]],
    }
    if len(shards) > limit:
        shown["LastEvaluatedShardId"] = shards[limit - 1].id
    return {"StreamDescription": shown}


def _shown(stream: StreamRecord, shard: Shard, now: int) -> dict[str, Any]:
    span = {"StartingSequenceNumber": sequence_number(shard.start)}
    if shard.stop is not None:
        span["EndingSequenceNumber"] = sequence_number(shard.stop - 1)
    shown: dict[str, Any] = {"ShardId": shard.id, "SequenceNumberRange": span}
    if shard.number:
        shown["ParentShardId"] = shard_at(stream, shard.number - 1, now).id
    return shown


@dynamodbstreams.operation
def get_shard_iterator(
    call: Call, stream_arn: str, shard_id: str, shard_iterator_type: str, sequence_number: str | None = None
) -> dict[str, Any]:
    """Return an iterator from which a shard is read; it is good for 15 minutes."""
    scope, stream = get_stream(call, stream_arn)
    shard = find_shard(stream, shard_id, scope.now)
    if shard is None:
        raise dynamodbstreams.errors.ResourceNotFoundException(
            f"Requested resource not found: Shard: {shard_id} in Stream: {stream_arn} not found"
        )
    position = _position(scope, shard, shard_iterator_type, sequence_number)
    return {"ShardIterator": _iterator(call, stream, shard, position)}


def _position(scope: Scope, shard: Shard, kind: str, number: str | None) -> int:
    if kind == "LATEST":
        return scope.kernel.next_order() if shard.stop is None else shard.stop
    if kind == "TRIM_HORIZON":
        return max(shard.start, horizon(scope.now))
    if number is None:
        raise invalid(f"SequenceNumber must be provided for ShardIteratorType {kind}")
    try:
        order = parse_sequence_number(number)
    except ValueError as error:
        raise invalid(f"Invalid SequenceNumber: {number}") from error
    if order < shard.start or (shard.stop is not None and order >= shard.stop):
        raise invalid(f"Invalid SequenceNumber: {number} is not in the shard")
    if order < horizon(scope.now):
        raise dynamodbstreams.errors.TrimmedDataAccessException(
            "The operation attempted to read past the oldest stream record in a shard."
        )
    return order if kind == "AT_SEQUENCE_NUMBER" else order + 1


def _iterator(call: Call, stream: StreamRecord, shard: Shard, position: int) -> str:
    return f"{stream.arn}|1|" + seal(call, "stream", (stream.arn, shard.number, position, call.now))


@dynamodbstreams.operation
def get_records(call: Call, shard_iterator: str, limit: int | None = None) -> dict[str, Any]:
    """Return the next changes of a shard, and the iterator to go on with; none at the end of a closed shard."""
    arn, number, position, made_at = _opened(call, shard_iterator)
    if call.now - made_at > ITERATOR_FOR:
        raise dynamodbstreams.errors.ExpiredIteratorException("Iterator expired")
    if limit is not None and limit > MAX_RECORDS:
        raise invalid(
            f"1 validation error detected: Value '{limit}' at 'limit' failed to satisfy constraint: "
            f"Member must have value less than or equal to {MAX_RECORDS}"
        )
    scope, stream = get_stream(call, arn)
    shard = shard_at(stream, number, scope.now)
    if position < horizon(scope.now - ITERATOR_FOR) and position != shard.start:
        raise dynamodbstreams.errors.TrimmedDataAccessException(
            "The operation attempted to read past the oldest stream record in a shard."
        )
    position = max(position, horizon(scope.now))
    stop = (shard.stop,) if shard.stop is not None else None
    wanted = limit or MAX_RECORDS
    records: list[dict[str, Any]] = []
    size = 0
    is_cut = False
    for change in changes.scan(scope, stream.number, start=(position,), stop=stop, limit=wanted):
        record = _record(scope, stream, change)
        size += record["dynamodb"]["SizeBytes"]
        if size > MAX_BYTES and records:
            is_cut = True
            break
        records.append(record)
        position = change.order + 1
    answer: dict[str, Any] = {"Records": records}
    if is_cut or len(records) == wanted or shard.stop is None:
        answer["NextShardIterator"] = _iterator(call, stream, shard, position)
    return answer


def _opened(call: Call, iterator: str) -> tuple[str, int, int, int]:
    try:
        arn, number, position, made_at = unseal(call, "stream", iterator.rpartition("|")[2])
    except InvalidToken as error:
        raise invalid("Invalid ShardIterator") from error
    return str(arn), int(number or 0), int(position or 0), int(made_at or 0)


def _record(scope: Scope, stream: StreamRecord, change: Change) -> dict[str, Any]:
    old, new = change.old, change.new
    item = new if new is not None else old
    assert item is not None
    keys = {key.name: item[key.name] for key in stream.keys}
    at = datetime.fromtimestamp((change.order >> ORDER_BITS) // 1000, UTC)
    told: dict[str, Any] = {"ApproximateCreationDateTime": at, "Keys": keys}
    size = size_of_item(keys)
    if new is not None and stream.view in ("NEW_IMAGE", "NEW_AND_OLD_IMAGES"):
        told["NewImage"] = new
        size += size_of_item(new)
    if old is not None and stream.view in ("OLD_IMAGE", "NEW_AND_OLD_IMAGES"):
        told["OldImage"] = old
        size += size_of_item(old)
    told |= {
        "SequenceNumber": sequence_number(change.order),
        "SizeBytes": size,
        "StreamViewType": stream.view,
    }
    name = "INSERT" if old is None else "MODIFY" if new is not None else "REMOVE"
    record: dict[str, Any] = {
        "eventID": hashlib.md5(f"{stream.number}:{change.order}".encode()).hexdigest(),
        "eventName": name,
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": scope.region,
        "dynamodb": told,
    }
    if change.is_expiry:
        record["userIdentity"] = {"PrincipalId": "dynamodb.amazonaws.com", "Type": "Service"}
    return record
