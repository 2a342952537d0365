"""DeleteObject and DeleteObjects."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.scope import Scope
from skyglobe.services.s3 import (
    documents,
    errors,
    events,
    locking,
    needs,
    places,
    replicating,
    s3,
    second_factor,
    versions,
)
from skyglobe.services.s3.describing import refuse_member
from skyglobe.services.s3.directory_points import check_key
from skyglobe.services.s3.guards import keeping_of
from skyglobe.services.s3.records import Home, Object, objects
from skyglobe.services.s3.rules.conditions import etag_listed
from skyglobe.services.s3.rules.directories import is_directory
from skyglobe.services.s3.rules.names import MAX_KEY_BYTES, key_bytes

MAX_KEYS = 1_000  # DeleteObjects


@s3.operation
def delete_object(call: Call, request: dict[str, Any]) -> dict[str, Any] | None:
    """Delete an object. Nothing happens when there is none, unless If-Match asks for one.

    With versions, the object is hidden behind a delete marker; a version that is named is deleted for good. Raises
    AccessDenied for locked versions, and for named ones without a code while MFA Delete is on.
    """
    home, scope = places.visit_object(call, request, writes=True)
    for name in ("IfMatchLastModifiedTime", "IfMatchSize"):  # of directory buckets only
        if name in request and not is_directory(home.name):
            refuse_member(call, name)
    if "MFA" in request:
        second_factor.check_secure(call, request["MFA"])
    if home.access is not None and home.access.keeping.mfa_delete and "VersionId" in request:
        second_factor.demand(call, request.get("MFA"))
    bypasses = request.get("BypassGovernanceRetention", False)
    key, if_match = request["Key"], request.get("IfMatch")
    if is_directory(home.name):
        check_key(call.via, key)
        _check_facts(scope, home, key, request.get("IfMatchLastModifiedTime"), request.get("IfMatchSize"))
        return _delete(call, scope, home, key, if_match)
    if "VersionId" not in request:
        return _delete(call, scope, home, key, if_match)
    version = request["VersionId"]
    found = versions.find_version(scope, home.name, key, version)
    _check_match(key, found, if_match)
    if found is None:  # deleting a version that is not there succeeds
        return {"VersionId": version} if keeping_of(home.access).versioning else None
    return _delete_version(call, scope, home, found, bypasses)


def _delete(call: Call, scope: Scope, home: Home, key: str, if_match: str | None) -> dict[str, Any] | None:
    """Delete or hide what is current at a key; return what to tell of the delete marker, if there is one now."""
    found = objects.find(scope, home.name, key)
    _check_match(key, found, if_match)
    if home.access is None or not home.access.keeping.versioning:
        if found is not None:
            versions.remove(scope, found)
            events.emit(scope, home, "ObjectRemoved:Delete", call, key)
        return None
    marker = versions.hide(scope, home.name, key, found, home.access.keeping)
    if home.access.keeping.has_replication:
        replicating.begin_marker(scope, home, marker)
    events.emit(scope, home, "ObjectRemoved:DeleteMarkerCreated", call, key, version_id=marker.version)
    return {"DeleteMarker": True, "VersionId": marker.version or versions.NULL_VERSION}


def _check_facts(scope: Scope, home: Home, key: str, modified_at: datetime | None, size_bytes: int | None) -> None:
    """Hold an object of a directory bucket to the time and size its deletion is for. Raises PreconditionFailed."""
    found = objects.find(scope, home.name, key)
    if found is None:
        return
    if modified_at is not None and int(modified_at.timestamp()) != found.modified_at // 1000:
        raise errors.precondition_failed("x-amz-if-match-last-modified-time")
    if size_bytes is not None and size_bytes != found.size_bytes:
        raise errors.precondition_failed("x-amz-if-match-size")


def _check_match(key: str, found: Object | None, if_match: str | None) -> None:
    if if_match is not None:
        if found is None:
            raise errors.no_such_key(key)
        if not etag_listed(if_match, found.etag):
            raise errors.precondition_failed("If-Match")


def _delete_version(call: Call, scope: Scope, home: Home, found: Object, bypasses: bool) -> dict[str, Any]:
    """Delete a version for good; return what to tell of it. Raises AccessDenied when it is locked."""
    locking.check_may_delete(call, home, found, bypasses)
    versions.remove_version(scope, found)
    events.emit(scope, home, "ObjectRemoved:Delete", call, found.key, version_id=found.version)
    told: dict[str, Any] = dict(versions.told(keeping_of(home.access), found))
    if found.is_marker:
        told["DeleteMarker"] = True
    return told


@s3.operation
def delete_objects(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Delete up to 1,000 objects or versions; each that cannot be deleted is an error of its own in the answer."""
    home, scope = places.visit(call, request)
    documents.check_document(call, request)
    delete = request.get("Delete") or {}
    listed = delete.get("Objects") or []
    if not 1 <= len(listed) <= MAX_KEYS or any(not item.get("Key") for item in listed):
        raise errors.malformed_xml()
    if "MFA" in request:
        second_factor.check_secure(call, request["MFA"])
    if keeping_of(home.access).mfa_delete and any("VersionId" in item for item in listed):
        second_factor.demand(call, request.get("MFA"))
    bypasses = request.get("BypassGovernanceRetention", False)
    deleted: list[dict[str, Any]] = []
    failed: list[dict[str, Any]] = []
    for item in listed:
        named = {name: item[name] for name in ("Key", "VersionId") if name in item}
        try:
            refusal = needs.refusal(call, needs.deletion(call, home, item["Key"], item.get("VersionId")))
            if refusal is not None:
                raise refusal
            told = _delete_listed(call, scope, home, item, bypasses)
        except ServiceError as error:
            failed.append({**named, "Code": error.code, "Message": error.message})
        else:
            if told is not None and "DeleteMarker" in told:
                named |= {"DeleteMarker": True, "DeleteMarkerVersionId": told["VersionId"]}
            deleted.append(named)
    result: dict[str, Any] = {}
    if deleted and not delete.get("Quiet"):
        result["Deleted"] = deleted
    if failed:
        result["Errors"] = failed
    return result


def _delete_listed(call: Call, scope: Scope, home: Home, item: dict[str, Any], bypasses: bool) -> dict[str, Any] | None:
    key = item["Key"]
    if key_bytes(key) > MAX_KEY_BYTES:
        raise s3.error("KeyTooLongError", "Your key is too long")
    if is_directory(home.name):
        check_key(call.via, key)
        _check_facts(scope, home, key, item.get("LastModifiedTime"), item.get("Size"))
        return _delete(call, scope, home, key, item.get("ETag"))
    if "LastModifiedTime" in item or "Size" in item:  # of directory buckets only
        raise errors.not_implemented("LastModifiedTime")
    if "VersionId" not in item:
        return _delete(call, scope, home, key, item.get("ETag"))
    found = versions.get_version(scope, home.name, key, item["VersionId"])
    _check_match(key, found, item.get("ETag"))
    return _delete_version(call, scope, home, found, bypasses) if found is not None else None
