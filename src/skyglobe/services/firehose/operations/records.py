"""PutRecord and PutRecordBatch."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.services.firehose import firehose
from skyglobe.services.firehose.buffering import take_in
from skyglobe.services.firehose.finding import get_stream
from skyglobe.services.firehose.records import DeliveryStream
from skyglobe.services.firehose.refusals import invalid, no_such_stream, slow_down
from skyglobe.services.firehose.sealing import check_key

MAX_BATCH_BYTES = 4 * 1024 * 1024  # API reference of PutRecordBatch
RECORD_ID_CHARACTERS = 224  # what AWS's are made of
_LARGE_REGIONS = frozenset({"us-east-1", "us-west-2", "eu-west-1"})
MIB = 1024 * 1024


@firehose.operation
def put_record(call: Call, delivery_stream_name: str, record: dict[str, bytes]) -> dict[str, Any]:
    """Take in one record. It is delivered at least once."""
    stream = _get_direct(call, delivery_stream_name)
    check_key(call, stream)
    if not _take_quota(call, stream, len(record["Data"])):
        raise slow_down()
    take_in(call, stream, [record["Data"]])
    return {"RecordId": _record_id(call), "Encrypted": stream.encryption == "ENABLED"}


@firehose.operation
def put_record_batch(call: Call, delivery_stream_name: str, records: list[dict[str, bytes]]) -> dict[str, Any]:
    """Take in up to 500 records; each is taken or refused by itself."""
    stream = _get_direct(call, delivery_stream_name)
    check_key(call, stream)
    data = [record["Data"] for record in records]
    if sum(map(len, data)) > MAX_BATCH_BYTES:
        raise invalid("Records size exceeds 4 MB limit")
    taken: list[bytes] = []
    responses: list[dict[str, str]] = []
    for one in data:
        if _take_quota(call, stream, len(one)):
            taken.append(one)
            responses.append({"RecordId": _record_id(call)})
        else:
            responses.append({"ErrorCode": "ServiceUnavailableException", "ErrorMessage": "Slow down."})
    if taken:
        take_in(call, stream, taken)
    return {
        "FailedPutCount": len(data) - len(taken),
        "Encrypted": stream.encryption == "ENABLED",
        "RequestResponses": responses,
    }


def _get_direct(call: Call, name: str) -> DeliveryStream:
    stream = get_stream(call, name)
    if stream.status == "CREATING":
        raise no_such_stream(call, name)
    if stream.is_sourced:
        raise invalid(f"This operation is not permitted on KinesisStreamAsSource delivery stream type: {name}.")
    return stream


def _take_quota(call: Call, stream: DeliveryStream, size: int) -> bool:
    """Count one record; developer guide, "Amazon Data Firehose quota", for direct PUT."""
    quotas, is_large = call.kernel.quotas, call.region in _LARGE_REGIONS
    name = (stream.arn,)
    if not quotas.take_in_second("firehose", "bytes", *name, limit=5 * MIB if is_large else MIB, amount=size):
        return False
    return quotas.take_in_second("firehose", "records", *name, limit=500_000 if is_large else 100_000)


def _record_id(call: Call) -> str:
    return call.kernel.ids.secret(RECORD_ID_CHARACTERS)
