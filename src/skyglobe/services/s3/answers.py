"""Objects and dates in the form answers have them."""

from __future__ import annotations

from typing import Any

from skyglobe.services.s3 import encrypting
from skyglobe.services.s3.records import Details, Object
from skyglobe.services.s3.rules.checksums import COMPOSITE, MEMBERS


def quoted(etag: str) -> str:
    return f'"{etag}"'


def seconds(instant: int) -> int:
    """Return an instant as S3 tells it: whole seconds."""
    return instant // 1000


def checksum_members(algorithm: str, value: str, checksum_type: str) -> dict[str, str]:
    """Return the members that tell a checksum; none when there is none."""
    if not value:
        return {}
    return {MEMBERS[algorithm]: value, "ChecksumType": checksum_type}


def written(new: Object, details: Details, request: dict[str, Any]) -> dict[str, Any]:
    """Return what the answer to a write tells of the object, and of the key the request may have brought."""
    told = {"ETag": quoted(new.etag), **checksum_members(new.algorithm, details.checksum, new.checksum_type)}
    told.update(encrypting.told_of_new(details.encryption, request))
    return told


def head_members(found: Object, details: Details, *, with_checksum: bool) -> dict[str, Any]:
    """Return the members of GetObject and HeadObject that describe an object as a whole."""
    members: dict[str, Any] = {
        "AcceptRanges": "bytes",
        "LastModified": seconds(found.modified_at),
        "ETag": quoted(found.etag),
        **details.entity,
    }
    if details.metadata:
        members["Metadata"] = details.metadata
    if details.tags:
        members["TagCount"] = len(details.tags)
    if found.storage_class != "STANDARD":
        members["StorageClass"] = found.storage_class
    if with_checksum:
        members.update(checksum_members(found.algorithm, details.checksum, found.checksum_type))
    return members


def is_composite(found: Object) -> bool:
    return found.checksum_type == COMPOSITE
