"""Lists page by page: ``NextToken`` and ``Limit`` in, ``NextToken`` out. What lies before a page is not read."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from skyglobe.kernel.keys import Part
from skyglobe.kernel.pagination import InvalidToken, page_past
from skyglobe.kernel.scope import Scope
from skyglobe.services.events.refusals import invalid

T = TypeVar("T")

MOST_LISTED = 100  # of one answer; the model's LimitMax100


def page(
    scope: Scope,
    listing: str,
    member: str,
    rows_past: Callable[[tuple[Part, ...] | None], Iterable[T]],
    position_of: Callable[[T], tuple[Part, ...]],
    show: Callable[[T], Any],
    token: str | None,
    limit: int | None,
) -> dict[str, Any]:
    """Return one page of the rows that ``rows_past`` yields past a position, and ``NextToken`` where there are more.

    ``listing`` names the list and what it is filtered by. Raises ValidationException for tokens of other lists.
    """
    try:
        found, following = page_past(
            scope, f"events.{listing}", rows_past, position_of, token or None, limit or MOST_LISTED
        )
    except InvalidToken as error:
        raise invalid("Parameter NextToken is not valid.") from error
    return {member: [show(one) for one in found], "NextToken": following}
