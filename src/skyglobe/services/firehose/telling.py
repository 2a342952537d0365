"""Telling users of what could not be delivered, in the log stream that a destination names.

Developer guide, "Monitor Amazon Data Firehose using CloudWatch Logs": the group and the stream must be there, and the
destination's role must be allowed ``logs:PutLogEvents``. Where it cannot be told, delivering goes on.
"""

from __future__ import annotations

import json
import logging
from typing import Any

from skyglobe.kernel.callers import ServiceCaller
from skyglobe.kernel.errors import ServiceError
from skyglobe.services.firehose.records import DeliveryStream
from skyglobe.services.firehose.rules.failures import Failure

MAX_TOLD = 20  # different failures of one attempt

_log = logging.getLogger(__name__)


async def tell(
    caller: ServiceCaller, stream: DeliveryStream, part: dict[str, Any], failures: list[Failure], now: int
) -> None:
    """Write each of different failures into the log of a part of a stream's destination, if it has one."""
    options = part.get("CloudWatchLoggingOptions") or {}
    if not (options.get("Enabled") and options.get("LogGroupName") and options.get("LogStreamName")):
        return
    place = part.get("BucketARN") or part.get("EndpointConfiguration", {}).get("Url", "")
    events = [
        {"timestamp": now, "message": json.dumps(_event(stream, place, failure))}
        for failure in list(dict.fromkeys(failures))[:MAX_TOLD]
    ]
    named = {"logGroupName": options["LogGroupName"], "logStreamName": options["LogStreamName"]}
    try:
        await caller.call("logs", "PutLogEvents", {**named, "logEvents": events})
    except ServiceError as error:
        _log.warning("firehose %s cannot log what it could not deliver: %r", stream.id, error)


def _event(stream: DeliveryStream, place: str, failure: Failure) -> dict[str, Any]:
    return {
        "deliveryStreamARN": stream.arn,
        "destination": place,
        "deliveryStreamVersionId": stream.version,
        "message": failure.message,
        "errorCode": failure.code,
    }
