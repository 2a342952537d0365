"""Fair queues: which message groups of a standard queue take more than their share.

After "How Amazon SQS fair queues work" in the developer guide. AWS calls its thresholds approximate; so are ours.
"""

from __future__ import annotations

from math import log2

NOISY_SHARE = 0.1  # of what is in flight, or of recent processing time
NOISY_FLIGHTS = 30  # a group with fewer messages in flight is not noisy by their number
HALF_LIFE = 60_000  # milliseconds; AWS says "recent" and gives no number


def faded(busy_for: float, since: int, now: int) -> float:
    """Return what is left at ``now`` of processing time that was ``busy_for`` at ``since`` (milliseconds)."""
    return busy_for * 0.5 ** ((now - since) / HALF_LIFE) if busy_for and now > since else busy_for


def fading_rank(busy_for: float, since: int) -> int:
    """Return a number that orders fading times as they compare at any one later instant, whatever it is."""
    return int((since / HALF_LIFE + log2(busy_for + 1)) * 1_000_000)


def is_noisy(in_flight: int, all_in_flight: int, busy_for: float, all_busy_for: float) -> bool:
    """Whether a group has too large a share of the messages in flight or of the recent processing time."""
    if in_flight >= NOISY_FLIGHTS and in_flight > NOISY_SHARE * all_in_flight:
        return True
    return all_busy_for > 0 and busy_for > NOISY_SHARE * all_busy_for
