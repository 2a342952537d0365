"""Signature Version 2 as S3 still takes it in its older regions, in headers and in presigned URLs.

Follows "Signing and authenticating REST requests (AWS signature version 2)" in the S3 user guide.
"""

from __future__ import annotations

import base64
import hmac
from urllib.parse import unquote

from skyglobe.gateway.scope import Scope
from skyglobe.kernel.wire import Request

_SUBRESOURCES = frozenset(
    [
        "accelerate",
        "acl",
        "analytics",
        "cors",
        "defaultObjectAcl",
        "delete",
        "intelligent-tiering",
        "inventory",
        "legal-hold",
        "lifecycle",
        "location",
        "logging",
        "metrics",
        "notification",
        "object-lock",
        "ownershipControls",
        "partNumber",
        "policy",
        "policyStatus",
        "publicAccessBlock",
        "replication",
        "requestPayment",
        "restore",
        "retention",
        "select",
        "select-type",
        "storageClass",
        "tagging",
        "torrent",
        "uploadId",
        "uploads",
        "versionId",
        "versioning",
        "versions",
        "website",
        "response-cache-control",
        "response-content-disposition",
        "response-content-encoding",
        "response-content-language",
        "response-content-type",
        "response-expires",
    ]
)


def matches(request: Request, scope: Scope, secret: str, virtual_bucket: str) -> str | None:
    """Return None when the version 2 signature in ``scope`` is right for ``request``, else what it should sign.

    ``virtual_bucket`` is the bucket that the host names; empty when the path does.
    """
    text = string_to_sign(request, scope, virtual_bucket)
    computed = base64.b64encode(hmac.digest(secret.encode(), text.encode("latin-1"), "sha1"))
    return None if hmac.compare_digest(computed, scope.signature.encode("latin-1", "replace")) else text


def string_to_sign(request: Request, scope: Scope, virtual_bucket: str) -> str:
    """Return the version 2 string to sign of ``request``."""
    said = _signed_fields(request, scope)
    if scope.parameters is not None:
        date = scope.parameters.get("Expires", "")
    else:
        date = "" if "x-amz-date" in request.headers else request.headers.get("date", "")
    lines = [request.method, said.get("content-md5", ""), said.get("content-type", ""), date]
    lines += [f"{name}:{value}" for name, value in sorted(said.items()) if name.startswith("x-amz-")]
    bucket = f"/{virtual_bucket}" if virtual_bucket else ""
    lines.append(f"{bucket}{request.path}{_signed_query(request.query)}")
    return "\n".join(lines)


def _signed_fields(request: Request, scope: Scope) -> dict[str, str]:
    """Return headers by name; presigned URLs may carry ``x-amz-…`` ones as parameters, which count the same."""
    parameters = scope.parameters or {}
    carried = {name.lower(): value for name, value in parameters.items() if name.lower().startswith("x-amz-")}
    return carried | request.headers


def _signed_query(query: str) -> str:
    pairs = (piece.partition("=") for piece in query.split("&"))
    kept = sorted(
        (name, f"{name}{equals}{unquote(value, 'latin-1')}") for name, equals, value in pairs if name in _SUBRESOURCES
    )
    return "?" + "&".join(text for _, text in kept) if kept else ""
