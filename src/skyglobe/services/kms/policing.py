"""What is checked of key policies before they count."""

from __future__ import annotations

import json
from typing import Any

from skyglobe.kernel.access import Need
from skyglobe.kernel.call import Call
from skyglobe.kernel.resources import find_resource
from skyglobe.policy.documents import MalformedPolicy, parse_policy
from skyglobe.services.kms import kms
from skyglobe.services.kms.rules.conditions import known_of
from skyglobe.services.kms.rules.policies import MAX_POLICY_BYTES


def check_policy(call: Call, document: str, arn: str, *, bypass: bool | None) -> str:
    """Return a key policy if it may be a key's.

    Raises LimitExceededException, and MalformedPolicyDocumentException: for what is no policy, names users or roles
    that do not exist, or would lock its caller out of changing it again, unless the check is to be bypassed.
    """
    if len(document.encode()) > MAX_POLICY_BYTES:
        raise kms.errors.LimitExceededException(f"The key policy must not be larger than {MAX_POLICY_BYTES} bytes.")
    try:
        parse_policy(document, "resource")
    except MalformedPolicy as reason:
        raise kms.errors.MalformedPolicyDocumentException(str(reason)) from reason
    _check_principals(call, document)
    if not bypass:
        facts = known_of(call.principal, call.region, None)
        need = Need("kms:PutKeyPolicy", arn, arn.split(":")[4], facts, document)
        if call.refusal(need) is not None:
            raise kms.errors.MalformedPolicyDocumentException(
                "The new key policy will not allow you to update the key policy in the future."
            )
    return document


def _check_principals(call: Call, document: str) -> None:
    if call.kernel.services.find("iam") is None:
        return
    for arn in sorted(_named(json.loads(document))):
        if find_resource(call, arn) is None:
            raise kms.errors.MalformedPolicyDocumentException(
                "Policy contains a statement with one or more invalid principals."
            )


def _named(document: dict[str, Any]) -> set[str]:
    """Return the ARNs of users and roles that a policy names."""
    statements = document["Statement"]
    found: set[str] = set()
    for statement in statements if isinstance(statements, list) else [statements]:
        principal = statement.get("Principal", statement.get("NotPrincipal"))
        named = principal.get("AWS", ()) if isinstance(principal, dict) else ()
        for arn in [named] if isinstance(named, str) else named:
            if ":iam::" in arn and (":user/" in arn or ":role/" in arn):
                found.add(arn)
    return found
