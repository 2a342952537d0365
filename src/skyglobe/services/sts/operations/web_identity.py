"""AssumeRoleWithWebIdentity: assuming a role with the ID token of an OpenID Connect provider."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from skyglobe.kernel.arns import Arn
from skyglobe.kernel.call import Call
from skyglobe.services.sts import sts
from skyglobe.services.sts.federating import assume_by_claims
from skyglobe.services.sts.identities.tokens import Token, check_token, claims_of, read_token, verify_token
from skyglobe.services.sts.refusals import invalid_token
from skyglobe.services.sts.session_policies import check_policies
from skyglobe.services.sts.trusted import OidcProvider, account_of_role, find_oidc_provider

_UNREACHABLE = (
    "Couldn't retrieve verification key from your identity provider, "
    "please reference AssumeRoleWithWebIdentity documentation for requirements"
)


@sts.operation
def assume_role_with_web_identity(call: Call, request: dict[str, Any]) -> Coroutine[Any, Any, dict[str, Any]]:
    """Issue credentials of a role to the subject of a token, once the token is verified. Needs no AWS credentials.

    Raises InvalidIdentityToken, ExpiredTokenException, IDPCommunicationError, AccessDenied.
    """
    if "ProviderId" in request:
        text = "Skyglobe takes ID tokens of OpenID Connect, and no access tokens of OAuth 2.0 providers (ProviderId)."
        raise sts.error("NotImplemented", text, status=501)
    account = account_of_role(request["RoleArn"])
    token = read_token(request["WebIdentityToken"])
    provider = _provider_of(call, account, token)
    audience = check_token(token, provider, call.now)
    return _verified(call, request, account, token, provider, audience)


async def _verified(
    call: Call, request: dict[str, Any], account: str, token: Token, provider: OidcProvider, audience: str
) -> dict[str, Any]:
    # Only who verifies a token needs an HTTP client.
    from skyglobe.services.sts.identities.keys import KeysUnavailable, fetch_keys

    try:
        keys = await asyncio.to_thread(fetch_keys, token.issuer, provider.thumbprints)
    except KeysUnavailable as error:
        raise sts.errors.IDPCommunicationErrorException(_UNREACHABLE) from error
    verify_token(token, keys)
    if request.get("PolicyArns"):
        await check_policies(call, account, request["PolicyArns"])
    claims = claims_of(token, provider, audience, request["RoleSessionName"])
    answer = await call.transact(lambda renewed: assume_by_claims(renewed, request, claims))
    return {
        **answer,
        "SubjectFromWebIdentityToken": claims.subject,
        "Provider": token.issuer,
        "Audience": audience,
    }


def _provider_of(call: Call, account: str, token: Token) -> OidcProvider:
    arn = str(Arn(call.partition, "iam", "", account, f"oidc-provider/{token.provider_name or '-'}"))
    provider = find_oidc_provider(call, arn)
    if provider is None:
        raise invalid_token(f"No OpenIDConnect provider found in your account for {token.issuer}")
    return provider
