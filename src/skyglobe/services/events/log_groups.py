"""Log groups as targets: each rule's target writes to a stream of its own."""

from __future__ import annotations

from hashlib import sha256
from typing import Any
from uuid import UUID

import msgspec

from skyglobe.kernel.callers import ServiceCaller
from skyglobe.kernel.errors import ServiceError
from skyglobe.services.events.delivering import Job


async def write_log(caller: ServiceCaller, job: Job) -> None:
    """Write an event into a log group. Raises CloudWatch Logs' ``ServiceError``.

    The message is what the target is given. A template that makes ``{"timestamp": …, "message": …}`` says both itself;
    user guide, "CloudWatch Logs group targets".
    """
    group = job.place.resource.removeprefix("log-group:").removesuffix(":*")
    stream = str(UUID(bytes=sha256(f"{job.rule.number} {job.target.id}".encode()).digest()[:16]))
    named = {"logGroupName": group, "logStreamName": stream}
    record = _record(job)
    try:
        await caller.call("logs", "PutLogEvents", {**named, "logEvents": [record]})
    except ServiceError as error:
        if error.code != "ResourceNotFoundException":
            raise
        await _make_stream(caller, named)
        await caller.call("logs", "PutLogEvents", {**named, "logEvents": [record]})


async def _make_stream(caller: ServiceCaller, named: dict[str, str]) -> None:
    try:
        await caller.call("logs", "CreateLogStream", named)
    except ServiceError as error:
        if error.code != "ResourceAlreadyExistsException":
            raise


def _record(job: Job) -> dict[str, Any]:
    text, at = job.text, job.sending.began_at
    if job.target.settings.get("InputTransformer"):
        try:
            made = msgspec.json.decode(text)
        except (msgspec.DecodeError, UnicodeEncodeError):
            made = None
        if isinstance(made, dict) and set(made) == {"timestamp", "message"}:
            message = made["message"]
            text = message if isinstance(message, str) else msgspec.json.encode(message).decode()
            at = made["timestamp"] if isinstance(made["timestamp"], int) else at
    return {"timestamp": at, "message": text}
