"""ListMultipartUploads and ListParts."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.services.s3 import errors, pending, places, s3
from skyglobe.services.s3.access import canonical_id, owner_of
from skyglobe.services.s3.answers import quoted, seconds
from skyglobe.services.s3.contents import Spelling, spelling_of
from skyglobe.services.s3.operations.listing import common_prefixes, page_size
from skyglobe.services.s3.records import Part, Upload, parts, uploads
from skyglobe.services.s3.rules.checksums import MEMBERS
from skyglobe.services.s3.rules.folding import Start, marker_start, read_page


@s3.operation
def list_multipart_uploads(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Return a page of a bucket's uploads in progress, by key and then by age."""
    scope = places.enter(call, request)
    limit = page_size(request, "MaxUploads", "max-uploads")
    bucket, prefix, delimiter = request["Bucket"], request.get("Prefix", ""), request.get("Delimiter", "")
    marker, id_marker = request.get("KeyMarker", ""), request.get("UploadIdMarker", "")
    start = Start(past=(marker, id_marker)) if marker and id_marker else marker_start(marker, prefix, delimiter)

    def entries(start: Start, limit: int) -> Iterator[Upload]:
        return uploads.scan(scope, bucket, starting=prefix, past=start.past, beyond=start.beyond, limit=limit)

    page = read_page(
        entries, lambda found: (found.key, found.id), prefix=prefix, delimiter=delimiter, start=start, limit=limit
    )
    spell = spelling_of(request)
    result: dict[str, Any] = {
        "Bucket": bucket,
        "KeyMarker": spell(marker),
        "UploadIdMarker": id_marker,
        "Prefix": spell(prefix),
        "MaxUploads": limit,
        "IsTruncated": page.end is not None,
        "Uploads": [_upload(found, spell, scope.account) for found in page.entries],
        "CommonPrefixes": common_prefixes(page, spell),
    }
    if delimiter:
        result["Delimiter"] = spell(delimiter)
    if "EncodingType" in request:
        result["EncodingType"] = request["EncodingType"]
    if page.end is not None:
        past = page.end.past or (page.end.beyond, "")
        result |= {"NextKeyMarker": spell(past[0]), "NextUploadIdMarker": past[1]}
    return result


def _upload(found: Upload, spell: Spelling, owner: str) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "UploadId": found.id,
        "Key": spell(found.key),
        "Initiated": seconds(found.initiated_at),
        "StorageClass": found.storage_class,
        "Owner": owner_of(owner),
        "Initiator": _initiator(found, owner),
    }
    if found.algorithm:
        entry |= {"ChecksumAlgorithm": found.algorithm, "ChecksumType": found.checksum_type}
    return entry


def _initiator(found: Upload, owner: str) -> dict[str, str]:
    """Return who began an upload: an IAM principal by its ARN, the account itself by its canonical id."""
    is_account = found.initiator in ("", f"arn:aws:iam::{owner}:root")
    return {"ID": canonical_id(owner) if is_account else found.initiator}


@s3.operation
def list_parts(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Return a page of an upload's parts by number. Raises NoSuchUpload."""
    scope = places.enter_object(call, request, writes=False)
    upload = pending.get_upload(scope, request)
    limit = page_size(request, "MaxParts", "max-parts")
    marker = request.get("PartNumberMarker", 0)
    if marker < 0:
        text = "Argument part-number-marker must be an integer between 0 and 2147483647"
        raise errors.invalid_argument(text, "part-number-marker", marker)
    found = list(islice(parts.scan(scope, upload.id, start=(marker + 1,), limit=limit + 1), limit + 1))
    shown = found[:limit]
    result: dict[str, Any] = {
        "Bucket": upload.bucket,
        "Key": upload.key,
        "UploadId": upload.id,
        "PartNumberMarker": marker,
        "NextPartNumberMarker": shown[-1].number if shown else 0,
        "MaxParts": limit,
        "IsTruncated": len(found) > limit > 0,
        "Parts": [_part(part, upload.algorithm) for part in shown],
        "Initiator": _initiator(upload, scope.account),
        "Owner": owner_of(scope.account),
        "StorageClass": upload.storage_class,
    }
    if upload.algorithm:
        result |= {"ChecksumAlgorithm": upload.algorithm, "ChecksumType": upload.checksum_type}
    return result


def _part(part: Part, algorithm: str) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "PartNumber": part.number,
        "LastModified": seconds(part.modified_at),
        "ETag": quoted(part.etag),
        "Size": part.size_bytes,
    }
    if part.checksum:
        entry[MEMBERS[algorithm]] = part.checksum
    return entry
