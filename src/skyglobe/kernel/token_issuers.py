"""Who vouches for an account's callers to the world outside: an issuer of web identity tokens, with its keys.

IAM enables and disables them; STS signs with their keys and shows the public ones.
"""

from __future__ import annotations

from skyglobe.kernel.scope import Scope
from skyglobe.kernel.tables import Record, Table

ISSUER_PATH = "/WebIdentityTokens/"
"""How the paths of issuers begin at this cloud's endpoint, where AWS has a host for each."""


class TokenIssuer(Record, frozen=True):
    """An account's issuer. It is kept when it is disabled: tokens that are out stay good."""

    account: str
    issuer_id: str
    rsa_pem: bytes
    """Signs ``RS256``."""
    ec_pem: bytes
    """Signs ``ES384``."""
    is_enabled: bool = True


token_issuers: Table[TokenIssuer] = Table(
    "kernel.token_issuers", TokenIssuer, key=("account",), indexes={"issuer": ("issuer_id",)}, reach="global"
)


def issuer_url(scope: Scope, issuer: TokenIssuer) -> str:
    """Return the issuer's URL, below which its keys are found: the ``iss`` of its tokens."""
    return f"{scope.kernel.config.endpoint}{ISSUER_PATH}{issuer.issuer_id}"


def find_issuer(scope: Scope, issuer_id: str) -> TokenIssuer | None:
    """Return the issuer of an id, enabled or not."""
    return next(token_issuers.scan_by(scope, "issuer", issuer_id, limit=1), None)
