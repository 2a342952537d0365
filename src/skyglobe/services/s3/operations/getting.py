"""GetObject and HeadObject: whole, by ranges and by parts."""

from __future__ import annotations

from collections.abc import Coroutine
from email.utils import formatdate
from typing import Any, Final

from skyglobe.kernel.call import Call
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.scope import Scope
from skyglobe.services.s3 import (
    aging,
    analyzing,
    archives,
    encrypting,
    errors,
    finding,
    locking,
    places,
    reading,
    s3,
    transforming,
    versions,
)
from skyglobe.services.s3.answers import checksum_members, head_members, is_composite, quoted, seconds
from skyglobe.services.s3.records import Details, Home, Object, details_of, parts
from skyglobe.services.s3.rules.conditions import Conditions, evaluate
from skyglobe.services.s3.rules.metadata import DEFAULT_CONTENT_TYPE, MAY_BE_ARCHIVED
from skyglobe.services.s3.rules.parts import MAX_PART_NUMBER
from skyglobe.services.s3.rules.ranges import Span, Unsatisfiable, parse_range

_CONDITIONS: Final = ("IfMatch", "IfNoneMatch", "IfModifiedSince", "IfUnmodifiedSince")
_OVERRIDES: Final = {
    "ResponseCacheControl": "CacheControl",
    "ResponseContentDisposition": "ContentDisposition",
    "ResponseContentEncoding": "ContentEncoding",
    "ResponseContentLanguage": "ContentLanguage",
    "ResponseContentType": "ContentType",
    "ResponseExpires": "Expires",
}


Reading = tuple[Home, Scope, Object, Details, Span, dict[str, Any], bytes, str]
"""What a request reads of which object; last its client's key and the archive it lies in, empty when there is none."""


@s3.operation
def get_object(call: Call, request: dict[str, Any]) -> dict[str, Any] | Coroutine[Any, Any, dict[str, Any]]:
    """Return an object, or a range or part of it. Raises InvalidObjectState for archived ones without a copy."""
    if call.via is not None and (work := transforming.find_work(call, "GetObject", request)):
        return work
    home, scope, found, details, span, members, customer_key, archive = _read(call, request)
    if archive and not archives.is_readable(archive, details, call.now):
        raise archives.refusal(found, archive)
    if found.storage_class == archives.TIERING:
        archives.note_access(scope, found, details)
    if home.access is not None and home.access.keeping.is_analyzed:
        analyzing.note_read(scope, found, span.length)
    envelope = encrypting.opened(call, home.region, found.bucket, found.key, details.encryption, customer_key)
    members["Body"] = reading.body(scope, reading.spans_of(scope, details, span.start, span.length), envelope)
    return members


@s3.operation
def head_object(call: Call, request: dict[str, Any]) -> dict[str, Any] | Coroutine[Any, Any, dict[str, Any]]:
    """Describe an object without its bytes."""
    if call.via is not None and (work := transforming.find_work(call, "HeadObject", request)):
        return work
    return _read(call, request)[5]


def _read(call: Call, request: dict[str, Any]) -> Reading:
    home, scope = places.visit_object(call, request, writes=False)
    encrypting.refuse_on_read(call)
    _check_overrides(call, request)
    found = finding.get_object(call, scope, request)
    details = details_of(found)
    customer_key = encrypting.check_customer_key(call, details.encryption, request)
    if any(name in request for name in _CONDITIONS):
        _check_conditions(request, found, call.now)
    wants_checksum = request.get("ChecksumMode", "").upper() == "ENABLED"
    if "PartNumber" in request:
        span, further = _part(scope, found, details, request, wants_checksum)
        is_partial = bool(found.size_bytes)
    else:
        span, is_partial = _range(request, found)
        further = {}
    is_whole = "PartNumber" not in request and not is_partial
    members = head_members(found, details, with_checksum=wants_checksum and is_whole)
    members.update(encrypting.told(details.encryption, request))
    if home.access is not None:
        members.update(versions.told(home.access.keeping, found))
        if home.access.keeping.has_lifecycle and "VersionId" not in request:
            members.update(aging.expiration_members(scope, home, found, details))
        if details.lock is not None:
            members.update(locking.lock_members(call, home, found, details.lock))
        if details.replication is not None:
            members["ReplicationStatus"] = details.replication.status
    members.setdefault("ContentType", DEFAULT_CONTENT_TYPE)
    members["ContentLength"] = span.length
    archive = ""
    if found.storage_class in MAY_BE_ARCHIVED:
        archive = archives.archive_of(scope, home, found, details)
        members.update(archives.archive_members(found, archive, details, call.now))
    if is_partial:
        members["ContentRange"] = span.content_range(found.size_bytes)
    members.update(further)
    for parameter, member in _OVERRIDES.items():
        if parameter in request:
            value = request[parameter]
            members[member] = formatdate(value.timestamp(), usegmt=True) if parameter == "ResponseExpires" else value
    return home, scope, found, details, span, members, customer_key, archive


def _check_overrides(call: Call, request: dict[str, Any]) -> None:
    if call.principal.is_anonymous and not _OVERRIDES.keys().isdisjoint(request):
        text = "Request specific response headers cannot be used for anonymous GET requests."
        raise errors.invalid_request(text)


def _check_conditions(request: dict[str, Any], found: Object, now: int) -> None:
    """Raise PreconditionFailed, or the 304 that has no body."""
    conditions = Conditions(*(request.get(name) for name in _CONDITIONS))
    outcome = evaluate(conditions, found.etag, found.modified_at, now)
    if outcome == "not modified":
        headers = {"ETag": quoted(found.etag), "Last-Modified": formatdate(seconds(found.modified_at), usegmt=True)}
        raise ServiceError("Not Modified", code="NotModified", status=304, headers=headers)
    if outcome:
        raise errors.precondition_failed(outcome)


def _range(request: dict[str, Any], found: Object) -> tuple[Span, bool]:
    """Return the bytes asked for, and whether they are less than the whole. Raises InvalidRange."""
    size = found.size_bytes
    try:
        span = parse_range(request.get("Range"), size)
    except Unsatisfiable as error:
        raise _invalid_range(request["Range"], size) from error
    return (span, True) if span is not None else (Span(0, size), False)


def _invalid_range(asked: str, size: int) -> ServiceError:
    return ServiceError(
        "The requested range is not satisfiable",
        code="InvalidRange",
        status=416,
        fields={"RangeRequested": asked, "ActualObjectSize": size},
        headers={"Content-Range": f"bytes */{size}"},
    )


def _part(
    scope: Scope, found: Object, details: Details, request: dict[str, Any], wants_checksum: bool
) -> tuple[Span, dict[str, Any]]:
    """Return where the asked part lies, and what the answer tells of it besides."""
    number = request["PartNumber"]
    if "Range" in request:
        raise errors.invalid_request("Cannot specify both Range header and partNumber query parameter")
    if not 1 <= number <= MAX_PART_NUMBER:
        text = f"Part number must be an integer between 1 and {MAX_PART_NUMBER}, inclusive"
        raise errors.invalid_argument(text, "partNumber", number)
    if not details.parts:
        if number > 1:
            raise _invalid_part(number, 1)
        own = checksum_members(found.algorithm, details.checksum, found.checksum_type) if wants_checksum else {}
        return Span(0, found.size_bytes), own
    if number > details.parts:
        raise _invalid_part(number, details.parts)
    layout = reading.get_layout(scope, details)
    begin = layout.ends[number - 2] if number > 1 else 0
    further: dict[str, Any] = {"PartsCount": details.parts}
    if wants_checksum:
        part = parts.find(scope, details.upload, layout.numbers[number - 1])
        assert part is not None
        kind = found.checksum_type if is_composite(found) else "FULL_OBJECT"
        further.update(checksum_members(found.algorithm, part.checksum, kind))
    return Span(begin, layout.ends[number - 1] - begin), further


def _invalid_part(number: int, count: int) -> ServiceError:
    text = "The requested partnumber is not satisfiable"
    return s3.error("InvalidPartNumber", text, status=416, ActualPartCount=count, PartNumberRequested=number)
