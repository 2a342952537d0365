"""Who owns what is put into a bucket, and who pays for what is taken out of it."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.kernel.errors import ServiceError
from skyglobe.services.s3 import documents, errors, s3, settings
from skyglobe.services.s3.deciding import access_of
from skyglobe.services.s3.guards import ENFORCED, PREFERRED, WRITER

OWNERSHIPS = frozenset((ENFORCED, PREFERRED, WRITER))


@s3.operation
def put_bucket_ownership_controls(call: Call, request: dict[str, Any]) -> None:
    """Say who owns new objects and whether access control lists count.

    Raises InvalidBucketAclWithObjectOwnership when lists are to go but the bucket's own gives others something.
    """
    home = settings.enter(call, request)
    documents.check_document(call, request)
    rules = (request.get("OwnershipControls") or {}).get("Rules") or []
    ownership = rules[0].get("ObjectOwnership") if len(rules) == 1 else None
    if ownership not in OWNERSHIPS:
        raise errors.malformed_xml()
    if ownership == ENFORCED and access_of(home).grants is not None:
        raise acl_with_ownership()
    settings.change(call, home, ownership=ownership)


@s3.operation
def get_bucket_ownership_controls(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Return who owns new objects. Raises OwnershipControlsNotFoundError once the controls were deleted."""
    home = settings.enter(call, request)
    ownership = access_of(home).ownership
    if not ownership:
        text = "The bucket ownership controls were not found"
        raise s3.error("OwnershipControlsNotFoundError", text, status=404, BucketName=home.name)
    return {"OwnershipControls": {"Rules": [{"ObjectOwnership": ownership}]}}


@s3.operation
def delete_bucket_ownership_controls(call: Call, request: dict[str, Any]) -> None:
    """Remove the controls: whoever writes an object owns it, and access control lists count."""
    settings.change(call, settings.enter(call, request), ownership="")


def acl_with_ownership() -> ServiceError:
    text = "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting"
    return s3.error("InvalidBucketAclWithObjectOwnership", text)


@s3.operation
def put_bucket_request_payment(call: Call, request: dict[str, Any]) -> None:
    """Say who pays for requests and transfer: BucketOwner or Requester."""
    home = settings.enter(call, request)
    documents.check_document(call, request)
    payer = (request.get("RequestPaymentConfiguration") or {}).get("Payer")
    if payer not in ("BucketOwner", "Requester"):
        raise errors.malformed_xml()
    settings.change(call, home, requester_pays=payer == "Requester")


@s3.operation
def get_bucket_request_payment(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Return who pays for requests and transfer."""
    access = access_of(settings.enter(call, request))
    return {"Payer": "Requester" if access.requester_pays else "BucketOwner"}
