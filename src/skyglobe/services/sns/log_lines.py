"""Writing into CloudWatch Logs, as whoever may: what is not there yet is made on the way."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.callers import ServiceCaller
from skyglobe.kernel.errors import ServiceError


async def write_line(
    caller: ServiceCaller, group: str, stream: str, at: int, line: str, *, makes_group: bool = True
) -> None:
    """Write a line into a stream, which is made if it is not there, as is its group. Raises Logs' ``ServiceError``."""
    named = {"logGroupName": group, "logStreamName": stream}
    put = {**named, "logEvents": [{"timestamp": at, "message": line}]}
    try:
        await caller.call("logs", "PutLogEvents", put)
    except ServiceError as error:
        if error.code != "ResourceNotFoundException":
            raise
        if makes_group:
            await _make(caller, "CreateLogGroup", {"logGroupName": group})
        await _make(caller, "CreateLogStream", named)
        await caller.call("logs", "PutLogEvents", put)


async def _make(caller: ServiceCaller, operation: str, params: dict[str, Any]) -> None:
    try:
        await caller.call("logs", operation, params)
    except ServiceError as error:
        if error.code != "ResourceAlreadyExistsException":
            raise
