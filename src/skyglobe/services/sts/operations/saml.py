"""AssumeRoleWithSAML: assuming a role with an assertion of a SAML 2.0 identity provider."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.services.sts import sts
from skyglobe.services.sts.federating import assume_by_claims
from skyglobe.services.sts.refusals import invalid_token
from skyglobe.services.sts.session_policies import check_policies
from skyglobe.services.sts.trusted import SamlProvider, account_of_role, find_saml_provider


@sts.operation
def assume_role_with_saml(call: Call, request: dict[str, Any]) -> Coroutine[Any, Any, dict[str, Any]]:
    """Issue credentials of a role to whom a signed assertion speaks of. Needs no AWS credentials.

    Raises InvalidIdentityToken, ExpiredTokenException, AccessDenied; NotImplemented (501) without signxml.
    """
    account = account_of_role(request["RoleArn"])
    provider = find_saml_provider(call, request["PrincipalArn"])
    if provider is None or provider.owner != account:
        raise invalid_token("Specified provider doesn't exist")
    return _verified(call, request, account, provider)


async def _verified(call: Call, request: dict[str, Any], account: str, provider: SamlProvider) -> dict[str, Any]:
    # Only who verifies an assertion needs to read one.
    from skyglobe.services.sts.identities.assertions import read_assertion

    claims = await asyncio.to_thread(read_assertion, request["SAMLAssertion"], provider, request["RoleArn"], call.now)
    if request.get("PolicyArns"):
        await check_policies(call, account, request["PolicyArns"])
    answer = await call.transact(lambda renewed: assume_by_claims(renewed, request, claims))
    return {
        **answer,
        "Subject": claims.subject,
        "SubjectType": claims.context["saml:sub_type"],
        "Issuer": claims.context["saml:iss"],
        "Audience": claims.context["saml:aud"],
        "NameQualifier": claims.context["saml:namequalifier"],
    }
