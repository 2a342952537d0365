"""The objects of a bucket: finding the current one, replacing and removing it, and the conditions on doing so."""

from __future__ import annotations

import re
from typing import Any

from skyglobe.kernel.scope import Scope
from skyglobe.services.s3 import errors, writing
from skyglobe.services.s3.records import Layout, Object, details_of, layouts, objects, parts
from skyglobe.services.s3.rules.conditions import etag_listed

NULL_VERSION = "null"
"""The version id of objects in buckets that never had versioning."""

_VERSION_ID = re.compile(r"[A-Za-z0-9._]{32}")


def find_object(scope: Scope, request: dict[str, Any]) -> Object | None:
    """Return the object a request names, or None. Raises what ``check_version`` does."""
    check_version(request["Key"], request.get("VersionId"))
    return objects.find(scope, request["Bucket"], request["Key"])


def check_version(key: str, version: str | None) -> None:
    """Refuse version ids no object here has: InvalidArgument when malformed, else NoSuchVersion."""
    if version is None or version == NULL_VERSION:
        return
    if _VERSION_ID.fullmatch(version) is None:
        raise errors.invalid_argument("Invalid version id specified", "versionId", version)
    raise errors.no_such_version(key, version)


def publish(scope: Scope, old: Object | None, new: Object) -> None:
    """Make ``new`` the object at its key, in place of ``old``, whose bytes are given up."""
    if old is not None:
        _release_bytes(scope, old)
    objects.insert(scope, new)


def remove(scope: Scope, old: Object) -> None:
    """Delete an object and give up its bytes."""
    _release_bytes(scope, old)
    objects.delete(scope, old)


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
