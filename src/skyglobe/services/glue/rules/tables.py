"""What a table may be."""

from __future__ import annotations

from typing import Any


def fault_of_table(table_input: dict[str, Any]) -> str:
    """Return what is wrong with a ``TableInput`` that its model allows, or nothing."""
    keys = [key["Name"].lower() for key in table_input.get("PartitionKeys") or ()]
    if len(set(keys)) < len(keys):
        return "Partition keys must have different names."
    return ""


def is_keyed_alike(old: dict[str, Any], new: dict[str, Any]) -> bool:
    """Whether partitions of the one table's keys could be those of the other's: as many keys, called the same."""
    return _names(old) == _names(new)


def _names(given: dict[str, Any]) -> list[str]:
    return [key["Name"] for key in given.get("PartitionKeys") or ()]
