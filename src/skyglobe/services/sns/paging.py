"""Lists in pages of a hundred, as all of SNS's are."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any, TypeVar

from skyglobe.kernel.keys import Part
from skyglobe.kernel.pagination import InvalidToken, seal, unseal
from skyglobe.kernel.scope import Scope
from skyglobe.services.sns.refusals import invalid

PAGE = 100  # API reference of ListTopics and the others

R = TypeVar("R")


def page_start(scope: Scope, name: str, token: str | None) -> tuple[Part, ...] | None:
    """Return the position after which a page begins. Raises InvalidParameter for tokens that are none of this list."""
    if not token:
        return None
    try:
        return unseal(scope, f"sns.{name}", token)
    except InvalidToken as error:
        raise invalid("NextToken", "The token is not valid") from error


def paged(
    scope: Scope,
    name: str,
    member: str,
    records: Iterable[R],
    position: Callable[[R], tuple[Part, ...]],
    show: Callable[[R], Any],
    *,
    size: int = PAGE,
    token_member: str = "NextToken",  # noqa: S107 - the name of a member
) -> dict[str, Any]:
    """Return one page of ``records``, and a token when there are more."""
    found = list(islice(records, size + 1))
    answer: dict[str, Any] = {member: [show(record) for record in found[:size]]}
    if len(found) > size:
        answer[token_member] = seal(scope, f"sns.{name}", position(found[size - 1]))
    return answer
