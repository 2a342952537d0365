"""Organizational units, and walking the tree."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.kernel.scope import Scope
from skyglobe.services.organizations import organizations
from skyglobe.services.organizations.attaching import clear_target, open_up
from skyglobe.services.organizations.finding import get_organization, get_parent, get_root, get_unit, path_of
from skyglobe.services.organizations.paging import page
from skyglobe.services.organizations.records import Account, Unit, accounts, units
from skyglobe.services.organizations.refusals import violates
from skyglobe.services.organizations.rules.ids import make_id
from skyglobe.services.organizations.shapes import account_shape, unit_shape
from skyglobe.services.organizations.tagging import merged_tags

MAX_DEPTH = 5  # levels of units under a root; user guide, "Quotas"
MAX_UNITS = 1_000  # of an organization; same page


@organizations.operation
def create_organizational_unit(
    call: Call, parent_id: str, name: str, tags: list[dict[str, str]] | None = None
) -> dict[str, Any]:
    """Create a unit under a root or another unit."""
    found = get_organization(call)
    there = found.there
    parent = get_parent(there, parent_id)
    above = path_of(found.organization.id, parent)
    _check_name(there, parent_id, name)
    if above.count("/") - 2 >= MAX_DEPTH:
        raise violates("OU_DEPTH_LIMIT_EXCEEDED", "You have exceeded the maximum depth of organizational units.")
    if sum(1 for _ in units.scan(there)) >= MAX_UNITS:
        raise violates("OU_NUMBER_LIMIT_EXCEEDED", "You have exceeded the maximum number of organizational units.")
    id_ = make_id(call.kernel.ids.random, f"ou-{found.organization.root_id.removeprefix('r-')}-", 8)
    unit = Unit(
        arn=f"arn:aws:organizations::{there.account}:ou/{found.organization.id}/{id_}",
        id=id_,
        owner=there.account,
        created_at=call.now,
        tags=merged_tags({}, tags),
        name=name,
        parent_id=parent_id,
        path=f"{above}{id_}/",
    )
    units.insert(there, unit)
    open_up(there, id_, get_root(found).policy_types)
    return {"OrganizationalUnit": unit_shape(unit)}


def _check_name(there: Scope, parent_id: str, name: str) -> None:
    if next(units.scan_by(there, "name", parent_id, name, limit=1), None) is not None:
        raise organizations.errors.DuplicateOrganizationalUnitException("An OU with the same name already exists.")


@organizations.operation
def describe_organizational_unit(call: Call, organizational_unit_id: str) -> dict[str, Any]:
    """Show a unit."""
    there = get_organization(call).there
    return {"OrganizationalUnit": unit_shape(get_unit(there, organizational_unit_id))}


@organizations.operation
def update_organizational_unit(call: Call, organizational_unit_id: str, name: str | None = None) -> dict[str, Any]:
    """Give a unit another name."""
    there = get_organization(call).there
    unit = get_unit(there, organizational_unit_id)
    if name is not None and name != unit.name:
        _check_name(there, unit.parent_id, name)
        renamed = replace(unit, name=name)
        units.replace(there, unit, renamed)
        unit = renamed
    return {"OrganizationalUnit": unit_shape(unit)}


@organizations.operation
def delete_organizational_unit(call: Call, organizational_unit_id: str) -> None:
    """Delete a unit that has no children."""
    there = get_organization(call).there
    unit = get_unit(there, organizational_unit_id)
    if _has_children(there, unit.id):
        raise organizations.errors.OrganizationalUnitNotEmptyException(
            "The specified OU is not empty. Move all accounts to another root or to other OUs, remove all child OUs, "
            "and try the operation again."
        )
    clear_target(there, unit.id)
    units.delete(there, unit)


def _has_children(there: Scope, parent_id: str) -> bool:
    tables: tuple[Any, ...] = (accounts, units)
    return any(next(table.scan_by(there, "parent", parent_id, limit=1), None) is not None for table in tables)


@organizations.operation
def list_organizational_units_for_parent(
    call: Call, parent_id: str, next_token: str | None = None, max_results: int | None = None
) -> dict[str, Any]:
    """List the units directly under a root or unit."""
    there = get_organization(call).there
    get_parent(there, parent_id)
    rows, more = page(call, f"units:{parent_id}", _units_of(there, parent_id), _id_of, next_token, max_results)
    return {"OrganizationalUnits": [unit_shape(unit) for unit in rows], **more}


@organizations.operation
def list_accounts_for_parent(
    call: Call, parent_id: str, next_token: str | None = None, max_results: int | None = None
) -> dict[str, Any]:
    """List the accounts directly under a root or unit."""
    there, organization = get_organization(call)
    get_parent(there, parent_id)
    rows, more = page(call, f"accounts:{parent_id}", _accounts_of(there, parent_id), _id_of, next_token, max_results)
    return {"Accounts": [account_shape(there, organization.id, account) for account in rows], **more}


@organizations.operation
def list_children(
    call: Call, parent_id: str, child_type: str, next_token: str | None = None, max_results: int | None = None
) -> dict[str, Any]:
    """List the ids of the accounts, or of the units, directly under a root or unit."""
    there = get_organization(call).there
    get_parent(there, parent_id)
    children: list[Any] = (_accounts_of if child_type == "ACCOUNT" else _units_of)(there, parent_id)
    rows, more = page(call, f"children:{child_type}:{parent_id}", children, _id_of, next_token, max_results)
    return {"Children": [{"Id": child.id, "Type": child_type} for child in rows], **more}


@organizations.operation
def list_parents(
    call: Call, child_id: str, next_token: str | None = None, max_results: int | None = None
) -> dict[str, Any]:
    """List the one parent of an account or unit."""
    there = get_organization(call).there
    child: Account | Unit | None = (accounts if child_id.isdigit() else units).find(there, child_id)
    if child is None:
        raise organizations.errors.ChildNotFoundException("You specified a child that doesn't exist.")
    parents = [child.parent_id]
    rows, more = page(call, f"parents:{child_id}", parents, lambda parent: parent, next_token, max_results)
    kinds = {True: "ORGANIZATIONAL_UNIT", False: "ROOT"}
    return {"Parents": [{"Id": row, "Type": kinds[row.startswith("ou-")]} for row in rows], **more}


def _units_of(there: Scope, parent_id: str) -> list[Unit]:
    return list(units.scan_by(there, "parent", parent_id))


def _accounts_of(there: Scope, parent_id: str) -> list[Account]:
    return list(accounts.scan_by(there, "parent", parent_id))


def _id_of(node: Account | Unit) -> str:
    return node.id
