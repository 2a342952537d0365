"""Bucket policies."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.resources import find_resource
from skyglobe.kernel.scope import Scope
from skyglobe.services.s3 import documents, s3, settings
from skyglobe.services.s3.deciding import access_of
from skyglobe.services.s3.granting import blocked
from skyglobe.services.s3.guards import blocks_of, document_of
from skyglobe.services.s3.records import Home, homes
from skyglobe.services.s3.rules.bucket_policies import (
    MAX_POLICY_BYTES,
    Malformed,
    check_directory_policy,
    check_policy,
    is_open,
    is_public,
    named_principals,
)
from skyglobe.services.s3.rules.directories import bucket_arn as directory_arn
from skyglobe.services.s3.rules.directories import is_directory


@s3.operation
def put_bucket_policy(call: Call, request: dict[str, Any]) -> None:
    """Give a bucket a policy, in place of the one it had.

    Raises MalformedPolicy with S3's reason, PolicyTooLarge, AccessDenied for a public policy under BlockPublicPolicy,
    MethodNotAllowed for callers of other accounts.
    """
    home = _enter_own(call, request)
    documents.check_document(call, request)
    text: str = request.get("Policy", "")
    if len(text.encode()) > MAX_POLICY_BYTES:
        raise s3.error("PolicyTooLarge", "Policy exceeds the maximum allowed document size.")
    try:
        if is_directory(home.name):
            check_directory_policy(text, directory_arn(home.partition, home.region, home.owner, home.name))
        else:
            check_policy(text, f"arn:{home.partition}:s3:::{home.name}")
    except Malformed as error:
        raise _malformed(str(error), error.detail) from error
    _check_principals(call, text)
    opens = is_open(text) if is_directory(home.name) else is_public(text)
    if blocks_of(call, home.owner, access_of(home)).policy and opens:
        reason = "public policies are prevented by the BlockPublicPolicy setting in S3 Block Public Access"
        raise blocked(call, home, "s3:PutBucketPolicy", request, reason)
    settings.keep_document(call, home, "policy", text)
    settings.change(call, home, has_policy=True, binds_root=bool(request.get("ConfirmRemoveSelfBucketAccess")))


def _check_principals(call: Call, text: str) -> None:
    """Raise MalformedPolicy when a policy names users or roles that are not there."""
    if call.kernel.services.find("iam") is None:
        return
    for arn in sorted(named_principals(text)):
        if ":iam::cloudfront:" not in arn and find_resource(call, arn) is None:
            raise _malformed("Invalid principal in policy", f'"AWS":"{arn}"')


def _malformed(reason: str, detail: str) -> ServiceError:
    return ServiceError(reason, code="MalformedPolicy", fields={"Detail": detail} if detail else {})


@s3.operation
def get_bucket_policy(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Return a bucket's policy as it was put. Raises NoSuchBucketPolicy."""
    return {"Policy": _policy_of(call, _enter_own(call, request))}


@s3.operation
def delete_bucket_policy(call: Call, request: dict[str, Any]) -> None:
    """Remove a bucket's policy. Nothing happens when there is none."""
    home = _enter_own(call, request)
    settings.drop_document(call, home, "policy")
    settings.change(call, home, has_policy=False, binds_root=False)


@s3.operation
def get_bucket_policy_status(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Say whether a bucket's policy is public. Raises NoSuchBucketPolicy."""
    return {"PolicyStatus": {"IsPublic": is_public(_policy_of(call, settings.enter(call, request)))}}


def _enter_own(call: Call, request: dict[str, Any]) -> Home:
    """Policies are for identities of the bucket's own account; PutBucketPolicy, API reference."""
    home = settings.enter(call, request)
    if call.principal.account != home.owner:
        text = "The specified method is not allowed against this resource."
        raise s3.error("MethodNotAllowed", text, status=405, Method=call.request.method, ResourceType="BUCKETPOLICY")
    return home


def _policy_of(call: Call, home: Home) -> str:
    text = document_of(call, home.name, "policy")
    if not text:
        message = "The bucket policy does not exist"
        raise s3.error("NoSuchBucketPolicy", message, status=404, BucketName=home.name)
    return text


@s3.resource_policies
def find_policy(scope: Scope, arn: str) -> str | None:
    """Return the policy of the bucket that an ARN names, or that holds the object it names; None when it has none."""
    name = arn.rpartition(":::")[2].partition("/")[0]
    home = homes.find(scope, scope.partition, name)
    if home is None or home.access is None or not home.access.has_policy:
        return None
    return document_of(scope, name, "policy") or None
