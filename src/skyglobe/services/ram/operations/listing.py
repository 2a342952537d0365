"""Everything that is shared, and everybody it is shared with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.services.ram import ram
from skyglobe.services.ram.paging import page
from skyglobe.services.ram.records import Association, ResourceShare, associations, shares
from skyglobe.services.ram.rules import SHAREABLE
from skyglobe.services.ram.shapes import principal_shape, resource_shape
from skyglobe.services.ram.sharing import list_shared_with


@ram.operation
def list_principals(
    call: Call,
    resource_owner: str,
    resource_arn: str | None = None,
    principals: list[str] | None = None,
    resource_type: str | None = None,
    resource_share_arns: list[str] | None = None,
    next_token: str | None = None,
    max_results: int | None = None,
) -> dict[str, Any]:
    """List those this account shares with, or those that share with it."""
    found: list[tuple[str, dict[str, Any]]] = []
    for share in _shares(call, resource_owner, resource_share_arns):
        held = list(associations.scan(call, share.arn, "RESOURCE"))
        if resource_arn is not None and all(each.entity != resource_arn for each in held):
            continue
        if resource_type is not None and all(each.resource_type != resource_type for each in held):
            continue
        found += _principals(call, share, resource_owner)
    wanted = [row for row in found if not principals or row[1]["id"] in principals]
    rows, more = page(call, f"principals:{resource_owner}", wanted, lambda row: row[0], next_token, max_results)
    return {"principals": [shape for _, shape in rows], **more}


def _principals(call: Call, share: ResourceShare, owner: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for each in list(associations.scan(call, share.arn, "PRINCIPAL")):
        if each.status != "ASSOCIATED":
            continue
        shape = principal_shape(each)
        if owner == "OTHER-ACCOUNTS":
            yield f"{share.arn} {share.owner}", {**shape, "id": share.owner}
            return
        yield f"{share.arn} {each.entity}", shape


@ram.operation
def list_resources(
    call: Call,
    resource_owner: str,
    principal: str | None = None,
    resource_type: str | None = None,
    resource_arns: list[str] | None = None,
    resource_share_arns: list[str] | None = None,
    next_token: str | None = None,
    max_results: int | None = None,
    resource_region_scope: str = "ALL",
) -> dict[str, Any]:
    """List the resources this account shares, or those that are shared with it."""
    found: list[Association] = []
    for share in _shares(call, resource_owner, resource_share_arns):
        if principal is None or associations.find(call, share.arn, "PRINCIPAL", principal) is not None:
            found += associations.scan(call, share.arn, "RESOURCE")
    wanted = [
        each
        for each in found
        if resource_region_scope != "GLOBAL"
        and resource_type in (None, each.resource_type)
        and (not resource_arns or each.entity in resource_arns)
    ]
    listing = f"resources:{resource_owner}"
    rows, more = page(call, listing, wanted, lambda row: f"{row.share_arn} {row.entity}", next_token, max_results)
    return {"resources": [resource_shape(row) for row in rows], **more}


@ram.operation
def list_resource_types(
    call: Call,
    next_token: str | None = None,
    max_results: int | None = None,
    resource_region_scope: str = "ALL",
) -> dict[str, Any]:
    """List the types of resources that can be shared. All that are known here belong to a region."""
    known = SHAREABLE.values() if resource_region_scope != "GLOBAL" else ()
    listing = f"types:{resource_region_scope}"
    rows, more = page(call, listing, known, lambda name: name, next_token, max_results)
    shown = [
        {"resourceType": name, "serviceName": name.partition(":")[0], "resourceRegionScope": "REGIONAL"}
        for name in rows
    ]
    return {"resourceTypes": shown, **more}


def _shares(call: Call, owner: str, arns: list[str] | None) -> list[ResourceShare]:
    known = shares.scan(call) if owner == "SELF" else list_shared_with(call, call.account)
    return [share for share in known if f":{call.region}:" in share.arn and (not arns or share.arn in arns)]
