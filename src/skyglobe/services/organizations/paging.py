"""Lists page by page: ``NextToken`` and ``MaxResults`` in, ``NextToken`` out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from skyglobe.kernel.pagination import InvalidToken, page_of
from skyglobe.kernel.scope import Scope
from skyglobe.services.organizations.refusals import invalid_input

T = TypeVar("T")

DEFAULT_RESULTS = 20  # of a page, and the most; API reference, "MaxResults"


def page(
    scope: Scope,
    listing: str,
    rows: Iterable[T],
    position_of: Callable[[T], str],
    next_token: str | None,
    max_results: int | None,
) -> tuple[list[T], dict[str, Any]]:
    """Return the rows of one page, and the members of the answer that say whether there are more.

    ``rows`` are all of the list in the order of ``position_of``; ``listing`` names the list and what it is filtered by,
    so that a token is good for this list only. Raises InvalidInputException for tokens that are not ours.
    """
    try:
        found, token = page_of(scope, listing, rows, position_of, next_token, max_results or DEFAULT_RESULTS)
    except InvalidToken as error:
        raise invalid_input("INVALID_NEXT_TOKEN", "You provided an invalid next token.") from error
    return found, {"NextToken": token} if token is not None else {}
