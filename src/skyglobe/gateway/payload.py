"""What a request declares about its body: hashed, unsigned, or cut into signed chunks."""

from __future__ import annotations

import re
from collections.abc import Callable
from hashlib import sha256
from typing import Final

from skyglobe.gateway.scope import Scope
from skyglobe.gateway.sigv4 import EMPTY_SHA256, signed_names
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.wire import Request

UNSIGNED: Final = "UNSIGNED-PAYLOAD"
STREAMING_UNSIGNED_TRAILER: Final = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
_STREAMING_SIGNED: Final = (
    "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
    "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
    "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD",
    "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER",
)
STREAMING: Final = frozenset((STREAMING_UNSIGNED_TRAILER, *_STREAMING_SIGNED))
_UNHASHED: Final = STREAMING | {UNSIGNED}
STREAMING_EVENTS: Final = "STREAMING-AWS4-HMAC-SHA256-EVENTS"

_SHA256: Final = re.compile(r"[0-9a-f]{64}")


class ChunkSigning:
    """What verifies the chunk signatures of one request."""

    __slots__ = ("algorithm", "credential_scope", "instant", "is_valid", "seed_signature")

    def __init__(
        self,
        algorithm: str,
        seed_signature: str,
        instant: str,
        credential_scope: str,
        is_valid: Callable[[bytes, str], bool],
    ) -> None:
        self.algorithm = algorithm
        """``AWS4-HMAC-SHA256`` or ``AWS4-ECDSA-P256-SHA256``."""
        self.seed_signature = seed_signature
        self.instant = instant
        self.credential_scope = credential_scope
        self.is_valid = is_valid
        """Whether the second is the caller's signature over the first."""


class Payload:
    """How the body is protected."""

    __slots__ = ("declared", "is_chunked", "signing")

    def __init__(self, declared: str = "", is_chunked: bool = False, signing: ChunkSigning | None = None) -> None:
        self.declared = declared
        """The ``x-amz-content-sha256`` header as sent."""
        self.is_chunked = is_chunked
        """Whether the body is aws-chunked, that is: framed, perhaps with chunk signatures and trailers."""
        self.signing = signing
        """None when chunks are unsigned, or when nobody's secret is known to check them with."""

    @property
    def sha256(self) -> str:
        """The declared SHA-256 of the body in hexadecimal, else ``""``."""
        return self.declared if is_sha256(self.declared) else ""

    def check(self, body: bytes) -> None:
        """Raise S3's error when ``body`` is not the one whose SHA-256 was declared."""
        if len(self.declared) == 64:
            computed = sha256(body).hexdigest() if body else EMPTY_SHA256
            if computed != self.declared and self.sha256:
                check_hash(self.declared, computed)


def is_sha256(text: str) -> bool:
    """Whether ``text`` is a SHA-256 digest in lower-case hexadecimal."""
    return _SHA256.fullmatch(text) is not None


def declared_payload(request: Request) -> Payload:
    """Return what the headers say of the body, without a way to check chunk signatures.

    Anonymous and version 2 clients send chunks too: they declare a decoded length, but no hash.
    """
    headers = request.headers
    declared = headers.get("x-amz-content-sha256", "")
    if declared and declared != UNSIGNED:
        return Payload(declared, declared in STREAMING)
    chunked = "aws-chunked" in headers.get("content-encoding", "") and "x-amz-decoded-content-length" in headers
    return Payload(declared, chunked)


def s3_payload_hash(request: Request, scope: Scope) -> str:
    """Return the payload line of an S3 request's canonical form. Raises S3's errors for a missing or odd header."""
    declared = request.headers.get("x-amz-content-sha256")
    if scope.parameters is not None:
        if declared is not None and "x-amz-content-sha256" in signed_names(scope.signed_headers)[2]:
            return declared
        return scope.parameters.get("X-Amz-Content-Sha256") or UNSIGNED
    if declared is None:
        text = "Missing required header for this request: x-amz-content-sha256"
        raise ServiceError(text, code="InvalidRequest")
    if declared in _UNHASHED or declared == EMPTY_SHA256 or is_sha256(declared):
        return declared
    allowed = ", ".join((UNSIGNED, STREAMING_UNSIGNED_TRAILER, *_STREAMING_SIGNED))
    fields = {"ArgumentName": "x-amz-content-sha256", "ArgumentValue": declared}
    text = f"x-amz-content-sha256 must be {allowed} or a valid sha256 value."
    raise ServiceError(text, code="InvalidArgument", fields=fields)


def plain_payload_hash(request: Request) -> str:
    """Return the payload line of any other service's request: the hash of the body, unless it is declared unsigned.

    A body that is still arriving is taken at its declared hash, which ``open_body`` then holds it to.
    Raises ValueError when it declares none: see ``needs_whole_body``.
    """
    declared = request.headers.get("x-amz-content-sha256", "")
    if declared in _UNHASHED or declared == STREAMING_EVENTS:
        return declared
    if request.stream is None:
        return sha256(request.body).hexdigest() if request.body else EMPTY_SHA256
    if not is_sha256(declared):
        raise ValueError("the signature covers a body that has not been read")
    return declared


def needs_whole_body(request: Request) -> bool:
    """Whether the body must be read before the signature can be checked: it streams, and its hash is not declared."""
    if request.stream is None:
        return False
    declared = request.headers.get("x-amz-content-sha256", "")
    return not (declared in _UNHASHED or declared == STREAMING_EVENTS or is_sha256(declared))


def check_hash(declared: str, computed: str) -> None:
    """Raise S3's error when a body is not what its ``x-amz-content-sha256`` says."""
    if declared != computed:
        raise ServiceError(
            "The provided 'x-amz-content-sha256' header does not match what was computed.",
            code="XAmzContentSHA256Mismatch",
            fields={"ClientComputedContentSHA256": declared, "S3ComputedContentSHA256": computed},
        )
