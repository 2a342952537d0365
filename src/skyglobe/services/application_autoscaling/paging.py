"""Pages of lists: by key, so that no page costs more than what it shows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from skyglobe.kernel.call import Call
from skyglobe.kernel.keys import Part
from skyglobe.kernel.pagination import InvalidToken, page_past
from skyglobe.services.application_autoscaling import application_autoscaling
from skyglobe.services.application_autoscaling.refusals import invalid

MAX_LISTED = 50  # of one answer; API reference of DescribeScalableTargets
MAX_POLICIES_LISTED = 10  # API reference of DescribeScalingPolicies

T = TypeVar("T")
Rows = Callable[[tuple[Part, ...] | None], Iterable[T]]
"""From the position of the last row that was shown to those that come after it."""


def page(
    call: Call,
    listing: str,
    rows: Rows[T],
    position_of: Callable[[T], tuple[Part, ...]],
    token: str | None,
    wanted: int | None,
    most: int = MAX_LISTED,
) -> tuple[list[T], str | None]:
    """Return some rows and the token of the next page. Raises ValidationException and InvalidNextTokenException."""
    if wanted is not None and not 1 <= wanted <= most:
        bound = f"less than or equal to {most}" if wanted > most else "greater than or equal to 1"
        raise invalid(
            f"1 validation error detected: Value '{wanted}' at 'maxResults' failed to satisfy constraint: "
            f"Member must have value {bound}"
        )
    try:
        return page_past(call, listing, rows, position_of, token, wanted or most)
    except InvalidToken as error:
        raise application_autoscaling.errors.InvalidNextTokenException("Invalid NextToken") from error
