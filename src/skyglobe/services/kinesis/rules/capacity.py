"""How much a shard and an account may take, and how on-demand streams grow. Kinesis Data Streams quotas."""

from __future__ import annotations

MIB = 1 << 20
WRITE_BYTES = MIB  # a second, for each shard, partition keys included
WRITE_RECORDS = 1_000  # a second, for each shard
READ_BYTES = 2 * MIB  # a second, for each shard, shared by those who pull
READ_CALLS = 5  # a second, for each shard
ON_DEMAND_SHARDS = 4  # a new on-demand stream takes 4 MB/s
ON_DEMAND_STREAMS = 50  # for each account and region
MAX_WARM_MIB = 10 * 1024  # MiB a second; API reference of UpdateStreamWarmThroughput
_LARGE_REGIONS = frozenset({"us-east-1", "us-west-2", "eu-west-1"})


def shard_limit(region: str) -> int:
    """Return how many open shards the provisioned streams of an account may have."""
    return 500 if region in _LARGE_REGIONS else 200


def on_demand_limit(region: str) -> int:
    """Return how many shards an on-demand stream grows to: 10 GB/s, elsewhere 200 MB/s."""
    return MAX_WARM_MIB if region in _LARGE_REGIONS else 200


def is_growing(size: int, records: int, span_for: float, shards: int) -> bool:
    """Whether an on-demand stream that took so much in ``span_for`` seconds needs more shards.

    It has room for double the peak that was seen (developer guide, "On-demand mode"): beyond half of it, it grows.
    """
    return size / span_for > shards * WRITE_BYTES / 2 or records / span_for > shards * WRITE_RECORDS / 2
