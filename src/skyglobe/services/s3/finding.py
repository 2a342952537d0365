"""Finding the object a request is about, and what to tell those who ask for one that is not there."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.scope import Scope
from skyglobe.services.s3 import errors, needs, versions
from skyglobe.services.s3.guards import keeping_of
from skyglobe.services.s3.records import Object, homes


def get_object(call: Call, scope: Scope, request: dict[str, Any]) -> Object:
    """Return the object a request names. Raises what ``missing_key`` returns, and what ``versions`` does."""
    found = versions.find_object(scope, request)
    if found is None:
        if "VersionId" in request:
            raise errors.no_such_version(request["Key"], request["VersionId"])
        raise missing_key(call, request["Bucket"], request["Key"])
    return found


def missing_key(call: Call, bucket: str, key: str) -> ServiceError:
    """Return NoSuchKey for callers who may list the bucket, for others AccessDenied: they are not told what is there.

    GetObject, API reference, "Permissions".
    """
    home = homes.find(call, call.partition, bucket)
    if home is None:
        return errors.no_such_key(key)
    refusal = needs.refusal(call, needs.listing(call, home))
    if refusal is not None:
        return refusal
    error = errors.no_such_key(key)
    if keeping_of(home.access).versioning:
        marker = versions.find_newest_past(call.within(home.owner, home.region), bucket, key)
        if marker is not None:
            error.headers = {"x-amz-delete-marker": "true", "x-amz-version-id": marker.version or versions.NULL_VERSION}
    return error
