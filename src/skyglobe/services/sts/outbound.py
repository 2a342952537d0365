"""Tokens that tell services elsewhere who calls, and the pages by which they verify them (OpenID Connect Discovery)."""

from __future__ import annotations

import json
from typing import Any

from skyglobe.kernel.scope import Scope
from skyglobe.kernel.token_issuers import ISSUER_PATH, TokenIssuer, find_issuer, issuer_url
from skyglobe.kernel.wire import Request, Response
from skyglobe.services.sts import sts

KEY_IDS = {"RS256": "RSA_0", "ES384": "EC384_0"}
"""The keys' names in tokens and key sets, by algorithm."""
DEFAULT_TOKEN_FOR = 300  # seconds; STS API reference, GetWebIdentityToken
_CONFIGURATION = "/.well-known/openid-configuration"
_KEYS = "/.well-known/jwks.json"


def signed_token(issuer: TokenIssuer, algorithm: str, claims: dict[str, Any]) -> str:
    """Return a token (RFC 7519) with the issuer's signature by ``RS256`` or ``ES384``."""
    import jwt

    return jwt.encode(claims, _private_pem(issuer, algorithm), algorithm, headers={"kid": KEY_IDS[algorithm]})


@sts.pages
def show_issuer(scope: Scope, request: Request) -> Response:
    """Serve what verifiers read of an issuer: where its keys are, and the keys. Also once it is disabled."""
    issuer_id, slash, rest = request.path.removeprefix(ISSUER_PATH).partition("/")
    issuer = find_issuer(scope, issuer_id)
    shown = {_CONFIGURATION: _configuration, _KEYS: _key_set}.get(slash + rest)
    if issuer is None or shown is None:
        return Response(404, {"Content-Type": "text/plain"}, b"There is no such issuer.\n")
    return Response(200, {"Content-Type": "application/json"}, json.dumps(shown(scope, issuer)).encode())


def _configuration(scope: Scope, issuer: TokenIssuer) -> dict[str, Any]:
    url = issuer_url(scope, issuer)
    return {
        "issuer": url,
        "jwks_uri": url + _KEYS,
        "response_types_supported": ["id_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": list(KEY_IDS),
        "claims_supported": ["iss", "aud", "sub", "iat", "exp", "jti"],
    }


def _key_set(scope: Scope, issuer: TokenIssuer) -> dict[str, Any]:
    from cryptography.hazmat.primitives.serialization import load_pem_private_key
    from jwt import get_algorithm_by_name

    keys = []
    for algorithm, key_id in KEY_IDS.items():
        private: Any = load_pem_private_key(_private_pem(issuer, algorithm), None)
        public = get_algorithm_by_name(algorithm).to_jwk(private.public_key(), as_dict=True)
        public.pop("key_ops", None)
        keys.append({**public, "kid": key_id, "use": "sig", "alg": algorithm})
    return {"keys": keys}


def _private_pem(issuer: TokenIssuer, algorithm: str) -> bytes:
    return issuer.rsa_pem if algorithm == "RS256" else issuer.ec_pem
