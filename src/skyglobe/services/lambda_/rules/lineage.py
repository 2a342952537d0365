"""Recursion detection: how often an event has come through a function already, as its trace header tells.

Developer guide, "Use Lambda recursive loop detection to prevent infinite loops": stopped after about 16 times.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache

MAX_TIMES = 16


@lru_cache(maxsize=4096)  # functions in use
def mark_of(function_arn: str) -> str:
    """Return what stands for a function in lineages."""
    return hashlib.sha256(function_arn.encode()).hexdigest()[:8]


def times_through(header: str, function_arn: str) -> int:
    """Return how often an event with this trace header went through a function before."""
    return _lineage(header).get(mark_of(function_arn), 0)


def pass_on(header: str, function_arn: str) -> str:
    """Return the header of an invocation: that it came with, with one more time through the function."""
    lineage = _lineage(header)
    mark = mark_of(function_arn)
    lineage[mark] = lineage.get(mark, 0) + 1
    told = "|".join(f"{one}:{times}" for one, times in list(lineage.items())[-8:])
    rest = [piece for piece in header.split(";") if piece and not piece.strip().startswith("Lineage=")]
    return ";".join([*rest, f"Lineage={told}"])


def _lineage(header: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for piece in header.split(";"):
        name, _, value = piece.strip().partition("=")
        if name == "Lineage":
            for entry in value.split("|"):
                mark, _, times = entry.partition(":")
                if mark and times.isascii() and times.isdigit():
                    found[mark] = int(times[:9])
    return found
