"""Lists page by page: ``nextToken`` and ``maxResults`` in, ``nextToken`` out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from skyglobe.kernel.pagination import InvalidToken, page_of
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
    ordered = sorted(rows, key=position_of)
    try:
        found, token = page_of(scope, listing, ordered, position_of, next_token, max_results or DEFAULT_RESULTS)
    except InvalidToken as error:
        raise ram.errors.InvalidNextTokenException("The specified value for nextToken is not valid.") from error
    return found, {"nextToken": token} if token is not None else {}
