"""What delivery streams count for CloudWatch.

Developer guide, "Monitor Amazon Data Firehose using CloudWatch metrics".
"""

from __future__ import annotations

from skyglobe.kernel.metrics import count_all
from skyglobe.kernel.scope import Scope
from skyglobe.services.firehose.records import DeliveryStream

NAMESPACE = "AWS/Firehose"


def count_incoming(scope: Scope, stream: DeliveryStream, data: list[bytes]) -> None:
    """Count records that were taken in."""
    values = [("IncomingBytes", float(sum(map(len, data)))), ("IncomingRecords", float(len(data)))]
    if not stream.is_sourced:
        values.append(("IncomingPutRequests", 1.0))
    count_all(scope, NAMESPACE, (("DeliveryStreamName", stream.id),), values)


def count_delivery(scope: Scope, stream: DeliveryStream, sizes: list[int], oldest_at: int, *, is_success: bool) -> None:
    """Count one attempt at a delivery: of records of these sizes, the oldest of which came in at ``oldest_at``."""
    to = "DeliveryToHttpEndpoint" if stream.kind == "HttpEndpoint" else "DeliveryToS3"
    values = [(f"{to}.Success", float(is_success)), (f"{to}.DataFreshness", (scope.now - oldest_at) / 1000)]
    if is_success:
        values += [(f"{to}.Bytes", float(sum(sizes))), (f"{to}.Records", float(len(sizes)))]
    count_all(scope, NAMESPACE, (("DeliveryStreamName", stream.id),), values)
