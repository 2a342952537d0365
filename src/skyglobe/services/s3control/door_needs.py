"""What calls about access points and access grants need to be allowed."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.access import Need
from skyglobe.kernel.call import Call
from skyglobe.services.s3.points import multi_region_points, points
from skyglobe.services.s3.records import homes
from skyglobe.services.s3.rules.directories import is_directory_point, point_arn
from skyglobe.services.s3.rules.points import parse_point
from skyglobe.services.s3control.finding import bare_name
from skyglobe.services.s3control.grants import instances

_NOWHERE = frozenset(
    (
        *("ListAccessPoints", "ListMultiRegionAccessPoints", "ListAccessPointsForObjectLambda"),
        "GetAccessPoint",  # the service authorization reference names no resource for it
    )
)
"""What can be allowed on everything only."""


def find(call: Call, operation: str, params: dict[str, Any]) -> list[Need] | None:
    """Return the needs of a call about access points, tags or access grants; None for calls about anything else."""
    action, account = f"s3:{operation}", params["AccountId"]
    if operation == "ListAccessPointsForDirectoryBuckets":
        return [Need(f"s3express:{operation}", "*", account)]
    is_express = operation.endswith("AccessPointScope") or is_directory_point(bare_name(params.get("Name", "")))
    if is_express and "AccessPoint" in operation:
        return [_on_directory_point(call, operation, params)]
    if operation in _NOWHERE:
        return [Need(action, "*", account)]
    if "ResourceArn" in params:
        return [_on_tagged(call, action, params)]
    if "AccessGrant" in operation or operation == "GetDataAccess":
        return _on_grants(call, action, operation, params)
    if operation == "DescribeMultiRegionAccessPointOperation":
        return [Need(action, params["RequestTokenARN"], account)]
    if "MultiRegion" in operation:
        return [Need(action, _multi_region_arn(call, account, params), account)]
    if "AccessPoint" not in operation:
        return None
    service = "s3-object-lambda" if operation.endswith("ForObjectLambda") else "s3"
    name = bare_name(params["Name"])
    arn = f"arn:{call.partition}:{service}:{call.region}:{account}:accesspoint/{name}"
    if service == "s3-object-lambda":
        return [Need(action, arn, account)]
    return [Need(action, arn, account, _keys(call, account, name, arn, params))]


def _on_directory_point(call: Call, operation: str, params: dict[str, Any]) -> Need:
    """Access points of directory buckets are S3 Express's."""
    account, name = params["AccountId"], bare_name(params["Name"])
    arn = point_arn(call.partition, call.region, account, name)
    keys = _keys(call, account, name, arn, params)
    known = ("dataaccesspointarn", "dataaccesspointaccount", "accesspointnetworkorigin", "resourceaccount")
    return Need(f"s3express:{operation}", arn, account, {f"s3express:{key}": keys[f"s3:{key}"] for key in known})


def _on_grants(call: Call, action: str, operation: str, params: dict[str, Any]) -> list[Need]:
    """Access Grants ask for the instance, or the location or grant in it; creating a location passes its role on."""
    account = params["AccountId"]
    start = f"arn:{call.partition}:s3:{call.region}:{account}:access-grants/default"
    if operation == "ListAccessGrantsInstances":
        return [Need(action, "*", account)]
    instance = instances.find(call.within(account), "default")
    policy = instance.policy if instance is not None else ""
    if operation.endswith("AccessGrantsLocation"):
        id_ = params.get("AccessGrantsLocationId", "*")
        needs = [Need(action, f"{start}/location/{id_}", account)]
        if ":role/" in params.get("IAMRoleArn", ""):
            passed = {"iam:passedtoservice": "access-grants.s3.amazonaws.com"}
            needs.append(Need("iam:PassRole", params["IAMRoleArn"], params["IAMRoleArn"].split(":")[4], passed))
        return needs
    if operation.endswith("AccessGrant"):
        return [Need(action, f"{start}/grant/{params.get('AccessGrantId', '*')}", account)]
    return [Need(action, start, account, {}, policy)]


def _keys(call: Call, account: str, name: str, arn: str, params: dict[str, Any]) -> dict[str, str | list[str]]:
    """Return the condition keys that tell of an access point, as it is or will be."""
    found = points.find(call.within(account), name)
    is_inside = found.vpc if found is not None else params.get("VpcConfiguration")
    keys: dict[str, str | list[str]] = {
        "s3:dataaccesspointarn": arn,
        "s3:dataaccesspointaccount": account,
        "s3:accesspointnetworkorigin": "VPC" if is_inside else "Internet",
        "s3:resourceaccount": account,
    }
    return keys | {f"s3:accesspointtag/{key.lower()}": value for key, value in (found.tags if found else {}).items()}


def _on_tagged(call: Call, action: str, params: dict[str, Any]) -> Need:
    """Tags belong to whose the resource is: an access point's account is in its ARN, a bucket's is not."""
    arn = params["ResourceArn"]
    named = parse_point(arn)
    home = homes.find(call, call.partition, arn.rpartition(":")[2].removeprefix("bucket/")) if named is None else None
    owner = named.account if named is not None else home.owner if home is not None else params["AccountId"]
    if ":storage-lens-group/" in arn:
        owner = arn.split(":")[4]
    return Need(action.replace("s3:", "s3express:") if ":s3express:" in arn else action, arn, owner)


def _multi_region_arn(call: Call, account: str, params: dict[str, Any]) -> str:
    start = f"arn:{call.partition}:s3::{account}:accesspoint/"
    mrap = params.get("Mrap")
    if mrap is not None:
        return mrap if mrap.startswith("arn:") else start + str(mrap)
    name = params.get("Name") or params["Details"]["Name"]
    found = multi_region_points.find(call.within(account), name)
    return found.arn if found is not None else start + name
