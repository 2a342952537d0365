"""ClientRequestToken: a transaction repeated within ten minutes is not performed again."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from skyglobe.kernel.call import Call
from skyglobe.kernel.clock import Instant
from skyglobe.kernel.timers import find_timer, set_timer
from skyglobe.services.dynamodb import dynamodb
from skyglobe.services.dynamodb.records import TOKEN_SPAN, TransactionToken, tokens

TOKEN_KEPT_FOR = 600_000  # milliseconds; API reference of TransactWriteItems, "ClientRequestToken"


def _digest(content: Any) -> bytes:
    return hashlib.blake2b(msgspec.msgpack.encode(content), digest_size=16).digest()


def is_known(call: Call, token: str, content: Any) -> bool:
    """Whether this very content was performed in the last ten minutes.

    Raises IdempotentParameterMismatchException, and TransactionInProgressException while it is in flight.
    """
    span = call.now // TOKEN_SPAN
    known = tokens.find(call, span, token) or tokens.find(call, span - 1, token)
    if known is None or call.now - known.at >= TOKEN_KEPT_FOR:
        return False
    if known.digest != _digest(content):
        raise dynamodb.errors.IdempotentParameterMismatchException(
            "The request uses the same client token as a previous, but non-identical request."
        )
    if known.until > call.now:
        raise dynamodb.errors.TransactionInProgressException(
            "The transaction with the given request token is already in progress."
        )
    return not known.until


def remember(call: Call, token: str, content: Any, until: Instant = 0) -> None:
    """Note that a content was performed under a token, or will be at ``until``."""
    span = call.now // TOKEN_SPAN
    tokens.insert(call, TransactionToken(span=span, token=token, digest=_digest(content), at=call.now, until=until))
    if find_timer(call, "dynamodb", "tokens", str(span)) is None:
        set_timer(call, "dynamodb", "tokens", str(span), (span + 2) * TOKEN_SPAN)
