"""Access points of directory buckets: other doors to one, each with a policy, and a scope of prefixes and operations.

S3 user guide, "Managing access to shared datasets in directory buckets with access points". Who comes through one has a
session for it, or CreateSession allowed on it and on the bucket; its scope narrows down what a session authorizes.
"""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.access import Need
from skyglobe.kernel.call import Call
from skyglobe.services.s3 import errors, points, s3
from skyglobe.services.s3.points import Via
from skyglobe.services.s3.rules.directories import PERMISSIONS, PREFIXED


def enter(call: Call, operation: str, params: dict[str, Any]) -> None:
    """Put the bucket behind an access point into a request, and note what it came through.

    Raises NoSuchAccessPoint, MethodNotAllowed for what cannot be done through one, AccessDenied for what is not in its
    scope.
    """
    via = points.find_via(call, params["Bucket"])
    assert via is not None, "only access points are asked for"
    if operation != "CreateSession" and operation not in PERMISSIONS:
        text = "The specified method is not allowed against this resource."
        raise s3.error("MethodNotAllowed", text, status=405, Method=call.request.method, ResourceType="ACCESSPOINT")
    params["Bucket"] = via.bucket
    call.via = via
    if operation != "CreateSession":
        check_scope(via, operation, params)


def check_scope(via: Via, operation: str, params: dict[str, Any]) -> None:
    """Raise AccessDenied for an operation, a key or a listing that is not in an access point's scope."""
    if via.permissions and PERMISSIONS[operation] not in via.permissions:
        raise errors.access_denied()
    if "Key" in params:
        check_key(via, params["Key"])
    elif operation in PREFIXED:
        check_key(via, params.get("Prefix") or "")


def check_key(via: Via | None, key: str) -> None:
    """Raise AccessDenied for a key, or the prefix of a listing, that none of the scope's prefixes leads to."""
    if via is not None and via.prefixes and not key.startswith(via.prefixes):
        raise errors.access_denied()


def needed_through(call: Call, need: Need, via: Via | None) -> list[Need]:
    """Return what an action on a directory bucket takes through an access point: the same on that, too.

    To another account than the bucket's, the bucket's policy has the say.
    """
    if via is None:
        return [need]
    on_point = Need(need.action, via.arn, via.account, {**need.context, **_keys(via)}, via.policy)
    return [on_point, need._replace(is_delegated=call.principal.account != need.account)]


def _keys(via: Via) -> dict[str, str | list[str]]:
    permissions = {"s3express:permissions": list(via.permissions)} if via.permissions else {}
    return {"s3express:resourceaccount": via.account, **permissions}


def door_of(call: Call, bucket: str) -> str:
    """Return what sessions for a request are made for: the access point that it came through, else the bucket."""
    return call.via.arn.rpartition("/")[2] if call.via is not None else bucket
