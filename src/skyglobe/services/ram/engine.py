"""What happens by the clock: invitations run out, deleted shares are forgotten."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.scope import Scope
from skyglobe.services.ram import ram
from skyglobe.services.ram.records import invitations, shares
from skyglobe.services.ram.sharing import settle_principals


@ram.timer("invitation")
def end_invitation(scope: Scope, key: str, payload: dict[str, Any]) -> None:
    """Let an invitation nobody answered expire."""
    invitation = invitations.find(scope, key)
    if invitation is not None and invitation.status == "PENDING":
        invitations.replace(scope, invitation, replace(invitation, status="EXPIRED"))
        settle_principals(scope, invitation, "FAILED")


@ram.timer("forget")
def forget_share(scope: Scope, key: str, payload: dict[str, Any]) -> None:
    """Forget a share that was deleted a while ago."""
    share = shares.find(scope, key)
    if share is not None:
        shares.delete(scope, share)
