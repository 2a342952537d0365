"""Subnet groups."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.services.dax import dax
from skyglobe.services.dax.finding import DEFAULT_SUBNET_GROUP, get_subnet_group
from skyglobe.services.dax.happening import note
from skyglobe.services.dax.operations.clusters import DEFAULT_LISTED, listed
from skyglobe.services.dax.records import SubnetGroup, clusters, subnet_groups
from skyglobe.services.dax.refusals import invalid
from skyglobe.services.dax.rules.names import is_group_name, is_subnet
from skyglobe.services.dax.shapes import subnet_group_shape

MAX_GROUPS = 50  # of an account in a region; developer guide, "Quotas", DynamoDB Accelerator
MAX_SUBNETS = 20  # of a group; same page


@dax.operation
def create_subnet_group(
    call: Call, subnet_group_name: str, subnet_ids: list[str], description: str = ""
) -> dict[str, Any]:
    """Create a subnet group. Raises SubnetGroupAlreadyExistsFault, SubnetGroupQuotaExceededFault and InvalidSubnet."""
    name = subnet_group_name.lower()
    if not is_group_name(name):
        raise invalid("Names of subnet groups begin with a letter and have alphanumeric characters and hyphens.")
    if name == DEFAULT_SUBNET_GROUP.name or subnet_groups.find(call, name) is not None:
        raise dax.errors.SubnetGroupAlreadyExistsFault(f"Subnet group {name} already exists.")
    if len(list(subnet_groups.scan(call, limit=MAX_GROUPS))) >= MAX_GROUPS:
        raise dax.errors.SubnetGroupQuotaExceededFault(f"An account can have at most {MAX_GROUPS} subnet groups.")
    group = SubnetGroup(name=name, description=description, subnets=_checked(subnet_ids))
    subnet_groups.insert(call, group)
    note(call, name, "SUBNET_GROUP", f"Subnet group {name} created.")
    return {"SubnetGroup": subnet_group_shape(call, group)}


def _checked(ids: list[str]) -> tuple[str, ...]:
    if not ids:
        raise dax.errors.InvalidSubnet("A subnet group has at least one subnet.")
    if len(ids) > MAX_SUBNETS:
        raise dax.errors.SubnetQuotaExceededFault(f"A subnet group can have at most {MAX_SUBNETS} subnets.")
    for one in ids:
        if not is_subnet(one):
            raise dax.errors.InvalidSubnet(f"The subnet {one} is invalid.")
    return tuple(dict.fromkeys(ids))


@dax.operation
def describe_subnet_groups(
    call: Call,
    subnet_group_names: list[str] | None = None,
    max_results: int = DEFAULT_LISTED,
    next_token: str | None = None,
) -> dict[str, Any]:
    """Describe the subnet groups of the names, or all of them by name. Raises SubnetGroupNotFoundFault."""
    if subnet_group_names:
        found = [get_subnet_group(call, name.lower()) for name in subnet_group_names]
    else:
        found = list(subnet_groups.scan(call))
        if all(group.name != DEFAULT_SUBNET_GROUP.name for group in found):
            found.append(DEFAULT_SUBNET_GROUP)
    found.sort(key=lambda group: group.name)
    rows, token = listed(call, "dax.subnet_groups", found, lambda group: group.name, next_token, max_results)
    return {"SubnetGroups": [subnet_group_shape(call, group) for group in rows], "NextToken": token}


@dax.operation
def update_subnet_group(
    call: Call, subnet_group_name: str, description: str | None = None, subnet_ids: list[str] | None = None
) -> dict[str, Any]:
    """Change a subnet group's description or subnets."""
    group = get_subnet_group(call, subnet_group_name.lower())
    changed = group
    if description is not None:
        changed = replace(changed, description=description)
    if subnet_ids is not None:
        changed = replace(changed, subnets=_checked(subnet_ids))
    subnet_groups.put(call, changed)
    return {"SubnetGroup": subnet_group_shape(call, changed)}


@dax.operation
def delete_subnet_group(call: Call, subnet_group_name: str) -> dict[str, Any]:
    """Delete a subnet group. Raises SubnetGroupInUseFault while there are clusters in it."""
    group = get_subnet_group(call, subnet_group_name.lower())
    if next(clusters.scan_by(call, "subnet_group", group.name, limit=1), None) is not None:
        raise dax.errors.SubnetGroupInUseFault(f"Subnet group {group.name} is in use.")
    if group.name == DEFAULT_SUBNET_GROUP.name:
        raise dax.errors.SubnetGroupInUseFault("The default subnet group cannot be deleted.")
    subnet_groups.drop(call, group.name)
    note(call, group.name, "SUBNET_GROUP", f"Subnet group {group.name} deleted.")
    return {"DeletionMessage": f"Subnet group {group.name} has been deleted."}
