"""The object that CopyObject and UploadPartCopy copy from."""

from __future__ import annotations

from typing import Any, NamedTuple

from skyglobe.kernel.blobs import Lease
from skyglobe.kernel.call import Call
from skyglobe.kernel.scope import Scope
from skyglobe.services.s3 import archives, encrypting, errors, finding, places, points, reading, s3, versions, writing
from skyglobe.services.s3.envelopes import Envelope
from skyglobe.services.s3.guards import keeping_of
from skyglobe.services.s3.records import Details, Home, Object, Span, details_of
from skyglobe.services.s3.rules.conditions import Conditions, evaluate_copy
from skyglobe.services.s3.rules.metadata import MAY_BE_ARCHIVED
from skyglobe.services.s3.rules.sources import Source, parse_copy_source

_CONDITIONS = (
    "CopySourceIfMatch",
    "CopySourceIfNoneMatch",
    "CopySourceIfModifiedSince",
    "CopySourceIfUnmodifiedSince",
)


class CopySource(NamedTuple):
    """The source of a copy, and where it lives."""

    scope: Scope
    home: Home
    found: Object
    details: Details
    envelope: Envelope

    def spans(self, start: int = 0, length: int | None = None) -> list[Span]:
        """Return where its bytes, or a range of them, are."""
        return reading.spans_of(self.scope, self.details, start, self.found.size_bytes if length is None else length)

    def lease(self, start: int = 0, length: int | None = None) -> Lease:
        """Return its bytes, or a range of them, for use after this transaction."""
        return reading.lease(self.scope, self.spans(start, length), self.envelope)

    def can_share(self, envelope: Envelope, start: int = 0, length: int | None = None) -> bool:
        """Whether the bytes can stay as they are in another envelope: encrypted, and as often."""
        return all(writing.is_shareable(span, envelope) for span in self.spans(start, length) if span.blob)

    def share_into(self, scope: Scope, envelope: Envelope, start: int = 0, length: int | None = None) -> list[Span]:
        """Let an object that lives where ``scope`` stands have the bytes too, in its own envelope.

        What cannot be shared is read and written: to be asked for few bytes only.
        """
        return writing.share(self.scope, scope, self.spans(start, length), self.envelope, envelope)

    def version_told(self) -> dict[str, str]:
        """Return the member that tells which version was copied; none where there are no versions."""
        told = versions.told(keeping_of(self.home.access), self.found)
        return {"CopySourceVersionId": told["VersionId"]} if told else {}


def find_source(call: Call, request: dict[str, Any]) -> CopySource:
    """Return the object that ``CopySource`` names, in whatever region it is.

    Raises InvalidArgument, NoSuchBucket, NoSuchKey, PreconditionFailed, ObjectNotInActiveTierError, and what
    ``encrypting`` does when the key it is encrypted with is not there to read it.
    """
    source = parse_copy_source(request["CopySource"])
    if source is None:
        text = "Copy Source must mention the source bucket and key: sourcebucket/sourcekey"
        raise errors.invalid_argument(text, "x-amz-copy-source", request["CopySource"])
    via = points.find_via(call, source.bucket)
    if via is not None:
        source = source._replace(bucket=via.bucket)
    home = places.get_home(call, source.bucket, request.get("ExpectedSourceBucketOwner"))
    if home.access is not None:
        places.check_payer(call, home, request)
    scope = call.within(home.owner, home.region)
    found = finding.get_object(call, scope, _named(source))
    _check_conditions(request, found, call.now)
    details = details_of(found)
    archive = archives.archive_of(scope, home, found, details) if found.storage_class in MAY_BE_ARCHIVED else ""
    if not archives.is_readable(archive, details, call.now):
        text = "The source object of the COPY action is not in the active tier and is only stored in Amazon S3 Glacier."
        raise s3.errors.ObjectNotInActiveTierError(text)
    customer_key = encrypting.check_customer_key(call, details.encryption, request, "CopySource")
    envelope = encrypting.opened(call, home.region, found.bucket, found.key, details.encryption, customer_key)
    return CopySource(scope, home, found, details, envelope)


def _named(source: Source) -> dict[str, Any]:
    named = {"Bucket": source.bucket, "Key": source.key}
    return named if source.version is None else {**named, "VersionId": source.version}


def _check_conditions(request: dict[str, Any], found: Object, now: int) -> None:
    if not any(name in request for name in _CONDITIONS):
        return
    conditions = Conditions(*(request.get(name) for name in _CONDITIONS))
    outcome = evaluate_copy(conditions, found.etag, found.modified_at, now)
    if outcome:
        raise errors.precondition_failed(f"x-amz-copy-source-{outcome}")
