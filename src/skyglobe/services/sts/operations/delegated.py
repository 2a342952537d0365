"""GetDelegatedAccessToken: credentials for what somebody of another account let the caller do."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.kernel.principals import Principal, Session
from skyglobe.kernel.trade_ins import find_trade_in
from skyglobe.services.sts import sts
from skyglobe.services.sts.issuing import issue
from skyglobe.services.sts.refusals import access_denied
from skyglobe.services.sts.rules.packing import packed_size


@sts.operation
def get_delegated_access_token(call: Call, trade_in_token: str) -> dict[str, Any]:
    """Issue credentials of who accepted a delegation request, narrowed to what was asked for, until its time is over.

    Raises AccessDenied for tokens of others, and ExpiredTradeInToken.
    """
    known = find_trade_in(call, trade_in_token)
    if known is None or known.holder != call.account:
        raise access_denied("The trade-in token is not valid.")
    lasts_for = (known.ends_at - call.now) // 1000
    if lasts_for <= 0:
        raise sts.errors.ExpiredTradeInTokenException(
            "The trade-in token provided in the request has expired and can no longer be exchanged for credentials."
        )
    size = packed_size((known.policy,), ())
    principal = known.principal
    session = _narrowed(principal, known.policy, call.now)
    made = issue(call, principal.account, principal.arn, principal.user_id, lasts_for, session)
    return {"Credentials": made, "PackedPolicySize": size, "AssumedPrincipal": principal.arn}


def _narrowed(principal: Principal, policy: str, now: int) -> Session:
    if principal.session is not None:
        return replace(principal.session, issued_at=now, policies=(policy,))
    return Session(issuer_arn=principal.arn, issuer_id=principal.user_id, issued_at=now, policies=(policy,))
