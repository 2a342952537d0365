"""Finding groups and schedules, and the pages they are listed in."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from skyglobe.kernel.arns import make_arn
from skyglobe.kernel.keys import Part
from skyglobe.kernel.pagination import InvalidToken, page_past
from skyglobe.kernel.scope import Scope
from skyglobe.services.scheduler.records import DEFAULT_GROUP, Group, Schedule, groups, schedules
from skyglobe.services.scheduler.refusals import invalid, no_such_group, no_such_schedule

T = TypeVar("T")
MOST_LISTED = 100  # of one answer; the model's MaxResults


def group_arn(scope: Scope, name: str) -> str:
    """Return the ARN of the group of that name where ``scope`` stands."""
    return make_arn(scope, "scheduler", f"schedule-group/{name}")


def schedule_arn(scope: Scope, group: str, name: str) -> str:
    """Return the ARN of a schedule."""
    return make_arn(scope, "scheduler", f"schedule/{group}/{name}")


def find_group(scope: Scope, name: str) -> Group | None:
    """Return a group, or None. The default one is always there."""
    found = groups.find(scope, name)
    if found is None and name == DEFAULT_GROUP:
        return Group(arn=group_arn(scope, name), id=name, owner=scope.account, created_at=0, changed_at=0)
    return found


def get_group(scope: Scope, name: str) -> Group:
    """Return a group. Raises ResourceNotFoundException."""
    found = find_group(scope, name)
    if found is None:
        raise no_such_group(name)
    return found


def get_schedule(scope: Scope, group: str, name: str) -> Schedule:
    """Return a schedule. Raises ResourceNotFoundException."""
    get_group(scope, group)
    found = schedules.find(scope, group, name)
    if found is None:
        raise no_such_schedule(name)
    return found


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
    """Return one page of the rows that ``rows_past`` yields past a position, and a token where there are more."""
    try:
        found, following = page_past(
            scope, f"scheduler.{listing}", rows_past, position_of, token or None, limit or MOST_LISTED
        )
    except InvalidToken as error:
        raise invalid("Invalid nextToken provided.") from error
    return {member: [show(one) for one in found], "NextToken": following}
