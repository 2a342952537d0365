"""Batches of streams that fail: when they are tried again, and what is told of those that are given up.

Developer guide, "Retaining discarded batch records".
"""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.kernel import Kernel
from skyglobe.services.lambda_.rules.destinations import timestamp

_FIRST_RETRY_FOR = 1_000  # milliseconds; Lambda promises exponential back-off, without numbers
_MAX_RETRY_FOR = 60_000


def retry_after(failures_before: int) -> int:
    """Return how many milliseconds after a failure a batch is tried again."""
    return min(_FIRST_RETRY_FOR << min(failures_before, 10), _MAX_RETRY_FOR)


def given_up_record(
    source_arn: str,
    shard: str,
    sequences: list[str],
    arrivals: list[float],
    condition: str,
    attempts: int,
    function_arn: str,
    version: str,
    error: str | None,
    kernel: Kernel,
) -> dict[str, Any]:
    """Return what the destination of a mapping is told of a batch: where its records lie, not what they are."""
    record: dict[str, Any] = {
        "requestContext": {
            "requestId": kernel.ids.uuid(),
            "functionArn": function_arn,
            "condition": condition,
            "approximateInvokeCount": attempts,
        },
        "version": "1.0",
        "timestamp": timestamp(kernel.clock.now()),
    }
    if error is not None:
        context: dict[str, Any] = {"statusCode": 200, "executedVersion": version}
        record["responseContext"] = {**context, "functionError": error} if error else context
    times = [timestamp(round(at * 1000)) for at in arrivals]
    name = "KinesisBatchInfo" if ":kinesis:" in source_arn else "DDBStreamBatchInfo"
    record[name] = {
        "shardId": shard,
        "startSequenceNumber": sequences[0],
        "endSequenceNumber": sequences[-1],
        "approximateArrivalOfFirstRecord": times[0],
        "approximateArrivalOfLastRecord": times[1],
        "batchSize": len(sequences),
        "streamArn": source_arn,
    }
    return record
