"""Tags of accounts, units, roots, policies and the delegation policy."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.kernel.resources import Resource, ResourceTable
from skyglobe.kernel.scope import Scope
from skyglobe.services.organizations import organizations
from skyglobe.services.organizations.finding import get_organization
from skyglobe.services.organizations.paging import page
from skyglobe.services.organizations.records import accounts, policies, resource_policies, roots, transfers, units
from skyglobe.services.organizations.refusals import no_such_target
from skyglobe.services.organizations.tagging import merged_tags

_TABLES: dict[str, ResourceTable[Any]] = {
    "r": roots,
    "ou": units,
    "p": policies,
    "rp": resource_policies,
    "rt": transfers,
}


@organizations.operation
def tag_resource(call: Call, resource_id: str, tags: list[dict[str, str]]) -> None:
    """Put tags on something of the organization."""
    there = get_organization(call).there
    table, resource = _get(there, resource_id)
    table.replace(there, resource, replace(resource, tags=merged_tags(resource.tags, tags)))


@organizations.operation
def untag_resource(call: Call, resource_id: str, tag_keys: list[str]) -> None:
    """Take tags off something of the organization."""
    there = get_organization(call).there
    table, resource = _get(there, resource_id)
    left = {key: value for key, value in resource.tags.items() if key not in tag_keys}
    table.replace(there, resource, replace(resource, tags=left))


@organizations.operation
def list_tags_for_resource(call: Call, resource_id: str, next_token: str | None = None) -> dict[str, Any]:
    """List the tags of something of the organization."""
    _, resource = _get(get_organization(call).there, resource_id)
    rows, more = page(call, f"tags:{resource_id}", sorted(resource.tags), lambda key: key, next_token, None)
    return {"Tags": [{"Key": key, "Value": resource.tags[key]} for key in rows], **more}


def _table_of(resource_id: str) -> ResourceTable[Any] | None:
    return accounts if resource_id.isdigit() else _TABLES.get(resource_id.partition("-")[0])


def find_tagged(there: Scope, resource_id: str) -> Resource | None:
    """Return what has this id: an account, a unit, a root, a policy; or None."""
    table = _table_of(resource_id)
    found: Resource | None = table.find(there, resource_id) if table is not None else None
    # Transfers are of the whole cloud; who offered one tags it.
    return found if table is not transfers or (found is not None and found.owner == there.account) else None


def _get(there: Scope, resource_id: str) -> tuple[ResourceTable[Any], Resource]:
    table, resource = _table_of(resource_id), find_tagged(there, resource_id)
    if table is None or resource is None:
        raise no_such_target()
    return table, resource
