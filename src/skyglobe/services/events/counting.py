"""The dimensions EventBridge counts by; user guide, "Monitoring Amazon EventBridge"."""

from __future__ import annotations

from skyglobe.kernel.metric_points import Dimensions
from skyglobe.kernel.metrics import count
from skyglobe.kernel.scope import Scope
from skyglobe.services.events.records import DEFAULT_BUS


def dimensions_of(bus: str, rule: str) -> Dimensions:
    """Return the dimensions of a rule's metrics; rules on the default bus have no other than their name."""
    named = ("RuleName", rule)
    return (named,) if bus == DEFAULT_BUS else (("EventBusName", bus), named)


def count_for(scope: Scope, bus: str, rule: str, *names: str) -> None:
    """Count one for each of some metrics of a rule."""
    dimensions = dimensions_of(bus, rule)
    for name in names:
        count(scope, "AWS/Events", name, dimensions)
