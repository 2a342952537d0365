"""Capacity units as DynamoDB counts them. Developer guide, "Read and write operations" (capacity unit consumption)."""

from __future__ import annotations

from typing import Final

READ_BYTES: Final = 4096  # one read unit: a strongly consistent read of up to 4 KB
WRITE_BYTES: Final = 1024  # one write unit


def read_units(size: int, *, consistent: bool) -> float:
    """Return the units of reading ``size`` bytes; a read that finds nothing costs as one of up to 4 KB."""
    units = max(1, -(-size // READ_BYTES))
    return float(units) if consistent else units / 2


def write_units(size: int) -> float:
    """Return the units of writing an item of ``size`` bytes."""
    return float(max(1, -(-size // WRITE_BYTES)))
