"""The policies of buses, as the policy engine asks for them."""

from __future__ import annotations

from skyglobe.kernel.arns import parse_arn
from skyglobe.kernel.scope import Scope
from skyglobe.services.events import events
from skyglobe.services.events.records import DEFAULT_BUS, buses


def resource_policy(scope: Scope, arn: str) -> str | None:
    """Return the policy of a bus, which speaks of its rules as well; None for what has none."""
    try:
        place = parse_arn(arn)
    except ValueError:
        return None
    kind, _, name = place.resource.partition("/")
    if kind == "rule":
        name = name.rpartition("/")[0] or DEFAULT_BUS
    elif kind != "event-bus":
        return None
    found = buses.find(scope.within(place.account, place.region), name)
    return (found.policy or None) if found is not None else None


events.resource_policies(resource_policy)
