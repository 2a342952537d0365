"""AssumeRole: giving up one's own permissions for those of a role."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.kernel.credentials import credentials
from skyglobe.kernel.principals import Session
from skyglobe.services.sts import sts
from skyglobe.services.sts.issuing import issue_for_role
from skyglobe.services.sts.proofs import use_code
from skyglobe.services.sts.refusals import access_denied, not_authorized
from skyglobe.services.sts.rules.durations import role_session_for
from skyglobe.services.sts.rules.packing import packed_size
from skyglobe.services.sts.rules.session_tags import SessionTags, plan_tags
from skyglobe.services.sts.rules.source_identity import plan_source_identity
from skyglobe.services.sts.session_policies import check_policies, plan_policies
from skyglobe.services.sts.trusted import account_of_role, find_role


@sts.operation(unused=("ProvidedContexts",))
def assume_role(call: Call, request: dict[str, Any]) -> dict[str, Any] | Coroutine[Any, Any, dict[str, Any]]:
    """Issue credentials of a role to whom its trust policy and their own policies let assume it.

    That was decided before (``needs.py``), the external id and the second factor being conditions of it. Raises
    AccessDenied for root and for roles that are not there, ValidationError for durations, MalformedPolicyDocument,
    PackedPolicyTooLarge.
    """
    policy_arns = request.get("PolicyArns")
    if not policy_arns:
        return _assume(call, request)

    async def checked() -> dict[str, Any]:
        await check_policies(call, account_of_role(request["RoleArn"]), policy_arns)
        return await call.transact(lambda renewed: _assume(renewed, request))

    return checked()


def _assume(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    principal = call.principal
    if principal.is_root and credentials.find(call, principal.access_key_id) is not None:
        # A key taken on trust is root for want of anything known of it, and may be handed to programs that assume.
        raise access_denied("Roles may not be assumed by root accounts.")
    role = find_role(call, request["RoleArn"])
    if role is None:
        raise not_authorized(principal.arn, "sts:AssumeRole", request["RoleArn"])
    lasts_for = role_session_for(
        request.get("DurationSeconds"), role.session_for, is_chained=principal.type == "assumed-role"
    )
    before = principal.session or Session()
    given = tuple((tag["Key"], tag["Value"]) for tag in request.get("Tags", ()))
    planned = plan_tags(given, request.get("TransitiveTagKeys", ()), SessionTags(before.tags, before.transitive_tags))
    policies = plan_policies(request.get("Policy"), request.get("PolicyArns"))
    size = packed_size(policies, planned.tags)
    use_code(call, request.get("SerialNumber"), request.get("TokenCode"))
    session = Session(
        issuer_arn=role.arn,
        issuer_id=role.unique_id,
        name=request["RoleSessionName"],
        issued_at=call.now,
        source_identity=plan_source_identity(request.get("SourceIdentity", ""), before.source_identity),
        tags=planned.tags,
        policies=policies,
        transitive_tags=planned.transitive,
    )
    return issue_for_role(call, role, lasts_for, session, size)
