"""Tags of clusters."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.kernel.resources import check_tags
from skyglobe.services.dax import dax
from skyglobe.services.dax.finding import get_by_arn
from skyglobe.services.dax.operations.clusters import DEFAULT_LISTED, listed
from skyglobe.services.dax.records import Cluster, clusters
from skyglobe.services.dax.refusals import invalid


def _shown(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": tags[key]} for key in sorted(tags)]


def _keep(call: Call, cluster: Cluster, tags: dict[str, str]) -> dict[str, Any]:
    check_tags(tags, invalid, dax.errors.TagQuotaPerResourceExceeded)
    clusters.replace(call, cluster, replace(cluster, tags=tags))
    return {"Tags": _shown(tags)}


@dax.operation
def tag_resource(call: Call, resource_name: str, tags: list[dict[str, str]]) -> dict[str, Any]:
    """Add tags to a cluster, or change the values of those it has; return all it has."""
    cluster = get_by_arn(call, resource_name)
    return _keep(call, cluster, {**cluster.tags, **{tag["Key"]: tag.get("Value", "") for tag in tags}})


@dax.operation
def untag_resource(call: Call, resource_name: str, tag_keys: list[str]) -> dict[str, Any]:
    """Take tags from a cluster; return those that are left. Raises TagNotFoundFault."""
    cluster = get_by_arn(call, resource_name)
    for key in tag_keys:
        if key not in cluster.tags:
            raise dax.errors.TagNotFoundFault(f"Tag {key} not found.")
    return _keep(call, cluster, {key: value for key, value in cluster.tags.items() if key not in tag_keys})


@dax.operation
def list_tags(call: Call, resource_name: str, next_token: str | None = None) -> dict[str, Any]:
    """Return a cluster's tags by key."""
    rows = _shown(get_by_arn(call, resource_name).tags)
    page, token = listed(call, f"dax.tags:{resource_name}", rows, lambda tag: tag["Key"], next_token, DEFAULT_LISTED)
    return {"Tags": page, "NextToken": token}
