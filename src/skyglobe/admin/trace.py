"""The last requests, and those to come."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from skyglobe.admin.interface import Admin
from skyglobe.admin.routes import route
from skyglobe.gateway.traced import Traced
from skyglobe.gateway.tracing import KEPT
from skyglobe.kernel.wire import Response


class Watch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which requests to show."""

    follow: bool = False
    """Stream requests as lines of JSON while they are answered, after the last ``limit``."""
    limit: Annotated[int, Meta(ge=0, le=KEPT)] = 100


class TracedRequest(msgspec.Struct, frozen=True):
    """One answered request."""

    at: datetime
    """Cloud time."""
    caller: str
    """ARN, or the service that called in process."""
    service: str
    operation: str
    region: str
    status: int
    error: str
    """Error code; empty when it went well."""
    took_ms: float
    request_id: str


class Trace(msgspec.Struct, frozen=True):
    """The last requests, oldest first."""

    requests: list[TracedRequest]


@route("GET", "/_skyglobe/trace")
async def get_trace(admin: Admin, given: Watch) -> Trace:
    """Show the last requests; with ``follow``, a stream of those to come, one JSON document a line."""
    traces = admin.gateway.traces
    recent = [told(traced) for traced in list(traces.recent)[-given.limit :]] if given.limit else []
    if not given.follow:
        return Trace(recent)
    headers = {"Content-Type": "application/x-ndjson"}
    return Response(200, headers, _lines(recent, traces.watch()))  # type: ignore[return-value]


async def _lines(recent: list[TracedRequest], coming: AsyncIterator[Traced]) -> AsyncIterator[bytes]:
    # An empty line tells the client that it listens from now on.
    yield b"".join(map(_line, recent)) + b"\n"
    async for traced in coming:
        yield _line(told(traced))


def _line(traced: TracedRequest) -> bytes:
    return msgspec.json.encode(traced) + b"\n"


def told(traced: Traced) -> TracedRequest:
    """Return an answered request as the interface shows it."""
    return TracedRequest(
        at=datetime.fromtimestamp(traced.at / 1000, UTC),
        caller=traced.caller,
        service=traced.service,
        operation=traced.operation,
        region=traced.region,
        status=traced.status,
        error=traced.error,
        took_ms=round(traced.took_ms, 3),
        request_id=traced.request_id,
    )
