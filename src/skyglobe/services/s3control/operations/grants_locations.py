"""Locations of S3 Access Grants: which role S3 takes on for what."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.kernel.resources import find_resource
from skyglobe.services.s3.records import homes
from skyglobe.services.s3control import finding, grants, s3control
from skyglobe.services.s3control.grants import Location, get_instance, get_location, locations
from skyglobe.services.s3control.rules.grants import EVERYTHING, bucket_in, is_location
from skyglobe.services.s3control.tagging import tags_in

MAX_LOCATIONS = 1_000  # of an instance; S3 user guide, "S3 Access Grants limitations"


@s3control.operation
def create_access_grants_location(
    call: Call, account_id: str, location_scope: str, iam_role_arn: str, tags: list[dict[str, str]] | None = None
) -> dict[str, Any]:
    """Register a bucket, a prefix or everything with the role that reaches it.

    Raises InvalidAccessGrantsLocation, AccessGrantsLocationAlreadyExistsError, InvalidIamRole for roles not there.
    """
    there, instance = get_instance(call, account_id)
    if not is_location(location_scope):
        raise grants.invalid("InvalidAccessGrantsLocation", "The location scope is not valid")
    home = homes.find(call, call.partition, bucket_in(location_scope)) if location_scope != EVERYTHING else None
    if location_scope != EVERYTHING and (home is None or (home.owner, home.region) != (account_id, call.region)):
        text = "The bucket of the location must be in the account and Region of the instance"
        raise grants.invalid("InvalidAccessGrantsLocation", text)
    if next(locations.scan_by(there, "scope", location_scope, limit=1), None) is not None:
        text = "The specified location already exists"
        raise s3control.error("AccessGrantsLocationAlreadyExistsError", text, status=409)
    if locations.count_by(there, "arn") >= MAX_LOCATIONS:
        text = "The access grants location quota has been exceeded"
        raise s3control.error("AccessGrantsLocationsQuotaExceededError", text, status=409)
    _check_role(call, iam_role_arn)
    id_ = "default" if location_scope == EVERYTHING else call.kernel.ids.uuid()
    made = Location(
        arn=f"{instance.arn}/location/{id_}",
        id=id_,
        owner=account_id,
        created_at=call.now,
        tags=tags_in(tags or []),
        scope=location_scope,
        role=iam_role_arn,
    )
    locations.insert(there, made)
    return _told(made)


def _check_role(call: Call, arn: str) -> None:
    if call.kernel.services.find("iam") is not None and find_resource(call, arn) is None:
        raise grants.invalid("InvalidIamRole", "The specified IAM role is not valid")


def _told(found: Location) -> dict[str, Any]:
    return {
        "CreatedAt": found.created_at / 1000,
        "AccessGrantsLocationId": found.id,
        "AccessGrantsLocationArn": found.arn,
        "LocationScope": found.scope,
        "IAMRoleArn": found.role,
    }


@s3control.operation
def get_access_grants_location(call: Call, account_id: str, access_grants_location_id: str) -> dict[str, Any]:
    """Describe a location."""
    return _told(get_location(call, account_id, access_grants_location_id)[1])


@s3control.operation
def list_access_grants_locations(
    call: Call,
    account_id: str,
    next_token: str | None = None,
    max_results: int | None = None,
    location_scope: str | None = None,
) -> dict[str, Any]:
    """Return a page of locations, or the one of a scope."""
    there, _ = get_instance(call, account_id)
    rows = locations.scan(there) if location_scope is None else locations.scan_by(there, "scope", location_scope)
    listing = f"s3control.locations:{location_scope or ''}"
    found, following = finding.page(there, listing, rows, next_token, max_results)
    return {"AccessGrantsLocationsList": [_told(each) for each in found], **following}


@s3control.operation
def update_access_grants_location(
    call: Call, account_id: str, access_grants_location_id: str, iam_role_arn: str
) -> dict[str, Any]:
    """Give a location another role."""
    scope, found = get_location(call, account_id, access_grants_location_id)
    _check_role(call, iam_role_arn)
    changed = replace(found, role=iam_role_arn)
    locations.replace(scope, found, changed)
    return _told(changed)


@s3control.operation
def delete_access_grants_location(call: Call, account_id: str, access_grants_location_id: str) -> None:
    """Delete a location without grants. Raises AccessGrantsLocationNotEmptyError."""
    scope, found = get_location(call, account_id, access_grants_location_id)
    if next(grants.grants.scan_by(scope, "location", found.id, limit=1), None) is not None:
        text = "The access grants location must not contain any access grants"
        raise s3control.error("AccessGrantsLocationNotEmptyError", text)
    locations.delete(scope, found)
