"""The organization itself: making, showing, completing and deleting it."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.kernel.standing import find_membership, trusted_services
from skyglobe.services.organizations import organizations
from skyglobe.services.organizations.attaching import clear_target
from skyglobe.services.organizations.finding import Found, get_organization, get_root
from skyglobe.services.organizations.joining import add_member, link_role, remove_member
from skyglobe.services.organizations.offering import ask_for_all_features, clear_handshakes
from skyglobe.services.organizations.paging import page
from skyglobe.services.organizations.records import (
    Organization,
    Root,
    accounts,
    create_requests,
    delegations,
    organizations_table,
    policies,
    resource_policies,
    roots,
    units,
)
from skyglobe.services.organizations.refusals import invalid_input, violates
from skyglobe.services.organizations.rules.ids import make_id
from skyglobe.services.organizations.shapes import handshake_shape, organization_shape, root_shape
from skyglobe.services.organizations.transferring import has_transfers_under_way

FEATURE_SETS = ("ALL", "CONSOLIDATED_BILLING")


@organizations.operation
def create_organization(call: Call, feature_set: str = "ALL") -> dict[str, Any]:
    """Make the caller's account the management account of a new organization."""
    if find_membership(call, call.account) is not None:
        raise organizations.errors.AlreadyInOrganizationException(
            "The AWS account is already a member of an organization."
        )
    if feature_set not in FEATURE_SETS:
        raise invalid_input("INVALID_ENUM", "You specified an invalid value for featureSet.")
    random = call.kernel.ids.random
    id_, root_id = make_id(random, "o-", 10), make_id(random, "r-", 4)
    organization = Organization(
        arn=f"arn:aws:organizations::{call.account}:organization/{id_}",
        id=id_,
        owner=call.account,
        created_at=call.now,
        feature_set=feature_set,
        root_id=root_id,
    )
    organizations_table.insert(call, organization)
    root = Root(
        arn=f"arn:aws:organizations::{call.account}:root/{id_}/{root_id}",
        id=root_id,
        owner=call.account,
        created_at=call.now,
    )
    roots.insert(call, root)
    found = Found(call, organization)
    add_member(found, call.account, root_id, "INVITED")
    link_role(call)
    return {"Organization": organization_shape(found)}


@organizations.operation
def describe_organization(call: Call) -> dict[str, Any]:
    """Show the organization the caller's account belongs to."""
    return {"Organization": organization_shape(get_organization(call))}


@organizations.operation
def delete_organization(call: Call) -> None:
    """Delete an organization that has no other account and no unit left."""
    found = get_organization(call)
    there = found.there
    if any(account.id != found.organization.owner for account in accounts.scan(there)):
        raise organizations.errors.OrganizationNotEmptyException(
            "To delete an organization you must first remove all member accounts (except the management account)."
        )
    if next(units.scan(there), None) is not None:
        raise organizations.errors.OrganizationNotEmptyException(
            "To delete an organization you must first delete all its organizational units."
        )
    if has_transfers_under_way(found):
        raise violates(
            "ACTIVE_RESPONSIBILITY_TRANSFER_PROCESS",
            "You cannot delete organization due to an ongoing responsibility transfer process.",
        )
    root = get_root(found)
    remove_member(found, found.organization.owner)
    clear_handshakes(there, found.organization.id)
    _clear_rest(found, root)


def _clear_rest(found: Found, root: Root) -> None:
    there = found.there
    clear_target(there, root.id)
    for table in (policies, resource_policies, delegations, create_requests):
        table.clear(there)
    trusted_services.clear(there, found.organization.id)
    roots.delete(there, root)
    organizations_table.delete(there, found.organization)


@organizations.operation
def enable_all_features(call: Call) -> dict[str, Any]:
    """Ask the invited accounts of an organization for consolidated billing to agree to all features."""
    found = get_organization(call)
    handshake = ask_for_all_features(found)
    return {"Handshake": handshake_shape(call, handshake, found.organization.feature_set)}


@organizations.operation
def list_roots(call: Call, next_token: str | None = None, max_results: int | None = None) -> dict[str, Any]:
    """List the one root."""
    found = get_organization(call)
    rows, more = page(call, "roots", [get_root(found)], lambda root: root.id, next_token, max_results)
    return {"Roots": [root_shape(root) for root in rows], **more}
