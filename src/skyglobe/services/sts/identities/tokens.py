"""ID tokens of OpenID Connect: reading them, and holding them to the provider's registration, its keys and the clock.

STS API reference, AssumeRoleWithWebIdentity; IAM user guide, "Available keys for AWS OIDC federation".
"""

from __future__ import annotations

from typing import Any, NamedTuple

from skyglobe.services.sts.identities.claims import Claims
from skyglobe.services.sts.refusals import expired_token, invalid_token
from skyglobe.services.sts.rules.session_tags import Pairs
from skyglobe.services.sts.trusted import OidcProvider

ALGORITHMS = ["RS256", "RS384", "RS512", "ES256", "ES384", "ES512"]  # the page above: RSA and ECDSA
MAX_EARLY = 300  # seconds a token may come before it is valid, for clocks that differ
_TAGS = "https://aws.amazon.com/tags"
_SOURCE_IDENTITY = "https://aws.amazon.com/source_identity"


class Token(NamedTuple):
    """A token whose signature is not verified yet."""

    text: str
    key_id: str | None
    issuer: str
    claims: dict[str, Any]

    @property
    def provider_name(self) -> str:
        """The issuer as providers are registered by: without the scheme."""
        return self.issuer.partition("://")[2].rstrip("/")


def read_token(text: str) -> Token:
    """Return what a token says. Raises InvalidIdentityToken for what is none."""
    import jwt

    try:
        header = jwt.get_unverified_header(text)
        claims = jwt.decode(text, options={"verify_signature": False})
    except (jwt.PyJWTError, ValueError, RecursionError) as error:
        raise invalid_token(
            "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"
        ) from error
    for name in ("iss", "sub", "exp"):
        if not claims.get(name):
            raise invalid_token(f"Missing a required claim: {name}")
    issuer, key_id = claims["iss"], header.get("kid")
    if not isinstance(issuer, str) or not issuer.startswith(("https://", "http://")):
        raise invalid_token("Provided Token is not issued by an OpenID Connect provider")
    return Token(text, key_id if isinstance(key_id, str) else None, issuer, claims)


def check_token(token: Token, provider: OidcProvider, now: int) -> str:
    """Return the audience that ``provider`` knows the token's by. ``now`` is in milliseconds.

    Raises InvalidIdentityToken for another audience and ExpiredToken.
    """
    seconds = now // 1000
    expires_at, valid_from = (_instant(token.claims.get(name)) for name in ("exp", "nbf"))
    if expires_at is None or seconds >= expires_at:
        raise expired_token(
            f"Token expired: current date/time {seconds} must be before the expiration date/time {expires_at}"
        )
    if valid_from is not None and valid_from > seconds + MAX_EARLY:
        raise invalid_token(f"Token is not valid before {valid_from}")
    for audience in audiences_of(token):
        if audience in provider.client_ids:
            return audience
    raise invalid_token("Incorrect token audience")


def audiences_of(token: Token) -> list[str]:
    """Return the audiences of a token: the party it was issued to where it tells that (``azp``)."""
    azp = token.claims.get("azp")
    if isinstance(azp, str) and azp:
        return [azp]
    aud = token.claims.get("aud")
    return [one for one in (aud if isinstance(aud, list) else [aud]) if isinstance(one, str)]


def verify_token(token: Token, keys: dict[str, Any]) -> None:
    """Hold a token to one of the provider's keys, a JSON web key set. Raises InvalidIdentityToken."""
    import jwt

    try:
        known = jwt.PyJWKSet.from_dict(keys).keys
    except (jwt.PyJWTError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise invalid_token("No OpenIDConnect provider key could be read") from error
    for key in known:
        if token.key_id is not None and key.key_id is not None and key.key_id != token.key_id:
            continue
        options: Any = {f"verify_{name}": False for name in ("exp", "nbf", "iat", "aud", "iss", "sub", "jti")}
        try:
            jwt.decode(token.text, key.key, algorithms=ALGORITHMS, options=options)
        except (jwt.PyJWTError, ValueError, TypeError):
            continue
        return
    raise invalid_token("The ID Token's signature could not be verified with the keys of its identity provider")


def claims_of(token: Token, provider: OidcProvider, audience: str, session_name: str) -> Claims:
    """Return what a verified token vouches for. Raises InvalidIdentityToken for tags that are none."""
    name = provider.id.lower()
    claims = token.claims
    context: dict[str, str | list[str]] = {f"{name}:aud": audience, f"{name}:sub": str(claims["sub"])}
    if isinstance(claims.get("azp"), str) and isinstance(claims.get("aud"), str):
        context[f"{name}:oaud"] = claims["aud"]
    if isinstance(claims.get("amr"), list):
        context[f"{name}:amr"] = [str(one) for one in claims["amr"]]
    tags, transitive_keys = _tags_of(claims.get(_TAGS))
    source_identity = claims.get(_SOURCE_IDENTITY, "")
    return Claims(
        provider.arn,
        str(claims["sub"]),
        session_name,
        context,
        tuple(context),
        source_identity=source_identity if isinstance(source_identity, str) else "",
        tags=tags,
        transitive_keys=transitive_keys,
    )


def _tags_of(claim: Any) -> tuple[Pairs, tuple[str, ...]]:
    """Return the tags of the claim ``https://aws.amazon.com/tags``, and the keys of those that are transitive."""
    if claim is None:
        return (), ()
    principal_tags = claim.get("principal_tags", {}) if isinstance(claim, dict) else None
    transitive = claim.get("transitive_tag_keys", []) if isinstance(claim, dict) else None
    if not isinstance(principal_tags, dict) or not isinstance(transitive, list):
        raise invalid_token("The tags of the ID Token cannot be read")
    pairs = []
    for key, values in principal_tags.items():
        listed = values if isinstance(values, list) else [values]
        if len(listed) != 1 or not isinstance(listed[0], str):
            raise invalid_token("A tag of the ID Token must have one value")
        pairs.append((key, listed[0]))
    return tuple(pairs), tuple(str(key) for key in transitive)


def _instant(value: Any) -> int | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return int(value) if is_number and abs(value) < 1e15 else None
