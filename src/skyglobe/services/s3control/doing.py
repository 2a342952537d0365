"""What a job does to one object: the operation a user would call, as the job's role."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from email.utils import format_datetime
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from skyglobe.kernel.callers import ServiceCaller
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.scope import Scope
from skyglobe.services.s3 import needs, replicating, versions
from skyglobe.services.s3.access import bucket_arn
from skyglobe.services.s3.records import homes
from skyglobe.services.s3.rules.encryption import KMS
from skyglobe.services.s3control.acting import principal_of
from skyglobe.services.s3control.jobs import Job, Task
from skyglobe.services.s3control.rules.jobs import bucket_of, operation_in

ATTEMPTS = 3
"""How often a function is invoked for one object while it answers TemporaryFailure."""


class Outcome(NamedTuple):
    """How a task went, as reports tell it."""

    is_success: bool
    http: int = 200
    code: str = ""
    message: str = "Successful"


async def do_task(caller: ServiceCaller, job: Job, task: Task) -> Outcome:
    """Do a job's operation on one object. What goes wrong is the task's outcome, never an error of ours."""
    operation = operation_in(job.request["Operation"])
    given = job.request["Operation"][operation] or {}
    try:
        if operation == "LambdaInvoke":
            return await _invoke(caller, job, task, given)
        name, params = _CALLS[operation](given, task)
        await caller.call("s3", name, params)
    except ServiceError as error:
        return Outcome(False, error.status, error.code, error.message)
    return Outcome(True)


def _named(task: Task) -> dict[str, Any]:
    named = {"Bucket": task.bucket, "Key": task.key}
    return {**named, "VersionId": task.version} if task.version else named


Called = tuple[str, dict[str, Any]]


def _copy(given: dict[str, Any], task: Task) -> Called:
    source = f"{task.bucket}/{quote(task.key, errors='surrogatepass')}"
    if task.version:
        source += f"?versionId={task.version}"
    params: dict[str, Any] = {
        "Bucket": bucket_of(given["TargetResource"]),
        "Key": f"{given['TargetKeyPrefix'].rstrip('/')}/{task.key}" if "TargetKeyPrefix" in given else task.key,
        "CopySource": source,
    }
    for member, name in _COPIED.items():
        if member in given:
            params[name] = given[member]
    if given.get("RequesterPays"):
        params["RequestPayer"] = "requester"
    if "NewObjectTagging" in given:
        params["Tagging"] = urlencode({tag["Key"]: tag["Value"] for tag in given["NewObjectTagging"]})
        params["TaggingDirective"] = "REPLACE"
    if given.get("SSEAwsKmsKeyId"):
        params |= {"ServerSideEncryption": KMS, "SSEKMSKeyId": given["SSEAwsKmsKeyId"]}
    if given.get("AccessControlGrants"):
        params |= _grant_headers(given["AccessControlGrants"])
    new = given.get("NewObjectMetadata")
    if new is not None:
        params["MetadataDirective"] = given.get("MetadataDirective", "REPLACE")
        params |= {name: new[name] for name in _ENTITY if name in new}
        if "HttpExpiresDate" in new:
            params["Expires"] = format_datetime(new["HttpExpiresDate"], usegmt=True)
        if "SSEAlgorithm" in new:
            params["ServerSideEncryption"] = KMS if new["SSEAlgorithm"] == "KMS" else new["SSEAlgorithm"]
        if "UserMetadata" in new:
            params["Metadata"] = new["UserMetadata"]
    return "CopyObject", params


_COPIED = {
    "CannedAccessControlList": "ACL",
    "MetadataDirective": "MetadataDirective",
    "ModifiedSinceConstraint": "CopySourceIfModifiedSince",
    "UnModifiedSinceConstraint": "CopySourceIfUnmodifiedSince",
    "RedirectLocation": "WebsiteRedirectLocation",
    "StorageClass": "StorageClass",
    "ObjectLockLegalHoldStatus": "ObjectLockLegalHoldStatus",
    "ObjectLockMode": "ObjectLockMode",
    "ObjectLockRetainUntilDate": "ObjectLockRetainUntilDate",
    "ChecksumAlgorithm": "ChecksumAlgorithm",
    "BucketKeyEnabled": "BucketKeyEnabled",
}
_ENTITY = ("CacheControl", "ContentDisposition", "ContentEncoding", "ContentLanguage", "ContentType")
_GRANTS = {
    "FULL_CONTROL": "GrantFullControl",
    "READ": "GrantRead",
    "READ_ACP": "GrantReadACP",
    "WRITE_ACP": "GrantWriteACP",
    "WRITE": "GrantWrite",
}


_GRANTEES = {
    "id": ("CanonicalUser", "ID"),
    "uri": ("Group", "URI"),
    "emailAddress": ("AmazonCustomerByEmail", "EmailAddress"),
}


def _grant_headers(grants: list[dict[str, Any]]) -> dict[str, str]:
    """Return grants as the members of CopyObject that give them."""
    given: dict[str, list[str]] = {}
    for grant in grants:
        grantee = grant["Grantee"]
        named = f'{grantee["TypeIdentifier"]}="{grantee["Identifier"]}"'
        given.setdefault(_GRANTS[grant["Permission"]], []).append(named)
    return {name: ", ".join(named) for name, named in given.items()}


def _put_acl(given: dict[str, Any], task: Task) -> Called:
    policy = given["AccessControlPolicy"]
    if "CannedAccessControlList" in policy:
        return "PutObjectAcl", {**_named(task), "ACL": policy["CannedAccessControlList"]}
    listed = policy["AccessControlList"]
    grants = []
    for grant in listed.get("Grants") or ():
        type_, member = _GRANTEES[grant["Grantee"]["TypeIdentifier"]]
        grantee = {"Type": type_, member: grant["Grantee"]["Identifier"]}
        grants.append({"Grantee": grantee, "Permission": grant["Permission"]})
    document = {"Owner": {"ID": listed["Owner"].get("ID")}, "Grants": grants}
    return "PutObjectAcl", {**_named(task), "AccessControlPolicy": document}


def _put_tags(given: dict[str, Any], task: Task) -> Called:
    return "PutObjectTagging", {**_named(task), "Tagging": {"TagSet": given.get("TagSet") or []}}


def _delete_tags(given: dict[str, Any], task: Task) -> Called:
    return "DeleteObjectTagging", _named(task)


def _restore(given: dict[str, Any], task: Task) -> Called:
    request: dict[str, Any] = {"GlacierJobParameters": {"Tier": given["GlacierJobTier"].capitalize()}}
    if "ExpirationInDays" in given:
        request["Days"] = given["ExpirationInDays"]
    return "RestoreObject", {**_named(task), "RestoreRequest": request}


def _hold(given: dict[str, Any], task: Task) -> Called:
    return "PutObjectLegalHold", {**_named(task), "LegalHold": given["LegalHold"]}


def _retain(given: dict[str, Any], task: Task) -> Called:
    params = {**_named(task), "Retention": given["Retention"]}
    if given.get("BypassGovernanceRetention"):
        params["BypassGovernanceRetention"] = True
    return "PutObjectRetention", params


def _encrypt(given: dict[str, Any], task: Task) -> Called:
    return "UpdateObjectEncryption", {**_named(task), "ObjectEncryption": given["ObjectEncryption"]}


_CALLS: dict[str, Callable[[dict[str, Any], Task], Called]] = {
    "S3PutObjectCopy": _copy,
    "S3PutObjectAcl": _put_acl,
    "S3PutObjectTagging": _put_tags,
    "S3DeleteObjectTagging": _delete_tags,
    "S3InitiateRestoreObject": _restore,
    "S3PutObjectLegalHold": _hold,
    "S3PutObjectRetention": _retain,
    "S3UpdateObjectEncryption": _encrypt,
}


async def _invoke(caller: ServiceCaller, job: Job, task: Task, given: dict[str, Any]) -> Outcome:
    """Invoke a function for one object, again while it says TemporaryFailure.

    S3 user guide, "Invoke AWS Lambda function".
    """
    schema = given.get("InvocationSchemaVersion", "1.0")
    task_id = base64.b64encode(f"{job.id}/{task.number}".encode()).decode()
    told: dict[str, Any] = {"taskId": task_id, "s3Key": quote(task.key), "s3VersionId": task.version or None}
    document: dict[str, Any] = {"invocationSchemaVersion": schema, "invocationId": task_id, "job": {"id": job.id}}
    if schema == "2.0":
        told["s3Bucket"] = task.bucket
        document["job"]["userArguments"] = given.get("UserArguments") or {}
    else:
        told["s3BucketArn"] = bucket_arn("us-east-1", task.bucket)
    payload = json.dumps({**document, "tasks": [told]}).encode()
    params = {"FunctionName": given["FunctionArn"], "InvocationType": "RequestResponse", "Payload": payload}
    outcome = Outcome(False, 0, "TemporaryFailure", "")
    for _ in range(ATTEMPTS):
        answer = await caller.call("lambda", "Invoke", params)
        outcome = _outcome_in(answer, task_id)
        if outcome.code != "TemporaryFailure":
            break
    return outcome


def _outcome_in(answer: dict[str, Any], task_id: str) -> Outcome:
    """Return the outcome that a function's answer tells for a task."""
    http = answer.get("StatusCode", 200)
    payload = answer.get("Payload") or b""
    text = payload.decode("utf-8", "replace") if isinstance(payload, bytes) else str(payload)
    if answer.get("FunctionError"):
        return Outcome(False, http, "PermanentFailure", f"Lambda function failed: {text[:1024]}")
    try:
        told = json.loads(text)
        missing = told.get("treatMissingKeysAs", "PermanentFailure")
        found = next((result for result in told["results"] if result["taskId"] == task_id), {"resultCode": missing})
        code, message = found["resultCode"], str(found.get("resultString") or "")
    except (ValueError, KeyError, TypeError, AttributeError):
        return Outcome(False, http, "PermanentFailure", "Lambda returned a response that cannot be read")
    if code == "Succeeded":
        return Outcome(True, http, "", message)
    return Outcome(False, http, code if code == "TemporaryFailure" else "PermanentFailure", message)


def replicate_tasks(scope: Scope, job: Job, batch: list[Task]) -> list[Outcome]:
    """Replicate the versions of some tasks by their buckets' rules. Raises Failure when the role cannot be assumed."""
    call = replicating.call_as(scope, principal_of(scope, job))
    outcomes = []
    for task in batch:
        home = homes.find(scope, scope.partition, task.bucket)
        if home is None:
            outcomes.append(_unreplicated("SrcBucketNotFound", 404))
            continue
        if call.refusal(needs.on_bucket(call, home, "InitiateReplication", task.key)) is not None:
            outcomes.append(_unreplicated("InitiateReplicationNotPermitted", 403))
            continue
        there = scope.within(home.owner, home.region)
        try:
            found = versions.find_version(there, home.name, task.key, task.version) if task.version else None
        except ServiceError as error:
            outcomes.append(Outcome(False, error.status, error.code, error.message))
            continue
        if not task.version:
            found = versions.find_object(there, {"Bucket": home.name, "Key": task.key})
        if found is None:
            outcomes.append(_unreplicated("SrcObjectNotFound", 404))
            continue
        reason = replicating.replicate_existing(there, home, found)
        outcomes.append(_unreplicated(reason, 400) if reason else Outcome(True))
    return outcomes


def _unreplicated(reason: str, http: int) -> Outcome:
    return Outcome(False, http, reason, "Replication failed")
