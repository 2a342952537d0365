"""The versions of a bucket's objects: finding, replacing and removing them, and the conditions on doing so.

The table of objects has the current version of each key that has one; every other version and every delete marker is
in the past. A bucket that never had versioning has no past, and its requests never look there.
"""

from __future__ import annotations

import re
from typing import Any, Final

from skyglobe.kernel.scope import Scope
from skyglobe.services.s3 import errors, writing
from skyglobe.services.s3.guards import Keeping
from skyglobe.services.s3.records import (
    Details,
    Layout,
    Object,
    details_of,
    layouts,
    objects,
    pack_details,
    parts,
    past,
    rank_of,
)
from skyglobe.services.s3.rules.conditions import etag_listed

NULL_VERSION: Final = "null"
"""The version id of what was written while versioning was not enabled."""
ENABLED, SUSPENDED = "Enabled", "Suspended"
ORDER_DIGITS: Final = 16
"""Of a version id, how many tell its order in hexadecimal; the rest is random."""

_VERSION_ID: Final = re.compile(r"[A-Za-z0-9._]{32}")


def find_object(scope: Scope, request: dict[str, Any]) -> Object | None:
    """Return the object a request names, or None when its key has no current one.

    Raises what ``get_version`` does when the request names a version, and MethodNotAllowed for a delete marker.
    """
    if "VersionId" not in request:
        return objects.find(scope, request["Bucket"], request["Key"])
    found = get_version(scope, request["Bucket"], request["Key"], request["VersionId"])
    if found is not None and found.is_marker:
        raise errors.is_marker(found)
    return found


def get_version(scope: Scope, bucket: str, key: str, version: str) -> Object | None:
    """Return a version of a key, which may be a delete marker; None when it is ``null`` and there is none.

    Raises InvalidArgument for malformed ids, NoSuchVersion for others nothing has.
    """
    found = find_version(scope, bucket, key, version)
    if found is None and version != NULL_VERSION:
        raise errors.no_such_version(key, version)
    return found


def find_version(scope: Scope, bucket: str, key: str, version: str) -> Object | None:
    """Return a version of a key, a delete marker too, or None. Its id tells where it is, however many there are.

    Raises InvalidArgument for malformed ids.
    """
    check_version_id(version)
    current = objects.find(scope, bucket, key)
    if version == NULL_VERSION:
        if current is not None and not current.version:
            return current
        return next(past.scan_by(scope, "null", bucket, key, limit=1), None)
    if current is not None and current.version == version:
        return current
    rank = rank_in(version)
    found = past.find(scope, bucket, key, rank) if rank else None
    return found if found is not None and found.version == version else None


def check_version_id(version: str) -> None:
    """Raise InvalidArgument for what cannot be a version id."""
    if not version:
        raise errors.invalid_argument("Version id cannot be the empty string", "versionId", version)
    if version != NULL_VERSION and _VERSION_ID.fullmatch(version) is None:
        raise errors.invalid_argument("Invalid version id specified", "versionId", version)


def rank_in(version: str) -> str:
    """Return the place among the versions of a key that a version id tells; empty when it is none of ours."""
    try:
        return rank_of(int(version[:ORDER_DIGITS], 16))
    except ValueError:
        return ""


def new_version(scope: Scope, keeping: Keeping, order: int) -> str:
    """Return the id of a version about to be written; empty, for null, unless versioning is enabled."""
    if keeping.versioning != ENABLED:
        return ""
    return scope.kernel.ids.hex(f"{order:0{ORDER_DIGITS}x}", 32 - ORDER_DIGITS)


def told(keeping: Keeping, found: Object) -> dict[str, str]:
    """Return the member that tells a version's id; none in buckets that never had versioning."""
    return {"VersionId": found.version or NULL_VERSION} if keeping.versioning else {}


def publish(scope: Scope, old: Object | None, new: Object, keeping: Keeping) -> None:
    """Make ``new`` the object at its key, over ``old``: kept beside it with versioning, else given up."""
    if keeping.versioning:
        _set_aside(scope, new.bucket, new.key, old, makes_null=not new.version)
    elif old is not None:
        _release_bytes(scope, old)
    objects.insert(scope, new)


def hide(scope: Scope, bucket: str, key: str, old: Object | None, keeping: Keeping) -> Object:
    """Put a delete marker over ``old``, the current object if there is one; return the marker.

    While versioning is suspended it is the null version, in place of the one there was.
    """
    order = scope.kernel.next_order()
    version = new_version(scope, keeping, order)
    _set_aside(scope, bucket, key, old, makes_null=not version)
    if old is not None:
        objects.delete(scope, old)
    marker = Object(
        bucket=bucket,
        key=key,
        order=order,
        modified_at=scope.now,
        size_bytes=0,
        etag="",
        storage_class="",
        algorithm="",
        checksum_type="",
        details=pack_details(Details(spans=[])),
        version=version,
    )
    past.insert(scope, marker)
    return marker


def place(scope: Scope, new: Object) -> None:
    """Put a version that was written elsewhere among those of its key, where its order says: not always as the newest.

    A null version takes the place of the one there was.
    """
    if not new.version:
        null = find_version(scope, new.bucket, new.key, NULL_VERSION)
        if null is not None:
            remove_version(scope, null)
    current = objects.find(scope, new.bucket, new.key)
    newest = current or find_newest_past(scope, new.bucket, new.key)
    if newest is not None and newest.order > new.order:
        past.insert(scope, new)
        return
    if current is not None:
        past.insert(scope, current)
        if new.is_marker:
            objects.delete(scope, current)
    (past if new.is_marker else objects).insert(scope, new)


def _set_aside(scope: Scope, bucket: str, key: str, old: Object | None, *, makes_null: bool) -> None:
    """Move the current object to the past, but give up the null version when a new one takes its place."""
    if makes_null:
        if old is not None and not old.version:
            _release_bytes(scope, old)
            return
        null = next(past.scan_by(scope, "null", bucket, key, limit=1), None)
        if null is not None:
            _release_bytes(scope, null)
            past.delete(scope, null)
    if old is not None:
        past.insert(scope, old)


def remove(scope: Scope, old: Object) -> None:
    """Delete the only version of an object and give up its bytes."""
    _release_bytes(scope, old)
    objects.delete(scope, old)


def remove_version(scope: Scope, old: Object) -> None:
    """Delete one version for good. When it was the newest, the one before is current again."""
    _release_bytes(scope, old)
    current = objects.find(scope, old.bucket, old.key)
    if current is not None and current.order != old.order:
        past.delete(scope, old)
        return
    if current is not None:
        objects.delete(scope, old)
    else:
        past.delete(scope, old)
    newest = find_newest_past(scope, old.bucket, old.key)
    if newest is not None and not newest.is_marker:
        past.delete(scope, newest)
        objects.insert(scope, newest)


def find_newest_past(scope: Scope, bucket: str, key: str) -> Object | None:
    """Return the newest version of a key that is not current: a marker, if the key has no current object."""
    return next(past.scan(scope, bucket, key, limit=1), None)


def replace(scope: Scope, old: Object, new: Object) -> None:
    """Write a version over itself: the same bytes, other details."""
    current = objects.find(scope, old.bucket, old.key)
    table = objects if current is not None and current.order == old.order else past
    table.replace(scope, old, new)


def release_upload(scope: Scope, upload: str, *, keeping: frozenset[int] = frozenset()) -> None:
    """Give up the parts of an upload, but those whose numbers are to be kept."""
    for part in list(parts.scan(scope, upload)):
        if part.number not in keeping:
            writing.release(scope, part.spans)
            parts.delete(scope, part)


def check_write(request: dict[str, Any], existing: Object | None) -> None:
    """Hold a write to its If-Match and If-None-Match, given the object now at its key.

    Raises PreconditionFailed, NoSuchKey, or NotImplemented for an If-None-Match that is not ``*``.
    """
    if_match, if_none_match = request.get("IfMatch"), request.get("IfNoneMatch")
    if if_none_match is not None:
        if if_none_match.strip() != "*":
            raise errors.not_implemented("If-None-Match")
        if existing is not None:
            raise errors.precondition_failed("If-None-Match")
    if if_match is not None:
        if existing is None:
            raise errors.no_such_key(request["Key"])
        if not etag_listed(if_match, existing.etag):
            raise errors.precondition_failed("If-Match")


def check_late_write(request: dict[str, Any], before: Object | None, existing: Object | None) -> None:
    """As ``check_write``, at the end of a write that took time.

    ``before`` is the object that was at the key when the write began, and passed ``check_write``. One that came or
    went since is a conflict, to be tried again: ConditionalRequestConflict.
    """
    if request.get("IfNoneMatch") is not None and existing is not None:
        raise errors.conflicting_write("If-None-Match", request["Key"])
    if request.get("IfMatch") is not None and before is not None and existing is None:
        raise errors.conflicting_write("If-Match", request["Key"])
    check_write(request, existing)


def _release_bytes(scope: Scope, old: Object) -> None:
    details = details_of(old)
    if details.spans is not None:
        writing.release(scope, details.spans)
        return
    release_upload(scope, details.upload)
    layouts.delete(scope, Layout(upload=details.upload, numbers=[], ends=[]))
