"""The invocation that is going on in an environment, and what comes of it piece by piece."""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import AsyncIterator, Callable
from typing import Any

import msgspec

from skyglobe.engines.http import BodyStream
from skyglobe.services.lambda_.running import failures
from skyglobe.services.lambda_.running.interface import Invocation, Outcome

MAX_STREAMED_BYTES = 200 << 20
"""Of a streamed response; "Lambda quotas", streamed response payload size."""


class Current:
    """The invocation that is going on."""

    def __init__(self, invocation: Invocation, started: float, deadline: int) -> None:
        self.invocation = invocation
        self.started = started
        self.deadline = deadline
        """Milliseconds since the epoch on the machine's clock, which functions read."""
        self.outcome: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self.finished: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.is_delivered = False
        self.result: Outcome | None = None
        """What to answer, once the runtime has begun to."""
        self.is_over = False
        """Whether the runtime has answered in full; extensions may still be at work."""
        self.status: failures.Status = "success"
        self.error_type = ""
        self.timer: asyncio.TimerHandle | None = None

    def never_began(self, booting: asyncio.Task[None]) -> None:
        """Have whoever waits told when there is no environment, because ``booting`` one was given up."""
        if self.outcome.done():
            return
        if booting.cancelled():
            self.outcome.cancel()
        elif (error := booting.exception()) is not None:
            self.outcome.set_exception(error)

    def as_headers(self, trace: str) -> dict[str, str]:
        """Return what the runtime is told of it beside the event."""
        invocation = self.invocation
        headers = {
            "Lambda-Runtime-Aws-Request-Id": invocation.request_id,
            "Lambda-Runtime-Deadline-Ms": str(self.deadline),
            "Lambda-Runtime-Invoked-Function-Arn": invocation.invoked_arn,
            "Lambda-Runtime-Trace-Id": _one_line(trace),
        }
        if invocation.client_context:
            headers["Lambda-Runtime-Client-Context"] = _one_line(invocation.client_context)
        if invocation.cognito_identity:
            headers["Lambda-Runtime-Cognito-Identity"] = _one_line(invocation.cognito_identity)
        return headers

    def as_event(self, trace: str) -> dict[str, Any]:
        """Return what extensions are told of it."""
        return {
            "eventType": "INVOKE",
            "deadlineMs": self.deadline,
            "requestId": self.invocation.request_id,
            "invokedFunctionArn": self.invocation.invoked_arn,
            "tracing": {"type": "X-Amzn-Trace-Id", "value": trace},
        }


class Pieces:
    """A streamed response on its way to whoever invoked."""

    def __init__(self, stream: BodyStream, finished: asyncio.Future[None]) -> None:
        self.stream = stream
        self.finished = finished
        """Done when the invocation is, however it ended: only then is the stream's end known to be what it seems."""
        self.when_over: Callable[[], None] = lambda: None
        self.is_too_large = False
        """Whether it was cut off because it is longer than one may be."""

    async def read(self) -> AsyncIterator[bytes]:
        sent = 0
        try:
            async for piece in self.stream:
                sent += len(piece)
                if sent > MAX_STREAMED_BYTES:
                    self.is_too_large = True
                    break
                yield piece
        finally:
            self.stream.discard()
            self.when_over()
        await asyncio.shield(self.finished)


def error_type_in(payload: bytes) -> str:
    """Return what an error's payload says it is, where the runtime did not say so in a header, as Python's does not."""
    try:
        found = msgspec.json.decode(payload)
    except msgspec.DecodeError:
        found = None
    kind = found.get("errorType") if isinstance(found, dict) else None
    return kind if isinstance(kind, str) else "Runtime.Unknown"


def error_at_end(stream: BodyStream) -> tuple[str, bytes]:
    """Return what a streaming runtime says in its trailers went wrong."""
    kind = stream.trailers.get("lambda-runtime-function-error-type", "")
    try:
        body = base64.b64decode(stream.trailers.get("lambda-runtime-function-error-body", ""))
    except binascii.Error:
        body = b""
    return kind, body


def _one_line(text: str) -> str:
    return text.replace("\r", " ").replace("\n", " ")
