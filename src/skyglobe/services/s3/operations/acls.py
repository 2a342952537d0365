"""Access control lists of buckets and objects."""

from __future__ import annotations

from typing import Any

import msgspec

from skyglobe.kernel.call import Call
from skyglobe.kernel.principals import canonical_user_of
from skyglobe.services.s3 import (
    deciding,
    documents,
    errors,
    events,
    finding,
    granting,
    places,
    replicating,
    s3,
    settings,
    versions,
)
from skyglobe.services.s3.guards import NO_BLOCKS, Grant
from skyglobe.services.s3.records import Home, ObjectAcl, details_of, pack_details
from skyglobe.services.s3.rules import acls


@s3.operation
def get_bucket_acl(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Return a bucket's list; full control for its owner alone while BucketOwnerEnforced."""
    home = settings.enter(call, request)
    return _described(home.owner, deciding.grants_of(home))


@s3.operation
def get_object_acl(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Return an object's list; full control for the bucket's owner alone while BucketOwnerEnforced."""
    scope = places.enter_object(call, request, writes=False)
    details = details_of(finding.get_object(call, scope, request))
    home = places.get_home(call, request["Bucket"])
    return _described(deciding.owner_of_object(home, details), deciding.grants_of_object(home, details))


@s3.operation
def put_bucket_acl(call: Call, request: dict[str, Any]) -> None:
    """Give a bucket another list: canned, in headers or in a document.

    Raises AccessControlListNotSupported while BucketOwnerEnforced, AccessDenied under BlockPublicAcls.
    """
    home = settings.enter(call, request)
    documents.check_document(call, request)
    if not deciding.access_of(home).takes_acls:
        raise granting.not_supported()
    grants = _asked(request, home.owner, home.owner)
    _check_public(call, home, "s3:PutBucketAcl", request, grants)
    is_private = grants == (Grant(canonical_user_of(home.owner), "FULL_CONTROL"),)
    settings.change(call, home, grants=None if is_private else grants)


@s3.operation
def put_object_acl(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Give an object another list. Its owner stays. Raises as PutBucketAcl does, and NoSuchKey."""
    home, scope = places.visit_object(call, request, writes=True)
    documents.check_document(call, request)
    found = finding.get_object(call, scope, request)
    if not deciding.access_of(home).takes_acls:
        if request.get("ACL") != "bucket-owner-full-control" or granting.has_grants(request):
            raise granting.not_supported()
        return {}
    details = details_of(found)
    owner = deciding.owner_of_object(home, details)
    grants = _asked(request, owner, home.owner)
    _check_public(call, home, "s3:PutObjectAcl", request, grants)
    changed = replicating.changed(scope, home, found, msgspec.structs.replace(details, acl=ObjectAcl(owner, grants)))
    versions.replace(scope, found, msgspec.structs.replace(found, details=pack_details(changed)))
    if grants != deciding.grants_of_object(home, details):
        events.emit(scope, home, "ObjectAcl:Put", call, found.key, found=found, version_id=found.version)
    return {}


def _asked(request: dict[str, Any], owner: str, bucket_owner: str) -> tuple[Grant, ...]:
    """Return the list a request gives a bucket or object, of which it must give exactly one form."""
    user = canonical_user_of(owner)
    named = granting.requested_grants(request, user, canonical_user_of(bucket_owner))
    document = request.get("AccessControlPolicy")
    if named is not None:
        if document is not None:
            raise s3.error("UnexpectedContent", "This request does not support content")
        return named
    if document is None:
        raise s3.error("MissingSecurityHeader", "Your request was missing a required header")
    if (document.get("Owner") or {}).get("ID") is None:
        raise granting.malformed()
    if document["Owner"]["ID"] != user:
        raise errors.access_denied()
    try:
        return granting.limited(acls.document_grants(document.get("Grants") or ()))
    except acls.BadGrant as error:
        raise granting.malformed() if error.kind == "syntax" else granting.bad_grant(error) from error


def _check_public(call: Call, home: Home, action: str, request: dict[str, Any], grants: tuple[Grant, ...]) -> None:
    further = call.via.blocks if call.via is not None else NO_BLOCKS
    deciding.check_may_publish(
        call, home, grants, lambda why: granting.blocked(call, home, action, request, why), further
    )


def _described(owner: str, grants: tuple[Grant, ...]) -> dict[str, Any]:
    listed = [{"Grantee": _grantee(grant.grantee), "Permission": grant.permission} for grant in grants]
    return {"Owner": {"ID": canonical_user_of(owner)}, "Grants": listed}


def _grantee(grantee: str) -> dict[str, str]:
    if grantee in acls.GROUPS:
        return {"Type": "Group", "URI": grantee}
    return {"Type": "CanonicalUser", "ID": grantee}
