"""Becoming a member of an organization, moving in it, and ceasing to be one."""

from __future__ import annotations

from msgspec.structs import replace

from skyglobe.kernel.outbox import post
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.standing import Standing, drop_standing, put_standing
from skyglobe.services.organizations.attaching import clear_target, open_up
from skyglobe.services.organizations.finding import Found, find_parent, get_account, get_root, identity_of, path_of
from skyglobe.services.organizations.offering import list_pending_invitations
from skyglobe.services.organizations.records import Account, Root, Unit, accounts, delegations, identities
from skyglobe.services.organizations.shapes import account_arn

MAX_ACCOUNTS = 10  # in an organization by default; user guide, "Quotas", an open invitation counts too


def is_full(there: Scope, organization_id: str) -> bool:
    """Whether an organization may have no further account."""
    members = sum(1 for _ in accounts.scan(there))
    return members + len(list_pending_invitations(there, organization_id)) >= MAX_ACCOUNTS


def add_member(
    found: Found, account: str, parent_id: str, joined_method: str, tags: dict[str, str] | None = None
) -> Account:
    """Make an account a member. Its callers are ruled by the organization's policies from now on."""
    there, organization = found
    identity = identity_of(there, account)
    identities.put(there, identity)
    member = Account(
        arn=account_arn(organization.id, organization.owner, account),
        id=account,
        owner=organization.owner,
        created_at=there.now,
        tags=tags or {},
        name=identity.name,
        email=identity.email,
        parent_id=parent_id,
        joined_method=joined_method,
        joined_at=there.now,
    )
    accounts.insert(there, member)
    open_up(there, account, get_root(found).policy_types)
    parent = find_parent(there, parent_id)
    assert parent is not None
    _place(found, member, parent)
    return member


def move_member(found: Found, member: Account, parent: Root | Unit) -> None:
    """Put a member under another parent."""
    moved = replace(member, parent_id=parent.id)
    accounts.replace(found.there, member, moved)
    _place(found, moved, parent)


def remove_member(found: Found, account: str) -> None:
    """Let an account stand alone: nothing of the organization rules it any more."""
    there = found.there
    forget_member(found, get_account(there, account))
    drop_standing(there, account)


def forget_member(found: Found, member: Account) -> None:
    """Take an account out of the organization's lists; how it stands is not touched."""
    clear_target(found.there, member.id)
    delegations.clear(found.there, member.id)
    accounts.delete(found.there, member)


def _place(found: Found, member: Account, parent: Root | Unit) -> None:
    organization = found.organization
    standing = Standing(
        account=member.id,
        organization_id=organization.id,
        management=organization.owner,
        path=path_of(organization.id, parent),
        is_closed=member.status != "ACTIVE",
    )
    put_standing(found.there, standing)


def link_role(scope: Scope) -> None:
    """Have the service-linked role of Organizations made in this account, if it has none."""
    post(scope, "organizations", "link-role", {"account": scope.account})
