"""Lists page by page: ``Marker`` and ``MaxItems`` in, ``IsTruncated`` and ``Marker`` out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from skyglobe.kernel.pagination import InvalidToken, page_of
from skyglobe.kernel.scope import Scope
from skyglobe.services.iam.refusals import validation_error

T = TypeVar("T")

DEFAULT_ITEMS = 100  # of a page; API reference, "MaxItems"


def page(
    scope: Scope,
    listing: str,
    rows: Iterable[T],
    position_of: Callable[[T], str],
    marker: str | None,
    max_items: int | None,
) -> tuple[list[T], dict[str, Any]]:
    """Return the rows of one page, and the members of the answer that say whether there are more.

    ``rows`` are all of the list in the order of ``position_of``; ``listing`` names the list and what it is filtered by,
    so that a marker is good for this list only. Raises ValidationError for markers that are not ours.
    """
    try:
        found, token = page_of(scope, listing, rows, position_of, marker, max_items or DEFAULT_ITEMS)
    except InvalidToken as error:
        raise validation_error(f"Invalid Marker: {marker}") from error
    return found, {"IsTruncated": True, "Marker": token} if token is not None else {"IsTruncated": False}


def tag_page(
    scope: Scope, listing: str, tags: dict[str, str], marker: str | None, max_items: int | None
) -> dict[str, Any]:
    """Return the answer of an operation that lists tags: by key, page by page."""
    found, more = page(scope, listing, sorted(tags), lambda key: key, marker, max_items)
    return {"Tags": [{"Key": key, "Value": tags[key]} for key in found], **more}
