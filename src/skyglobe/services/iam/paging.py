"""IAM's way of listing: ``MaxItems`` at a time, from ``Marker`` on."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any, TypeVar

from skyglobe.kernel.keys import Part
from skyglobe.kernel.pagination import InvalidToken, seal, unseal
from skyglobe.kernel.scope import Scope
from skyglobe.services.iam import iam

DEFAULT_ITEMS = 100  # "MaxItems" in every List operation of the IAM API reference; the model has the bounds

T = TypeVar("T")
Position = tuple[Part, ...]


def page(
    scope: Scope,
    listing: str,
    read: Callable[[Position | None], Iterable[T]],
    position_of: Callable[[T], Position],
    marker: str | None,
    max_items: int | None,
) -> tuple[list[T], dict[str, Any]]:
    """Return one page of what ``read`` yields past a position, and the members that tell whether there is more.

    ``listing`` names the list with everything it is narrowed by: a marker is good for that list only. Raises
    ValidationError for other markers.
    """
    region_free = scope.within(region="aws-global")  # lists of IAM are the same in every region
    limit = max_items or DEFAULT_ITEMS
    items = list(islice(read(_position(region_free, listing, marker)), limit + 1))
    if len(items) <= limit:
        return items, {"IsTruncated": False}
    items.pop()
    return items, {"IsTruncated": True, "Marker": seal(region_free, listing, position_of(items[-1]))}


def page_of(
    scope: Scope,
    listing: str,
    items: Iterable[T],
    position_of: Callable[[T], Position],
    marker: str | None,
    max_items: int | None,
) -> tuple[list[T], dict[str, Any]]:
    """As ``page``, for few items that are there already, ordered by their position."""

    def read(past: Position | None) -> Iterable[T]:
        return (item for item in items if past is None or position_of(item) > past)

    return page(scope, listing, read, position_of, marker, max_items)


def _position(scope: Scope, listing: str, marker: str | None) -> Position | None:
    if marker is None:
        return None
    try:
        return unseal(scope, listing, marker)
    except InvalidToken as error:
        raise iam.error("ValidationError", "Invalid Marker.") from error
