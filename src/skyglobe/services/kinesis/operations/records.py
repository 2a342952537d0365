"""PutRecord, PutRecords, GetShardIterator, GetRecords."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.kernel.scope import Scope
from skyglobe.services.kinesis import kinesis
from skyglobe.services.kinesis.counting import count_read, count_read_refused
from skyglobe.services.kinesis.finding import get_readable
from skyglobe.services.kinesis.putting import Refused, put, size_of
from skyglobe.services.kinesis.reading import MAX_RECORDS, begin, child_shards, get_shard, read
from skyglobe.services.kinesis.records import Shard, Stream, shards, streams
from skyglobe.services.kinesis.refusals import invalid, no_such_shard, no_such_stream, rate_exceeded
from skyglobe.services.kinesis.rules.capacity import MIB, READ_BYTES, READ_CALLS
from skyglobe.services.kinesis.rules.iterators import LASTS_FOR, Position, open_iterator, seal_iterator
from skyglobe.services.kinesis.rules.names import shard_id
from skyglobe.services.kinesis.rules.sequences import parse_sequence
from skyglobe.services.kinesis.sealing import data_key_for

MAX_PUT_BYTES = 10 * MIB  # of all records of a call, with their keys; API reference of PutRecords


@kinesis.operation(unused=("StreamId",))
def put_record(
    call: Call,
    data: bytes,
    partition_key: str,
    stream_name: str | None = None,
    explicit_hash_key: str | None = None,
    sequence_number_for_ordering: str | None = None,
    stream_arn: str | None = None,
) -> dict[str, Any]:
    """Put one record into the shard its key belongs to."""
    scope, stream = get_readable(call, stream_name, stream_arn)
    if sequence_number_for_ordering is not None:
        _check_ordering(scope, stream, sequence_number_for_ordering)
    entry: dict[str, Any] = {"Data": data, "PartitionKey": partition_key}
    if explicit_hash_key is not None:
        entry["ExplicitHashKey"] = explicit_hash_key
    (result,) = put(scope, stream, [entry], data_key_for(call, scope, stream), "PutRecord")
    if isinstance(result, Refused):
        raise kinesis.errors.ProvisionedThroughputExceededException(result.ErrorMessage)
    return _with_encryption(stream, {"ShardId": result.ShardId, "SequenceNumber": result.SequenceNumber})


def _check_ordering(scope: Scope, stream: Stream, sequence: str) -> None:
    """Every new number is larger than all before it in its shard; what is not one of them cannot be kept to."""
    found = parse_sequence(sequence)
    if found is None or shards.find(scope, stream.number, found.shard) is None or found.order > scope.now + 1 << 20:
        raise invalid(
            f"ExclusiveMinimumSequenceNumber {sequence} used in PutRecord on stream {stream.id} under account "
            f"{stream.owner} is invalid."
        )


@kinesis.operation(unused=("StreamId",))
def put_records(
    call: Call, records: list[dict[str, Any]], stream_name: str | None = None, stream_arn: str | None = None
) -> dict[str, Any]:
    """Put up to 500 records into the shards their keys belong to; each is taken or refused by itself."""
    scope, stream = get_readable(call, stream_name, stream_arn)
    if size_of(records) > MAX_PUT_BYTES:
        raise invalid("Records size exceeds 10 MB limit")
    results = put(scope, stream, records, data_key_for(call, scope, stream))
    failed = sum([1 for result in results if isinstance(result, Refused)]) if call.kernel.quotas.enforced else 0
    return _with_encryption(stream, {"FailedRecordCount": failed, "Records": results})


def _with_encryption(stream: Stream, answer: dict[str, Any]) -> dict[str, Any]:
    if stream.encryption != "NONE":
        answer["EncryptionType"] = stream.encryption
    return answer


@kinesis.operation(unused=("StreamId",))
def get_shard_iterator(
    call: Call,
    shard_id: str,
    shard_iterator_type: str,
    stream_name: str | None = None,
    starting_sequence_number: str | None = None,
    timestamp: datetime | None = None,
    stream_arn: str | None = None,
) -> dict[str, Any]:
    """Return where in a shard to begin reading; good for five minutes."""
    scope, stream = get_readable(call, stream_name, stream_arn)
    shard = get_shard(scope, stream, shard_id)
    quotas, name = call.kernel.quotas, (str(stream.number), str(shard.index))
    if not quotas.take_in_second("kinesis", "iterators", *name, limit=READ_CALLS):
        raise rate_exceeded(stream, shard.index)
    where = begin(scope, stream, shard, shard_iterator_type, starting_sequence_number, timestamp)
    return {"ShardIterator": _iterator(call, stream, shard, where)}


def _iterator(call: Call, stream: Stream, shard: Shard, where: tuple[int, int]) -> str:
    position = Position(stream.owner, stream.id, stream.number, shard.index, *where, call.now)
    return seal_iterator(position, call.kernel.secret)


@kinesis.operation(unused=("StreamId",))
def get_records(
    call: Call, shard_iterator: str, limit: int | None = None, stream_arn: str | None = None
) -> dict[str, Any]:
    """Return the next records of a shard: none when there are none yet."""
    position = open_iterator(shard_iterator, call.kernel.secret)
    if position is None:
        raise invalid("Invalid ShardIterator.")
    scope = call if position.owner == call.account else call.within(position.owner)
    stream = streams.find(scope, position.name)
    if stream is None or stream.number != position.stream:
        raise no_such_stream(scope, position.name)
    if stream_arn is not None and stream_arn != stream.arn:
        raise invalid("The ShardIterator does not belong to the StreamARN.")
    _check_age(call, position)
    shard = shards.find(scope, stream.number, position.shard)
    if shard is None:
        raise no_such_shard(stream, shard_id(position.shard))
    _take_read(call, stream, shard)
    page = read(call, scope, stream, shard, (position.chunk, position.order), MAX_RECORDS if limit is None else limit)
    _spend_read(call, stream, shard, page.size)
    count_read(scope, stream, shard.index, page)
    answer: dict[str, Any] = {"Records": page.records, "MillisBehindLatest": page.behind_for}
    if page.is_end:
        answer["ChildShards"] = child_shards(scope, stream, shard)
    else:
        answer["NextShardIterator"] = _iterator(call, stream, shard, page.next)
    return answer


def _check_age(call: Call, position: Position) -> None:
    if call.now - position.issued_at > LASTS_FOR:
        then, now = (
            datetime.fromtimestamp(at // 1000, UTC).strftime("%a %b %d %H:%M:%S UTC %Y")
            for at in (position.issued_at, call.now)
        )
        raise kinesis.errors.ExpiredIteratorException(
            f"Iterator expired. The iterator was created at time {then} while right now it is {now} which is further "
            f"in the future than the tolerated delay of {LASTS_FOR} milliseconds."
        )


def _take_read(call: Call, stream: Stream, shard: Shard) -> None:
    quotas, name = call.kernel.quotas, (str(stream.number), str(shard.index))
    if not quotas.take_in_second("kinesis", "reads", *name, limit=READ_CALLS):
        count_read_refused(call.within(stream.owner), stream, shard.index)
        raise rate_exceeded(stream, shard.index)
    if not quotas.take("kinesis", "out", *name, rate=READ_BYTES, amount=0):
        count_read_refused(call.within(stream.owner), stream, shard.index)
        raise rate_exceeded(stream, shard.index)


def _spend_read(call: Call, stream: Stream, shard: Shard, size: int) -> None:
    """Count what a call read. What is more than a second's worth is paid for in whole: 10 MiB take 5 seconds."""
    amount = size + READ_BYTES if size > READ_BYTES else size
    call.kernel.quotas.spend("kinesis", "out", str(stream.number), str(shard.index), rate=READ_BYTES, amount=amount)
