"""What each call to STS needs to be allowed."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.access import Need
from skyglobe.kernel.call import Call
from skyglobe.services.sts import sts
from skyglobe.services.sts.outbound import DEFAULT_TOKEN_FOR
from skyglobe.services.sts.proofs import check_code
from skyglobe.services.sts.refusals import not_with_session
from skyglobe.services.sts.root_targets import account_of_target, root_arn
from skyglobe.services.sts.trusted import account_of_role

_ALWAYS = frozenset({"GetCallerIdentity", "GetSessionToken", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity"})
"""STS API reference: no permission is required, and none can be taken away. With a token its operation asks itself."""
_BY_SESSIONS = {
    # "Compare AWS STS credentials", IAM user guide.
    "user": frozenset({"GetCallerIdentity", "AssumeRole", *_ALWAYS}),
    "root": frozenset({"GetCallerIdentity", "AssumeRole", *_ALWAYS}),
    "federated-user": _ALWAYS,
}


@sts.needs
def find_needs(call: Call, operation: str, params: dict[str, Any]) -> list[Need]:
    """List what a call needs. Raises AccessDenied for operations that a session may never call, and for wrong MFA."""
    principal = call.principal
    if principal.session is not None and operation not in _BY_SESSIONS.get(principal.type, (operation,)):
        raise not_with_session(operation)
    if operation in _ALWAYS:
        return []
    if operation == "AssumeRole":
        return _assume_role(call, params)
    if operation == "GetFederationToken":
        arn = f"arn:{call.partition}:sts::{call.account}:federated-user/{params['Name']}"
        actions = ["sts:GetFederationToken", *(["sts:TagSession"] if params.get("Tags") else [])]
        return [Need(action, arn, call.account) for action in actions]
    if operation == "GetWebIdentityToken":
        return _web_identity_token(call, params)
    if operation == "AssumeRoot":
        arn = root_arn(call, account_of_target(params["TargetPrincipal"]))
        # The member has no say: its organization's management account has, which the operation looks after.
        return [
            Need("sts:AssumeRoot", arn, call.account, {"sts:taskpolicyarn": params["TaskPolicyArn"].get("arn", "")})
        ]
    return [Need(f"sts:{operation}", "*", call.account)]


def _web_identity_token(call: Call, params: dict[str, Any]) -> list[Need]:
    """Return the needs of GetWebIdentityToken: who has tags put in must be let do that as well."""
    context: dict[str, str | list[str]] = {
        "sts:identitytokenaudience": list(params["Audience"]),
        "sts:signingalgorithm": params["SigningAlgorithm"],
        "sts:durationseconds": str(params.get("DurationSeconds", DEFAULT_TOKEN_FOR)),
    }
    actions = ["sts:GetWebIdentityToken", *(["sts:TagGetWebIdentityToken"] if params.get("Tags") else [])]
    return [Need(action, "*", call.account, context) for action in actions]


def _assume_role(call: Call, params: dict[str, Any]) -> list[Need]:
    """Return the needs of AssumeRole; those who pass on tags or a source identity must be let do that as well."""
    arn = params["RoleArn"]
    account = account_of_role(arn)
    context: dict[str, str | list[str]] = {"sts:rolesessionname": params["RoleSessionName"]}
    if "ExternalId" in params:
        context["sts:externalid"] = params["ExternalId"]
    if params.get("TransitiveTagKeys"):
        context["sts:transitivetagkeys"] = list(params["TransitiveTagKeys"])
    session = call.principal.session
    source_identity = params.get("SourceIdentity") or (session.source_identity if session is not None else "")
    if source_identity:
        context["sts:sourceidentity"] = source_identity
    if check_code(call, params.get("SerialNumber"), params.get("TokenCode")):
        context |= {"aws:multifactorauthpresent": "true", "aws:multifactorauthage": "0"}
    actions = ["sts:AssumeRole"]
    if params.get("Tags") or params.get("TransitiveTagKeys") or (session is not None and session.transitive_tags):
        actions.append("sts:TagSession")
    if source_identity:
        actions.append("sts:SetSourceIdentity")
    return [Need(action, arn, account, context) for action in actions]
