"""Having a function transform records before they are delivered, in the destination's role."""

from __future__ import annotations

import json

from skyglobe.kernel.callers import ServiceCaller
from skyglobe.kernel.errors import ServiceError
from skyglobe.services.firehose.records import DeliveryStream
from skyglobe.services.firehose.rules.processing import Failed, Processors, Record, parameters_of
from skyglobe.services.firehose.rules.transformation import (
    DEFAULT_BUFFER_MB,
    DEFAULT_TRIES,
    chunks_of,
    event_of,
    transformed,
)


async def transform(
    caller: ServiceCaller, stream: DeliveryStream, processors: Processors, records: list[Record], delivery_id: str
) -> tuple[list[Record], list[Failed]]:
    """Return what the stream's function makes of records, and those it failed with. As they are without a function."""
    processor = next((one for one in processors if one["Type"] == "Lambda"), None)
    if processor is None:
        return records, []
    given = parameters_of(processor)
    made: list[Record] = []
    failed: list[Failed] = []
    buffer_mb = float(given.get("BufferSizeInMBs", DEFAULT_BUFFER_MB))
    for number, chunk in enumerate(chunks_of(records, buffer_mb)):
        event = event_of(f"{delivery_id}:{number}", stream.arn, chunk)
        tries = 1 + int(given.get("NumberOfRetries", DEFAULT_TRIES))
        good, bad = await _ask(caller, given["LambdaArn"], json.dumps(event).encode(), chunk, tries)
        made += good
        failed += bad
    return made, failed


async def _ask(
    caller: ServiceCaller, function: str, payload: bytes, records: list[Record], tries: int
) -> tuple[list[Record], list[Failed]]:
    """Invoke the function until it answers, at most ``tries`` times."""
    code, text = "", ""
    for _ in range(tries):
        try:
            answer = await caller.call("lambda", "Invoke", {"FunctionName": function, "Payload": payload})
        except ServiceError as error:
            code = "Lambda.InvokeAccessDenied" if error.status == 403 else "Lambda.InvocationFailed"
            code, text = ("Lambda.ResourceNotFound" if error.status == 404 else code), error.message
            if error.status in (403, 404):
                break
            continue
        if answer.get("FunctionError"):
            code, text = "Lambda.FunctionError", "The Lambda function was invoked but returned an error."
            continue
        return transformed(records, answer["Payload"])
    return [], [Failed(record, code, text) for record in records]
