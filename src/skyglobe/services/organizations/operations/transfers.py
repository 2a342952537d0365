"""Responsibility transfers: one organization's management account looks after the bills of another one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.services.organizations import organizations
from skyglobe.services.organizations.finding import find_account_of, get_organization, identity_of
from skyglobe.services.organizations.offering import offer
from skyglobe.services.organizations.paging import page
from skyglobe.services.organizations.records import Transfer, handshakes, organizations_table, transfers
from skyglobe.services.organizations.refusals import invalid_input
from skyglobe.services.organizations.rules.ids import make_id
from skyglobe.services.organizations.rules.transfers import (
    end_of_month,
    find_fault_of_end,
    find_fault_of_start,
    milliseconds,
)
from skyglobe.services.organizations.shapes import handshake_shape, seconds
from skyglobe.services.organizations.tagging import merged_tags
from skyglobe.services.organizations.transferring import direction_of, list_transfers


@organizations.operation
def invite_organization_to_transfer_responsibility(
    call: Call,
    type: str,
    target: dict[str, str],
    start_timestamp: datetime,
    source_name: str,
    notes: str = "",
    tags: list[dict[str, str]] | None = None,
) -> dict[str, Any]:
    """Offer the management account of another organization to look after its bills from some month on."""
    found = get_organization(call)
    starts_at = milliseconds(start_timestamp)
    if fault := find_fault_of_start(starts_at, call.now):
        raise invalid_input(*fault)
    account, email = _invited(call, target)
    if any(_is_offered_to(call, one, account, email) for one in list_transfers(call, "inbound", call.account)):
        raise organizations.errors.DuplicateHandshakeException("There is already an open invitation for this account.")
    there, organization = found
    transfer_id = make_id(call.kernel.ids.random, "rt-", 10)
    terms = (transfer_id, type, starts_at)
    handshake = offer(
        found, "TRANSFER_RESPONSIBILITY", account, email=email, notes=notes, tags=merged_tags({}, tags), terms=terms
    )
    transfer = Transfer(
        arn=_arn(organization.id, call.account, type, "inbound", transfer_id),
        id=transfer_id,
        owner=call.account,
        created_at=call.now,
        tags=handshake.tags,
        name=source_name,
        type=type,
        status="REQUESTED",
        target=call.account,
        source=account,
        email=email,
        starts_at=starts_at,
        handshake_id=handshake.id,
    )
    transfers.insert(there, transfer)
    return {"Handshake": handshake_shape(call, handshake, organization.feature_set)}


def _invited(call: Call, target: dict[str, str]) -> tuple[str | None, str]:
    id_, kind = target["Id"], target["Type"]
    if kind == "ACCOUNT" and len(id_) == 12 and id_.isdigit():
        return id_, ""
    if kind == "ACCOUNT":
        raise invalid_input("INVALID_PATTERN_TARGET_ID", "You provided an account ID that is not valid.")
    if kind != "EMAIL":
        raise invalid_input("INVALID_PARTY_TYPE_TARGET", "You specified the wrong type of entity as a target.")
    if "@" not in id_:
        raise invalid_input("INVALID_EMAIL_ADDRESS_TARGET", "You provided an email address that is not valid.")
    return find_account_of(call, id_), id_


def _is_offered_to(call: Call, transfer: Transfer, account: str | None, email: str) -> bool:
    handshake = handshakes.find(call, transfer.handshake_id) if transfer.handshake_id else None
    return handshake is not None and handshake.is_open and (handshake.account, handshake.email) == (account, email)


def _arn(organization_id: str, management: str, type_: str, direction: str, id_: str) -> str:
    return f"arn:aws:organizations::{management}:transfer/{organization_id}/{type_.lower()}/{direction}/{id_}"


@organizations.operation
def describe_responsibility_transfer(call: Call, id: str) -> dict[str, Any]:
    """Show a transfer to either side."""
    return _answer(call, _get(call, id))


@organizations.operation
def list_inbound_responsibility_transfers(
    call: Call, type: str, id: str | None = None, next_token: str | None = None, max_results: int | None = None
) -> dict[str, Any]:
    """List the transfers to the caller's organization, or one of them. Raises ResponsibilityTransferNotFound."""
    owner = get_organization(call).organization.owner
    rows = [one for one in list_transfers(call, "inbound", owner) if one.type == type and id in (None, one.id)]
    if id is not None and not rows:
        raise _not_found()
    return _listed(call, f"inbound:{type}:{id or ''}", rows, next_token, max_results)


@organizations.operation
def list_outbound_responsibility_transfers(
    call: Call, type: str, next_token: str | None = None, max_results: int | None = None
) -> dict[str, Any]:
    """List the transfers of the caller's organization to others."""
    owner = get_organization(call).organization.owner
    rows = [one for one in list_transfers(call, "outbound", owner) if one.type == type]
    return _listed(call, f"outbound:{type}", rows, next_token, max_results)


@organizations.operation
def update_responsibility_transfer(call: Call, id: str, name: str) -> dict[str, Any]:
    """Give a transfer another name."""
    transfer = _get(call, id)
    renamed = replace(transfer, name=name)
    transfers.replace(call, transfer, renamed)
    return _answer(call, renamed)


@organizations.operation
def terminate_responsibility_transfer(call: Call, id: str, end_timestamp: datetime | None = None) -> dict[str, Any]:
    """End a transfer with some month, this one if none is named. Either side may.

    Raises ResponsibilityTransferAlreadyInStatus, InvalidResponsibilityTransferTransition.
    """
    transfer = _get(call, id)
    if transfer.status == "WITHDRAWN":
        raise organizations.errors.ResponsibilityTransferAlreadyInStatusException(
            "The responsibility transfer is already in the status that you specified."
        )
    if transfer.status != "ACCEPTED":
        raise organizations.errors.InvalidResponsibilityTransferTransitionException(
            "The responsibility transfer can't transition to the requested state because it's not in a valid state for "
            "this operation."
        )
    ends_at = milliseconds(end_timestamp) if end_timestamp is not None else end_of_month(call.now)
    if end_timestamp is not None and (fault := find_fault_of_end(ends_at, call.now, transfer.starts_at)):
        raise invalid_input(*fault)
    ended = replace(transfer, status="WITHDRAWN", ends_at=end_of_month(ends_at))
    transfers.replace(call, transfer, ended)
    return _answer(call, ended)


def _get(call: Call, id_: str) -> Transfer:
    """Return a transfer to or from the caller's organization. Raises ResponsibilityTransferNotFound."""
    owner = get_organization(call).organization.owner
    transfer = transfers.find(call, id_)
    if transfer is None or not direction_of(transfer, owner):
        raise _not_found()
    return transfer


def _not_found() -> Exception:
    return organizations.errors.ResponsibilityTransferNotFoundException("We can't find a transfer that you specified.")


def _listed(
    call: Call, listing: str, rows: Iterable[Transfer], next_token: str | None, max_results: int | None
) -> dict[str, Any]:
    found, more = page(call, f"transfers:{listing}", rows, lambda row: row.id, next_token, max_results)
    return {"ResponsibilityTransfers": [_shape(call, row) for row in found], **more}


def _answer(call: Call, transfer: Transfer) -> dict[str, Any]:
    return {"ResponsibilityTransfer": _shape(call, transfer)}


def _shape(call: Call, transfer: Transfer) -> dict[str, Any]:
    """Return a ``ResponsibilityTransfer`` as the caller's side sees it: its ARN tells the direction."""
    organization = get_organization(call).organization
    direction = direction_of(transfer, organization.owner)
    shape = {
        "Arn": _arn(organization.id, organization.owner, transfer.type, direction, transfer.id),
        "Name": transfer.name,
        "Id": transfer.id,
        "Type": transfer.type,
        "Status": transfer.status,
        "Target": _participant(call, transfer.target),
        "Source": _participant(call, transfer.source)
        if transfer.source
        else {"ManagementAccountEmail": transfer.email},
        "StartTimestamp": seconds(transfer.starts_at),
    }
    if transfer.ends_at is not None:
        shape["EndTimestamp"] = seconds(transfer.ends_at)
    return shape | ({"ActiveHandshakeId": transfer.handshake_id} if transfer.handshake_id else {})


def _participant(call: Call, account: str) -> dict[str, str]:
    is_managing = next(organizations_table.scan(call.within(account), limit=1), None) is not None
    email = {"ManagementAccountEmail": identity_of(call, account).email} if is_managing else {}
    return {"ManagementAccountId": account, **email}
