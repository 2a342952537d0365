"""Taking events in: archived, held against the bus's rules, and posted for the rules that match."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.metrics import count
from skyglobe.kernel.outbox import post
from skyglobe.kernel.scope import Scope
from skyglobe.services.events.archiving import keep
from skyglobe.services.events.counting import dimensions_of
from skyglobe.services.events.matching import matcher_of
from skyglobe.services.events.records import EventBus
from skyglobe.services.events.rules.entries import Document, write_event


def accept(
    scope: Scope,
    bus: EventBus,
    event: Document,
    *,
    hops: int = 0,
    only: frozenset[str] | None = None,
    text: str = "",
) -> None:
    """Have an event delivered to the rules of a bus that match it, as part of this work.

    ``scope`` is where the bus lives. ``hops`` says through how many buses it came; ``only`` names the ARNs of the
    rules a replay is for. What is replayed is not archived again. An event nobody waits for is not written.
    """
    matcher = matcher_of(scope, bus)
    if matcher.archives and "replay-name" not in event:
        for archive in matcher.archives_for(event):
            text = text or write_event(event)
            keep(scope, archive, event, text)
    matched = matcher.rules_for(event)
    if only is not None:
        matched = [rule for rule in matched if rule.arn in only]
    if not matched:
        return
    for rule in matched:
        dimensions = dimensions_of(bus.id, rule.id)
        count(scope, "AWS/Events", "MatchedEvents", dimensions)
        count(scope, "AWS/Events", "TriggeredRules", dimensions)
    payload: dict[str, Any] = {
        "bus": bus.id,
        "rules": [[rule.id, rule.number] for rule in matched],
        "event": text or write_event(event),
        "at": scope.now,
        "hops": hops,
    }
    post(scope, "events", "dispatch", payload)
