"""What each call to S3 needs to be allowed, after the service authorization reference of Amazon S3."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.access import Need
from skyglobe.kernel.call import Call
from skyglobe.services.s3 import s3
from skyglobe.services.s3.records import homes
from skyglobe.services.s3.rules.sources import parse_copy_source

_ACTIONS = {
    # Where the action is not called like the operation.
    "CompleteMultipartUpload": "PutObject",
    "CopyObject": "PutObject",
    "CreateMultipartUpload": "PutObject",
    "DeleteBucketTagging": "PutBucketTagging",
    "DeleteObjects": "DeleteObject",
    "GetBucketAccelerateConfiguration": "GetAccelerateConfiguration",
    "GetBucketCors": "GetBucketCORS",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "GetBucketNotificationConfiguration": "GetBucketNotification",
    "GetBucketReplication": "GetReplicationConfiguration",
    "GetObjectAttributes": "GetObject",
    "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
    "HeadBucket": "ListBucket",
    "HeadObject": "GetObject",
    "ListBuckets": "ListAllMyBuckets",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "ListParts": "ListMultipartUploadParts",
    "UploadPart": "PutObject",
    "UploadPartCopy": "PutObject",
}
_VERSIONED = frozenset({"GetObject", "DeleteObject", "GetObjectTagging", "PutObjectTagging", "DeleteObjectTagging"})
"""Actions that have a twin of their own for explicit versions: ``s3:GetObjectVersion``."""
_KEYS = {
    "Prefix": "s3:prefix",
    "Delimiter": "s3:delimiter",
    "MaxKeys": "s3:max-keys",
    "ACL": "s3:x-amz-acl",
    "StorageClass": "s3:x-amz-storage-class",
    "CopySource": "s3:x-amz-copy-source",
    "MetadataDirective": "s3:x-amz-metadata-directive",
    "ServerSideEncryption": "s3:x-amz-server-side-encryption",
    "VersionId": "s3:VersionId",
}


@s3.needs
def find_needs(call: Call, operation: str, params: dict[str, Any]) -> list[Need]:
    """List what a call needs: most one action, copies one at each end, deletions one for each key."""
    action = _ACTIONS.get(operation, operation)
    bucket = params.get("Bucket")
    if bucket is None:
        return [Need(f"s3:{action}", "*", call.account)]
    # Whoever creates a bucket asks for one of its own, even where the name turns out to be taken.
    owner = _owner(call, bucket) if operation != "CreateBucket" else call.account
    context = {_KEYS[name].lower(): str(value) for name, value in params.items() if name in _KEYS}
    if operation == "DeleteObjects":
        objects = params.get("Delete", {}).get("Objects") or []
        return [_on_key(call, action, bucket, item.get("Key", ""), item.get("VersionId"), owner) for item in objects]
    if "Key" not in params:
        return [Need(f"s3:{action}", _arn(call, bucket), owner, context)]
    needs = [_on_key(call, action, bucket, params["Key"], params.get("VersionId"), owner, context)]
    if params.get("Tagging") and action == "PutObject":
        needs.append(_on_key(call, "PutObjectTagging", bucket, params["Key"], None, owner))
    if operation == "GetObjectAttributes":
        needs.append(_on_key(call, "GetObjectAttributes", bucket, params["Key"], None, owner))
    if "CopySource" in params:
        needs += _on_source(call, params["CopySource"])
    return needs


def _on_source(call: Call, copy_source: str) -> list[Need]:
    source = parse_copy_source(copy_source)
    if source is None:
        return []  # the operation itself refuses a source that is none
    owner = _owner(call, source.bucket)
    return [_on_key(call, "GetObject", source.bucket, source.key, source.version, owner)]


def _on_key(
    call: Call,
    action: str,
    bucket: str,
    key: str,
    version: str | None,
    owner: str,
    context: dict[str, str] | None = None,
) -> Need:
    name = f"{action}Version" if version and action in _VERSIONED else action
    return Need(f"s3:{name}", f"{_arn(call, bucket)}/{key}", owner, context or {})


def _arn(call: Call, bucket: str) -> str:
    return f"arn:{call.partition}:s3:::{bucket}"


def _owner(call: Call, bucket: str) -> str:
    """Return whose bucket it is; one that does not exist counts as the caller's, who is then told so."""
    home = homes.find(call, call.partition, bucket)
    return home.owner if home is not None else call.account
