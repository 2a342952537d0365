"""Which rules and archives of a bus an event is for: worked out once for each state of the bus."""

from __future__ import annotations

from typing import Any

import msgspec

from skyglobe.kernel.events import listen
from skyglobe.kernel.patterns import Pattern, stored_pattern
from skyglobe.kernel.scope import Scope
from skyglobe.services.events.records import Archive, EventBus, Rule, archives, buses, rules

MAX_BUSES = 256  # kept compiled


class Matcher:
    """The enabled rules of a bus, by the sources they name, and its archives."""

    def __init__(self, enabled: list[Rule], kept: list[Archive]) -> None:
        self._by_source: dict[str, list[tuple[Rule, Pattern]]] = {}
        self._others: list[tuple[Rule, Pattern]] = []
        self.archives = [(archive, stored_pattern(archive.pattern) if archive.pattern else None) for archive in kept]
        for rule in enabled:
            pattern = stored_pattern(rule.pattern)
            sources = literal_sources(rule.pattern)
            for source in sources or ():
                self._by_source.setdefault(source, []).append((rule, pattern))
            if sources is None:
                self._others.append((rule, pattern))

    def rules_for(self, event: dict[str, Any]) -> list[Rule]:
        """Return the rules an event matches."""
        asked = self._by_source.get(event["source"], [])
        return [rule for candidates in (asked, self._others) for rule, pattern in candidates if pattern.matches(event)]

    def archives_for(self, event: dict[str, Any]) -> list[Archive]:
        """Return the archives that keep an event."""
        return [archive for archive, pattern in self.archives if pattern is None or pattern.matches(event)]

    @property
    def sources(self) -> tuple[str, ...] | None:
        """Return the sources whose events may mean anything to this bus; None for all."""
        if self._others or self.archives:
            return None
        return tuple(sorted(self._by_source))


def literal_sources(pattern: str) -> list[str] | None:
    """Return the sources a pattern names; None where it may match others as well."""
    wanted = msgspec.json.decode(pattern).get("source")
    if not isinstance(wanted, list) or not all(isinstance(one, str) for one in wanted):
        return None
    return list(dict.fromkeys(wanted))


def matcher_of(scope: Scope, bus: EventBus) -> Matcher:
    """Return the matcher of a bus as it is now."""
    cache = scope.kernel.caches.of("events.matchers", MAX_BUSES)
    key = (scope.account, scope.region, bus.id, bus.version)
    found: Matcher | None = cache.get(key)
    if found is None:
        found = _compile(scope, bus)
        cache.keep(key, found)
    return found


def _compile(scope: Scope, bus: EventBus) -> Matcher:
    enabled = [rule for rule in rules.scan(scope, bus.id) if rule.is_enabled and rule.pattern]
    return Matcher(enabled, list(archives.scan_by(scope, "bus", bus.id)))


def note_change(scope: Scope, bus: EventBus) -> EventBus:
    """Note that rules or archives of a bus were changed, and have services tell what the default bus waits for."""
    changed = msgspec.structs.replace(bus, version=scope.kernel.next_order(), changed_at=scope.now)
    buses.put(scope, changed)
    if bus.is_default:
        listen(scope, "events", "happened", _compile(scope, changed).sources)
    return changed
