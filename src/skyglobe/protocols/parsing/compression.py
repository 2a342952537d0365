"""Request bodies that clients compressed (``Content-Encoding: gzip``), for operations that allow it."""

from __future__ import annotations

import zlib

from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.wire import Request
from skyglobe.models import OperationModel

MAX_DECOMPRESSED_BYTES = 16 * 1024 * 1024
"""CloudWatch, the one service with compressed requests, takes 1 MB; this only stops decompression bombs."""

GZIP = 16 + zlib.MAX_WBITS  # zlib's way to say: a gzip header, the largest window


def takes_compression(operation: OperationModel) -> bool:
    return "gzip" in operation.raw.get("requestcompression", {}).get("encodings", ())


def decompressed(request: Request) -> Request:
    """Return the request with its body decompressed; the request itself when it is not compressed.

    Raises ServiceError: 400 when the body is not gzip, 413 when it would be larger than ``MAX_DECOMPRESSED_BYTES``.
    """
    codings = [coding.strip().lower() for coding in request.headers.get("content-encoding", "").split(",")]
    if "gzip" not in codings:
        return request
    expander = zlib.decompressobj(GZIP)
    try:
        body = expander.decompress(request.body, MAX_DECOMPRESSED_BYTES)
    except zlib.error:
        raise ServiceError("The request body is not valid gzip.", code="SerializationException") from None
    if expander.unconsumed_tail:
        raise ServiceError("The request body is too large.", code="RequestEntityTooLarge", status=413)
    if not expander.eof:
        raise ServiceError("The request body is not valid gzip.", code="SerializationException")
    return Request(
        request.method, request.path, request.query, request.headers, body, None, request.client, request.secure
    )
