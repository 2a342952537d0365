"""Making, checking and deleting buckets."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.services.s3 import (
    aging,
    analyzing,
    errors,
    granting,
    inventories,
    measuring,
    places,
    points,
    s3,
    settings,
    sizing,
    versions,
)
from skyglobe.services.s3.access import bucket_arn, canonical_id
from skyglobe.services.s3.describing import bad_tags
from skyglobe.services.s3.guards import ENFORCED, FOR_EVER_ONE, NEW, Access, Grant, Keeping
from skyglobe.services.s3.operations import directories
from skyglobe.services.s3.operations.ownership import OWNERSHIPS, acl_with_ownership
from skyglobe.services.s3.records import Bucket, Home, bucket_count, buckets, homes, objects, past, uploads
from skyglobe.services.s3.rules import acls, names
from skyglobe.services.s3.rules.directories import bucket_arn as directory_arn
from skyglobe.services.s3.rules.directories import is_directory, zone_in
from skyglobe.services.s3.rules.regions import HOME_REGION, place_bucket
from skyglobe.services.s3.rules.tags import BUCKET, BadTags, tags_of_set

MAX_BUCKETS = 10_000  # of an account; S3 endpoints and quotas, "Buckets"


@s3.operation
def create_bucket(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Make a bucket in the region that location constraint and endpoint say.

    Making one's own bucket again changes nothing in us-east-1, and is BucketAlreadyOwnedByYou elsewhere.
    """
    name: str = request["Bucket"]
    if is_directory(name):
        return directories.create(call, request)
    _check_name(call, request)
    _check_kind(request)
    configuration = request.get("CreateBucketConfiguration") or {}
    constraint = configuration.get("LocationConstraint")
    region = _place(call, constraint)
    tags = _tags(configuration)
    access = _access(call, request)
    existing = homes.find(call, call.partition, name)
    if existing is not None:
        _check_taken(call, existing, region)
    else:
        _make(call, name, region, constraint, tags, access)
    location = f"/{name}" if region == HOME_REGION else f"http://{name}.s3.amazonaws.com/"
    return {"Location": location, "BucketArn": bucket_arn(region, name)}


def _check_name(call: Call, request: dict[str, Any]) -> None:
    name = request["Bucket"]
    namespace = request.get("BucketNamespace", "global")
    if namespace not in ("global", "account-regional"):
        raise errors.invalid_argument("Invalid bucket namespace", "x-amz-bucket-namespace", namespace)
    own = namespace == "account-regional"
    is_valid = names.is_bucket_name(name) and names.is_account_regional(name) == own
    if own and not name.endswith(names.account_regional_suffix(call.account, call.region)):
        is_valid = False
    if not is_valid:
        raise errors.invalid_bucket_name(name)


def _check_kind(request: dict[str, Any]) -> None:
    configuration = request.get("CreateBucketConfiguration") or {}
    if "Location" in configuration or "Bucket" in configuration:
        raise errors.invalid_bucket_name(request["Bucket"])  # directory buckets are called otherwise


def _access(call: Call, request: dict[str, Any]) -> Access | None:
    """Return who owns what will be in the bucket and its list; None for what buckets have by default.

    A public list is refused: the blocks of a new bucket are all on.
    """
    ownership = request.get("ObjectOwnership", ENFORCED)
    if ownership not in OWNERSHIPS:
        raise errors.invalid_argument("Invalid x-amz-object-ownership header", "x-amz-object-ownership", ownership)
    owner = canonical_id(call.account)
    grants = granting.requested_grants(request, owner, owner)
    if grants == (Grant(owner, "FULL_CONTROL"),):
        grants = None
    if ownership == ENFORCED and grants is not None:
        raise acl_with_ownership()
    if grants is not None and acls.is_public(grants):
        raise errors.access_denied()
    locked = request.get("ObjectLockEnabledForBucket", False)
    keeping = Keeping(versioning=versions.ENABLED, has_lock=True) if locked else FOR_EVER_ONE
    access = Access(ownership=ownership, grants=grants, keeping=keeping)
    return access if access != NEW else None


def _place(call: Call, constraint: str | None) -> str:
    known = call.operation.service.model.shape("BucketLocationConstraint").enum
    region, refusal = place_bucket(call.region, constraint, known)
    if refusal == "invalid":
        text = "The specified location-constraint is not valid"
        raise s3.error("InvalidLocationConstraint", text, LocationConstraint=constraint)
    if refusal is not None:
        said = "unspecified" if constraint is None else constraint
        text = (
            f"The {said} location constraint is incompatible for the region specific endpoint this request was sent to."
        )
        raise s3.error("IllegalLocationConstraintException", text)
    return region


def _tags(configuration: dict[str, Any]) -> dict[str, str]:
    try:
        return tags_of_set(configuration.get("Tags") or [], BUCKET)
    except BadTags as error:
        raise bad_tags(error) from error


def _check_taken(call: Call, existing: Home, region: str) -> None:
    if existing.owner != call.account:
        text = (
            "The requested bucket name is not available. The bucket namespace is shared by all users of the system. "
            "Please select a different name and try again."
        )
        raise s3.error("BucketAlreadyExists", text, status=409, BucketName=existing.name)
    if not existing.region == region == call.region == HOME_REGION:
        text = "Your previous request to create the named bucket succeeded and you already own it."
        raise s3.error("BucketAlreadyOwnedByYou", text, status=409, BucketName=existing.name)


def _make(
    call: Call, name: str, region: str, constraint: str | None, tags: dict[str, str], access: Access | None
) -> None:
    if bucket_count.get(call, "") >= MAX_BUCKETS:
        text = "You have attempted to create more buckets than allowed"
        raise s3.error("TooManyBuckets", text, CurrentNumberOfBuckets=MAX_BUCKETS, AllowedNumberOfBuckets=MAX_BUCKETS)
    bucket_count.add(call, "", 1)
    home = Home(
        partition=call.partition, name=name, owner=call.account, region=region, created_at=call.now, access=access
    )
    homes.insert(call, home)
    bucket = Bucket(
        arn=bucket_arn(region, name),
        id=name,
        owner=call.account,
        created_at=call.now,
        tags=tags,
        constraint=constraint,
    )
    there = call.within(call.account, region)
    buckets.insert(there, bucket)
    if not is_directory(name):
        sizing.begin(there, name)


@s3.operation
def head_bucket(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Say that a bucket exists, and where."""
    home = places.visit(call, request)[0]
    if is_directory(home.name):
        zone = zone_in(home.name)
        kind = "LocalZone" if zone.count("-") > 1 else "AvailabilityZone"
        arn = directory_arn(home.partition, home.region, home.owner, home.name)
        told = {"BucketLocationType": kind, "BucketLocationName": zone, "BucketRegion": home.region}
        return {**told, "BucketArn": arn, "AccessPointAlias": False}
    return {
        "BucketRegion": home.region,
        "BucketArn": bucket_arn(home.region, home.name),
        "AccessPointAlias": call.via is not None and call.via.is_alias,
    }


@s3.operation
def get_bucket_location(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Return the location constraint a bucket was made with; any region's endpoint answers."""
    home = places.get_home(call, request["Bucket"], request.get("ExpectedBucketOwner"))
    bucket = buckets.find(call.within(home.owner, home.region), home.name)
    return {"LocationConstraint": bucket.constraint if bucket is not None else None}


@s3.operation
def delete_bucket(call: Call, request: dict[str, Any]) -> None:
    """Delete an empty bucket; uploads in progress go with it. Raises BucketNotEmpty."""
    scope = places.enter(call, request)
    name = request["Bucket"]
    if points.doors.find(call, call.partition, name) is not None:
        text = (
            "The bucket you tried to delete has access points attached. Delete your access points before deleting it."
        )
        raise s3.error("BucketHasAccessPointsAttached", text, BucketName=name)
    has_past = next(past.scan(scope, name, limit=1), None) is not None
    if has_past or next(objects.scan(scope, name, limit=1), None) is not None:
        text = "The bucket you tried to delete is not empty"
        if has_past:
            text += ". You must delete all versions in the bucket."
        raise s3.error("BucketNotEmpty", text, status=409, BucketName=name)
    for upload in list(uploads.scan(scope, name)):
        versions.release_upload(scope, upload.id)
        uploads.delete(scope, upload)
    bucket = buckets.find(scope, name)
    assert bucket is not None, f"bucket {name} has a home but is not there"
    buckets.delete(scope, bucket)
    inventories.drop_all(scope, name)
    analyzing.drop_all(scope, name)
    measuring.drop_all(scope, name)
    home = places.get_home(call, name)
    if home.access is not None:
        settings.drop_documents(scope, home)
        aging.end(scope, name)
    homes.delete(scope, home)
    if not is_directory(name):
        bucket_count.add(scope, "", -1)
