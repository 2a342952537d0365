"""Which of the buckets behind a multi-region access point take traffic: failing over by hand."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.kernel.scope import Scope
from skyglobe.services.s3.points import MultiRegionPoint, Route, aliases, multi_region_points
from skyglobe.services.s3control import refusals, s3control

REGIONS = frozenset(("us-east-1", "us-west-2", "ap-southeast-2", "ap-northeast-1", "eu-west-1"))
"""Where routes are read and changed, so that one is left; S3 user guide, "Multi-Region Access Point failover"."""

DIALS = (0, 100)  # SubmitMultiRegionAccessPointRoutes: "valid values are 0 and 100"


@s3control.operation
def get_multi_region_access_point_routes(call: Call, account_id: str, mrap: str) -> dict[str, Any]:
    """Return which buckets are active (100) and which passive (0)."""
    _, found = _find(call, account_id, mrap)
    told = [{"Bucket": r.bucket, "Region": r.region, "TrafficDialPercentage": r.dial} for r in found.routes]
    return {"Mrap": found.arn, "Routes": told}


@s3control.operation
def submit_multi_region_access_point_routes(
    call: Call, account_id: str, mrap: str, route_updates: list[dict[str, Any]]
) -> None:
    """Make buckets active or passive; at least one stays active.

    Raises InvalidRequest for buckets and regions that are not behind the access point, and other percentages.
    """
    scope, found = _find(call, account_id, mrap)
    routes = list(found.routes)
    for update in route_updates:
        at = _place(routes, update)
        dial = update["TrafficDialPercentage"]
        if dial not in DIALS:
            raise refusals.invalid_request("TrafficDialPercentage must be 0 or 100.")
        routes[at] = replace(routes[at], dial=dial)
    if not any(route.dial for route in routes):
        raise refusals.invalid_request("At least one Region must be active.")
    multi_region_points.replace(scope, found, replace(found, routes=tuple(routes)))


def _place(routes: list[Route], update: dict[str, Any]) -> int:
    for at, route in enumerate(routes):
        bucket, region = update.get("Bucket"), update.get("Region")
        if (bucket or region) and bucket in (None, route.bucket) and region in (None, route.region):
            return at
    raise refusals.invalid_request("A route update names no bucket of the Multi-Region Access Point.")


def _find(call: Call, account: str, mrap: str) -> tuple[Scope, MultiRegionPoint]:
    """Return the point that an ARN or alias names. Raises NoSuchMultiRegionAccessPoint, InvalidRequest elsewhere."""
    if call.region not in REGIONS:
        raise refusals.invalid_request("Multi-Region Access Point routes cannot be managed from this Region.")
    named = aliases.find(call, mrap.rpartition("/")[2].rpartition(":")[2])
    scope = call.within(account)
    found = multi_region_points.find(scope, named.name) if named is not None and named.account == account else None
    if found is None:
        raise refusals.no_such_multi_region_point(mrap)
    return scope, found
