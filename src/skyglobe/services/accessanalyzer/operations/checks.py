"""Policies looked at by themselves: validated, and compared."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.models.authorization import find_reference
from skyglobe.policy import MalformedPolicy, Policy, parse_policy
from skyglobe.policy.documents import Kind
from skyglobe.policy.globs import includes
from skyglobe.policy.statements import Statement
from skyglobe.policy.subsumption import granting, new_access, public
from skyglobe.services.accessanalyzer import accessanalyzer
from skyglobe.services.accessanalyzer.paging import page
from skyglobe.services.accessanalyzer.rules.validation import findings_of

_KINDS: dict[str, Kind] = {"IDENTITY_POLICY": "identity", "RESOURCE_POLICY": "resource"}
_TRUST = "AWS::IAM::AssumeRolePolicyDocument"


@accessanalyzer.operation(unused=("locale", "validatePolicyResourceType"))
def validate_policy(
    call: Call, policy_document: str, policy_type: str, max_results: int | None = None, next_token: str | None = None
) -> dict[str, Any]:
    """Return what is wrong with a policy, and what could be better."""
    findings = findings_of(policy_document, policy_type)
    numbered = [(f"{number:06}", finding) for number, finding in enumerate(findings)]
    shown, more = page(call, "findings of a policy", numbered, max_results, next_token)
    return {"findings": shown, **more}


@accessanalyzer.operation
def check_no_new_access(
    call: Call, new_policy_document: str, existing_policy_document: str, policy_type: str
) -> dict[str, Any]:
    """Say whether a new policy surely allows nothing that the existing one does not."""
    new = _read(new_policy_document, policy_type, "newPolicyDocument")
    existing = _read(existing_policy_document, policy_type, "existingPolicyDocument")
    found = new_access(new, existing, known_actions)
    words = "grant" if found else "do not grant"
    message = f"The modified permissions {words} new access compared to your existing policy."
    return _result(message, found, "New access in the statement with")


@accessanalyzer.operation
def check_access_not_granted(
    call: Call, policy_document: str, access: list[dict[str, Any]], policy_type: str
) -> dict[str, Any]:
    """Say whether a policy surely allows none of some actions or resources."""
    policy = _read(policy_document, policy_type, "policyDocument")
    found: dict[int, Statement] = {}
    for one in access:
        actions, resources = one.get("actions") or [], one.get("resources") or []
        if not actions and not resources:
            raise accessanalyzer.errors.ValidationException(
                "Specify at least one action or resource in the access.", fields={"reason": "fieldValidationFailed"}
            )
        found |= {statement.number: statement for statement in granting(policy, actions, resources)}
    words = "grants" if found else "does not grant"
    what = "one or more of the listed actions or resources" if found else "the listed actions or resources"
    message = f"The policy document {words} access to perform {what}."
    return _result(
        message, list(found.values()), "One or more of the listed actions or resources in the statement with"
    )


@accessanalyzer.operation
def check_no_public_access(call: Call, policy_document: str, resource_type: str) -> dict[str, Any]:
    """Say whether a resource's policy surely keeps the public out."""
    kind: Kind = "trust" if resource_type == _TRUST else "resource"
    try:
        policy = parse_policy(policy_document, kind, needs_resource=False)
    except MalformedPolicy as reason:
        raise _invalid("policyDocument", str(reason)) from None
    found = public(policy)
    words = "grants" if found else "does not grant"
    message = f"The resource policy {words} public access for the given resource type."
    return _result(message, found, "Public access granted in the following statement with")


def known_actions(pattern: str) -> list[str]:
    """Return the actions that a pattern (in lower case) of one service means; none where it names no service."""
    prefix, _, name = pattern.partition(":")
    reference = find_reference(prefix)
    if reference is None or not name:
        return []
    return [f"{prefix}:{known}" for known in reference.actions if includes(name, known)]


def _read(document: str, policy_type: str, member: str) -> Policy:
    """Return the policy. Raises InvalidParameterException for what is none of its type."""
    try:
        return parse_policy(document, _KINDS[policy_type], needs_resource=False)
    except MalformedPolicy as reason:
        trust = _find_trust(document) if policy_type == "RESOURCE_POLICY" else None
        if trust is not None:
            return trust
        raise _invalid(member, str(reason)) from None


def _find_trust(document: str) -> Policy | None:
    """Return a trust policy, which is a resource policy too."""
    try:
        return parse_policy(document, "trust")
    except MalformedPolicy:
        return None


def _invalid(member: str, reason: str) -> Exception:
    return accessanalyzer.errors.InvalidParameterException(f"The {member} is not a valid policy: {reason}")


def _result(message: str, found: list[Statement], words: str) -> dict[str, Any]:
    answer: dict[str, Any] = {"result": "FAIL" if found else "PASS", "message": message}
    if found:
        answer["reasons"] = [_reason(statement, words) for statement in found]
    return answer


def _reason(statement: Statement, words: str) -> dict[str, Any]:
    index = statement.number - 1
    reason: dict[str, Any] = {"description": f"{words} index: {index}.", "statementIndex": index}
    if statement.sid:
        reason |= {"description": f"{words} sid: {statement.sid}.", "statementId": statement.sid}
    return reason
