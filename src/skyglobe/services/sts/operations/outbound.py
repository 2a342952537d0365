"""GetWebIdentityToken: who the caller is, in a form that services elsewhere verify."""

from __future__ import annotations

from collections.abc import Coroutine
from datetime import UTC, datetime
from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.kernel.callers import ServiceCaller
from skyglobe.kernel.credentials import credentials
from skyglobe.kernel.principals import Principal
from skyglobe.kernel.standing import find_membership
from skyglobe.kernel.token_issuers import TokenIssuer, issuer_url, token_issuers
from skyglobe.services.sts import sts
from skyglobe.services.sts.outbound import DEFAULT_TOKEN_FOR, KEY_IDS, signed_token

_NAMESPACE = "https://sts.amazonaws.com/"
"""Below which AWS puts its own claims; "Understanding token claims", IAM user guide."""


@sts.operation
def get_web_identity_token(
    call: Call,
    audience: list[str],
    signing_algorithm: str,
    duration_seconds: int = DEFAULT_TOKEN_FOR,
    tags: list[dict[str, str]] | None = None,
) -> Coroutine[Any, Any, dict[str, Any]]:
    """Return a signed token about the caller; for a role's session it speaks of the role.

    Raises ValidationError, OutboundWebIdentityFederationDisabled, and SessionDurationEscalation when the token would
    outlive the caller's session.
    """
    if signing_algorithm not in KEY_IDS:
        raise sts.error("ValidationError", f"Invalid signing algorithm: {signing_algorithm}. Use RS256 or ES384.")
    issuer = token_issuers.find(call, call.principal.account)
    if issuer is None or not issuer.is_enabled:
        raise sts.errors.OutboundWebIdentityFederationDisabledException(
            "Outbound web identity federation is not enabled for this account."
        )
    issued_at = call.now // 1000
    expires_at = issued_at + duration_seconds
    told = _told_of_caller(call)
    ends_at = _session_end(call)
    if ends_at is not None:
        told["original_session_exp"] = datetime.fromtimestamp(ends_at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        if expires_at > ends_at:
            raise sts.errors.SessionDurationEscalationException(
                "The requested token duration would extend the session beyond its original expiration time."
            )
    if tags:
        told["request_tags"] = {tag["Key"]: tag["Value"] for tag in tags}
    claims = {
        "iss": issuer_url(call, issuer),
        "aud": audience[0] if len(audience) == 1 else audience,
        "sub": _subject(call.principal),
        "iat": issued_at,
        "exp": expires_at,
        "jti": call.kernel.ids.uuid(),
    }
    return _signed(call, issuer, signing_algorithm, claims, told)


async def _signed(
    call: Call, issuer: TokenIssuer, algorithm: str, claims: dict[str, Any], told: dict[str, Any]
) -> dict[str, Any]:
    principal_tags = await _principal_tags(call)
    if principal_tags:
        told["principal_tags"] = principal_tags
    token = signed_token(issuer, algorithm, {**claims, _NAMESPACE: told})
    return {"WebIdentityToken": token, "Expiration": claims["exp"]}


def _session_end(call: Call) -> int | None:
    """Return when the caller's session ends, in seconds; None for keys that do not end."""
    credential = credentials.find(call, call.principal.access_key_id) if call.principal.session is not None else None
    return credential.expires_at // 1000 if credential is not None and credential.expires_at is not None else None


def _subject(principal: Principal) -> str:
    return principal.session.issuer_arn if principal.session is not None else principal.arn


def _told_of_caller(call: Call) -> dict[str, Any]:
    principal = call.principal
    told: dict[str, Any] = {
        "aws_account": principal.account,
        "source_region": call.region,
        "principal_id": _subject(principal),
    }
    membership = find_membership(call, principal.account)
    if membership is not None:
        told |= {"org_id": membership.organization_id, "ou_path": [membership.path]}
    return told


async def _principal_tags(call: Call) -> dict[str, str]:
    """Return the tags of the caller's user or role, and over them those of its session."""
    principal = call.principal
    kind, _, path = _subject(principal).rpartition(":")[2].partition("/")
    name = path.rpartition("/")[2]
    iam = ServiceCaller(call.kernel, "sts", principal.account, call.region).iam
    found: dict[str, Any] = {}
    if kind == "user":
        found = await iam.list_user_tags(UserName=name)
    elif kind == "role":
        found = await iam.list_role_tags(RoleName=name)
    tags = {tag["Key"]: tag["Value"] for tag in found.get("Tags", ())}
    return tags | dict(principal.session.tags) if principal.session is not None else tags
