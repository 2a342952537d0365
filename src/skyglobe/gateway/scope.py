"""What a request says about its signature, read without checking anything."""

from __future__ import annotations

from functools import lru_cache
from typing import Final, NamedTuple
from urllib.parse import unquote

from skyglobe.kernel.wire import Request

SIGV4: Final = "AWS4-HMAC-SHA256"
SIGV4A: Final = "AWS4-ECDSA-P256-SHA256"
SIGV2: Final = "AWS"
TERMINATOR: Final = "aws4_request"

_REMEMBERED: Final = 4096
_LONGEST_REMEMBERED: Final = 1024


class Scope(NamedTuple):
    """The parsed ``Authorization`` header or presigned query. Empty strings stand for what is absent."""

    algorithm: str
    """``AWS4-HMAC-SHA256``, ``AWS4-ECDSA-P256-SHA256``, ``AWS`` (version 2) or whatever the client wrote."""
    access_key_id: str = ""
    date: str = ""
    """``YYYYMMDD``."""
    region: str = ""
    """The region signed for; the one plain region of a SigV4A region set; empty when the signature names none."""
    service: str = ""
    """The signing name; ``s3`` for version 2."""
    signed_headers: str = ""
    """As sent: ``host;x-amz-date``."""
    signature: str = ""
    credential: str = ""
    """As sent: ``AKID/20150830/us-east-1/s3/aws4_request``."""
    parameters: dict[str, str] | None = None
    """The decoded query when the signature stands in it (a presigned URL), else None."""

    @property
    def is_presigned(self) -> bool:
        return self.parameters is not None

    @property
    def credential_scope(self) -> str:
        """``20150830/us-east-1/s3/aws4_request``; SigV4A leaves the region out."""
        return self.credential.partition("/")[2]

    @property
    def is_whole(self) -> bool:
        """Whether every part a SigV4 or SigV4A signature needs is there and the credential is well formed."""
        return bool(self.date and self.service and self.signed_headers and self.signature)


def scope_of(request: Request) -> Scope | None:
    """Parse the request's authorization, or return None when it carries none.

    Never raises: a malformed header gives a scope that is not ``is_whole``; ``authenticate`` says what is wrong.
    """
    authorization = request.headers.get("authorization")
    if authorization is not None:
        head, _, signature = authorization.rpartition("Signature=")
        if len(head) <= _LONGEST_REMEMBERED and head.startswith("AWS4-HMAC-SHA256 ") and "," not in signature:
            algorithm, key, date, region, service, signed, credential = _header_parts(head)
            return Scope(algorithm, key, date, region, service, signed, signature, credential)
        return _unusual_header(authorization, request)
    query = request.query
    if query and ("X-Amz-" in query or "AWSAccessKeyId=" in query):
        return _presigned(request)
    return None


@lru_cache(maxsize=_REMEMBERED)
def _header_parts(head: str) -> tuple[str, str, str, str, str, str, str]:
    """Parse everything of an ``Authorization`` header but the signature, which is all that varies within a day."""
    algorithm, _, rest = head.partition(" ")
    fields = _fields(rest)
    credential = fields.get("Credential", "")
    return (algorithm, *_credential_parts(credential, algorithm), fields.get("SignedHeaders", ""), credential)


def _fields(text: str) -> dict[str, str]:
    pairs = (piece.strip().partition("=") for piece in text.split(","))
    return {name: value for name, _, value in pairs}


def _credential_parts(credential: str, algorithm: str) -> tuple[str, str, str, str]:
    """Split ``AKID/date/region/service/aws4_request``; a malformed one keeps only the key id."""
    parts = credential.split("/")
    if algorithm == SIGV4A and len(parts) == 4:
        parts.insert(2, "")
    if len(parts) != 5 or parts[4] != TERMINATOR or not _is_day(parts[1]) or not (parts[2] or algorithm == SIGV4A):
        return parts[0], "", "", ""
    return parts[0], parts[1], parts[2], parts[3]


def _is_day(text: str) -> bool:
    return len(text) == 8 and text.isascii() and text.isdigit()


def _unusual_header(authorization: str, request: Request) -> Scope:
    algorithm, _, rest = authorization.partition(" ")
    if algorithm == SIGV2:
        key, _, signature = rest.strip().rpartition(":")
        return Scope(SIGV2, key, service="s3", signature=signature)
    if not algorithm.startswith("AWS4-"):
        return Scope(algorithm)
    fields = _fields(rest)
    credential = fields.get("Credential", "")
    key, date, region, service = _credential_parts(credential, algorithm)
    if algorithm == SIGV4A:
        region = _plain_region(request.headers.get("x-amz-region-set", ""))
    signed, signature = fields.get("SignedHeaders", ""), fields.get("Signature", "")
    return Scope(algorithm, key, date, region, service, signed, signature, credential)


def _plain_region(region_set: str) -> str:
    """Return the first region of a SigV4A set (``us-east-1,us-west-*``) that has no wildcard, else ``""``."""
    regions = (region.strip() for region in region_set.split(","))
    return next((region for region in regions if "*" not in region), "")


def _presigned(request: Request) -> Scope | None:
    parameters = decoded_parameters(request.query)
    if "X-Amz-Algorithm" in parameters or "X-Amz-Signature" in parameters or "X-Amz-Credential" in parameters:
        algorithm, credential = parameters.get("X-Amz-Algorithm", ""), parameters.get("X-Amz-Credential", "")
        key, date, region, service = _credential_parts(credential, algorithm)
        if algorithm == SIGV4A:
            region = _plain_region(parameters.get("X-Amz-Region-Set", ""))
        signed, signature = parameters.get("X-Amz-SignedHeaders", ""), parameters.get("X-Amz-Signature", "")
        return Scope(algorithm, key, date, region, service, signed, signature, credential, parameters)
    if "AWSAccessKeyId" in parameters and "Signature" in parameters:
        signature = parameters["Signature"]
        return Scope(SIGV2, parameters["AWSAccessKeyId"], service="s3", signature=signature, parameters=parameters)
    return None


def decoded_parameters(query: str) -> dict[str, str]:
    """Return the query's parameters percent-decoded to latin-1 text, so that encoding restores the client's bytes.

    Of repeated ones the first counts. ``+`` stays a plus sign.
    """
    parameters: dict[str, str] = {}
    for piece in query.split("&"):
        name, _, value = piece.partition("=")
        parameters.setdefault(unquote(name, "latin-1"), unquote(value, "latin-1"))
    return parameters
