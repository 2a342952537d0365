"""Invitations to shares from outside of the organization."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.services.ram import ram
from skyglobe.services.ram.paging import page
from skyglobe.services.ram.records import Invitation, associations, invitations
from skyglobe.services.ram.shapes import invitation_shape, resource_shape
from skyglobe.services.ram.sharing import settle_principals


@ram.operation
def get_resource_share_invitations(
    call: Call,
    resource_share_invitation_arns: list[str] | None = None,
    resource_share_arns: list[str] | None = None,
    next_token: str | None = None,
    max_results: int | None = None,
) -> dict[str, Any]:
    """List the invitations this account received in this region."""
    received = [
        each
        for each in invitations.scan_by(call, "receiver", call.account)
        if f":{call.region}:" in each.arn
        and (not resource_share_invitation_arns or each.arn in resource_share_invitation_arns)
        and (not resource_share_arns or each.share_arn in resource_share_arns)
    ]
    rows, more = page(call, "invitations", received, lambda row: row.arn, next_token, max_results)
    return {"resourceShareInvitations": [invitation_shape(row) for row in rows], **more}


@ram.operation(unused=("clientToken",))
def accept_resource_share_invitation(call: Call, resource_share_invitation_arn: str) -> dict[str, Any]:
    """Take a share."""
    return _answered(call, resource_share_invitation_arn, "ACCEPTED", "ASSOCIATED")


@ram.operation(unused=("clientToken",))
def reject_resource_share_invitation(call: Call, resource_share_invitation_arn: str) -> dict[str, Any]:
    """Refuse a share."""
    return _answered(call, resource_share_invitation_arn, "REJECTED", "FAILED")


def _answered(call: Call, arn: str, status: str, outcome: str) -> dict[str, Any]:
    invitation = _get(call, arn)
    refusals = {
        "ACCEPTED": ram.errors.ResourceShareInvitationAlreadyAcceptedException,
        "REJECTED": ram.errors.ResourceShareInvitationAlreadyRejectedException,
        "EXPIRED": ram.errors.ResourceShareInvitationExpiredException,
    }
    if invitation.status in refusals:
        raise refusals[invitation.status](f"Invitation {arn} is already {invitation.status.lower()}.")
    answered = replace(invitation, status=status)
    invitations.replace(call, invitation, answered)
    settle_principals(call, invitation, outcome)
    return {"resourceShareInvitation": invitation_shape(answered)}


@ram.operation
def list_pending_invitation_resources(
    call: Call,
    resource_share_invitation_arn: str,
    next_token: str | None = None,
    max_results: int | None = None,
    resource_region_scope: str = "ALL",
) -> dict[str, Any]:
    """List what is in a share this account is invited to."""
    invitation = _get(call, resource_share_invitation_arn)
    if invitation.status != "PENDING":
        raise ram.errors.ResourceShareInvitationAlreadyRejectedException("The invitation is not pending any more.")
    held = associations.scan(call, invitation.share_arn, "RESOURCE") if resource_region_scope != "GLOBAL" else ()
    listing = f"pending:{invitation.arn}"
    rows, more = page(call, listing, held, lambda row: row.entity, next_token, max_results)
    return {"resources": [resource_shape(row) for row in rows], **more}


def _get(call: Call, arn: str) -> Invitation:
    invitation = invitations.find(call, arn)
    if invitation is None or invitation.receiver != call.account:
        raise ram.errors.ResourceShareInvitationArnNotFoundException(f"Invitation {arn} could not be found.")
    return invitation
