"""Which splits and merges turn a stream's shards into another number of equal ones."""

from __future__ import annotations

from typing import NamedTuple

from skyglobe.services.kinesis.rules.hashing import Span, even_spans


class Split(NamedTuple):
    """Cut the open shard that holds ``at`` in two; the second begins at ``at``."""

    at: int


class Merge(NamedTuple):
    """Make one of the open shard that ends before ``at`` and the one that begins there."""

    at: int


def plan_uniform(spans: list[Span], count: int) -> list[Split | Merge]:
    """Return the steps from ``spans`` (sorted, covering all hash keys) to ``count`` equal spans.

    Every bound that is wanted and not there is cut, then every one that is there and not wanted is closed: as on AWS,
    shards come up on the way that are gone in the end.
    """
    there = {span.start for span in spans}
    wanted = {span.start for span in even_spans(count)}
    splits: list[Split | Merge] = [Split(at) for at in sorted(wanted - there)]
    return splits + [Merge(at) for at in sorted(there - wanted)]


def plan_doubling(spans: list[Span]) -> list[Split | Merge]:
    """Return the steps that halve every span."""
    return [Split((span.start + span.end) // 2 + 1) for span in spans if span.end > span.start]


def check_target(current: int, target: int) -> str:
    """Return why UpdateShardCount may not go from ``current`` to ``target``, or nothing; its API reference."""
    counts = f"Current open shard count: {current} Target shard count: {target}"
    if target > current * 2:
        return f"UpdateShardCount cannot scale up over double your current open shard count. {counts}"
    if target * 2 < current:
        return f"UpdateShardCount cannot scale down below half your current open shard count. {counts}"
    return ""
