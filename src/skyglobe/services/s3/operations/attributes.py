"""GetObjectAttributes."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.kernel.scope import Scope
from skyglobe.services.s3 import encrypting, errors, finding, places, reading, s3, versions
from skyglobe.services.s3.answers import checksum_members, seconds
from skyglobe.services.s3.guards import keeping_of
from skyglobe.services.s3.operations.listing import page_size
from skyglobe.services.s3.records import Details, Object, Part, details_of
from skyglobe.services.s3.rules.checksums import MEMBERS


@s3.operation
def get_object_attributes(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Return what is asked of ETag, Checksum, ObjectParts, StorageClass and ObjectSize."""
    home, scope = places.visit_object(call, request, writes=False)
    encrypting.refuse_on_read(call)
    asked = _asked(call, request)
    found = finding.get_object(call, scope, request)
    details = details_of(found)
    encrypting.check_customer_key(call, details.encryption, request)
    result: dict[str, Any] = {"LastModified": seconds(found.modified_at)}
    result.update(versions.told(keeping_of(home.access), found))
    if "ETag" in asked:
        result["ETag"] = found.etag  # the one place where S3 leaves out the quotes
    if "Checksum" in asked:
        result["Checksum"] = checksum_members(found.algorithm, details.checksum, found.checksum_type)
    if "ObjectParts" in asked and details.parts:
        result["ObjectParts"] = _parts(scope, request, found, details)
    if "StorageClass" in asked:
        result["StorageClass"] = found.storage_class
    if "ObjectSize" in asked:
        result["ObjectSize"] = found.size_bytes
    return result


def _asked(call: Call, request: dict[str, Any]) -> set[str]:
    known = call.operation.service.model.shape("ObjectAttributes").enum
    asked = set(request.get("ObjectAttributes", ()))
    if not asked or not asked <= set(known):
        text = "Invalid attribute name specified."
        raise errors.invalid_argument(text, "x-amz-object-attributes", ",".join(sorted(asked)))
    return asked


def _parts(scope: Scope, request: dict[str, Any], found: Object, details: Details) -> dict[str, Any]:
    """Return how many parts there are, and a page of them when they have checksums of their own."""
    limit, marker = page_size(request, "MaxParts", "max-parts"), max(0, request.get("PartNumberMarker", 0))
    numbers = reading.get_layout(scope, details).numbers[marker : marker + limit]
    chosen = reading.parts_between(scope, details.upload, numbers[0], numbers[-1]) if numbers else []
    reached = marker + len(chosen)
    result: dict[str, Any] = {
        "TotalPartsCount": details.parts,
        "PartNumberMarker": marker,
        "NextPartNumberMarker": reached,
        "MaxParts": limit,
        "IsTruncated": reached < details.parts,
    }
    if any(part.checksum for part in chosen):
        result["Parts"] = [_part(part, marker + at, found.algorithm) for at, part in enumerate(chosen, 1)]
    return result


def _part(part: Part, number: int, algorithm: str) -> dict[str, Any]:
    return {"PartNumber": number, "Size": part.size_bytes, MEMBERS[algorithm]: part.checksum}
