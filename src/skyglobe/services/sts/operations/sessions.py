"""Sessions of users and of root, and of users they federate."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.kernel.principals import Session
from skyglobe.services.sts import sts
from skyglobe.services.sts.issuing import issue
from skyglobe.services.sts.proofs import use_code
from skyglobe.services.sts.refusals import access_denied, not_with_session
from skyglobe.services.sts.rules.durations import session_for
from skyglobe.services.sts.rules.packing import packed_size
from skyglobe.services.sts.rules.session_tags import SessionTags, plan_tags
from skyglobe.services.sts.session_policies import check_policies, plan_policies


@sts.operation
def get_session_token(
    call: Call, duration_seconds: int | None = None, serial_number: str | None = None, token_code: str | None = None
) -> dict[str, Any]:
    """Issue temporary credentials with the caller's own identity. Raises AccessDenied for sessions and wrong MFA."""
    principal = call.principal
    if principal.session is not None or principal.type not in ("user", "root"):
        raise access_denied("Cannot call GetSessionToken with session credentials")
    session = Session(
        issuer_arn=principal.arn,
        issuer_id=principal.user_id,
        issued_at=call.now,
        mfa_authenticated=use_code(call, serial_number, token_code),
    )
    lasts_for = session_for(duration_seconds, is_root=principal.is_root)
    return {"Credentials": issue(call, principal.account, principal.arn, principal.user_id, lasts_for, session)}


@sts.operation
def get_federation_token(
    call: Call,
    name: str,
    policy: str | None = None,
    policy_arns: list[dict[str, str]] | None = None,
    duration_seconds: int | None = None,
    tags: list[dict[str, str]] | None = None,
) -> dict[str, Any] | Coroutine[Any, Any, dict[str, Any]]:
    """Issue credentials for somebody the caller vouches for, with what both the caller and the policies allow.

    Raises AccessDenied for roles, MalformedPolicyDocument, PackedPolicyTooLarge.
    """
    principal = call.principal
    if principal.session is not None or principal.type not in ("user", "root"):
        raise not_with_session("GetFederationToken")
    policies = plan_policies(policy, policy_arns)
    pairs = tuple((tag["Key"], tag["Value"]) for tag in tags or ())
    planned = plan_tags(pairs, (), SessionTags())
    size = packed_size(policies, planned.tags)
    lasts_for = session_for(duration_seconds, is_root=principal.is_root)

    def work(call: Call) -> dict[str, Any]:
        session = Session(
            issuer_arn=principal.arn,
            issuer_id=principal.user_id,
            name=name,
            issued_at=call.now,
            tags=planned.tags,
            policies=policies,
        )
        return _federated(call, name, lasts_for, session, size)

    if not policy_arns:
        return work(call)
    arns = policy_arns

    async def checked() -> dict[str, Any]:
        await check_policies(call, principal.account, arns)
        return await call.transact(work)

    return checked()


def _federated(call: Call, name: str, lasts_for: int, session: Session, size: int) -> dict[str, Any]:
    account = call.principal.account
    arn = f"arn:{call.partition}:sts::{account}:federated-user/{name}"
    user_id = f"{account}:{name}"
    answer: dict[str, Any] = {
        "Credentials": issue(call, account, arn, user_id, lasts_for, session),
        "FederatedUser": {"FederatedUserId": user_id, "Arn": arn},
    }
    if session.policies or session.tags:
        answer["PackedPolicySize"] = size
    return answer
