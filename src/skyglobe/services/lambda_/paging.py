"""Lists in pages."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from skyglobe.kernel.pagination import InvalidToken, page_of
from skyglobe.kernel.scope import Scope
from skyglobe.services.lambda_.refusals import invalid

MOST = 50  # of a page, whatever is asked for; API reference of ListFunctions
T = TypeVar("T")


def page(
    scope: Scope,
    listing: str,
    rows: Iterable[T],
    position_of: Callable[[T], str],
    marker: str | None,
    limit: int | None,
    *,
    most: int = MOST,
) -> tuple[list[T], dict[str, Any]]:
    """Return a page's rows, and the members that tell where the next begins. Raises InvalidParameterValueException."""
    try:
        found, token = page_of(scope, listing, rows, position_of, marker or None, min(limit or most, most))
    except InvalidToken as error:
        raise invalid("Invalid Marker") from error
    return found, {"NextMarker": token} if token is not None else {}


def numbered(number: int) -> str:
    """Return a number so that texts are ordered as numbers are."""
    return f"{number:020}"
