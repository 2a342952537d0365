"""ListObjectVersions."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import merge
from itertools import islice
from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.kernel.scope import Scope
from skyglobe.services.s3 import archives, errors, places, s3, versions
from skyglobe.services.s3.access import owner_of
from skyglobe.services.s3.answers import quoted, seconds
from skyglobe.services.s3.contents import Spelling, spelling_of
from skyglobe.services.s3.operations.listing import common_prefixes, page_size
from skyglobe.services.s3.records import Object, objects, past
from skyglobe.services.s3.rules.folding import Start, marker_start, read_page


@s3.operation
def list_object_versions(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Return a page of the versions and delete markers of a bucket's keys, the newest of each key first.

    The cost is that of the page, however many versions a key has.
    """
    scope = places.enter(call, request)
    limit = page_size(request, "MaxKeys", "maxKeys")
    prefix, delimiter = request.get("Prefix", ""), request.get("Delimiter", "")
    start = _start(scope, request)

    def entries(start: Start, limit: int) -> Iterator[Object]:
        return islice(_versions(scope, request["Bucket"], prefix, start, limit), limit)

    page = read_page(entries, _place, prefix=prefix, delimiter=delimiter, start=start, limit=limit)
    spell = spelling_of(request)
    shown = _described(scope, request, page.entries, spell)
    result: dict[str, Any] = {
        "Name": request["Bucket"],
        "Prefix": spell(prefix),
        "KeyMarker": spell(request.get("KeyMarker", "")),
        "VersionIdMarker": request.get("VersionIdMarker", ""),
        "MaxKeys": limit,
        "IsTruncated": page.end is not None,
        "Versions": [entry for entry in shown if "Size" in entry],
        "DeleteMarkers": [entry for entry in shown if "Size" not in entry],
        "CommonPrefixes": common_prefixes(page, spell),
    }
    if delimiter:
        result["Delimiter"] = spell(delimiter)
    if "EncodingType" in request:
        result["EncodingType"] = request["EncodingType"]
    if page.end is not None:
        if page.end.past is not None:
            last = page.entries[-1]
            result |= {"NextKeyMarker": spell(last.key), "NextVersionIdMarker": last.version or versions.NULL_VERSION}
        else:
            result["NextKeyMarker"] = spell(page.end.beyond)
    return result


def _place(found: Object) -> tuple[str, ...]:
    return (found.key, found.rank)


def _start(scope: Scope, request: dict[str, Any]) -> Start:
    """Return where the page begins. Raises InvalidArgument for version markers that cannot be."""
    key, version = request.get("KeyMarker", ""), request.get("VersionIdMarker")
    if version is None:
        return marker_start(key, request.get("Prefix", ""), request.get("Delimiter", ""))
    if not key:
        if not version:
            return Start()
        text = "A version-id marker cannot be specified without a key marker."
        raise errors.invalid_argument(text, "version-id-marker", version)
    if not version:
        text = "A version-id marker cannot be empty."
        raise errors.invalid_argument(text, "version-id-marker", version)
    versions.check_version_id(version)
    if version == versions.NULL_VERSION:
        found = versions.find_version(scope, request["Bucket"], key, version)
        rank = found.rank if found is not None else ""
    else:
        rank = versions.rank_in(version)
    return Start(past=(key, rank) if rank else (key,))


def _versions(scope: Scope, bucket: str, prefix: str, start: Start, limit: int) -> Iterator[Object]:
    """Yield versions by key and age from a start on: the current ones and those of the past, zipped together."""
    of_past = past.scan(scope, bucket, starting=prefix, past=start.past, beyond=start.beyond, limit=limit)
    if start.past is None or len(start.past) == 1:
        current = objects.scan(scope, bucket, starting=prefix, past=start.past, beyond=start.beyond, limit=limit)
    else:
        current = _current(scope, bucket, prefix, start.past, limit)
    return merge(current, of_past, key=_place)


def _current(scope: Scope, bucket: str, prefix: str, after: tuple[str, ...], limit: int) -> Iterator[Object]:
    """Yield current versions after a place. That of its own key is among them when newer ones went since."""
    for found in objects.scan(scope, bucket, starting=prefix, start=after[:1], limit=limit + 1):
        if _place(found) > after:
            yield found


def _described(scope: Scope, request: dict[str, Any], found: list[Object], spell: Spelling) -> list[dict[str, Any]]:
    owner = owner_of(scope.account)
    wants_restoral = "RestoreStatus" in request.get("OptionalObjectAttributes", ())
    shown = []
    key = ""
    for version in found:
        is_first, key = version.key != key, version.key
        entry: dict[str, Any] = {
            "Key": spell(version.key),
            "VersionId": version.version or versions.NULL_VERSION,
            "IsLatest": is_first and _is_latest(scope, version),
            "LastModified": seconds(version.modified_at),
            "Owner": owner,
        }
        if not version.is_marker:
            entry |= {
                "ETag": quoted(version.etag),
                "Size": version.size_bytes,
                "StorageClass": version.storage_class,
                "ChecksumAlgorithm": [version.algorithm],
                "ChecksumType": version.checksum_type,
            }
            if wants_restoral:
                entry |= archives.restore_status(version, scope.now)
        shown.append(entry)
    return shown


def _is_latest(scope: Scope, version: Object) -> bool:
    """Whether a version, the first of its key on a page, is the newest."""
    current = objects.find(scope, version.bucket, version.key)
    newest = current or versions.find_newest_past(scope, version.bucket, version.key)
    return newest is not None and newest.order == version.order
