"""What each call to S3 needs to be allowed, after the service authorization reference of Amazon S3."""

from __future__ import annotations

from typing import Any, Final

from skyglobe.kernel.access import Need
from skyglobe.kernel.call import Call
from skyglobe.kernel.errors import ServiceError
from skyglobe.services.s3 import access_logs, deciding, directories, directory_points, errors, measuring, points, s3
from skyglobe.services.s3.facts import Facts
from skyglobe.services.s3.guards import NO_BLOCKS, document_of
from skyglobe.services.s3.records import Home, homes
from skyglobe.services.s3.rules.acls import HARMLESS
from skyglobe.services.s3.rules.cors import headers_for, rules_in
from skyglobe.services.s3.rules.directories import ONLY_IN_DIRECTORIES, is_directory, is_directory_point
from skyglobe.services.s3.rules.points import stands_for_point
from skyglobe.services.s3.rules.sources import parse_copy_source
from skyglobe.services.s3.transforming import awaited

_ACTIONS: Final = {
    # Where the action is not called like the operation.
    "CompleteMultipartUpload": "PutObject",
    "CopyObject": "PutObject",
    "CreateMultipartUpload": "PutObject",
    "DeleteBucketAnalyticsConfiguration": "PutAnalyticsConfiguration",
    "DeleteBucketCors": "PutBucketCORS",
    "DeleteBucketEncryption": "PutEncryptionConfiguration",
    "DeleteBucketIntelligentTieringConfiguration": "PutIntelligentTieringConfiguration",
    "DeleteBucketLifecycle": "PutLifecycleConfiguration",
    "DeleteBucketMetricsConfiguration": "PutMetricsConfiguration",
    "DeleteBucketOwnershipControls": "PutBucketOwnershipControls",
    "DeleteBucketReplication": "PutReplicationConfiguration",
    "DeleteBucketTagging": "PutBucketTagging",
    "DeleteBucketInventoryConfiguration": "PutInventoryConfiguration",
    "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
    "GetBucketAccelerateConfiguration": "GetAccelerateConfiguration",
    "GetBucketAnalyticsConfiguration": "GetAnalyticsConfiguration",
    "GetBucketCors": "GetBucketCORS",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "GetBucketIntelligentTieringConfiguration": "GetIntelligentTieringConfiguration",
    "GetBucketInventoryConfiguration": "GetInventoryConfiguration",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "GetBucketMetricsConfiguration": "GetMetricsConfiguration",
    "GetBucketNotificationConfiguration": "GetBucketNotification",
    "GetBucketReplication": "GetReplicationConfiguration",
    "GetObjectAttributes": "GetObject",
    "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "HeadBucket": "ListBucket",
    "HeadObject": "GetObject",
    "ListBucketAnalyticsConfigurations": "GetAnalyticsConfiguration",
    "ListBucketIntelligentTieringConfigurations": "GetIntelligentTieringConfiguration",
    "ListBucketInventoryConfigurations": "GetInventoryConfiguration",
    "ListBucketMetricsConfigurations": "GetMetricsConfiguration",
    "ListBuckets": "ListAllMyBuckets",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "ListObjectVersions": "ListBucketVersions",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "ListParts": "ListMultipartUploadParts",
    "PutBucketAccelerateConfiguration": "PutAccelerateConfiguration",
    "PutBucketAnalyticsConfiguration": "PutAnalyticsConfiguration",
    "PutBucketCors": "PutBucketCORS",
    "PutBucketEncryption": "PutEncryptionConfiguration",
    "PutBucketIntelligentTieringConfiguration": "PutIntelligentTieringConfiguration",
    "PutBucketInventoryConfiguration": "PutInventoryConfiguration",
    "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "PutBucketMetricsConfiguration": "PutMetricsConfiguration",
    "PutBucketNotificationConfiguration": "PutBucketNotification",
    "PutBucketReplication": "PutReplicationConfiguration",
    "PutObjectLockConfiguration": "PutBucketObjectLockConfiguration",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    "SelectObjectContent": "GetObject",
    "UploadPart": "PutObject",
    "UploadPartCopy": "PutObject",
}
_OF_VERSIONS: Final = {
    # Actions that have a twin of their own for explicit versions.
    "DeleteObject": "DeleteObjectVersion",
    "DeleteObjectTagging": "DeleteObjectVersionTagging",
    "GetObject": "GetObjectVersion",
    "GetObjectAcl": "GetObjectVersionAcl",
    "GetObjectAttributes": "GetObjectVersionAttributes",
    "GetObjectTagging": "GetObjectVersionTagging",
    "PutObjectAcl": "PutObjectVersionAcl",
    "PutObjectTagging": "PutObjectVersionTagging",
}
_GRANTS: Final = ("ACL", "GrantFullControl", "GrantRead", "GrantReadACP", "GrantWrite", "GrantWriteACP")
_FURTHER: Final = {
    # What a write of an object needs besides, when it says one of these.
    "Tagging": "PutObjectTagging",
    "ObjectLockMode": "PutObjectRetention",
    "ObjectLockRetainUntilDate": "PutObjectRetention",
    "ObjectLockLegalHoldStatus": "PutObjectLegalHold",
    **dict.fromkeys(_GRANTS, "PutObjectAcl"),
}
_MAKES: Final = frozenset(("PutObject", "CopyObject", "CreateMultipartUpload"))


@s3.needs
def find_needs(call: Call, operation: str, params: dict[str, Any]) -> list[Need]:
    """List what a call needs: most one action, copies one at each end. DeleteObjects asks for each key on its way."""
    action = _ACTIONS.get(operation, operation)
    bucket = params.get("Bucket")
    if bucket is None:
        if operation == "ListDirectoryBuckets":
            return [Need("s3express:ListAllMyDirectoryBuckets", "*", call.account)]
        if call.principal.only_for:
            raise errors.access_denied()
        if operation == "WriteGetObjectResponse":
            return [_answering(call, params)]
        return [Need(f"s3:{action}", "*", call.account, Facts(call, operation, params, None, call.account), "")]
    if is_directory_point(bucket):
        directory_points.enter(call, operation, params)
        bucket = params["Bucket"]
    if is_directory(bucket) or operation in ONLY_IN_DIRECTORIES:
        return directories.needs_of(call, operation, params) + _on_source_of(call, operation, params)
    if call.principal.only_for:
        raise errors.access_denied()  # a session is good for its directory bucket, and nothing else
    if operation == "CreateBucket":
        return _creation(call, params)
    if stands_for_point(bucket):
        points.enter(call, operation, params)
        bucket = params["Bucket"]
    home = _home(call, bucket)
    if not isinstance(home, str) and home.access is not None and home.access.logs:
        access_logs.observe(call, home, operation, params)
    if not isinstance(home, str) and home.access is not None and home.access.keeping.is_measured:
        measuring.observe(call, home, operation, params)
    if operation == "DeleteObjects":
        return []
    key = params.get("Key")
    if key is None:
        passed = _passed_role(params) if operation == "PutBucketReplication" else []
        return [*_all_of(call, [_need(call, call.via, action, operation, params, home)]), *passed]
    version = params.get("VersionId")
    needs = [_need(call, call.via, action, operation, params, home, key, version)]
    if operation in _MAKES and not _FURTHER.keys().isdisjoint(params):
        further = {_FURTHER[name] for name in params if name in _FURTHER and params[name]}
        if call.principal.type == "service" and params.get("ACL") in HARMLESS:
            # Policies of the user guide let S3's own deliveries put objects, and only with a list that gives nothing.
            further.discard("PutObjectAcl")
        needs += [_need(call, call.via, name, operation, params, home, key) for name in sorted(further)]
    if operation == "GetObjectAttributes":
        needs.append(_need(call, call.via, "GetObjectAttributes", operation, params, home, key, version))
    if operation == "UpdateObjectEncryption":
        needs.append(_need(call, call.via, "PutObject", operation, params, home, key))
    if "CopySource" in params:
        needs += _on_source_of(call, operation, params)
    elif call.via is None:
        return needs
    return _all_of(call, needs)


def _all_of(call: Call, needs: list[Need]) -> list[Need]:
    """Return the needs of a call, those of the access points it came through among them."""
    if call.via is None and all(need.context.via is None for need in needs if isinstance(need.context, Facts)):
        return needs
    return [one for need in needs for one in points.needed_through(call, need, _via(need))]


def _via(need: Need) -> points.Via | None:
    return need.context.via if isinstance(need.context, Facts) else None


def refusal(call: Call, need: Need | None) -> ServiceError | None:
    """Return the refusal of something that shows on the way, through whatever the call came; None when it may."""
    if need is None:
        return None
    if _via(need) is None:
        return call.refusal(need)
    refusals = (call.refusal(one) for one in points.needed_through(call, need, _via(need)))
    return next((refused for refused in refusals if refused is not None), None)


def _passed_role(params: dict[str, Any]) -> list[Need]:
    """Who has a bucket replicated hands S3 a role to do it with."""
    role = str((params.get("ReplicationConfiguration") or {}).get("Role") or "")
    fields = role.split(":")
    if len(fields) != 6 or fields[2] != "iam":
        return []  # the operation refuses it
    return [Need("iam:PassRole", role, fields[4], {"iam:passedtoservice": "s3.amazonaws.com"})]


def _creation(call: Call, params: dict[str, Any]) -> list[Need]:
    """Whoever creates a bucket asks for one of its own, even where the name turns out to be taken."""
    actions = ["CreateBucket"]
    if any(name in params for name in _GRANTS):
        actions.append("PutBucketAcl")
    if "ObjectOwnership" in params:
        actions.append("PutBucketOwnershipControls")
    if params.get("ObjectLockEnabledForBucket"):
        actions += ["PutBucketObjectLockConfiguration", "PutBucketVersioning"]
    facts = Facts(call, "CreateBucket", params, None, call.account)
    arn = _arn(call, params["Bucket"])
    return [Need(f"s3:{action}", arn, call.account, facts, "") for action in actions]


def _answering(call: Call, params: dict[str, Any]) -> Need:
    """A function answers for the access point whose request it was called for."""
    found = awaited.find(call, params.get("RequestToken", ""))
    arn, account = (found.point, found.point.split(":")[4]) if found is not None else ("*", call.account)
    # What the function may do is its role's own matter: the policy of the access point is for those who read.
    return Need("s3-object-lambda:WriteGetObjectResponse", arn, call.account or account, {}, "")


def deletion(call: Call, home: Home, key: str, version: str | None) -> Need | None:
    """Return what deleting one of many keys needs; None in directory buckets, where the session was enough."""
    if is_directory(home.name):
        return None
    return _need(call, call.via, "DeleteObject", "DeleteObjects", {}, home, key, version)


def bypass(call: Call, home: Home, key: str, version: str | None) -> Need:
    """Return what it takes to pass by a retention in governance mode."""
    return _need(call, call.via, "BypassGovernanceRetention", call.operation.name, {}, home, key, version)


def seeing(call: Call, home: Home, action: str, key: str) -> Need:
    """Return what it takes to be told more of an object than the object: its lock."""
    return _need(call, call.via, action, call.operation.name, {}, home, key)


def listing(call: Call, home: Home) -> Need | None:
    """Return what it takes to be told that an object is not there; None where a session was enough."""
    if is_directory(home.name):
        return None
    return _need(call, call.via, "ListBucket", "ListObjectsV2", {}, home)


def on_bucket(call: Call, home: Home, action: str, key: str | None = None, version: str | None = None) -> Need:
    """Return what it takes to do one thing to a bucket or its objects, for what no operation does: replication."""
    return _need(call, None, action, call.operation.name, {}, home, key, version)


def _need(
    call: Call,
    via: points.Via | None,
    action: str,
    operation: str,
    params: dict[str, Any],
    home: Home | str,
    key: str | None = None,
    version: str | None = None,
) -> Need:
    name = f"s3:{_OF_VERSIONS.get(action, action) if version else action}"
    if isinstance(home, str):
        policy, account, found, arn = "", call.account, None, _arn(call, home)
    else:
        further = via.blocks if via is not None else NO_BLOCKS
        policy, account = deciding.policy_on(call, home, name, key, version, further)
        found, arn = home, _arn(call, home.name)
    facts = Facts(call, operation, params, found, account, key, version, via)
    return Need(name, arn if key is None else f"{arn}/{key}", account, facts, policy)


def _on_source_of(call: Call, operation: str, params: dict[str, Any]) -> list[Need]:
    """List what a copy needs at its source; nothing for what is no copy."""
    source = parse_copy_source(params["CopySource"]) if "CopySource" in params else None
    if source is None:
        return []  # the operation itself refuses a source that is none
    if is_directory(source.bucket) or is_directory_point(source.bucket):
        return directories.reading(call, source.bucket, source.key)
    via = points.find_via(call, source.bucket)
    bucket = via.bucket if via is not None else source.bucket
    home = homes.find(call, call.partition, bucket) or bucket
    return [_need(call, via, "GetObject", operation, params, home, source.key, source.version)]


def _arn(call: Call, bucket: str) -> str:
    return f"arn:{call.partition}:s3:::{bucket}"


def _home(call: Call, bucket: str) -> Home | str:
    """Return where the bucket lives; the name of one that does not exist, which counts as the caller's.

    Those who come without a signature have nothing to be asked for, and are told at once: NoSuchBucket.
    """
    home = homes.find(call, call.partition, bucket)
    if home is None and call.principal.is_anonymous:
        raise errors.no_such_bucket(bucket)
    if home is not None and home.access is not None and home.access.has_cors:
        _tell_origin(call, bucket)
    return home or bucket


def _tell_origin(call: Call, bucket: str) -> None:
    """Let the answer tell a browser whether its page may read it, whatever it will be."""
    request = call.request
    origin = request.headers.get("origin")
    if origin:
        method = request.headers.get("access-control-request-method", request.method)
        told = headers_for(rules_in(document_of(call, bucket, "cors")), origin, method)
        if told is not None:
            request.answer_headers = {**(request.answer_headers or {}), **told}
