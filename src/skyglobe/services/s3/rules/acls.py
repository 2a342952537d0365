"""Access control lists: canned ones, those in headers and documents, and what a grant means as a policy statement.

S3 user guide, "Access control list (ACL) overview".
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from skyglobe.services.s3.guards import Grant

MAX_GRANTS = 100  # of a list; ACL overview
ALL_USERS = "http://acs.amazonaws.com/groups/global/AllUsers"
AUTHENTICATED = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"
LOG_DELIVERY = "http://acs.amazonaws.com/groups/s3/LogDelivery"
GROUPS = frozenset((ALL_USERS, AUTHENTICATED, LOG_DELIVERY))
PUBLIC = frozenset((ALL_USERS, AUTHENTICATED))
PERMISSIONS = ("FULL_CONTROL", "READ", "READ_ACP", "WRITE", "WRITE_ACP")
GRANT_MEMBERS = {
    "GrantFullControl": "FULL_CONTROL",
    "GrantRead": "READ",
    "GrantReadACP": "READ_ACP",
    "GrantWrite": "WRITE",
    "GrantWriteACP": "WRITE_ACP",
}
AMIS = "6aa5a366c34c1cbe25dc49211496e913e0351eb0e8c37aa3477e40942ec6b97c"
"""Canonical user of Amazon EC2, which aws-exec-read lets fetch AMI bundles."""
_CANONICAL = re.compile(r"[0-9a-f]{64}|65a011a29cdf8ec533ec3d1ccaae921c")
_GRANTEE = re.compile(r"""\s*(id|uri|emailAddress)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^"',\s]+))\s*""", re.IGNORECASE)

_CANNED: dict[str, tuple[tuple[str, str], ...]] = {
    # What each gives besides full control for the owner. ``owner`` is the bucket's.
    "private": (),
    "public-read": ((ALL_USERS, "READ"),),
    "public-read-write": ((ALL_USERS, "READ"), (ALL_USERS, "WRITE")),
    "aws-exec-read": ((AMIS, "READ"),),
    "authenticated-read": ((AUTHENTICATED, "READ"),),
    "bucket-owner-read": (("owner", "READ"),),
    "bucket-owner-full-control": (("owner", "FULL_CONTROL"),),
    "log-delivery-write": ((LOG_DELIVERY, "WRITE"), (LOG_DELIVERY, "READ_ACP")),
}
_OF_BUCKETS: dict[str, tuple[str, ...]] = {
    "READ": ("s3:ListBucket", "s3:ListBucketVersions", "s3:ListBucketMultipartUploads"),
    "READ_ACP": ("s3:GetBucketAcl",),
    "WRITE_ACP": ("s3:PutBucketAcl",),
}
_IN_BUCKETS: dict[str, tuple[str, ...]] = {"WRITE": ("s3:PutObject",)}
_OF_OBJECTS: dict[str, tuple[str, ...]] = {
    "READ": ("s3:GetObject", "s3:GetObjectVersion"),
    "READ_ACP": ("s3:GetObjectAcl", "s3:GetObjectVersionAcl"),
    "WRITE_ACP": ("s3:PutObjectAcl", "s3:PutObjectVersionAcl"),
}
HARMLESS = frozenset(("private", "bucket-owner-full-control"))
"""Canned lists of new objects that give nobody more than the bucket's owner has: BucketOwnerEnforced lets them pass."""


class BadGrant(ValueError):
    """A grant that cannot be given; ``kind`` is ``syntax``, ``id``, ``group`` or ``email``, ``value`` what was sent."""

    def __init__(self, kind: str, value: str) -> None:
        super().__init__(kind)
        self.kind = kind
        self.value = value


def canned(name: str, owner: str, bucket_owner: str) -> tuple[Grant, ...] | None:
    """Return the grants of a canned list, by canonical user ids; None when there is none of that name."""
    given = _CANNED.get(name)
    if given is None:
        return None
    found = [Grant(owner, "FULL_CONTROL")]
    for grantee, permission in given:
        if grantee != "owner":
            found.append(Grant(grantee, permission))
        elif bucket_owner != owner:
            found.append(Grant(bucket_owner, permission))
    return tuple(found)


def header_grants(request: dict[str, Any]) -> tuple[Grant, ...]:
    """Return the grants in a request's ``x-amz-grant-…`` headers. Raises BadGrant."""
    found = []
    for member, permission in GRANT_MEMBERS.items():
        for piece in _pieces(request.get(member, "")):
            match = _GRANTEE.fullmatch(piece)
            if match is None:
                raise BadGrant("syntax", piece)
            value = match[2] or match[3] or match[4] or ""
            found.append(Grant(grantee_of(match[1].lower(), value), permission))
    return tuple(found)


def _pieces(header: str) -> list[str]:
    return [piece for piece in header.split(",") if piece.strip()]


def document_grants(grants: Iterable[dict[str, Any]]) -> tuple[Grant, ...]:
    """Return the grants of an AccessControlPolicy. Raises BadGrant."""
    found = []
    for grant in grants:
        grantee, permission = grant.get("Grantee") or {}, grant.get("Permission")
        if permission not in PERMISSIONS:
            raise BadGrant("syntax", str(permission))
        kind = {"CanonicalUser": "id", "Group": "uri", "AmazonCustomerByEmail": "emailaddress"}.get(
            grantee.get("Type", "")
        )
        if kind is None:
            raise BadGrant("syntax", str(grantee.get("Type")))
        value = grantee.get({"id": "ID", "uri": "URI", "emailaddress": "EmailAddress"}[kind], "")
        found.append(Grant(grantee_of(kind, value), permission))
    return tuple(found)


def grantee_of(kind: str, value: str) -> str:
    """Return a grantee as lists keep it. Raises BadGrant: email addresses name nobody since October 2025."""
    if kind == "emailaddress":
        raise BadGrant("email", value)
    if kind == "uri":
        if value not in GROUPS:
            raise BadGrant("group", value)
    elif not _CANONICAL.fullmatch(value):
        raise BadGrant("id", value)
    return value


def is_public(grants: Iterable[Grant]) -> bool:
    """Whether a list gives everybody, or everybody with an AWS account, anything."""
    return any(grant.grantee in PUBLIC for grant in grants)


def without_public(grants: Iterable[Grant]) -> tuple[Grant, ...]:
    return tuple(grant for grant in grants if grant.grantee not in PUBLIC)


def bucket_statements(grants: Iterable[Grant], arn: str) -> list[dict[str, Any]]:
    """Return a bucket's list as statements of a resource-based policy."""
    found = []
    for grant in grants:
        found += _statement(grant, _OF_BUCKETS, arn)
        found += _statement(grant, _IN_BUCKETS, f"{arn}/*")
    return found


def object_statements(grants: Iterable[Grant], arn: str) -> list[dict[str, Any]]:
    """Return the list of an object of the bucket ``arn`` as statements, for decisions on that object only."""
    return [statement for grant in grants for statement in _statement(grant, _OF_OBJECTS, f"{arn}/*")]


def _statement(grant: Grant, meanings: dict[str, tuple[str, ...]], resource: str) -> list[dict[str, Any]]:
    if grant.permission == "FULL_CONTROL":
        actions = [action for each in meanings.values() for action in each]
    else:
        actions = list(meanings.get(grant.permission, ()))
    if not actions:
        return []
    statement: dict[str, Any] = {"Sid": f"ACL:{grant.permission}", "Effect": "Allow"}
    if grant.grantee == LOG_DELIVERY:
        statement["Principal"] = {"Service": "logging.s3.amazonaws.com"}
    elif grant.grantee in PUBLIC:
        statement["Principal"] = "*"
    elif len(grant.grantee) == 64:
        statement["Principal"] = {"CanonicalUser": grant.grantee}
    else:
        return []  # who came without a signature cannot be told from anybody else who does
    if grant.grantee == AUTHENTICATED:
        statement["Condition"] = {"StringNotEquals": {"aws:PrincipalType": "Anonymous"}}
    return [{**statement, "Action": actions, "Resource": resource}]
