"""Requests of other accounts to be let do something for a while."""

from __future__ import annotations

from typing import Literal

import msgspec

from skyglobe.kernel.clock import Instant
from skyglobe.kernel.principals import Principal
from skyglobe.kernel.tables import Record, Table

State = Literal["UNASSIGNED", "ASSIGNED", "PENDING_APPROVAL", "ACCEPTED", "FINALIZED", "REJECTED", "EXPIRED"]


class Parameter(msgspec.Struct, frozen=True):
    """What a placeholder of the template stands for."""

    name: str
    values: tuple[str, ...]
    type: str


class DelegationRequest(Record, frozen=True):
    """One request. Both sides see it, so it belongs to the whole cloud."""

    id: str
    requestor: str
    """Account that asks."""
    workflow_id: str
    description: str
    message: str
    template: str
    """ARN of the policy whose document the permissions were made from."""
    parameters: tuple[Parameter, ...]
    policy: str
    """What would be allowed at most, with all placeholders filled in."""
    channel: str
    """ARN of the SNS topic that is told of changes."""
    redirect_url: str
    session_for: int
    """Seconds."""
    is_sent_by_owner: bool
    """Whether nobody but the owner may send the token."""
    state: State
    created_at: Instant
    changed_at: Instant
    expires_at: Instant
    owner_account: str | None = None
    owner: str = ""
    """ARN of who took the request on."""
    approver: Principal | None = None
    """Who accepted it, as it was then."""
    notes: str = ""
    rejection: str = ""
    token_digest: bytes = b""
    """Of the token that was sent; it is forgotten with the request."""

    @property
    def owned_in(self) -> str | None:
        """The account that lists the request: none before somebody took it on."""
        return self.owner_account if self.owner else None


delegation_requests: Table[DelegationRequest] = Table(
    "iam.delegation_requests",
    DelegationRequest,
    key=("id",),
    indexes={"owned": ("owned_in",), "workflow": ("requestor", "workflow_id")},
    reach="global",
)
