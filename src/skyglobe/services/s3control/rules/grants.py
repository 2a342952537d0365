"""Scopes of access grants: what they cover, and the session policy that holds a caller to one.

Scopes are ``s3://``, ``s3://BUCKET``, ``s3://BUCKET/PREFIX*`` or, for one object, ``s3://BUCKET/KEY``. S3 user guide,
"Managing access with S3 Access Grants".
"""

from __future__ import annotations

import json
from typing import Any

EVERYTHING = "s3://"
READ, WRITE, READ_WRITE = "READ", "WRITE", "READWRITE"

_READS = (
    *("s3:GetObject", "s3:GetObjectVersion", "s3:GetObjectAcl", "s3:GetObjectVersionAcl"),
    "s3:ListMultipartUploadParts",
)
_WRITES = (
    *("s3:PutObject", "s3:PutObjectAcl", "s3:PutObjectVersionAcl", "s3:DeleteObject", "s3:DeleteObjectVersion"),
    "s3:AbortMultipartUpload",
)


def is_location(scope: str) -> bool:
    """Whether a location may have this scope: everything, a bucket, or a prefix with its star."""
    if scope == EVERYTHING:
        return True
    bucket, slash, prefix = scope.removeprefix(EVERYTHING).partition("/")
    return scope.startswith(EVERYTHING) and bool(bucket) and "*" not in bucket and (not slash or prefix.endswith("*"))


def grant_scope(location: str, subprefix: str, *, is_object: bool) -> str | None:
    """Return the scope of a grant below a location; None when it would be everything, or is malformed."""
    start = location.removesuffix("*")
    if start != EVERYTHING and "/" not in start.removeprefix(EVERYTHING):
        start += "/"
    scope = start + subprefix
    bucket, slash, rest = scope.removeprefix(EVERYTHING).partition("/")
    if not bucket or "*" in bucket.rstrip("*") or not slash:
        return None
    if is_object:
        return scope if rest and not rest.endswith("*") else None
    return scope if scope.endswith("*") else f"{scope}*"


def covers(scope: str, target: str) -> bool:
    """Whether all of ``target`` lies in ``scope``."""
    if scope.endswith("*"):
        return target.removesuffix("*").startswith(scope[:-1])
    return target == scope


def allows(permission: str, wanted: str) -> bool:
    """Whether a grant's permission has the one that is wanted."""
    return permission in (wanted, READ_WRITE)


def bucket_in(scope: str) -> str:
    return scope.removeprefix(EVERYTHING).partition("/")[0]


def session_policy(scope: str, permission: str, partition: str) -> str:
    """Return the policy that leaves a session no more than a permission on a scope."""
    bucket, _, prefix = scope.removeprefix(EVERYTHING).partition("/")
    arn = f"arn:{partition}:s3:::{bucket}"
    actions = [*(_READS if permission != WRITE else ()), *(_WRITES if permission != READ else ())]
    statements: list[dict[str, Any]] = [{"Effect": "Allow", "Action": actions, "Resource": f"{arn}/{prefix}"}]
    if permission != WRITE:
        within = {"StringLike": {"s3:prefix": [prefix]}}
        statements.append({"Effect": "Allow", "Action": "s3:ListBucket", "Resource": arn, "Condition": within})
    return json.dumps({"Version": "2012-10-17", "Statement": statements})
