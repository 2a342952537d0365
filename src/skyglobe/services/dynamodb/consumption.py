"""What operations consumed, as ``ReturnConsumedCapacity`` tells it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from skyglobe.services.dynamodb.finding import Found


class Consumption:
    """The units one request consumed of one table and its indexes."""

    def __init__(self, found: Found, name: str) -> None:
        self.found = found
        self.name = name
        """As the request named the table."""
        self.table = 0.0
        self.indexes: dict[str, float] = {}

    def add(self, units: float, index_units: dict[str, float] | None = None, *, times: int = 1) -> None:
        """Count units of the table and of indexes; ``times`` is 2 in transactions."""
        self.table += units * times
        for name, more in (index_units or {}).items():
            self.indexes[name] = self.indexes.get(name, 0.0) + more * times

    def shown(self, mode: str | None, kind: str = "") -> dict[str, Any] | None:
        """Return ConsumedCapacity; None unless asked for. ``kind`` is Read or Write in transactions."""
        if mode is None or mode == "NONE":
            return None
        total = self.table + sum(self.indexes.values())
        shown: dict[str, Any] = {"TableName": self.name, "CapacityUnits": total}
        if kind:
            shown[f"{kind}CapacityUnits"] = total
        if mode == "INDEXES":
            shown["Table"] = _units(self.table, kind)
            for index in self.found.table.indexes:
                if index.name in self.indexes:
                    which = "LocalSecondaryIndexes" if index.is_local else "GlobalSecondaryIndexes"
                    shown.setdefault(which, {})[index.name] = _units(self.indexes[index.name], kind)
        return shown


def _units(units: float, kind: str) -> dict[str, float]:
    return {"CapacityUnits": units, f"{kind}CapacityUnits": units} if kind else {"CapacityUnits": units}


class Ledger:
    """What one request consumed of several tables."""

    def __init__(self) -> None:
        self._consumptions: dict[str, Consumption] = {}

    def of(self, found: Found, name: str) -> Consumption:
        known = self._consumptions.get(found.table.arn)
        if known is None:
            known = self._consumptions[found.table.arn] = Consumption(found, name)
        return known

    def shown(self, mode: str | None, kind: str = "") -> list[dict[str, Any]] | None:
        """Return ConsumedCapacity for each table; None unless asked for."""
        if mode is None or mode == "NONE":
            return None
        told: Iterable[dict[str, Any] | None] = (one.shown(mode, kind) for one in self._consumptions.values())
        return [one for one in told if one is not None]
