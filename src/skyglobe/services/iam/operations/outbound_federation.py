"""Outbound web identity federation: whether the account's callers get tokens that services elsewhere can verify."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.token_issuers import TokenIssuer, issuer_url, token_issuers
from skyglobe.services.iam import iam

_RSA_BITS = 2_048  # RFC 7518, 3.3: a key of 2,048 bits or larger must be used with RS256


@iam.operation
def enable_outbound_web_identity_federation(call: Call) -> dict[str, Any]:
    """Let ``sts:GetWebIdentityToken`` work. An account that had an issuer keeps its URL and keys.

    Raises FeatureEnabled.
    """
    issuer = token_issuers.find(call, call.account)
    if issuer is not None and issuer.is_enabled:
        raise iam.errors.FeatureEnabledException(
            "The request failed because outbound identity federation is already enabled for your account."
        )
    enabled = replace(issuer, is_enabled=True) if issuer is not None else _make(call)
    token_issuers.put(call, enabled)
    return {"IssuerIdentifier": issuer_url(call, enabled)}


@iam.operation
def disable_outbound_web_identity_federation(call: Call) -> None:
    """Let nobody get tokens any more; those that are out stay good. Raises FeatureDisabled."""
    token_issuers.put(call, replace(_get_enabled(call), is_enabled=False))


@iam.operation
def get_outbound_web_identity_federation_info(call: Call) -> dict[str, Any]:
    """Return the account's issuer. Raises FeatureDisabled when there is none, or none any more."""
    return {"IssuerIdentifier": issuer_url(call, _get_enabled(call)), "JwtVendingEnabled": True}


def _get_enabled(call: Call) -> TokenIssuer:
    issuer = token_issuers.find(call, call.account)
    if issuer is None or not issuer.is_enabled:
        raise _disabled()
    return issuer


def _disabled() -> ServiceError:
    return iam.errors.FeatureDisabledException(
        "The request failed because outbound identity federation is already disabled for your account."
    )


def _make(call: Call) -> TokenIssuer:
    from cryptography.hazmat.primitives.asymmetric import ec, rsa
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    written = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return TokenIssuer(
        account=call.account,
        issuer_id=call.kernel.ids.uuid(),
        rsa_pem=rsa.generate_private_key(65_537, _RSA_BITS).private_bytes(*written),
        ec_pem=ec.generate_private_key(ec.SECP384R1()).private_bytes(*written),
    )
