"""Misbehaviour on demand: switches that make a service duplicate, reorder, delay or fail."""

from __future__ import annotations

from skyglobe.kernel.scope import Scope
from skyglobe.kernel.tables import Record, Table


class Switch(Record, frozen=True):
    """One kind of misbehaviour, turned on for one service."""

    service: str
    kind: str
    value: float = 1.0


_switches: Table[Switch] = Table("kernel.faults", Switch, key=("service", "kind"), reach="global")


class Faults:
    """The switches that are on. Kept in the store, mirrored in memory because every request looks."""

    def __init__(self) -> None:
        self._on: dict[tuple[str, str], float] = {}

    def get(self, service: str, kind: str) -> float:
        """Return the switch's value; 0 when it is off."""
        return self._on.get((service, kind), 0.0) if self._on else 0.0

    def set(self, scope: Scope, service: str, kind: str, value: float) -> None:
        """Turn a switch on (any value but 0) or off (0), from the commit on."""
        switch = Switch(service=service, kind=kind, value=value)
        if value:
            _switches.put(scope, switch)
        else:
            _switches.delete(scope, switch)
        scope.after_commit(lambda: self._mirror(switch))

    def list(self) -> list[Switch]:
        return [Switch(service=service, kind=kind, value=value) for (service, kind), value in sorted(self._on.items())]

    def recall(self, scope: Scope) -> None:
        """Read the switches from the store."""
        self._on = {(switch.service, switch.kind): switch.value for switch in _switches.scan(scope)}

    def _mirror(self, switch: Switch) -> None:
        if switch.value:
            self._on[switch.service, switch.kind] = switch.value
        else:
            self._on.pop((switch.service, switch.kind), None)
