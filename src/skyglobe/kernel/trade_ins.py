"""Tokens that are traded in for credentials: IAM hands them out when a delegation is sent, STS takes them."""

from __future__ import annotations

from hashlib import sha256

from skyglobe.kernel.clock import Instant
from skyglobe.kernel.principals import Principal
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.tables import Record, Table


class TradeIn(Record, frozen=True):
    """What one token is good for. Only the token's digest is kept."""

    digest: bytes
    holder: str
    """The account that may trade it in."""
    principal: Principal
    """Whom the credentials speak for, as it was when it agreed."""
    policy: str
    """What they are narrowed to."""
    ends_at: Instant
    """When the token and all credentials it brought end."""


trade_ins: Table[TradeIn] = Table("kernel.trade_ins", TradeIn, key=("digest",), reach="global")


def digest_of(token: str) -> bytes:
    return sha256(token.encode()).digest()


def find_trade_in(scope: Scope, token: str) -> TradeIn | None:
    """Return what a token is good for, or was."""
    return trade_ins.find(scope, digest_of(token))
