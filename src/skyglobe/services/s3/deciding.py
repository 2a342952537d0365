"""Policy, access control lists and public access blocks of a bucket, as the one resource policy decisions are made by.

A grant in an access control list says what a statement of a policy could say, so lists become statements and the
policy engine weighs all of it: explicit denies win, and another account's grant needs that account's own policies too.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.principals import canonical_user_of
from skyglobe.kernel.scope import Scope
from skyglobe.services.s3 import versions
from skyglobe.services.s3.access import bucket_arn
from skyglobe.services.s3.guards import NO_BLOCKS, Access, Blocks, Grant, blocks_of, document_of
from skyglobe.services.s3.records import Details, Home, Object, details_of
from skyglobe.services.s3.rules import acls
from skyglobe.services.s3.rules.bucket_policies import is_public, statements_of

_OF_THE_POLICY = frozenset(("s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy"))
_IN_THE_BUCKET = frozenset(("s3:PutObject", "s3:DeleteObject", "s3:DeleteObjectVersion", "s3:AbortMultipartUpload"))
"""What is done to a key is the bucket's matter, whoever owns the object that is there."""


Said = tuple[str, str]
"""What is said about a need: the policy in force, and the account whose resource it is."""


def policy_on(
    call: Call, home: Home, action: str, key: str | None = None, version: str | None = None, further: Blocks = NO_BLOCKS
) -> Said:
    """Return the resource policy for one action on a bucket or one of its objects.

    ``further`` are the public access blocks of the access point between.
    The owner's root may always see, replace and remove the policy, whatever it says, unless it was put with
    x-amz-confirm-remove-self-bucket-access.
    """
    access = home.access
    if access is None:
        return "", home.owner
    is_at_home = call.principal.account == home.owner
    if action in _OF_THE_POLICY and call.principal.is_root and is_at_home and not access.binds_root:
        return "", home.owner
    text = document_of(call, home.name, "policy") if access.has_policy else ""
    if not access.takes_acls and not text:
        return "", home.owner
    blocks = blocks_of(call, home.owner, access) | further
    restricts = blocks.restricted and not is_at_home and call.principal.type != "service" and is_public(text)
    if not access.takes_acls:
        return _combined(text, restricts, home.name, home.region, (), ()), home.owner
    of_bucket = _unless_public(grants_of(home), blocks)
    if key is None:
        return _combined(text, restricts, home.name, home.region, of_bucket, ()), home.owner
    found = find_object(call, home, key, version)
    owner = owner_of_object(home, details_of(found)) if found is not None else home.owner
    if action in _IN_THE_BUCKET:
        may_delete = found is not None and owner == call.principal.account
        of_bucket = tuple(grant for grant in of_bucket if may_delete or action == "s3:PutObject")
        return _combined(text, restricts, home.name, home.region, of_bucket, (), may_delete), home.owner
    of_object = _unless_public(grants_of_object(home, details_of(found)), blocks) if found is not None else ()
    is_foreign = owner != home.owner
    return _combined(text, restricts or is_foreign, home.name, home.region, (), of_object), owner


def _unless_public(grants: tuple[Grant, ...], blocks: Blocks) -> tuple[Grant, ...]:
    return acls.without_public(grants) if blocks.ignored_acls else grants


@lru_cache(maxsize=4096)  # as many as compiled policies are kept
def _combined(
    text: str,
    denies_only: bool,
    bucket: str,
    region: str,
    of_bucket: tuple[Grant, ...],
    of_object: tuple[Grant, ...],
    may_delete: bool = False,
) -> str:
    """Return one document of a policy and of lists; equal arguments give the same text, which is compiled once."""
    if not (denies_only or of_bucket or of_object):
        return text
    arn = bucket_arn(region, bucket)
    statements = statements_of(text)
    if denies_only:
        statements = [statement for statement in statements if statement["Effect"] == "Deny"]
    added = acls.bucket_statements(of_bucket, arn) + acls.object_statements(of_object, arn)
    for statement in added:
        if may_delete and "s3:PutObject" in statement["Action"]:
            statement["Action"] = [*statement["Action"], "s3:DeleteObject"]
    if not statements and not added:
        return ""
    document: dict[str, Any] = json.loads(text) if text else {"Version": "2012-10-17"}
    return json.dumps({**document, "Statement": [*statements, *added]})


def find_object(scope: Scope, home: Home, key: str, version: str | None = None) -> Object | None:
    """Return the object a decision is about, None when there is none to be found."""
    request = {"Bucket": home.name, "Key": key}
    if version is not None:
        request["VersionId"] = version
    try:
        return versions.find_object(scope.within(home.owner, home.region), request)
    except ServiceError:
        return None


def access_of(home: Home) -> Access:
    return home.access or Access()


def grants_of(home: Home) -> tuple[Grant, ...]:
    """Return a bucket's access control list."""
    access = access_of(home)
    if access.grants is None or not access.takes_acls:
        return (Grant(canonical_user_of(home.owner), "FULL_CONTROL"),)
    return access.grants


def owner_of_object(home: Home, details: Details) -> str:
    """Return the account that owns an object: the bucket's, unless another wrote it and lists are in force."""
    if details.acl is None or not access_of(home).takes_acls:
        return home.owner
    return details.acl.owner


def grants_of_object(home: Home, details: Details) -> tuple[Grant, ...]:
    """Return an object's access control list."""
    if details.acl is None or not access_of(home).takes_acls:
        return (Grant(canonical_user_of(home.owner), "FULL_CONTROL"),)
    return details.acl.grants


def check_may_publish(
    scope: Scope, home: Home, grants: tuple[Grant, ...], refuse: Any, further: Blocks = NO_BLOCKS
) -> None:
    """Raise what ``refuse`` makes of a reason when a public list is blocked on a bucket, or by ``further`` blocks."""
    if acls.is_public(grants) and (blocks_of(scope, home.owner, access_of(home)) | further).acls:
        raise refuse("public ACLs are prevented by the BlockPublicAcls setting in S3 Block Public Access")
