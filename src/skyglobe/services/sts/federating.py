"""Assuming a role by what an identity provider says, instead of by AWS credentials."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.access import Need
from skyglobe.kernel.call import Call
from skyglobe.kernel.principals import Principal, Session
from skyglobe.services.sts.identities.claims import Claims
from skyglobe.services.sts.issuing import issue_for_role
from skyglobe.services.sts.refusals import access_denied
from skyglobe.services.sts.rules.durations import MIN_FOR, role_session_for
from skyglobe.services.sts.rules.packing import packed_size
from skyglobe.services.sts.rules.session_tags import SessionTags, plan_tags
from skyglobe.services.sts.rules.source_identity import plan_source_identity
from skyglobe.services.sts.session_policies import plan_policies
from skyglobe.services.sts.trusted import Role, find_role


def assume_by_claims(call: Call, request: dict[str, Any], claims: Claims) -> dict[str, Any]:
    """Issue credentials of a role to whom ``claims`` speak of, if the role's trust policy lets them assume it.

    Raises AccessDenied, ValidationError for durations, MalformedPolicyDocument and PackedPolicyTooLarge.
    """
    action = f"sts:{call.operation.name}"
    role = find_role(call, request["RoleArn"])
    if role is None:
        raise access_denied(f"Not authorized to perform {action}")
    planned = plan_tags(claims.tags, claims.transitive_keys, SessionTags())
    _authorize(call, action, role, claims)
    policies = plan_policies(request.get("Policy"), request.get("PolicyArns"))
    size = packed_size(policies, planned.tags)
    session = Session(
        issuer_arn=role.arn,
        issuer_id=role.unique_id,
        name=claims.session_name,
        issued_at=call.now,
        source_identity=plan_source_identity(claims.source_identity, ""),
        tags=planned.tags,
        policies=policies,
        transitive_tags=planned.transitive,
        federated_provider=claims.provider_arn,
        claims={key: claims.context[key] for key in claims.kept},
    )
    return issue_for_role(call, role, _lasts_for(call, request, role, claims), session, size)


def _lasts_for(call: Call, request: dict[str, Any], role: Role, claims: Claims) -> int:
    """Return the seconds asked for, or those the provider wants, but no longer than it vouches."""
    asked = request.get("DurationSeconds")
    lasts_for = role_session_for(claims.session_for if asked is None else asked, role.session_for, is_chained=False)
    if claims.ends_at is None:
        return lasts_for
    return max(min(lasts_for, (claims.ends_at - call.now) // 1000), MIN_FOR)


def _authorize(call: Call, action: str, role: Role, claims: Claims) -> None:
    """Ask the trust policy, on behalf of a caller who is known by its provider only."""
    caller = Principal(account="", arn=claims.provider_arn, user_id=claims.subject, type="federated-user")
    asking = call.as_principal(caller)
    context = {
        **claims.context,
        "aws:federatedprovider": claims.provider_arn,
        "sts:rolesessionname": claims.session_name,
    }
    actions = [action]
    if claims.tags:
        actions.append("sts:TagSession")
        context |= {"sts:transitivetagkeys": list(claims.transitive_keys)} if claims.transitive_keys else {}
    if claims.source_identity:
        actions.append("sts:SetSourceIdentity")
        context["sts:sourceidentity"] = claims.source_identity
    params = {"Tags": [{"Key": key, "Value": value} for key, value in claims.tags]} if claims.tags else {}
    for needed in actions:
        if asking.refusal(Need(needed, role.arn, role.owner, context), params) is not None:
            raise access_denied(f"Not authorized to perform {needed}")
