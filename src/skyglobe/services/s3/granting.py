"""The access control lists requests ask for: canned, in headers or in a document, held to what the bucket takes."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.principals import canonical_user_of
from skyglobe.kernel.scope import Scope
from skyglobe.services.s3 import deciding, errors, s3
from skyglobe.services.s3.guards import NO_BLOCKS, PREFERRED, Grant
from skyglobe.services.s3.records import Home, ObjectAcl, homes
from skyglobe.services.s3.rules import acls


def acl_of_new(call: Call, scope: Scope, request: dict[str, Any]) -> ObjectAcl | None:
    """Return the list of an object about to be made in the bucket where ``scope`` stands; None for its owner alone.

    Raises AccessControlListNotSupported, AccessDenied under BlockPublicAcls, and what ``requested_grants`` does.
    """
    names_list = asks_for_list(request)
    if not names_list and call.principal.account == scope.account:
        return None
    home = homes.find(call, call.partition, request["Bucket"])
    assert home is not None, "the bucket was entered"
    if not deciding.access_of(home).takes_acls:
        if has_grants(request) or request.get("ACL", "private") not in acls.HARMLESS:
            raise not_supported()
        return None
    owner = call.principal.account
    if deciding.access_of(home).ownership == PREFERRED and request.get("ACL") == "bucket-owner-full-control":
        owner = home.owner
    user, bucket_user = canonical_user_of(owner), canonical_user_of(home.owner)
    private = (Grant(user, "FULL_CONTROL"),)
    grants = requested_grants(request, user, bucket_user) or private
    further = call.via.blocks if call.via is not None else NO_BLOCKS
    deciding.check_may_publish(
        scope, home, grants, lambda reason: blocked(call, home, "s3:PutObject", request, reason), further
    )
    return ObjectAcl(owner, grants) if (owner, grants) != (home.owner, private) else None


def asks_for_list(request: dict[str, Any]) -> bool:
    return "ACL" in request or has_grants(request)


def has_grants(request: dict[str, Any]) -> bool:
    return not acls.GRANT_MEMBERS.keys().isdisjoint(request)


def requested_grants(request: dict[str, Any], owner: str, bucket_owner: str) -> tuple[Grant, ...] | None:
    """Return the grants a request's headers ask for, by canonical user ids; None when they ask for nothing.

    Raises InvalidRequest, InvalidArgument, MalformedACLError, MethodNotAllowed for grants by email.
    """
    name = request.get("ACL")
    if name is not None and has_grants(request):
        raise errors.invalid_request("Specifying both Canned ACLs and Header Grants is not allowed")
    if name is not None:
        found = acls.canned(name, owner, bucket_owner)
        if found is None:
            raise errors.invalid_argument("The canned ACL is not one that Amazon S3 knows.", "x-amz-acl", name)
        return found
    if not has_grants(request):
        return None
    try:
        return limited(acls.header_grants(request))
    except acls.BadGrant as error:
        raise bad_grant(error) from error


def limited(grants: tuple[Grant, ...]) -> tuple[Grant, ...]:
    """Return ``grants``. Raises MalformedACLError when they are more than a list holds."""
    if len(grants) > acls.MAX_GRANTS:
        raise malformed()
    return grants


def bad_grant(error: acls.BadGrant) -> ServiceError:
    """Return S3's error for a grant that cannot be given."""
    if error.kind == "email":
        text = "The specified method is not allowed against this resource."
        return s3.error("MethodNotAllowed", text, status=405)
    if error.kind == "id":
        return errors.invalid_argument("Invalid id", "CanonicalUser/ID", error.value)
    if error.kind == "group":
        return errors.invalid_argument("Invalid group uri", "Group/URI", error.value)
    return errors.invalid_argument("Argument format not recognized", "x-amz-grant", error.value)


def malformed() -> ServiceError:
    text = "The XML you provided was not well-formed or did not validate against our published schema"
    return s3.error("MalformedACLError", text)


def not_supported() -> ServiceError:
    return s3.error("AccessControlListNotSupported", "The bucket does not allow ACLs")


def blocked(call: Call, home: Home, action: str, request: dict[str, Any], reason: str) -> ServiceError:
    """Return the AccessDenied of a public access block."""
    arn = f"arn:{call.partition}:s3:::{home.name}"
    resource = f"{arn}/{request['Key']}" if "Key" in request else arn
    who = call.principal.arn or "anonymous"
    text = f'User: {who} is not authorized to perform: {action} on resource: "{resource}" because {reason}.'
    return s3.error("AccessDenied", text, status=403)
