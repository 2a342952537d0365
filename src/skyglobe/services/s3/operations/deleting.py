"""DeleteObject and DeleteObjects."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.scope import Scope
from skyglobe.services.s3 import documents, errors, events, needs, places, s3, versions
from skyglobe.services.s3.describing import refuse_member
from skyglobe.services.s3.records import Home, objects
from skyglobe.services.s3.rules.conditions import etag_listed
from skyglobe.services.s3.rules.names import MAX_KEY_BYTES, key_bytes

MAX_KEYS = 1_000  # DeleteObjects


@s3.operation(unused=("BypassGovernanceRetention", "MFA"))
def delete_object(call: Call, request: dict[str, Any]) -> None:
    """Delete an object. Nothing happens when there is none, unless If-Match asks for one."""
    home, scope = places.visit_object(call, request, writes=True)
    for name in ("IfMatchLastModifiedTime", "IfMatchSize"):  # of directory buckets only
        if name in request:
            refuse_member(call, name)
    key, version = request["Key"], request.get("VersionId")
    if version is not None:
        try:
            versions.check_version(key, version)
        except ServiceError as error:
            if error.code != "NoSuchVersion":
                raise
            return  # deleting a version that is not there succeeds
    _delete(call, scope, home, key, request.get("IfMatch"))


def _delete(call: Call, scope: Scope, home: Home, key: str, if_match: str | None) -> None:
    found = objects.find(scope, home.name, key)
    if if_match is not None:
        if found is None:
            raise errors.no_such_key(key)
        if not etag_listed(if_match, found.etag):
            raise errors.precondition_failed("If-Match")
    if found is not None:
        versions.remove(scope, found)
        events.emit(scope, home, "ObjectRemoved:Delete", call, key)


@s3.operation(unused=("BypassGovernanceRetention", "MFA"))
def delete_objects(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Delete up to 1,000 objects; each that cannot be deleted is an error of its own in the answer."""
    home, scope = places.visit(call, request)
    documents.check_document(call, request)
    delete = request.get("Delete") or {}
    listed = delete.get("Objects") or []
    if not 1 <= len(listed) <= MAX_KEYS or any(not item.get("Key") for item in listed):
        raise errors.malformed_xml()
    deleted: list[dict[str, Any]] = []
    failed: list[dict[str, Any]] = []
    for item in listed:
        named = {name: item[name] for name in ("Key", "VersionId") if name in item}
        try:
            refusal = call.refusal(needs.deletion(call, home, item["Key"], item.get("VersionId")))
            if refusal is not None:
                raise refusal
            _delete_listed(call, scope, home, item)
        except ServiceError as error:
            failed.append({**named, "Code": error.code, "Message": error.message})
        else:
            deleted.append(named)
    result: dict[str, Any] = {}
    if deleted and not delete.get("Quiet"):
        result["Deleted"] = deleted
    if failed:
        result["Errors"] = failed
    return result


def _delete_listed(call: Call, scope: Scope, home: Home, item: dict[str, Any]) -> None:
    key = item["Key"]
    if key_bytes(key) > MAX_KEY_BYTES:
        raise s3.error("KeyTooLongError", "Your key is too long")
    if "LastModifiedTime" in item or "Size" in item:  # of directory buckets only
        raise errors.not_implemented("LastModifiedTime")
    versions.check_version(key, item.get("VersionId"))
    _delete(call, scope, home, key, item.get("ETag"))
