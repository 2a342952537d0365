"""Tags of access points, Storage Lens groups and buckets by ARN."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.kernel.resources import Resource, ResourceTable
from skyglobe.kernel.scope import Scope
from skyglobe.services.s3.points import points
from skyglobe.services.s3.records import buckets, homes
from skyglobe.services.s3.rules.points import parse_point
from skyglobe.services.s3control import refusals, s3control
from skyglobe.services.s3control.lens_groups import groups
from skyglobe.services.s3control.tagging import check_count, tags_in


@s3control.operation
def tag_resource(call: Call, account_id: str, resource_arn: str, tags: list[dict[str, str]]) -> None:
    """Add tags to a resource, over those of the same keys. Raises NoSuchResource, InvalidTag, TooManyTags."""
    table, scope, found = _find(call, resource_arn)
    changed = found.tags | tags_in(tags)
    check_count(changed)
    table.replace(scope, found, replace(found, tags=changed))


@s3control.operation
def untag_resource(call: Call, account_id: str, resource_arn: str, tag_keys: list[str]) -> None:
    """Remove tags from a resource; keys it does not have are passed over. Raises NoSuchResource."""
    table, scope, found = _find(call, resource_arn)
    kept = {key: value for key, value in found.tags.items() if key not in tag_keys}
    table.replace(scope, found, replace(found, tags=kept))


@s3control.operation
def list_tags_for_resource(call: Call, account_id: str, resource_arn: str) -> dict[str, Any]:
    """Return the tags of a resource. Raises NoSuchResource."""
    _, _, found = _find(call, resource_arn)
    return {"Tags": [{"Key": key, "Value": value} for key, value in found.tags.items()]}


def _find(call: Call, arn: str) -> tuple[ResourceTable[Any], Scope, Resource]:
    """Return what an ARN names, its table, and the scope it lives in."""
    named = parse_point(arn)
    if named is not None and named.service in ("s3", "s3express") and named.region:
        scope = call.within(named.account, named.region)
        point = points.find(scope, named.name)
        if point is not None:
            return points, scope, point
    group = groups.find_by_arn(call, arn) if ":storage-lens-group/" in arn else None
    if group is not None:
        return groups, call.within(group.owner, arn.split(":")[3]), group
    name = arn.rpartition(":")[2].removeprefix("bucket/")
    home = homes.find(call, call.partition, name)
    if home is not None and named is None:
        scope = call.within(home.owner, home.region)
        bucket = buckets.find(scope, name)
        if bucket is not None and bucket.arn == arn:
            return buckets, scope, bucket
    raise refusals.no_such_resource()
