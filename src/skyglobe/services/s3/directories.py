"""Directory buckets: who may do what in one, by session or by policies, and what they do otherwise than others."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.access import Need
from skyglobe.kernel.call import Call
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.tables import Record, Table
from skyglobe.services.s3 import directory_points, errors, points, s3
from skyglobe.services.s3.guards import document_of
from skyglobe.services.s3.points import Via
from skyglobe.services.s3.records import Home, homes
from skyglobe.services.s3.rules.directories import (
    READ_ONLY,
    READ_WRITE,
    READS,
    REFUSED,
    REGIONAL,
    STORAGE_CLASS,
    ZONAL,
    bucket_arn,
    is_directory,
    is_directory_point,
)

SIGNING_NAME = "s3express"


class Session(Record, frozen=True):
    """What a key that CreateSession issued is good for."""

    access_key_id: str
    bucket: str
    mode: str


sessions: Table[Session] = Table("s3.sessions", Session, key=("access_key_id",), reach="global", is_hot=True)


def needs_of(call: Call, operation: str, params: dict[str, Any]) -> list[Need]:
    """List what a call about a directory bucket needs.

    A session is all it takes in the zone; without one CreateSession must be allowed for each request. What is done to
    the bucket itself is for the caller's own policies, whatever key it is signed with: SDKs that have one endpoint for
    everything sign that with a session too. Raises MethodNotAllowed and NotImplemented for what such buckets have not,
    AccessDenied for sessions of another bucket, or for reading only.
    """
    bucket: str = params["Bucket"]
    home = homes.find(call, call.partition, bucket)
    if operation == "CreateBucket":
        return [_need(call, "CreateBucket", bucket, None, {})]
    if operation == "CreateSession":
        # SDKs ask for a session before they create a bucket, where there is one endpoint for everything.
        action = "CreateSession" if home is not None else "CreateBucket"
        mode = params.get("SessionMode", READ_WRITE)
        need = _need(call, action, bucket, home, {"s3express:sessionmode": mode})
        return directory_points.needed_through(call, need, call.via)
    if operation in REGIONAL:
        return [_need(call, REGIONAL[operation], bucket, home, {})]
    if operation not in ZONAL:
        text = "The specified method is not allowed against this resource."
        raise s3.error("MethodNotAllowed", text, status=405, Method=call.request.method, ResourceType="BUCKET")
    _check_members(call, params)
    return _in_zone(call, bucket, home, READ_ONLY if operation in READS else READ_WRITE, call.via)


def reading(call: Call, name: str, key: str) -> list[Need]:
    """List what reading the source of a copy needs, by the name of a bucket or an access point. Raises AccessDenied."""
    via = points.find_via(call, name) if is_directory_point(name) else None
    if via is not None:
        directory_points.check_scope(via, "GetObject", {"Key": key})
    bucket = via.bucket if via is not None else name
    return _in_zone(call, bucket, homes.find(call, call.partition, bucket), READ_ONLY, via)


def _in_zone(call: Call, bucket: str, home: Home | None, mode: str, via: Via | None) -> list[Need]:
    if not call.principal.only_for:
        need = _need(call, "CreateSession", bucket, home, {"s3express:sessionmode": mode})
        return directory_points.needed_through(call, need, via)
    session = sessions.find(call, call.principal.access_key_id)
    door = via.arn.rpartition("/")[2] if via is not None else bucket
    if session is None or session.bucket != door or (session.mode == READ_ONLY and mode != READ_ONLY):
        raise errors.access_denied()
    return []


def _need(call: Call, action: str, bucket: str, home: Home | None, keys: dict[str, str | list[str]]) -> Need:
    owner = home.owner if home is not None else call.account
    region = home.region if home is not None else call.region
    policy = document_of(call, bucket, "policy") if home is not None and home.access is not None else ""
    arn = bucket_arn(call.partition, region, owner, bucket)
    return Need(f"s3express:{action}", arn, owner, {**keys, "s3express:resourceaccount": owner}, policy)


def _check_members(call: Call, params: dict[str, Any]) -> None:
    """Raise NotImplemented for members that directory buckets do not take, InvalidArgument for versions."""
    shape = call.operation.model.input
    for name in REFUSED:
        if params.get(name):
            member = shape.members.get(name) if shape is not None else None
            raise errors.not_implemented((member.location_name if member is not None else None) or name)
    if params.get("VersionId", "null") != "null":
        raise errors.invalid_argument(
            "This bucket does not support Object Versioning", "versionId", params["VersionId"]
        )


def etag_in(scope: Scope, bucket: str, etag: str) -> str:
    """Return the ETag of what is written: in directory buckets it is random, and no hash of the bytes."""
    return scope.kernel.ids.hex("", 32) if is_directory(bucket) else etag


def storage_class_in(request: dict[str, Any]) -> str:
    """Return the one storage class there is. Raises InvalidStorageClass for others."""
    wanted = request.get("StorageClass", STORAGE_CLASS)
    if wanted != STORAGE_CLASS:
        raise _no_class(wanted)
    return STORAGE_CLASS


def _no_class(wanted: str) -> ServiceError:
    text = "The storage class you specified is not valid"
    return s3.error("InvalidStorageClass", text, StorageClassRequested=wanted)


def check_listing(request: dict[str, Any]) -> None:
    """Raise InvalidArgument for prefixes and delimiters that directories have not; ListObjectsV2."""
    prefix, delimiter = request.get("Prefix", ""), request.get("Delimiter", "")
    if delimiter not in ("", "/"):
        raise errors.invalid_argument("Directory buckets only support '/' as a delimiter.", "delimiter", delimiter)
    if prefix and not prefix.endswith("/"):
        text = "Directory buckets only support prefixes that end in a delimiter."
        raise errors.invalid_argument(text, "prefix", prefix)
