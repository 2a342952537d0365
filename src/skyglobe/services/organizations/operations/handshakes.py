"""Invitations and other handshakes: offering, accepting, declining, cancelling, showing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.kernel.standing import find_membership
from skyglobe.services.organizations import organizations
from skyglobe.services.organizations.finding import Found, find_account_of, get_organization, identity_of
from skyglobe.services.organizations.joining import MAX_ACCOUNTS, add_member, is_full, link_role
from skyglobe.services.organizations.offering import (
    conclude,
    find_migration,
    get_open,
    give_all_features,
    list_pending_invitations,
    note_approval,
    offer,
)
from skyglobe.services.organizations.paging import page
from skyglobe.services.organizations.records import Handshake, accounts, handshakes, organizations_table
from skyglobe.services.organizations.refusals import access_denied, handshake_violates, invalid_input
from skyglobe.services.organizations.shapes import handshake_shape
from skyglobe.services.organizations.tagging import merged_tags
from skyglobe.services.organizations.transferring import agree_to_transfer


@organizations.operation
def invite_account_to_organization(
    call: Call, target: dict[str, str], notes: str = "", tags: list[dict[str, str]] | None = None
) -> dict[str, Any]:
    """Invite an account, by its number or its address."""
    found = get_organization(call)
    account, email = _invited(call, target)
    if account is not None and accounts.find(found.there, account) is not None:
        raise organizations.errors.DuplicateAccountException("The account is already a member of this organization.")
    pending = list_pending_invitations(call, found.organization.id)
    if any((each.account, each.email) == (account, email) for each in pending):
        raise organizations.errors.DuplicateHandshakeException("There is already an open invitation for this account.")
    if find_migration(call, found.organization.id) is not None:
        raise handshake_violates(
            "INVITE_DISABLED_DURING_ENABLE_ALL_FEATURES",
            "You can't invite accounts while the organization is in the process of enabling all features.",
        )
    if is_full(found.there, found.organization.id):
        raise handshake_violates("ACCOUNT_NUMBER_LIMIT_EXCEEDED", "You have exceeded the allowed number of accounts.")
    handshake = offer(found, "INVITE", account, email=email, notes=notes, tags=merged_tags({}, tags))
    return {"Handshake": handshake_shape(call, handshake, found.organization.feature_set)}


def _invited(call: Call, target: dict[str, str]) -> tuple[str | None, str]:
    id_, kind = target["Id"], target["Type"]
    if kind == "ACCOUNT":
        if len(id_) != 12 or not id_.isdigit():
            raise invalid_input("INVALID_PATTERN_TARGET_ID", "You provided an account ID that is not valid.")
        return id_, ""
    if kind != "EMAIL":
        raise invalid_input("INVALID_PARTY_TYPE_TARGET", "You specified the wrong type of entity as a target.")
    if "@" not in id_:
        raise invalid_input("INVALID_EMAIL_ADDRESS_TARGET", "You provided an email address that is not valid.")
    return find_account_of(call, id_), id_


@organizations.operation
def accept_handshake(call: Call, handshake_id: str) -> dict[str, Any]:
    """Agree to a handshake: join an organization, agree to all its features, transfer a responsibility."""
    handshake = get_open(_get_addressed(call, handshake_id), "ACCEPTED")
    if handshake.action == "INVITE":
        _join(call, handshake)
    elif handshake.action == "TRANSFER_RESPONSIBILITY":
        agree_to_transfer(call, handshake)
    ended = conclude(call, handshake, "ACCEPTED")
    if handshake.action == "APPROVE_ALL_FEATURES":
        note_approval(call, handshake.parent_id)
    elif handshake.action == "ENABLE_ALL_FEATURES":
        give_all_features(call, handshake)
    return _shown(call, ended)


def _join(call: Call, handshake: Handshake) -> None:
    if find_membership(call, call.account) is not None:
        raise handshake_violates("ALREADY_IN_AN_ORGANIZATION", "The account is already a member of an organization.")
    there = call.within(handshake.management)
    organization = organizations_table.find(there, handshake.organization_id)
    assert organization is not None, "an organization that goes cancels its invitations"
    if sum(1 for _ in accounts.scan(there)) >= MAX_ACCOUNTS:
        raise handshake_violates("ACCOUNT_NUMBER_LIMIT_EXCEEDED", "You have exceeded the allowed number of accounts.")
    add_member(Found(there, organization), call.account, organization.root_id, "INVITED", handshake.tags)
    link_role(call)


@organizations.operation
def decline_handshake(call: Call, handshake_id: str) -> dict[str, Any]:
    """Refuse a handshake."""
    handshake = get_open(_get_addressed(call, handshake_id), "DECLINED")
    return _shown(call, conclude(call, handshake, "DECLINED"))


@organizations.operation
def cancel_handshake(call: Call, handshake_id: str) -> dict[str, Any]:
    """Take back a handshake the caller's organization offered."""
    handshake = _get(call, handshake_id)
    if handshake.management != call.account:
        raise access_denied()
    return _shown(call, conclude(call, get_open(handshake, "CANCELED"), "CANCELED"))


@organizations.operation
def describe_handshake(call: Call, handshake_id: str) -> dict[str, Any]:
    """Show a handshake to either side."""
    handshake = _get(call, handshake_id)
    if call.account != handshake.management and not _is_addressed(call, handshake):
        raise access_denied()
    return _shown(call, handshake)


@organizations.operation
def list_handshakes_for_account(
    call: Call, filter: dict[str, str] | None = None, next_token: str | None = None, max_results: int | None = None
) -> dict[str, Any]:
    """List the handshakes offered to the caller's account."""
    mine = {each.id: each for each in handshakes.scan_by(call, "account", call.account)}
    email = identity_of(call, call.account).email
    open_to_me = (each for each in handshakes.scan_by(call, "account", call.account) if each.email == email)
    mine |= {each.id: each for each in open_to_me}
    return _listed(call, "account", mine.values(), filter, next_token, max_results)


@organizations.operation
def list_handshakes_for_organization(
    call: Call, filter: dict[str, str] | None = None, next_token: str | None = None, max_results: int | None = None
) -> dict[str, Any]:
    """List the handshakes the caller's organization offered."""
    organization = get_organization(call).organization
    offered = handshakes.scan_by(call, "organization", organization.id)
    return _listed(call, "organization", offered, filter, next_token, max_results)


def _listed(
    call: Call,
    of: str,
    rows: Iterable[Handshake],
    wanted_by: dict[str, str] | None,
    next_token: str | None,
    max_results: int | None,
) -> dict[str, Any]:
    action, parent = (wanted_by or {}).get("ActionType"), (wanted_by or {}).get("ParentHandshakeId")
    if action is not None and parent is not None:
        raise invalid_input("MAX_LIMIT_EXCEEDED_FILTER", "You can specify only one filter parameter for the operation.")
    wanted = [
        row for row in rows if (action is None or row.action == action) and (parent is None or row.parent_id == parent)
    ]
    wanted.sort(key=lambda row: row.id)
    listing = f"handshakes:{of}:{action}:{parent}"
    found, more = page(call, listing, wanted, lambda row: row.id, next_token, max_results)
    return {"Handshakes": [_shown(call, row)["Handshake"] for row in found], **more}


def _get(call: Call, handshake_id: str) -> Handshake:
    handshake = handshakes.find(call, handshake_id)
    if handshake is None:
        raise organizations.errors.HandshakeNotFoundException("You specified a handshake that doesn't exist.")
    return handshake


def _get_addressed(call: Call, handshake_id: str) -> Handshake:
    handshake = _get(call, handshake_id)
    if not _is_addressed(call, handshake):
        raise access_denied()
    return handshake


def _is_addressed(call: Call, handshake: Handshake) -> bool:
    if handshake.account is not None:
        return handshake.account == call.account
    return find_account_of(call, handshake.email) == call.account


def _shown(call: Call, handshake: Handshake) -> dict[str, Any]:
    organization = organizations_table.find(call.within(handshake.management), handshake.organization_id)
    feature_set = organization.feature_set if organization is not None else "ALL"
    return {"Handshake": handshake_shape(call, handshake, feature_set)}
