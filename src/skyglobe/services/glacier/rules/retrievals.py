"""Tiers, and how much an account may retrieve."""

from __future__ import annotations

from skyglobe.services.glacier.rules.times import HOUR

TAKES = {"Expedited": 5 * 60_000, "Standard": 5 * HOUR, "Bulk": 12 * HOUR}
"""Milliseconds: the longer end of "1-5 minutes", "3-5 hours", "5-12 hours"; developer guide, "Archive retrieval
options"."""
INVENTORY_TAKES = 5 * HOUR
"""A job usually takes "3-5 hours"; same guide, "Downloading a vault inventory"."""
OUTPUT_FOR = 24 * HOUR
"""A job's output can be had for at least a day; GetJobOutput, API reference."""
STANDARD_HOURS = 4
"""Over which a standard retrieval is reckoned: the middle of three to five."""
FREE_BYTES = 10 * 1024**3
"""A month, with standard retrievals; Amazon Glacier pricing, "AWS Free Tier"."""
STRATEGIES = frozenset(("BytesPerHour", "FreeTier", "None"))


def is_within(strategy: str, bytes_per_hour: int, asked_bytes: int, running_bytes: int, bytes_this_month: int) -> bool:
    """Whether one more standard retrieval keeps to an account's policy, beside those that run."""
    if strategy == "BytesPerHour":
        return running_bytes + asked_bytes <= bytes_per_hour * STANDARD_HOURS
    if strategy == "FreeTier":
        return bytes_this_month + asked_bytes <= FREE_BYTES
    return True
