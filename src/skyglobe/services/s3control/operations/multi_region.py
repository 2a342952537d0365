"""Multi-region access points: one name for buckets of several regions. Made, changed and deleted by requests."""

from __future__ import annotations

import json
from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.services.s3.guards import ALL_BLOCKS
from skyglobe.services.s3.operations.public_blocks import blocks_in, configuration_of
from skyglobe.services.s3.points import Alias, MultiRegionPoint, Route, aliases, count_door, multi_region_points
from skyglobe.services.s3.rules.bucket_policies import is_public
from skyglobe.services.s3.rules.directories import is_directory
from skyglobe.services.s3.rules.points import GLOBAL_ALIAS, GLOBAL_ALIAS_RANDOM
from skyglobe.services.s3control import finding, policies, refusals, requests, s3control

MAX_POINTS = 100  # of an account; S3 user guide, "Multi-Region Access Point restrictions and limitations"
MAX_REGIONS = 17  # buckets behind one; same page
_HOME = "us-west-2"
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def check_region(call: Call) -> None:
    """Raise InvalidRequest unless a request is for the region that all requests about these points go to."""
    if call.region != _HOME and call.principal.type != "service":
        text = f"Multi-Region Access Point control plane requests must be sent to the {_HOME} Region."
        raise refusals.invalid_request(text)


@s3control.operation
def create_multi_region_access_point(
    call: Call, account_id: str, client_token: str, details: dict[str, Any]
) -> dict[str, Any]:
    """Ask for a multi-region access point; the answer names a request whose status tells when it is there.

    Raises InvalidRequest for lists of buckets S3 does not take, NoSuchBucket, AccessDenied for buckets of others.
    """
    check_region(call)
    there = call.within(account_id)
    name = details["Name"]
    repeated = requests.find_repeated(there, "CreateMultiRegionAccessPoint", client_token, details)
    if repeated is not None:
        return {"RequestTokenARN": repeated.arn}
    if multi_region_points.find(there, name) is not None:
        raise refusals.already_owned(name)
    if multi_region_points.count_by(there, "arn") >= MAX_POINTS:
        text = "You have attempted to create more Multi-Region Access Points than allowed"
        raise s3control.error("TooManyMultiRegionAccessPoints", text)
    routes = _routes(call, account_id, details["Regions"])
    blocks = details.get("PublicAccessBlock")
    alias = _new_alias(call)
    point = MultiRegionPoint(
        arn=f"arn:{call.partition}:s3::{account_id}:accesspoint/{alias}",
        id=name,
        owner=account_id,
        created_at=call.now,
        alias=alias,
        routes=routes,
        blocks=ALL_BLOCKS if blocks is None else blocks_in(blocks),
        is_ready=False,
    )
    multi_region_points.insert(there, point)
    aliases.put(call, Alias(alias=alias, account=account_id, region="", name=name))
    for route in routes:
        count_door(call, route.bucket, 1)
    return _begun(call, account_id, "CreateMultiRegionAccessPoint", "create", client_token, details)


def _begun(
    call: Call, account: str, operation: str, path: str, client_token: str, details: dict[str, Any]
) -> dict[str, Any]:
    return {"RequestTokenARN": requests.begin(call, account, operation, path, client_token, details)}


def _routes(call: Call, account: str, regions: list[dict[str, Any]]) -> tuple[Route, ...]:
    if not 1 <= len(regions) <= MAX_REGIONS:
        raise refusals.invalid_request(f"A Multi-Region Access Point has between 1 and {MAX_REGIONS} buckets.")
    if any(is_directory(each["Bucket"]) for each in regions):
        raise refusals.invalid_request("Multi-Region Access Points do not support directory buckets.")
    homes = [finding.get_bucket(call, each["Bucket"], each.get("BucketAccountId") or account) for each in regions]
    if len({home.region for home in homes}) != len(homes):
        raise refusals.invalid_request("Multiple buckets in the same region are not allowed.")
    return tuple(Route(home.name, home.region, home.owner) for home in homes)


def _new_alias(call: Call) -> str:
    chance = call.kernel.ids.random
    rest = chance.choices(_LETTERS + "0123456789", k=GLOBAL_ALIAS_RANDOM - 1)
    return chance.choice(_LETTERS) + "".join(rest) + GLOBAL_ALIAS


@s3control.operation
def delete_multi_region_access_point(
    call: Call, account_id: str, client_token: str, details: dict[str, Any]
) -> dict[str, Any]:
    """Ask for a multi-region access point to go; its buckets stay. Raises NoSuchMultiRegionAccessPoint."""
    check_region(call)
    repeated = requests.find_repeated(call.within(account_id), "DeleteMultiRegionAccessPoint", client_token, details)
    if repeated is not None:
        return {"RequestTokenARN": repeated.arn}
    scope, found = finding.get_multi_region_point(call, account_id, details["Name"])
    multi_region_points.replace(scope, found, replace(found, is_ready=False, is_going=True))
    return _begun(call, account_id, "DeleteMultiRegionAccessPoint", "delete", client_token, details)


@s3control.operation
def describe_multi_region_access_point_operation(call: Call, account_id: str, request_token_arn: str) -> dict[str, Any]:
    """Tell what has become of a request. Raises NoSuchAsyncRequest."""
    check_region(call)
    found = requests.requests.find(call.within(account_id), request_token_arn)
    if found is None:
        text = "The specified async request does not exist"
        raise s3control.error("NoSuchAsyncRequest", text, status=404, RequestTokenARN=request_token_arn)
    asked = json.loads(found.details)
    told: dict[str, Any] = {
        "CreationTime": found.created_at / 1000,
        "Operation": found.operation,
        "RequestTokenARN": found.arn,
        "RequestParameters": {f"{found.operation}Request": asked},
        "RequestStatus": found.status,
    }
    if found.error_code:
        error = {"Code": found.error_code, "Message": found.error_message}
        told["ResponseDetails"] = {"ErrorDetails": error}
    elif found.status == requests.SUCCEEDED and "Regions" in asked:
        point = multi_region_points.find(call.within(account_id), found.name)
        regions = [{"Name": r.region, "RequestStatus": found.status} for r in (point.routes if point else ())]
        told["ResponseDetails"] = {"MultiRegionAccessPointDetails": {"Regions": regions}}
    return {"AsyncOperation": told}


@s3control.operation
def get_multi_region_access_point(call: Call, account_id: str, name: str) -> dict[str, Any]:
    """Describe a multi-region access point. Raises NoSuchMultiRegionAccessPoint."""
    check_region(call)
    return {"AccessPoint": _described(finding.get_multi_region_point(call, account_id, name)[1])}


def _described(point: MultiRegionPoint) -> dict[str, Any]:
    status = "READY" if point.is_ready else "DELETING" if point.is_going else "CREATING"
    regions = [{"Bucket": r.bucket, "Region": r.region, "BucketAccountId": r.owner} for r in point.routes]
    return {
        "Name": point.id,
        "Alias": point.alias,
        "CreatedAt": point.created_at / 1000,
        "PublicAccessBlock": configuration_of(point.blocks),
        "Status": status,
        "Regions": regions,
    }


@s3control.operation
def list_multi_region_access_points(
    call: Call, account_id: str, next_token: str | None = None, max_results: int | None = None
) -> dict[str, Any]:
    """Return a page of an account's multi-region access points by name."""
    check_region(call)
    there = call.within(account_id)
    rows = multi_region_points.scan(there)
    found, following = finding.page(there, "s3control.multi_region", rows, next_token, max_results)
    return {"AccessPoints": [_described(point) for point in found], **following}


@s3control.operation
def put_multi_region_access_point_policy(
    call: Call, account_id: str, client_token: str, details: dict[str, Any]
) -> dict[str, Any]:
    """Propose a policy, which counts once the request is carried out. Raises what ``policies.check`` does."""
    check_region(call)
    scope, found = finding.get_multi_region_point(call, account_id, details["Name"])
    repeated = requests.find_repeated(scope, "PutMultiRegionAccessPointPolicy", client_token, details)
    if repeated is not None:
        return {"RequestTokenARN": repeated.arn}
    policies.check(call, details["Policy"], found.arn, found.blocks)
    multi_region_points.replace(scope, found, replace(found, proposed=details["Policy"]))
    return _begun(call, account_id, "PutMultiRegionAccessPointPolicy", "put-policy", client_token, details)


@s3control.operation
def get_multi_region_access_point_policy(call: Call, account_id: str, name: str) -> dict[str, Any]:
    """Return the policy in force and the one proposed last."""
    check_region(call)
    _, found = finding.get_multi_region_point(call, account_id, name)
    told = {"Established": found.policy, "Proposed": found.proposed or found.policy}
    return {"Policy": {kind: {"Policy": text} for kind, text in told.items() if text}}


@s3control.operation
def get_multi_region_access_point_policy_status(call: Call, account_id: str, name: str) -> dict[str, Any]:
    """Say whether the policy in force is public."""
    check_region(call)
    _, found = finding.get_multi_region_point(call, account_id, name)
    return {"Established": {"IsPublic": bool(found.policy) and is_public(found.policy)}}
