"""WriteGetObjectResponse: how a function of Object Lambda answers the request it was called for."""

from __future__ import annotations

import json
from collections.abc import Coroutine
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.services.s3 import s3, writing
from skyglobe.services.s3.rules.parts import MAX_PUT_BYTES
from skyglobe.services.s3.transforming import Awaited, awaited, envelope_of
from skyglobe.services.s3.writing import UNDECLARED, Received

_HEAD = (
    *("AcceptRanges", "CacheControl", "ContentDisposition", "ContentEncoding", "ContentLanguage"),
    *("ContentRange", "ContentType", "ChecksumCRC32", "ChecksumCRC32C", "ChecksumCRC64NVME", "ChecksumMD5"),
    *("ChecksumSHA1", "ChecksumSHA256", "ChecksumSHA512", "ChecksumXXHASH128", "ChecksumXXHASH3"),
    *("ChecksumXXHASH64", "DeleteMarker", "ETag", "Expiration", "Expires", "LastModified", "Metadata"),
    *("MissingMeta", "ObjectLockLegalHoldStatus", "ObjectLockMode", "ObjectLockRetainUntilDate", "PartsCount"),
    *("ReplicationStatus", "RequestCharged", "Restore", "SSECustomerAlgorithm", "SSECustomerKeyMD5"),
    *("SSEKMSKeyId", "ServerSideEncryption", "BucketKeyEnabled", "StorageClass", "TagCount", "VersionId"),
)
"""Members that go on to the caller under the same name."""


@s3.operation
def write_get_object_response(call: Call, request: dict[str, Any]) -> Coroutine[Any, Any, None] | None:
    """Bring the answer to a request; its caller gets it at once. Raises ValidationError for tokens nobody waits for."""
    _waiting(call, request)
    if writing.is_small(call, request):
        _answer(call, request, writing.take(call, request, UNDECLARED, ()))
        return None
    return _take_in(call, request)


async def _take_in(call: Call, request: dict[str, Any]) -> None:
    received = await writing.receive(call, request, UNDECLARED, (), MAX_PUT_BYTES, envelope_of(call))
    try:
        await call.transact(lambda call: _answer(call, request, received))
    except BaseException:
        writing.forget(call, received)
        raise


def _waiting(call: Call, request: dict[str, Any]) -> Awaited:
    found = awaited.find(call, request.get("RequestToken", ""))
    if found is None or found.is_answered or found.route != request.get("RequestRoute"):
        raise s3.error("ValidationError", "Invalid token")
    return found


def _answer(call: Call, request: dict[str, Any], received: Received) -> None:
    found = _waiting(call, request)
    head = {name: request[name] for name in _HEAD if name in request}
    answered = replace(
        found,
        is_answered=True,
        status=request.get("StatusCode", 200),
        code=request.get("ErrorCode", ""),
        message=request.get("ErrorMessage", ""),
        head=json.dumps(head, default=_seconds),
        spans=tuple(writing.keep(call, received, envelope_of(call))),
    )
    awaited.replace(call, found, answered)
    call.notify("s3", "answered", found.token)


def _seconds(value: Any) -> float:
    assert isinstance(value, datetime)
    return value.timestamp()
