"""Where is told what became of invocations: dead-letter queues, destinations on success and on failure."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import Any, NamedTuple

from skyglobe.kernel.arns import parse_arn
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.kernel import Kernel
from skyglobe.kernel.outbox import Delivery, post
from skyglobe.kernel.scope import Scope
from skyglobe.services.lambda_ import lambda_
from skyglobe.services.lambda_.finding import Found, find_version, latest_of
from skyglobe.services.lambda_.records import EventInvokeConfig, QueuedEvent, Version
from skyglobe.services.lambda_.roles import call_as_role
from skyglobe.services.lambda_.rules.destinations import (
    DEAD_CODES,
    dead_letter_attributes,
    object_key,
    result_record,
)
from skyglobe.services.lambda_.rules.names import LATEST

_log = logging.getLogger(__name__)


class Result(NamedTuple):
    """What a function answered last."""

    payload: bytes
    error: str
    """``Unhandled``, ``Handled``; empty for success."""
    executed: str
    version: Version


def report(
    scope: Scope,
    found: Found,
    config: EventInvokeConfig | None,
    event: QueuedEvent,
    condition: str,
    result: Result | None,
) -> None:
    """Have an event's end told: in this transaction it goes into the outbox."""
    version = result.version if result is not None else (find_version(found) or latest_of(found))
    is_success = condition == "Success"
    if config is not None:
        arn = config.on_success if is_success else config.on_failure
        if arn:
            function_arn = f"{found.function.arn}:{event.qualifier or LATEST}"
            record = result_record(event, function_arn, condition, result, scope.now)
            _post(scope, version, arn, json.dumps(record), is_success=is_success)
    if not is_success and version.dead_letters_to:
        code = DEAD_CODES.get(condition, 200)
        attributes = dead_letter_attributes(event.id, code, result.payload if result is not None else b"", condition)
        text = event.payload.decode("utf-8", "replace") or "{}"
        _post(scope, version, version.dead_letters_to, text, attributes=attributes)


def _post(scope: Scope, version: Version, arn: str, text: str, **further: Any) -> None:
    payload = {
        "function": version.function,
        "role": version.role,
        "arn": arn,
        "text": text,
        "id": scope.kernel.ids.uuid(),
        **further,
    }
    post(scope, "lambda", "tell", payload)


def tell_later(scope: Scope, version: Version, arn: str, record: dict[str, Any], key: str = "") -> None:
    """Have a record of batches that failed sent to an event source mapping's destination."""
    _post(scope, version, arn, json.dumps(record), is_success=False, key=key)


def dead_letter(scope: Scope, version: Version, payload: bytes) -> None:
    """Have what was stopped in a loop put into a function's dead-letter queue; without one it is lost, as on AWS."""
    if version.dead_letters_to:
        attributes = dead_letter_attributes(scope.kernel.ids.uuid(), 400, b"", "RecursiveInvocation")
        text = payload.decode("utf-8", "replace")
        _post(scope, version, version.dead_letters_to, text, attributes=attributes)


@lambda_.consumer("tell")
async def tell(delivery: Delivery, payload: dict[str, Any]) -> None:
    """Send one record to one destination, as the function's role. What is refused is lost, as on AWS."""
    try:
        await _send(delivery.kernel, delivery.account, payload, delivery.posted_at)
    except ServiceError as error:
        if error.status >= 500 and error.code != "NotImplemented":
            raise
        _log.warning("%s could not tell %s: %s", payload["function"], payload["arn"], error.message)


async def _send(kernel: Kernel, account: str, payload: dict[str, Any], at: int) -> None:
    arn, text = payload["arn"], payload["text"]
    place = parse_arn(arn)
    region = place.region or kernel.config.region

    async def call(service: str, operation: str, params: dict[str, Any]) -> Any:
        return await call_as_role(
            kernel, account, region, payload["role"], payload["function"], service, operation, params
        )

    attributes = {name: {"DataType": kind, "StringValue": value} for name, kind, value in payload.get("attributes", ())}
    if place.service == "sqs":
        url = f"{kernel.config.endpoint}/{place.account}/{place.resource}"
        message: dict[str, Any] = {"QueueUrl": url, "MessageBody": text}
        await call("sqs", "SendMessage", {**message, "MessageAttributes": attributes} if attributes else message)
    elif place.service == "sns":
        message = {"TopicArn": arn, "Message": text}
        await call("sns", "Publish", {**message, "MessageAttributes": attributes} if attributes else message)
    elif place.service == "lambda":
        invocation = {"FunctionName": arn, "InvocationType": "Event", "Payload": text.encode()}
        await call("lambda", "Invoke", invocation)
    elif place.service == "s3":
        key = payload.get("key") or object_key(payload["function"], payload["id"], at)
        await call("s3", "PutObject", {"Bucket": place.resource, "Key": key, "Body": text.encode()})
    else:
        await _put_event(call, payload, arn, at)


async def _put_event(call: Any, payload: dict[str, Any], arn: str, at: int) -> None:
    record = json.loads(payload["text"])
    outcome = "Success" if payload.get("is_success") else "Failure"
    entry = {
        "Source": "lambda",
        "DetailType": f"Lambda Function Invocation Result - {outcome}",
        "Detail": payload["text"],
        "Resources": [record["requestContext"]["functionArn"], arn],
        "Time": datetime.fromtimestamp(at / 1000, UTC),
        "EventBusName": arn,
    }
    answer = await call("events", "PutEvents", {"Entries": [entry]})
    if answer.get("FailedEntryCount"):
        raise RuntimeError(f"the event bus refused a record: {answer['Entries'][0]}")
