"""Lists page by page: ``nextToken`` and ``maxResults`` in, ``nextToken`` out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from skyglobe.kernel.pagination import InvalidToken, seal, unseal
from skyglobe.kernel.scope import Scope
from skyglobe.services.accessanalyzer import accessanalyzer

T = TypeVar("T")

DEFAULT_RESULTS = 100


def page(
    scope: Scope, listing: str, rows: Iterable[tuple[str, T]], max_results: int | None, token: str | None
) -> tuple[list[T], dict[str, Any]]:
    """Return the rows of one page, and the token where there are more.

    ``rows`` are all of the list by a key that rises; ``listing`` names the list. Raises ValidationException for tokens
    that are not ours.
    """
    past = ""
    if token is not None:
        try:
            past = str(unseal(scope, listing, token)[0])
        except (InvalidToken, IndexError):
            raise accessanalyzer.errors.ValidationException(
                "Invalid nextToken", fields={"reason": "fieldValidationFailed"}
            ) from None
    found: list[T] = []
    last = ""
    for key, row in rows:
        if key <= past:
            continue
        if len(found) == (max_results or DEFAULT_RESULTS):
            return found, {"nextToken": seal(scope, listing, (last,))}
        found.append(row)
        last = key
    return found, {}
