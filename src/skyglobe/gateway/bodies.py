"""Opening a request's body: chunk framing taken off, hashes and chunk signatures checked as the bytes pass."""

from __future__ import annotations

from hashlib import sha256

from skyglobe.gateway.aws_chunked import ChunkDecoder, ChunkedBody
from skyglobe.gateway.payload import Payload, check_hash
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.wire import BodyStream, CheckedStream, Request


def open_body(request: Request, payload: Payload) -> dict[str, str]:
    """Replace the request's body or stream by what it says, and return its trailing headers.

    The headers ``content-length`` and ``content-encoding`` are brought in line with the decoded body. A stream's
    trailers fill the returned dict only when the stream has been read to its end; a stream that ends well has matched
    its declared hash or its chunk signatures. Raises S3's errors for whole bodies at once, for streams while reading.
    """
    if not payload.is_chunked:
        if request.stream is not None and payload.sha256:
            request.stream = _hashed(request.stream, payload.sha256)
        return {}
    length = _decoded_length(request)
    decoder = ChunkDecoder(payload, length, _declared_trailers(request))
    if request.stream is not None:
        request.stream = ChunkedBody(request.stream, decoder, length)
    else:
        pieces = decoder.feed(request.body)
        decoder.finish()
        request.body = pieces[0] if len(pieces) == 1 else b"".join(pieces)
    _describe_decoded(request, length)
    return decoder.trailers


def _decoded_length(request: Request) -> int:
    text = request.headers.get("x-amz-decoded-content-length", "")
    if not (text.isascii() and text.isdigit() and len(text) <= 15):
        raise ServiceError("You must provide the Content-Length HTTP header.", code="MissingContentLength", status=411)
    return int(text)


def _declared_trailers(request: Request) -> frozenset[str]:
    names = request.headers.get("x-amz-trailer", "")
    return frozenset(name.strip().lower() for name in names.split(",") if name.strip())


def _describe_decoded(request: Request, length: int) -> None:
    headers = request.headers
    headers["content-length"] = str(length)
    codings = [coding.strip() for coding in headers.get("content-encoding", "").split(",")]
    left = ",".join(coding for coding in codings if coding and coding != "aws-chunked")
    if left:
        headers["content-encoding"] = left
    else:
        headers.pop("content-encoding", None)


def _hashed(source: BodyStream, declared: str) -> CheckedStream:
    """Return a body held to its declared SHA-256. Raises XAmzContentSHA256Mismatch at the end."""
    digest = sha256()
    return CheckedStream(source, digest.update, lambda: check_hash(declared, digest.hexdigest()))
