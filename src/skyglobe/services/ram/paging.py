"""Lists page by page: ``nextToken`` and ``maxResults`` in, ``nextToken`` out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from skyglobe.kernel.pagination import InvalidToken, seal, unseal
from skyglobe.kernel.scope import Scope
from skyglobe.services.ram import ram

T = TypeVar("T")

DEFAULT_RESULTS = 100  # of a page; the API reference promises no number


def page(
    scope: Scope,
    listing: str,
    rows: Iterable[T],
    position_of: Callable[[T], str],
    next_token: str | None,
    max_results: int | None,
) -> tuple[list[T], dict[str, Any]]:
    """Return the rows of one page, in the order of ``position_of``, and ``nextToken`` where there are more.

    ``listing`` names the list and what it is filtered by. Raises InvalidNextTokenException for tokens not ours.
    """
    past = ""
    if next_token is not None:
        try:
            past = str(*unseal(scope, listing, next_token))
        except (InvalidToken, TypeError) as error:
            raise ram.errors.InvalidNextTokenException("The specified value for nextToken is not valid.") from error
    ordered = sorted((row for row in rows if position_of(row) > past), key=position_of)
    limit = max_results or DEFAULT_RESULTS
    if len(ordered) <= limit:
        return ordered, {}
    return ordered[:limit], {"nextToken": seal(scope, listing, (position_of(ordered[limit - 1]),))}
