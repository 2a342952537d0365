"""The object that CopyObject and UploadPartCopy copy from."""

from __future__ import annotations

from typing import Any, NamedTuple

from skyglobe.kernel.call import Call
from skyglobe.kernel.scope import Scope
from skyglobe.services.s3 import errors, finding, places, reading, s3, versions, writing
from skyglobe.services.s3.records import Details, Object, Span, details_of, objects
from skyglobe.services.s3.rules.conditions import Conditions, evaluate_copy
from skyglobe.services.s3.rules.metadata import ARCHIVED
from skyglobe.services.s3.rules.sources import parse_copy_source

_CONDITIONS = (
    "CopySourceIfMatch",
    "CopySourceIfNoneMatch",
    "CopySourceIfModifiedSince",
    "CopySourceIfUnmodifiedSince",
)


class CopySource(NamedTuple):
    """The source of a copy, and where it lives."""

    scope: Scope
    found: Object
    details: Details

    def spans(self, start: int = 0, length: int | None = None) -> list[Span]:
        """Return where its bytes, or a range of them, are."""
        return reading.spans_of(self.scope, self.details, start, self.found.size_bytes if length is None else length)

    def share_into(self, scope: Scope, start: int = 0, length: int | None = None) -> list[Span]:
        """Let an object that lives where ``scope`` stands have the bytes too."""
        shared: list[Span] = []
        for span in self.spans(start, length):
            if span.blob:
                shared.append(writing.share_blob(scope, span))
            else:
                shared += writing.keep_data(scope, reading.stored(self.scope, span))
        return shared


def find_source(call: Call, request: dict[str, Any]) -> CopySource:
    """Return the object that ``CopySource`` names, in whatever region it is.

    Raises InvalidArgument, NoSuchBucket, NoSuchKey, PreconditionFailed, ObjectNotInActiveTierError.
    """
    source = parse_copy_source(request["CopySource"])
    if source is None:
        text = "Copy Source must mention the source bucket and key: sourcebucket/sourcekey"
        raise errors.invalid_argument(text, "x-amz-copy-source", request["CopySource"])
    if source.bucket.startswith("arn:"):
        raise errors.not_implemented("x-amz-copy-source", "Access points are not built yet.")
    home = places.get_home(call, source.bucket, request.get("ExpectedSourceBucketOwner"))
    if home.access is not None:
        places.check_payer(call, home, request)
    scope = call.within(home.owner, home.region)
    versions.check_version(source.key, source.version)
    found = objects.find(scope, source.bucket, source.key)
    if found is None:
        raise finding.missing_key(call, source.bucket, source.key)
    _check_conditions(request, found, call.now)
    if found.storage_class in ARCHIVED:
        text = "The source object of the COPY action is not in the active tier and is only stored in Amazon S3 Glacier."
        raise s3.errors.ObjectNotInActiveTierError(text)
    return CopySource(scope, found, details_of(found))


def _check_conditions(request: dict[str, Any], found: Object, now: int) -> None:
    if not any(name in request for name in _CONDITIONS):
        return
    conditions = Conditions(*(request.get(name) for name in _CONDITIONS))
    outcome = evaluate_copy(conditions, found.etag, found.modified_at, now)
    if outcome:
        raise errors.precondition_failed(f"x-amz-copy-source-{outcome}")
