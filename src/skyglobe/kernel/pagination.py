"""Opaque page tokens that cannot be forged or taken to another list."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Iterable
from itertools import islice
from typing import TypeVar

import msgspec

from skyglobe.kernel.keys import Part
from skyglobe.kernel.scope import Scope

T = TypeVar("T")

_SEAL_BYTES = 12
MAX_TOKEN_CHARACTERS = 8192  # keys are bounded at a few KiB; longer tokens are not ours


class InvalidToken(ValueError):
    """The token was not made by this cloud for this list. Services answer with their own error for it."""


def seal(scope: Scope, list_name: str, position: tuple[Part, ...]) -> str:
    """Return a token that remembers ``position`` in the list ``list_name`` of this account and region."""
    content = msgspec.msgpack.encode(position)
    return base64.urlsafe_b64encode(_signature(scope, list_name, content) + content).decode()


def unseal(scope: Scope, list_name: str, token: str) -> tuple[Part, ...]:
    """Return the position a token remembers. Raises ``InvalidToken``."""
    if len(token) > MAX_TOKEN_CHARACTERS:
        raise InvalidToken(token[:40])
    try:
        raw = base64.urlsafe_b64decode(token)
    except ValueError as error:
        raise InvalidToken(token) from error
    # Decoding overlooks characters outside the alphabet and spare bits: only one spelling is ours.
    if base64.urlsafe_b64encode(raw).decode() != token:
        raise InvalidToken(token)
    content = raw[_SEAL_BYTES:]
    if not hmac.compare_digest(raw[:_SEAL_BYTES], _signature(scope, list_name, content)):
        raise InvalidToken(token)
    return tuple(msgspec.msgpack.decode(content))


def page_of(
    scope: Scope, listing: str, rows: Iterable[T], position_of: Callable[[T], str], token: str | None, limit: int
) -> tuple[list[T], str | None]:
    """Return the rows of one page, and the token of the next; None when there are no more.

    ``rows`` are all of the list in the order of ``position_of``; ``listing`` names the list and what it is filtered by,
    so that a token is good for this list only. Raises ``InvalidToken``.
    """
    past = str(*unseal(scope, listing, token)) if token is not None else None
    found: list[T] = []
    for row in rows:
        if past is not None and position_of(row) <= past:
            continue
        if len(found) == limit:
            return found, seal(scope, listing, (position_of(found[-1]),))
        found.append(row)
    return found, None


def page_past(
    scope: Scope,
    listing: str,
    rows_past: Callable[[tuple[Part, ...] | None], Iterable[T]],
    position_of: Callable[[T], tuple[Part, ...]],
    token: str | None,
    limit: int,
) -> tuple[list[T], str | None]:
    """As ``page_of``, of a list that can begin anywhere: what lies before a page is not read.

    ``rows_past`` yields the rows past a position; past None they are all. Raises ``InvalidToken``.
    """
    past = unseal(scope, listing, token) if token is not None else None
    found = list(islice(rows_past(past), limit + 1))
    if len(found) <= limit:
        return found, None
    return found[:limit], seal(scope, listing, position_of(found[limit - 1]))


def _signature(scope: Scope, list_name: str, content: bytes) -> bytes:
    place = f"{list_name}\0{scope.account}\0{scope.region}\0".encode()
    return hmac.new(scope.kernel.secret, place + content, hashlib.sha256).digest()[:_SEAL_BYTES]
