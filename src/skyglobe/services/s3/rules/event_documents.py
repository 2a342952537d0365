"""What an event looks like to those who are told of it.

S3 user guide, "Event message structure" and "EventBridge event message structure".
"""

from __future__ import annotations

from base64 import b32encode
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, NamedTuple
from urllib.parse import quote_plus

from skyglobe.protocols.serializing.s3 import host_id

_LATER_FAMILIES = ("Lifecycle", "IntelligentTiering", "ObjectAcl", "ObjectTagging", "ObjectRestore:Delete")
"""Events told in version 2.3; Replication in 2.2, all others in 2.1."""

_BRIDGE_TYPES = {
    "ObjectCreated:Put": ("Object Created", "PutObject"),
    "ObjectCreated:Post": ("Object Created", "POST Object"),
    "ObjectCreated:Copy": ("Object Created", "CopyObject"),
    "ObjectCreated:CompleteMultipartUpload": ("Object Created", "CompleteMultipartUpload"),
    "ObjectRemoved:Delete": ("Object Deleted", "DeleteObject"),
    "ObjectRemoved:DeleteMarkerCreated": ("Object Deleted", "DeleteObject"),
    "ObjectRestore:Post": ("Object Restore Initiated", ""),
    "ObjectRestore:Completed": ("Object Restore Completed", ""),
    "ObjectRestore:Delete": ("Object Restore Expired", ""),
    "LifecycleExpiration:Delete": ("Object Deleted", "Lifecycle Expiration"),
    "LifecycleExpiration:DeleteMarkerCreated": ("Object Deleted", "Lifecycle Expiration"),
    "LifecycleTransition": ("Object Storage Class Changed", ""),
    "IntelligentTiering": ("Object Access Tier Changed", ""),
    "ObjectTagging:Put": ("Object Tags Added", ""),
    "ObjectTagging:Delete": ("Object Tags Deleted", ""),
    "ObjectAcl:Put": ("Object ACL Updated", ""),
}
"""Detail type and reason on EventBridge; replication events do not go there."""


class Cause(NamedTuple):
    """What brought an event about."""

    principal_id: str
    """``AWS:AIDA…`` for users and roles, the name of the service where S3 itself acted."""
    account: str
    """Of the requester; empty for who came without a signature."""
    source_ip: str
    request_id: str


class Happening(NamedTuple):
    """One event, whoever is told of it."""

    event: str
    """``ObjectCreated:Put`` and the like."""
    at: int
    """Milliseconds since the epoch."""
    region: str
    bucket: str
    bucket_arn: str
    owner: str
    cause: Cause
    key: str
    order: int
    """Larger for later events of one key."""
    size_bytes: int | None = None
    etag: str = ""
    version_id: str = ""
    further: tuple[tuple[str, Any], ...] = ()
    """Elements of the record besides, such as ``glacierEventData``."""


def customer_id(account: str) -> str:
    """Return how events name an account: an id of Amazon's customers, always the same for one account."""
    return f"A{b32encode(sha256(f'customer of {account}'.encode()).digest()).decode()[:13]}"


def record_of(happening: Happening, configuration_id: str) -> dict[str, Any]:
    """Return the record that queues, topics and functions are sent, in an envelope of ``Records``."""
    cause = happening.cause
    key = quote_plus(happening.key, safe="/*-._", errors="surrogatepass")
    return {
        "eventVersion": _version(happening.event),
        "eventSource": "aws:s3",
        "awsRegion": happening.region,
        "eventTime": instant(happening.at),
        "eventName": happening.event,
        "userIdentity": {"principalId": cause.principal_id},
        "requestParameters": {"sourceIPAddress": cause.source_ip},
        "responseElements": {"x-amz-request-id": cause.request_id, "x-amz-id-2": host_id(cause.request_id)},
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": configuration_id,
            "bucket": {
                "name": happening.bucket,
                "ownerIdentity": {"principalId": customer_id(happening.owner)},
                "arn": happening.bucket_arn,
            },
            "object": _object(happening, key, "eTag", "versionId"),
        },
        **dict(happening.further),
    }


def _version(event: str) -> str:
    if event.startswith("Replication"):
        return "2.2"
    return "2.3" if event.startswith(_LATER_FAMILIES) else "2.1"


def _object(happening: Happening, key: str, etag: str, version: str) -> dict[str, Any]:
    told: dict[str, Any] = {"key": key}
    if happening.size_bytes is not None:
        told["size"] = happening.size_bytes
    if happening.etag:
        told[etag] = happening.etag
    if happening.version_id:
        told[version] = happening.version_id
    told["sequencer"] = f"{happening.order:016X}"
    return told


def bridge_entry(happening: Happening) -> dict[str, Any] | None:
    """Return the event as EventBridge has it: detail type and detail; None for events that do not go there."""
    kind, reason = _BRIDGE_TYPES.get(happening.event, ("", ""))
    if not kind:
        return None
    cause = happening.cause
    detail: dict[str, Any] = {
        "version": "0",
        "bucket": {"name": happening.bucket},
        "object": _object(happening, happening.key, "etag", "version-id"),
        "request-id": cause.request_id,
        "requester": cause.account or cause.principal_id,
        "source-ip-address": cause.source_ip,
    }
    if reason:
        detail["reason"] = reason
    if kind == "Object Deleted":
        is_marker = happening.event.endswith("DeleteMarkerCreated")
        detail["deletion-type"] = "Delete Marker Created" if is_marker else "Permanently Deleted"
    return {"DetailType": kind, "Detail": detail}


def check_message(bucket: str, at: int, request_id: str) -> dict[str, Any]:
    """Return the message by which S3 tries a destination."""
    return {
        "Service": "Amazon S3",
        "Event": "s3:TestEvent",
        "Time": instant(at),
        "Bucket": bucket,
        "RequestId": request_id,
        "HostId": host_id(request_id),
    }


def instant(at: int) -> str:
    """Return milliseconds since the epoch as ``1970-01-01T00:00:00.000Z``."""
    return f"{datetime.fromtimestamp(at // 1000, UTC):%Y-%m-%dT%H:%M:%S}.{at % 1000:03d}Z"
