"""What destinations and dead-letter queues are told, in Lambda's words.

Developer guide, "Capturing records of Lambda asynchronous invocations".
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, Protocol

MAX_ERROR_CHARACTERS = 1_024  # "ErrorMessage: the first 1 KB of the error message"
DEAD_CODES = {"EventAgeExceeded": 429}
"""``ErrorCode`` of dead letters, where it is not 200: "The HTTP status code"."""


class Event(Protocol):
    """An asynchronous invocation."""

    @property
    def id(self) -> str: ...
    @property
    def payload(self) -> bytes: ...
    @property
    def attempts(self) -> int: ...


class Answer(Protocol):
    """What a function answered."""

    @property
    def payload(self) -> bytes: ...
    @property
    def error(self) -> str: ...
    @property
    def executed(self) -> str: ...


def timestamp(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def result_record(event: Event, function_arn: str, condition: str, result: Answer | None, now: int) -> dict[str, Any]:
    """Return the record of an asynchronous invocation that is over."""
    record: dict[str, Any] = {
        "version": "1.0",
        "timestamp": timestamp(now),
        "requestContext": {
            "requestId": event.id,
            "functionArn": function_arn,
            "condition": condition,
            "approximateInvokeCount": event.attempts + (result is not None),
        },
        "requestPayload": as_json(event.payload),
    }
    if result is not None:
        context: dict[str, Any] = {"statusCode": 200, "executedVersion": result.executed}
        if result.error:
            context["functionError"] = result.error
        record["responseContext"] = context
        record["responsePayload"] = as_json(result.payload)
    return record


def dead_letter_attributes(request_id: str, code: int, payload: bytes, condition: str) -> list[tuple[str, str, str]]:
    """Return the attributes of a dead letter: name, type and value of each."""
    answer = as_json(payload) if payload else None
    text = answer.get("errorMessage") if isinstance(answer, dict) else None
    message = str(text or condition)[:MAX_ERROR_CHARACTERS]
    return [
        ("RequestID", "String", request_id),
        ("ErrorCode", "Number", str(code)),
        ("ErrorMessage", "String", message),
    ]


def object_key(function: str, record_id: str, at: int) -> str:
    """Return the key of a record in S3; developer guide, "Retaining records of asynchronous invocations"."""
    when = datetime.fromtimestamp(at / 1000, UTC)
    return f"aws/lambda/async/{function}/{when:%Y/%m/%d}/{when:%Y-%m-%dT%H.%M.%S}-{record_id}"


def as_json(payload: bytes) -> Any:
    """Return what JSON says; text for what is none."""
    try:
        return json.loads(payload) if payload else None
    except ValueError:
        return payload.decode("utf-8", "replace")
