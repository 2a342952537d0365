"""Shard ids: ``shardId-`` and twelve digits, counted up within a stream."""

from __future__ import annotations

import re

_SHARD_ID = re.compile(r"shardId-([0-9]{12})")


def shard_id(index: int) -> str:
    """Return the id of a stream's shard number ``index``."""
    return f"shardId-{index:012d}"


def parse_shard_id(text: str) -> int | None:
    """Return the number in a shard id, or None when ``text`` is none."""
    found = _SHARD_ID.fullmatch(text)
    return int(found[1]) if found else None


def shard_after(text: str) -> int:
    """Return the first number whose shard id comes after ``text``, which may be any name."""
    exact = parse_shard_id(text)
    if exact is not None:
        return exact + 1
    return 0 if text < "shardId-" else 10**12
