"""Grants: who may use a key by one, and the tokens that name them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from skyglobe.kernel.call import Call
from skyglobe.kernel.principals import Principal
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.sealing import decrypted, encrypted
from skyglobe.services.kms import kms
from skyglobe.services.kms.records import Grant, Key, grants
from skyglobe.services.kms.rules.grants import allows

_PURPOSE = "kms grant token"


class Place(NamedTuple):
    """Where a grant is."""

    scope: Scope
    key_id: str
    grant_id: str


def token_of(scope: Scope, grant: Grant) -> str:
    """Return a token that names a grant, whoever shows it."""
    place = f"{scope.account} {scope.region} {grant.key_id} {grant.id}"
    return encrypted(scope.kernel, _PURPOSE, place)


def place_of(scope: Scope, token: str) -> Place:
    """Return the grant a token names. Raises InvalidGrantTokenException."""
    opened = decrypted(scope.kernel, _PURPOSE, token)
    if opened is None:
        raise kms.errors.InvalidGrantTokenException("The grant token is not valid.")
    account, region, key_id, grant_id = opened.split(" ")
    return Place(scope.within(account, region), key_id, grant_id)


def check_tokens(call: Call, tokens: list[str] | None) -> None:
    """Raise InvalidGrantTokenException unless all tokens are ours. Grants work without them as well: at once."""
    for token in tokens or ():
        place_of(call, token)


def find_allowing(
    scope: Scope, key: Key, principal: Principal, operation: str, context: dict[str, str]
) -> Grant | None:
    """Return a grant by which a caller may do this with a key; None when there is none."""
    if not key.grants:
        return None
    for name in _names_of(principal):
        for grant in grants.scan_by(scope, "grantee", key.id, name):
            if allows(grant, operation, context):
                return grant
    return None


def is_party(principal: Principal, named: str | None) -> bool:
    """Return whether a caller is who a grant names."""
    return named is not None and named in _names_of(principal)


def _names_of(principal: Principal) -> Iterator[str]:
    """Yield what grants may call a caller: by its ARN, the role it is a session of, its account."""
    yield principal.arn
    session = principal.session
    if session is not None and session.issuer_arn and session.issuer_arn != principal.arn:
        yield session.issuer_arn
    if principal.type not in ("service", "anonymous") and not principal.is_root:
        yield f"arn:aws:iam::{principal.account}:root"
