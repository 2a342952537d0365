"""Finding buses, rules and what else has a name, wherever it lives."""

from __future__ import annotations

from typing import NamedTuple

from skyglobe.kernel.arns import make_arn, parse_arn
from skyglobe.kernel.scope import Scope
from skyglobe.services.events.records import DEFAULT_BUS, EventBus, Rule, buses, rules
from skyglobe.services.events.refusals import no_such_bus, no_such_rule


class Place(NamedTuple):
    """Where a bus is, there or not."""

    scope: Scope
    name: str


class Found(NamedTuple):
    """A bus, and the scope it lives in."""

    scope: Scope
    bus: EventBus


def bus_arn(scope: Scope, name: str) -> str:
    """Return the ARN of the bus of that name where ``scope`` stands."""
    return make_arn(scope, "events", f"event-bus/{name}")


def rule_arn(scope: Scope, bus: str, name: str) -> str:
    """Return the ARN of a rule; those on the default bus do not name it."""
    return make_arn(scope, "events", f"rule/{name}" if bus == DEFAULT_BUS else f"rule/{bus}/{name}")


def place_of(scope: Scope, name_or_arn: str | None) -> Place:
    """Return where the bus is that a name or an ARN means; the default one for None."""
    if not name_or_arn:
        return Place(scope, DEFAULT_BUS)
    if not name_or_arn.startswith("arn:"):
        return Place(scope, name_or_arn)
    arn = parse_arn(name_or_arn)
    there = (
        scope if (arn.account, arn.region) == (scope.account, scope.region) else scope.within(arn.account, arn.region)
    )
    return Place(there, arn.resource.removeprefix("event-bus/"))


def find_bus(scope: Scope, name: str) -> EventBus | None:
    """Return a bus, or None. The default bus is always there."""
    found = buses.find(scope, name)
    if found is None and name == DEFAULT_BUS:
        # As old as the account, which nobody knows: its times are told as the epoch's until it is changed.
        return EventBus(
            arn=bus_arn(scope, name), id=name, owner=scope.account, created_at=0, number=0, version=0, changed_at=0
        )
    return found


def get_bus(scope: Scope, name_or_arn: str | None) -> Found:
    """Return a bus and where it lives. Raises ResourceNotFoundException."""
    there, name = place_of(scope, name_or_arn)
    found = find_bus(there, name)
    if found is None:
        raise no_such_bus(name)
    return Found(there, found)


class FoundRule(NamedTuple):
    """A rule, its bus, and the scope both live in."""

    scope: Scope
    bus: EventBus
    rule: Rule


def get_rule(scope: Scope, bus: str | None, name: str) -> FoundRule:
    """Return a rule, its bus and where they live. Raises ResourceNotFoundException."""
    there, found = get_bus(scope, bus)
    rule = rules.find(there, found.id, name)
    if rule is None:
        raise no_such_rule(name, found.id)
    return FoundRule(there, found, rule)
