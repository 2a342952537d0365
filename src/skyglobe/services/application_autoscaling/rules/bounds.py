"""Capacity between its bounds, and what holds it there."""

from __future__ import annotations

MAX_TARGETS = {"dynamodb": 5_000, "ecs": 3_000, "cassandra": 1_500}
MAX_OTHER_TARGETS = 500
"""Scalable targets of one resource type, in a region; user guide, "Quotas for Application Auto Scaling"."""
MAX_POLICIES = 50  # of a scalable target; same page
MAX_SCHEDULED = 200  # actions of a scalable target; same page
ACTIVITIES_KEPT_FOR = 42 * 86_400_000  # milliseconds: six weeks; user guide, "Scaling activities"


def clamp(capacity: int, least: int, most: int) -> int:
    """Return the capacity nearest to ``capacity`` that lies within the bounds."""
    return max(least, min(most, capacity))


def bound_cause(current: int, least: int, most: int) -> str:
    """Return why a capacity has to change to lie within its bounds, as activities tell it; nothing when it does."""
    if current < least:
        return f"minimum capacity was set to {least}"
    if current > most:
        return f"maximum capacity was set to {most}"
    return ""
