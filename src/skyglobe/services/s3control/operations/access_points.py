"""Access points of a region: made, described, listed and deleted."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.services.s3.guards import ALL_BLOCKS
from skyglobe.services.s3.operations.public_blocks import blocks_in, configuration_of
from skyglobe.services.s3.points import AccessPoint, Alias, aliases, count_door, point_count, points
from skyglobe.services.s3.records import Home
from skyglobe.services.s3.rules.directories import (
    is_directory,
    is_directory_point,
    point_arn,
    point_zone_in,
    zone_in,
)
from skyglobe.services.s3.rules.points import ALIAS, ALIAS_NAME, ALIAS_RANDOM, INTERNET, VPC, is_point_name
from skyglobe.services.s3control import finding, refusals, s3control
from skyglobe.services.s3control.scopes import check_scope
from skyglobe.services.s3control.tagging import tags_in

MAX_POINTS = 10_000  # of an account in a region; S3 user guide, "Access points restrictions and limitations"
_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789"


@s3control.operation
def create_access_point(
    call: Call,
    account_id: str,
    name: str,
    bucket: str,
    vpc_configuration: dict[str, Any] | None = None,
    public_access_block_configuration: dict[str, Any] | None = None,
    bucket_account_id: str | None = None,
    scope: dict[str, Any] | None = None,
    tags: list[dict[str, str]] | None = None,
) -> dict[str, Any]:
    """Make an access point to a bucket of the same region, in the account or in the one that is named.

    Raises InvalidRequest for names S3 does not take, AccessPointAlreadyOwnedByYou, NoSuchBucket, AccessDenied for
    buckets of others than are named, TooManyAccessPoints.
    """
    in_directory = is_directory(bucket)
    _check_name(call, name, bucket)
    if scope and not in_directory:
        raise refusals.invalid_request("Scope is only supported for access points attached to directory buckets.")
    prefixes, permissions = check_scope(scope or {})
    there = call.within(account_id)
    if points.find(there, name) is not None:
        raise refusals.already_owned(name)
    if in_directory and aliases.find(call, name) is not None:
        raise refusals.invalid_request("The access point name is not available.")
    home = finding.get_bucket(call, bucket, bucket_account_id or account_id)
    _check_place(call, home)
    if point_count.get(there, "") >= MAX_POINTS:
        raise s3control.error("TooManyAccessPoints", "You have attempted to create more accesspoints than allowed")
    blocks = public_access_block_configuration
    made = AccessPoint(
        arn=_arn(call, account_id, name),
        id=name,
        owner=account_id,
        created_at=call.now,
        tags=tags_in(tags or []),
        bucket=bucket,
        bucket_owner=home.owner,
        alias=name if in_directory else new_alias(call, name, ALIAS_RANDOM, ALIAS),
        vpc=(vpc_configuration or {}).get("VpcId", ""),
        blocks=ALL_BLOCKS if blocks is None or in_directory else blocks_in(blocks),
        prefixes=prefixes,
        permissions=permissions,
    )
    points.insert(there, made)
    point_count.add(there, "", 1)
    aliases.put(call, Alias(alias=made.alias, account=account_id, region=call.region, name=name))
    count_door(call, bucket, 1)
    return {"AccessPointArn": made.arn, "Alias": made.alias}


def _check_name(call: Call, name: str, bucket: str) -> None:
    """Raise InvalidRequest unless an access point to a bucket may be called so: with the zone of a directory bucket."""
    is_fit = is_point_name(name) and not is_directory_point(name)
    if is_directory(bucket):
        is_fit = point_zone_in(name) == zone_in(bucket) != ""
    if not is_fit:
        raise refusals.invalid_request("Your Amazon S3 AccessPoint name is invalid")


def _arn(call: Call, account: str, name: str) -> str:
    if is_directory_point(name):
        return point_arn(call.partition, call.region, account, name)
    return f"arn:{call.partition}:s3:{call.region}:{account}:accesspoint/{name}"


def _check_place(call: Call, home: Home) -> None:
    if home.region != call.region:
        text = "The bucket you are attempting to access must be addressed using the specified endpoint."
        raise s3control.error("PermanentRedirect", text, status=301, Bucket=home.name, Region=home.region)


def new_alias(call: Call, name: str, size: int, ending: str) -> str:
    """Return an alias nobody has: the beginning of a name, and characters of chance."""
    return f"{name[:ALIAS_NAME].rstrip('-')}-{''.join(call.kernel.ids.random.choices(_ALPHABET, k=size))}{ending}"


@s3control.operation
def get_access_point(call: Call, account_id: str, name: str) -> dict[str, Any]:
    """Describe an access point. Raises NoSuchAccessPoint."""
    _, found = finding.get_point(call, account_id, name)
    if is_directory_point(found.id):
        zone = point_zone_in(found.id)
        endpoints = {"ipv4": f"s3express-{zone}.{call.region}.amazonaws.com"}
        return {**described(found), "Endpoints": endpoints}
    host = f"s3-accesspoint.{call.region}.amazonaws.com"
    dual = f"s3-accesspoint.dualstack.{call.region}.amazonaws.com"
    return {**described(found), "Endpoints": {"ipv4": host, "dualstack": dual}}


def described(found: AccessPoint) -> dict[str, Any]:
    """Return what GetAccessPoint tells of an access point, but for where it is."""
    return {
        **listed(found),
        "PublicAccessBlockConfiguration": configuration_of(found.blocks),
        "CreationDate": found.created_at / 1000,
    }


def listed(found: AccessPoint) -> dict[str, Any]:
    """Return an ``AccessPoint``."""
    told = {
        "Name": found.id,
        "NetworkOrigin": VPC if found.vpc else INTERNET,
        "Bucket": found.bucket,
        "AccessPointArn": found.arn,
        "Alias": found.alias,
        "BucketAccountId": found.bucket_owner,
    }
    return {**told, "VpcConfiguration": {"VpcId": found.vpc}} if found.vpc else told


@s3control.operation
def list_access_points(
    call: Call,
    account_id: str,
    bucket: str | None = None,
    next_token: str | None = None,
    max_results: int | None = None,
    data_source_id: str | None = None,
    data_source_type: str | None = None,
) -> dict[str, Any]:
    """Return a page of the access points of an account in this region, of all buckets or one, by name."""
    there = call.within(account_id)
    if data_source_id is not None or data_source_type is not None:
        raise refusals.invalid_request("Only access points to buckets can be listed: there are no others.")
    scan = points.scan(there) if bucket is None else points.scan_by(there, "bucket", bucket)
    rows = (point for point in scan if not is_directory_point(point.id))
    found, following = finding.page(there, f"s3control.points:{bucket or ''}", rows, next_token, max_results)
    return {"AccessPointList": [listed(point) for point in found], **following}


@s3control.operation
def delete_access_point(call: Call, account_id: str, name: str) -> None:
    """Delete an access point. Raises NoSuchAccessPoint."""
    scope, found = finding.get_point(call, account_id, name)
    points.delete(scope, found)
    point_count.add(scope, "", -1)
    aliases.drop(call, found.alias)
    count_door(call, found.bucket, -1)
