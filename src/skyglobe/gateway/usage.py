"""Which permissions callers have used: what ``skyglobe policy generate`` writes policies from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

from skyglobe.kernel.access import Need, lazy_of
from skyglobe.kernel.clock import Instant
from skyglobe.kernel.principals import Principal
from skyglobe.policy.least import NARROWING

KEPT: Final = 20_000  # different permissions of all callers; the ones used longest ago are forgotten first


class Used(NamedTuple):
    """A permission that a caller had and used."""

    principal: str
    """ARN; of sessions, that of the role or user they were made from."""
    action: str
    resource: str
    account: str
    """Who owns the resource."""
    context: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """The condition keys of the call that policies are narrowed by, in lower case."""


class Usage:
    """The permissions used, and when last."""

    def __init__(self) -> None:
        self._used: dict[tuple[Any, ...], Instant] = {}
        """By the fields of ``Used``, which is made when somebody asks: every call comes through here."""

    def note(self, principal: Principal, asked: Sequence[tuple[Need, Any]], now: Instant) -> None:
        """Remember what a call was allowed. Services need no policies of their own, nor do the anonymous."""
        if principal.type in ("service", "anonymous"):
            return
        used = self._used
        session = principal.session
        arn = (session.issuer_arn or principal.arn) if session is not None else principal.arn
        for need, decision in asked:
            if decision is not None and not decision.is_allowed:
                continue
            action = need.action
            names = NARROWING.get(action[: action.find(":")])
            one = (arn, action, need.resource, need.account, _narrowing(need, names) if names is not None else ())
            used.pop(one, None)
            used[one] = now
        while len(used) > KEPT:
            del used[next(iter(used))]

    def since(self, instant: Instant, principal: str | None = None) -> Iterator[Used]:
        """Yield what was used at or after ``instant``, by everybody or by one."""
        for used, last in self._used.items():
            if last >= instant and principal in (None, used[0]):
                yield Used(*used)

    def clear(self) -> None:
        """Forget everything."""
        self._used.clear()


def _narrowing(need: Need, names: tuple[str, ...]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return the condition keys of a need that policies are narrowed by, and their values."""
    context = need.context
    if not context and lazy_of(need) is None:
        return ()
    given: list[tuple[str, tuple[str, ...]]] = []
    for name in names:
        value = context.get(name)
        if value is not None:
            given.append((name, (value,) if isinstance(value, str) else tuple(value)))
    return tuple(given)
