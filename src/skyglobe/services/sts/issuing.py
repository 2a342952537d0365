"""Issuing temporary credentials: what the gateway verifies from now on, and what the caller is told once."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.credentials import credentials
from skyglobe.kernel.principals import Credential, Session
from skyglobe.kernel.scope import Scope
from skyglobe.services.sts.trusted import Role

SESSION_TOKEN_CHARACTERS = 356  # AWS promises no size; its tokens are of this order


def issue(
    scope: Scope, account: str, principal_arn: str, user_id: str, lasts_for: int, session: Session
) -> dict[str, Any]:
    """Make credentials that are good for ``lasts_for`` seconds. Returns the ``Credentials`` of the answer."""
    ids = scope.kernel.ids
    # AWS tells expiry in whole seconds.
    expires_at = scope.now // 1000 * 1000 + lasts_for * 1000
    credential = Credential(
        access_key_id=ids.principal("ASIA"),
        secret=ids.secret(),
        session_token=ids.secret(SESSION_TOKEN_CHARACTERS),
        account=account,
        principal_arn=principal_arn,
        user_id=user_id,
        expires_at=expires_at,
        session=session,
    )
    credentials.insert(scope, credential)
    return {
        "AccessKeyId": credential.access_key_id,
        "SecretAccessKey": credential.secret,
        "SessionToken": credential.session_token,
        "Expiration": expires_at // 1000,
    }


def issue_for_role(scope: Scope, role: Role, lasts_for: int, session: Session, packed: int) -> dict[str, Any]:
    """Make credentials of a role's session. Returns the answer that all ways of assuming a role share."""
    arn = f"arn:{role.arn.split(':', 2)[1]}:sts::{role.owner}:assumed-role/{role.id}/{session.name}"
    user_id = f"{role.unique_id}:{session.name}"
    answer: dict[str, Any] = {
        "Credentials": issue(scope, role.owner, arn, user_id, lasts_for, session),
        "AssumedRoleUser": {"AssumedRoleId": user_id, "Arn": arn},
    }
    if session.policies or session.tags:
        answer["PackedPolicySize"] = packed
    if session.source_identity:
        answer["SourceIdentity"] = session.source_identity
    return answer
