"""Lists page by page: ``NextToken`` and ``MaxResults`` in, ``NextToken`` out. What lies before a page is not read."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any, TypeVar

from skyglobe.kernel.keys import Part
from skyglobe.kernel.pagination import InvalidToken, seal, unseal
from skyglobe.kernel.scope import Scope
from skyglobe.services.glue.refusals import invalid

T = TypeVar("T")

DEFAULT_LISTED = 100  # of one answer, and the most of databases and tables; the model's CatalogGetterPageSize


def position_in(scope: Scope, listing: str, token: str | None) -> tuple[Part, ...] | None:
    """Return where a list goes on; None for its beginning. Raises InvalidInputException."""
    if not token:
        return None
    try:
        return unseal(scope, listing, token)
    except InvalidToken as error:
        raise invalid("The pagination token is not valid.") from error


def page_of_scan(
    scope: Scope,
    listing: str,
    rows_past: Callable[[tuple[Part, ...] | None], Iterable[T]],
    position_of: Callable[[T], tuple[Part, ...]],
    token: str | None,
    limit: int | None,
) -> tuple[list[T], dict[str, Any]]:
    """Return one page of the rows that ``rows_past`` yields past a position, and ``NextToken`` where there are more."""
    most = limit or DEFAULT_LISTED
    found = list(islice(rows_past(position_in(scope, listing, token)), most + 1))
    if len(found) <= most:
        return found, {}
    return found[:most], {"NextToken": seal(scope, listing, position_of(found[most - 1]))}
