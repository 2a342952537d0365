"""Pages of what is listed by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any, TypeVar

from skyglobe.kernel.pagination import InvalidToken, page_of, seal, unseal
from skyglobe.kernel.resources import Resource
from skyglobe.kernel.scope import Scope
from skyglobe.services.logs.refusals import invalid

T = TypeVar("T")
R = TypeVar("R", bound=Resource)

DEFAULT_LISTED = 50  # of one answer, and the most; API reference of the Describe operations
TOKEN_LASTS_FOR = 86_400_000  # milliseconds; the same


def bad_token() -> Exception:
    return invalid("The specified nextToken is invalid.")


def page(
    scope: Scope,
    listing: str,
    rows: Iterable[T],
    position_of: Callable[[T], str],
    token: str | None,
    limit: int,
) -> tuple[list[T], dict[str, Any]]:
    """Return one page of ``rows``, and ``nextToken`` when there are more. Raises InvalidParameterException."""
    try:
        found, following = page_of(scope, listing, rows, position_of, token, limit)
    except InvalidToken as error:
        raise bad_token() from error
    return found, {"nextToken": following} if following is not None else {}


def page_of_scan(
    scope: Scope, listing: str, rows_past: Callable[[str | None], Iterable[R]], token: str | None, limit: int
) -> tuple[list[R], dict[str, Any]]:
    """As ``page``, for resources in the order of their ids, of which ``rows_past`` yields those past an id.

    What lies before a page is not read.
    """
    try:
        past = str(*unseal(scope, listing, token)) if token is not None else None
    except InvalidToken as error:
        raise bad_token() from error
    found = list(islice(rows_past(past), limit + 1))
    if len(found) <= limit:
        return found, {}
    return found[:limit], {"nextToken": seal(scope, listing, (found[limit - 1].id,))}


def write_lasting(scope: Scope, listing: str, *position: int | str) -> str:
    """Return a token that is good for a day."""
    return seal(scope, listing, (*position, scope.now))


def read_lasting(scope: Scope, listing: str, token: str) -> tuple[Any, ...]:
    """Return the position in a token. Raises InvalidParameterException for one that is none, or older than a day."""
    try:
        *position, issued_at = unseal(scope, listing, token)
    except InvalidToken as error:
        raise bad_token() from error
    if scope.now - int(issued_at) > TOKEN_LASTS_FOR:  # type: ignore[arg-type]
        raise invalid("The specified nextToken has expired.")
    return tuple(position)
