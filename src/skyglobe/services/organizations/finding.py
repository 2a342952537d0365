"""Finding an organization and what it consists of, for whoever belongs to it."""

from __future__ import annotations

from typing import NamedTuple

from skyglobe.kernel.scope import Scope
from skyglobe.kernel.standing import find_membership
from skyglobe.services.organizations import organizations
from skyglobe.services.organizations.records import (
    Account,
    Identity,
    Organization,
    Root,
    Unit,
    accounts,
    identities,
    organizations_table,
    roots,
    units,
)
from skyglobe.services.organizations.refusals import no_such_account, no_such_target, not_in_use

Node = Root | Unit | Account


class Found(NamedTuple):
    """An organization, and the scope of its management account, where everything of it is kept."""

    there: Scope
    organization: Organization


def get_organization(scope: Scope) -> Found:
    """Return the organization of this account. Raises AWSOrganizationsNotInUseException."""
    membership = find_membership(scope, scope.account)
    if membership is None:
        raise not_in_use()
    there = scope.within(membership.management)
    organization = organizations_table.find(there, membership.organization_id)
    assert organization is not None
    return Found(there, organization)


def get_root(found: Found) -> Root:
    """Return the root of an organization's tree."""
    root = roots.find(found.there, found.organization.root_id)
    assert root is not None
    return root


def get_account(there: Scope, account_id: str) -> Account:
    """Return a member. Raises AccountNotFoundException."""
    account = accounts.find(there, account_id)
    if account is None:
        raise no_such_account()
    return account


def get_unit(there: Scope, unit_id: str) -> Unit:
    """Return an organizational unit. Raises OrganizationalUnitNotFoundException."""
    unit = units.find(there, unit_id)
    if unit is None:
        raise organizations.errors.OrganizationalUnitNotFoundException(
            "You specified an organizational unit that doesn't exist."
        )
    return unit


def find_parent(there: Scope, parent_id: str) -> Root | Unit | None:
    """Return the root or unit of this id, or None."""
    return units.find(there, parent_id) if parent_id.startswith("ou-") else roots.find(there, parent_id)


def get_parent(there: Scope, parent_id: str) -> Root | Unit:
    """Return the root or unit of this id. Raises ParentNotFoundException."""
    parent = find_parent(there, parent_id)
    if parent is None:
        raise organizations.errors.ParentNotFoundException("You specified parent that doesn't exist.")
    return parent


def get_node(there: Scope, target_id: str) -> Node:
    """Return the root, unit or account of this id. Raises TargetNotFoundException."""
    node = accounts.find(there, target_id) if target_id.isdigit() else find_parent(there, target_id)
    if node is None:
        raise no_such_target()
    return node


def path_of(organization_id: str, node: Root | Unit) -> str:
    """Return the path down to a root or unit: ``o-…/r-…/ou-…/``."""
    return node.path if isinstance(node, Unit) else f"{organization_id}/{node.id}/"


def nodes_of(path: str, account: str) -> list[str]:
    """Return the ids from the root down to an account, itself included, whose parent is at ``path``."""
    return [*path.strip("/").split("/")[1:], account]


def identity_of(scope: Scope, account: str) -> Identity:
    """Return an account's name and address. Where nobody gave it any, they are made from its number."""
    known = identities.find(scope, account)
    return known or Identity(account=account, name=f"account-{account}", email=f"account-{account}@example.com")


def find_account_of(scope: Scope, email: str) -> str | None:
    """Return the account that has this address, or None."""
    known = next(identities.scan_by(scope, "address", email.lower(), limit=1), None)
    if known is not None:
        return known.account
    number = email.lower().removeprefix("account-").removesuffix("@example.com")
    is_made_up = len(number) == 12 and number.isdigit() and identities.find(scope, number) is None
    return number if is_made_up else None
