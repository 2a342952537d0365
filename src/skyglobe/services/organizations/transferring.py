"""Transfers of responsibility between organizations, and the handshakes they begin with."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from skyglobe.kernel.scope import Scope
from skyglobe.services.organizations.finding import Found, get_organization
from skyglobe.services.organizations.records import Handshake, Transfer, transfers
from skyglobe.services.organizations.refusals import access_denied, handshake_violates


def list_transfers(scope: Scope, direction: str, account: str) -> Iterator[Transfer]:
    """Yield the transfers to (``inbound``) or from (``outbound``) the organization that an account manages."""
    return transfers.scan_by(scope, "target" if direction == "inbound" else "source", account)


def direction_of(transfer: Transfer, account: str) -> str:
    """Return which way a transfer goes as a management account sees it; empty for others."""
    if transfer.target == account:
        return "inbound"
    return "outbound" if transfer.source == account else ""


def is_under_way(transfer: Transfer, now: int) -> bool:
    """Whether a transfer is asked for, or in force, or will be."""
    if transfer.status == "WITHDRAWN":
        return transfer.ends_at is not None and transfer.ends_at > now
    return transfer.status in ("REQUESTED", "ACCEPTED")


def agree_to_transfer(scope: Scope, handshake: Handshake) -> None:
    """Let another organization have the responsibility.

    Raises AccessDenied unless the caller manages an organization, and HandshakeConstraintViolation when it is the
    other's own or has given the responsibility away already.
    """
    found = get_organization(scope)
    account = scope.account
    if found.organization.owner != account:
        raise access_denied()
    if account == handshake.management:
        raise handshake_violates(
            "SOURCE_AND_TARGET_CANNOT_MATCH",
            "An account can't accept a transfer invitation if it is both the sender and recipient of the invitation.",
        )
    given = list_transfers(scope, "outbound", account)
    if any(is_under_way(one, scope.now) and one.status != "REQUESTED" for one in given):
        raise handshake_violates(
            "RESPONSIBILITY_TRANSFER_ALREADY_EXISTS", "You cannot perform this operation with the current transfer."
        )
    transfer = transfers.find(scope, handshake.transfer_id)
    assert transfer is not None
    transfers.replace(scope, transfer, replace(transfer, source=account))


def follow_handshake(scope: Scope, handshake: Handshake) -> None:
    """Bring the transfer of a handshake that ended to the handshake's state."""
    transfer = transfers.find(scope, handshake.transfer_id)
    if transfer is not None:
        transfers.replace(scope, transfer, replace(transfer, status=handshake.state, handshake_id=""))


def has_transfers_under_way(found: Found) -> bool:
    """Whether an organization cannot be deleted for a transfer's sake."""
    there, account = found.there, found.organization.owner
    listed = [*list_transfers(there, "inbound", account), *list_transfers(there, "outbound", account)]
    return any(is_under_way(one, there.now) for one in listed)
