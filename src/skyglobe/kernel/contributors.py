"""Who contributes most to what: counts by key and minute, under rules that services make for themselves.

CloudWatch reports them (Contributor Insights); it has no part in counting. A rule keeps a bounded number of
contributors of each minute apart, the first that came; what others contribute is part of the whole only.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from skyglobe.kernel.clock import Instant
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.tables import Record, Table

MINUTE = 60_000  # milliseconds
MAX_CONTRIBUTORS = 500
"""Kept apart of each minute: five times as many as a report can show, the limit of AWS's graphs."""
KEPT_FOR = 15 * 86_400_000  # milliseconds; CloudWatch user guide, "Contributor Insights": data of the last 15 days
SWEEP_BATCH = 2_000

_SEPARATOR = "\x1f"
_OTHERS = "\x1e"


class ManagedRule(Record, frozen=True):
    """A rule that a service made for one of its resources. Nobody changes it but the service."""

    name: str
    labels: tuple[str, ...]
    """What the parts of a contributor's key are called."""
    statistic: str
    """Sum or Count."""
    definition: str
    """As JSON."""
    made_at: Instant
    resource_arn: str


class Contribution(Record, frozen=True):
    """What one contributor came to in a minute."""

    rule: str
    at: Instant
    """Beginning of the minute."""
    key: str
    value: float
    samples: int
    greatest: float
    """Of a single contribution."""

    @property
    def keys(self) -> list[str]:
        return self.key.split(_SEPARATOR)

    @property
    def is_of_others(self) -> bool:
        """Whether it is what all those contributed that are not kept apart."""
        return self.key == _OTHERS


class Minute(Record, frozen=True):
    """How many contributors of a rule are kept apart in a minute."""

    rule: str
    at: Instant
    contributors: int


managed_rules: Table[ManagedRule] = Table("kernel.managed_rules", ManagedRule, key=("name",))
contributions: Table[Contribution] = Table("kernel.contributions", Contribution, key=("rule", "at", "key"))
minutes: Table[Minute] = Table("kernel.contribution_minutes", Minute, key=("rule", "at"))


def contribute(scope: Scope, rule: str, keys: tuple[str, ...], value: float) -> None:
    """Count ``value`` for a contributor, now, as part of this work."""
    at = scope.now // MINUTE * MINUTE
    key = _SEPARATOR.join(keys)
    known = contributions.find(scope, rule, at, key)
    if known is None and not _has_room(scope, rule, at):
        key = _OTHERS
        known = contributions.find(scope, rule, at, key)
    if known is None:
        made = Contribution(rule=rule, at=at, key=key, value=value, samples=1, greatest=value)
    else:
        greatest = max(known.greatest, value)
        made = replace(known, value=known.value + value, samples=known.samples + 1, greatest=greatest)
    contributions.insert(scope, made)


def _has_room(scope: Scope, rule: str, at: Instant) -> bool:
    """Take a place for a new contributor of a minute. With the first of each minute, old ones are forgotten."""
    minute = minutes.find(scope, rule, at)
    if minute is None:
        _forget(scope, rule, at - KEPT_FOR)
    count = minute.contributors if minute is not None else 0
    if count >= MAX_CONTRIBUTORS:
        return False
    minutes.insert(scope, Minute(rule=rule, at=at, contributors=count + 1))
    return True


def contributions_to(scope: Scope, rule: str, start: Instant, stop: Instant) -> Iterator[Contribution]:
    """Yield what was contributed in ``start <= at < stop``, by minute and key."""
    return contributions.scan(scope, rule, start=(start,), stop=(stop,))


def forget_contributions(scope: Scope, rule: str) -> bool:
    """Delete some of what was counted under a rule that is gone; return whether there may be more."""
    return _forget(scope, rule, scope.now + 1)


def _forget(scope: Scope, rule: str, before: Instant) -> bool:
    old = list(contributions.scan(scope, rule, stop=(before,), limit=SWEEP_BATCH))
    for contribution in old:
        contributions.delete(scope, contribution)
    for minute in list(minutes.scan(scope, rule, stop=(before,), limit=SWEEP_BATCH)):
        minutes.delete(scope, minute)
    return len(old) == SWEEP_BATCH
