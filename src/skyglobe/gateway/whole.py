"""Bodies that an operation wants in one piece."""

from __future__ import annotations

from skyglobe.gateway.payload import needs_whole_body
from skyglobe.gateway.plans import Plan
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.wire import Request

MAX_WHOLE_BYTES = 128 * 1024 * 1024
"""Bound of bodies that are not streamed to an operation; above Lambda's 70 MB of base64 for a zipped function."""


def is_whole_body_needed(request: Request, plan: Plan) -> bool:
    """Whether the operation, or the check of its signature, wants the body in one piece."""
    if plan.operation is None or not plan.streams_input:
        return True
    # S3 signs the declared hash, or none at all (presigned URLs): its signatures never wait for the body.
    return not plan.signed.is_s3 and needs_whole_body(request)


async def collect(request: Request) -> bytes:
    """Read a streaming body to its end. Raises RequestEntityTooLarge, ClientGone."""
    stream = request.stream
    assert stream is not None
    pieces: list[bytes] = []
    size = 0
    while piece := await stream.read():
        size += len(piece)
        if size > MAX_WHOLE_BYTES:
            raise ServiceError("Request size is too large.", code="RequestEntityTooLarge", status=413)
        pieces.append(piece)
    return b"".join(pieces)
