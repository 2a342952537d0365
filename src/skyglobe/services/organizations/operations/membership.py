"""Moving accounts in the organization, out of it, and closing them."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.kernel.standing import find_standing, put_standing
from skyglobe.kernel.timers import set_timer
from skyglobe.services.organizations import organizations
from skyglobe.services.organizations.finding import Found, find_parent, get_account, get_organization
from skyglobe.services.organizations.joining import move_member, remove_member
from skyglobe.services.organizations.offering import DAY
from skyglobe.services.organizations.records import Account, accounts, delegations
from skyglobe.services.organizations.refusals import violates

STAY_FOR = 4 * DAY  # API reference, "WAIT_PERIOD_ACTIVE": after an account was created in the organization


@organizations.operation
def move_account(call: Call, account_id: str, source_parent_id: str, destination_parent_id: str) -> None:
    """Move an account from one root or unit to another. Other policies rule it from its next call on."""
    found = get_organization(call)
    member = get_account(found.there, account_id)
    if find_parent(found.there, source_parent_id) is None or member.parent_id != source_parent_id:
        raise organizations.errors.SourceParentNotFoundException("You specified a source parent that doesn't exist.")
    destination = find_parent(found.there, destination_parent_id)
    if destination is None:
        raise organizations.errors.DestinationParentNotFoundException(
            "You specified a destination parent that doesn't exist."
        )
    if destination_parent_id == source_parent_id:
        raise organizations.errors.DuplicateAccountException("The account is already in the destination parent.")
    move_member(found, member, destination)


@organizations.operation
def remove_account_from_organization(call: Call, account_id: str) -> None:
    """Let a member account stand alone."""
    found = get_organization(call)
    _check_leaving(found, get_account(found.there, account_id))
    remove_member(found, account_id)


@organizations.operation
def leave_organization(call: Call) -> None:
    """Let the caller's own account stand alone."""
    found = get_organization(call)
    _check_leaving(found, get_account(found.there, call.account))
    remove_member(found, call.account)


def _check_leaving(found: Found, member: Account) -> None:
    if member.id == found.organization.owner:
        raise organizations.errors.MasterCannotLeaveOrganizationException(
            "You can't remove a management account from an organization. If you want the management account to become "
            "a member account in another organization, you must first delete the current organization."
        )
    if next(delegations.scan(found.there, member.id, limit=1), None) is not None:
        raise violates(
            "CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG",
            "You can't remove an account that is registered as a delegated administrator for a service.",
        )
    if member.joined_method == "CREATED" and found.there.now - member.joined_at < STAY_FOR:
        raise violates(
            "WAIT_PERIOD_ACTIVE",
            "You must wait at least four days after the account was created before you can remove it.",
        )


@organizations.operation
def close_account(call: Call, account_id: str) -> dict[str, Any]:
    """Close a member account: nobody of it may call any more, and 90 days later it is gone."""
    found = get_organization(call)
    member = get_account(found.there, account_id)
    if member.id == found.organization.owner:
        raise violates(
            "CANNOT_CLOSE_MANAGEMENT_ACCOUNT",
            "You can't close the management account. First remove or close all member accounts.",
        )
    if member.status != "ACTIVE":
        raise organizations.errors.AccountAlreadyClosedException("The account is already closed.")
    if next(delegations.scan(found.there, member.id, limit=1), None) is not None:
        raise violates(
            "CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG",
            "You can't close an account that is registered as a delegated administrator for a service.",
        )
    accounts.replace(found.there, member, replace(member, status="PENDING_CLOSURE"))
    standing = find_standing(call, member.id)
    assert standing is not None
    put_standing(call, replace(standing, is_closed=True))
    set_timer(found.there, "organizations", "close", member.id, call.now)
    return {}
