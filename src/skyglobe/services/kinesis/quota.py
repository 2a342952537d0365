"""How many streams and shards an account may have."""

from __future__ import annotations

from skyglobe.kernel.scope import Scope
from skyglobe.services.kinesis.layout import open_count
from skyglobe.services.kinesis.records import Stream, streams
from skyglobe.services.kinesis.refusals import over_limit
from skyglobe.services.kinesis.rules.capacity import ON_DEMAND_STREAMS, shard_limit


def count_open_shards(scope: Scope, besides: Stream | None = None) -> int:
    """Return how many open shards the account's provisioned streams have here, ``besides`` left out."""
    return sum(
        open_count(scope, stream)
        for stream in streams.scan(scope)
        if not stream.is_on_demand and (besides is None or stream.number != besides.number)
    )


def count_on_demand(scope: Scope) -> int:
    """Return how many on-demand streams the account has here."""
    return sum(1 for stream in streams.scan(scope) if stream.is_on_demand)


def check_shard_room(scope: Scope, count: int, besides: Stream | None = None) -> None:
    """Raise LimitExceededException unless there may be ``count`` open shards more, in place of those of ``besides``."""
    limit = shard_limit(scope.region)
    have = count_open_shards(scope, besides)
    if have + count > limit:
        raise over_limit(
            "This request would exceed the shard limit for the account "
            f"{scope.account} in {scope.region}. Current shard count for the account: {have}. "
            f"Limit: {limit}. Number of additional shards that would have resulted from this request: {count}. "
            "Refer to the AWS Service Limits page for current limits and how to request higher limits."
        )


def check_on_demand_room(scope: Scope) -> None:
    """Raise LimitExceededException unless there may be one more on-demand stream."""
    if count_on_demand(scope) >= ON_DEMAND_STREAMS:
        raise over_limit(
            f"This request would exceed the on-demand stream limit of the account {scope.account}: {ON_DEMAND_STREAMS}."
        )
