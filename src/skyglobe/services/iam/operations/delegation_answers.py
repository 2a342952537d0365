"""What becomes of delegation requests: taken on, put before somebody else, accepted, rejected, sent, forgotten."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.kernel.outbox import post
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.timers import set_timer
from skyglobe.kernel.trade_ins import TradeIn, digest_of, trade_ins
from skyglobe.services.iam import iam
from skyglobe.services.iam.operations.delegation_requests import get_request, place_of
from skyglobe.services.iam.records.delegation_requests import DelegationRequest, State, delegation_requests
from skyglobe.services.iam.refusals import invalid_input
from skyglobe.services.iam.rules.delegation import LASTS_FOR, MAY_FOLLOW

_TOKEN_CHARACTERS = 128


@iam.operation
def associate_delegation_request(call: Call, delegation_request_id: str) -> None:
    """Take a request on: the caller is its owner from now on, and the caller's account its owner's."""
    request = get_request(call, delegation_request_id)
    _move(call, request, "ASSIGNED", owner=call.principal.arn, owner_account=call.account)


@iam.operation
def update_delegation_request(call: Call, delegation_request_id: str, notes: str = "") -> None:
    """Put a request before somebody who may grant it."""
    request = get_request(call, delegation_request_id)
    _move(call, request, "PENDING_APPROVAL", notes=notes or request.notes)


@iam.operation
def accept_delegation_request(call: Call, delegation_request_id: str) -> None:
    """Grant a request: what the caller may do, as far as the request asks for it. Raises InvalidInput.

    Callers whose own session is narrowed by policies cannot grant one here: a session has one set of policies.
    """
    principal = call.principal
    if principal.session is not None and principal.session.policies:
        raise invalid_input("A session that is narrowed by session policies cannot accept a delegation request.")
    _move(call, get_request(call, delegation_request_id), "ACCEPTED", approver=principal)


@iam.operation
def reject_delegation_request(call: Call, delegation_request_id: str, notes: str = "") -> None:
    """Turn a request down, also one that was accepted as long as its token was not sent."""
    _move(call, get_request(call, delegation_request_id), "REJECTED", rejection=notes)


@iam.operation
def send_delegation_token(call: Call, delegation_request_id: str) -> None:
    """Send the token that is traded in for credentials. Their time runs from now on."""
    request = get_request(call, delegation_request_id)
    if request.is_sent_by_owner and request.owner != call.principal.arn:
        raise invalid_input("The delegation token of this request can only be sent by its owner.")
    token = call.kernel.ids.secret(_TOKEN_CHARACTERS)
    sent = _move(call, request, "FINALIZED", exchange_token=token, token_digest=digest_of(token))
    assert sent.approver is not None, "what is sent was accepted"
    trade_in = TradeIn(
        digest=sent.token_digest,
        holder=sent.requestor,
        principal=sent.approver,
        policy=sent.policy,
        ends_at=call.now + sent.session_for * 1000,
    )
    trade_ins.insert(call, trade_in)


def _move(scope: Scope, request: DelegationRequest, state: State, exchange_token: str = "", **changes: Any) -> Any:
    """Bring a request into another state, and tell its requestor. Raises InvalidInput where that does not follow."""
    if state in MAY_FOLLOW and request.state not in MAY_FOLLOW[state]:
        raise invalid_input(f"Delegation request {request.id} is in the {request.state} state.")
    expires_at = scope.now + LASTS_FOR[state]
    moved = replace(request, state=state, changed_at=scope.now, expires_at=expires_at, **changes)
    delegation_requests.replace(scope, request, moved)
    there = place_of(scope, moved)
    set_timer(there, "iam", "expire-delegation-request", moved.id, expires_at)
    notice = {
        "DelegationRequestId": moved.id,
        "RequestorWorkflowId": moved.workflow_id,
        "OwnerAccountId": moved.owner_account or "",
        "State": state,
        "UpdatedTime": scope.now // 1000,
    }
    told = notice | ({"ExchangeToken": exchange_token} if exchange_token else {})
    post(there, "iam", "notify-requestor", {"channel": moved.channel, "notice": told}, lane=moved.id)
    return moved


@iam.timer("expire-delegation-request")
def expire_delegation_request(scope: Scope, key: str, payload: dict[str, Any]) -> None:
    """Let a request expire that nobody did anything about, and forget one that did."""
    request = delegation_requests.find(scope, key)
    if request is None:
        return
    if request.state == "EXPIRED":
        delegation_requests.delete(scope, request)
        if request.token_digest:
            trade_ins.drop(scope, request.token_digest)
    else:
        _move(scope, request, "EXPIRED")
