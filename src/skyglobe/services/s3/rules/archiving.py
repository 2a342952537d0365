"""Archives: which classes must be restored, how long that takes, and where Intelligent-Tiering has an object.

S3 user guide, "Archive retrieval options", "Working with archived objects" and "How S3 Intelligent-Tiering works".
"""

from __future__ import annotations

from collections.abc import Mapping

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000  # milliseconds
TIERS = ("Expedited", "Standard", "Bulk")
"""Of retrieval, the fastest first."""
TAKES = {
    "GLACIER": {"Expedited": 5 * MINUTE, "Standard": 5 * HOUR, "Bulk": 12 * HOUR},
    "DEEP_ARCHIVE": {"Standard": 12 * HOUR, "Bulk": 48 * HOUR},
    "ARCHIVE_ACCESS": {"Expedited": 5 * MINUTE, "Standard": 5 * HOUR, "Bulk": 12 * HOUR},
    "DEEP_ARCHIVE_ACCESS": {"Standard": 12 * HOUR, "Bulk": 48 * HOUR},
}
"""By class or archive tier, how long a retrieval takes: the longer end of what AWS states."""

INFREQUENT_AFTER = 30 * DAY  # without an access
INSTANT_AFTER = 90 * DAY
MIN_TIERED_BYTES = 128 * 1024
"""Smaller objects stay in the Frequent Access tier."""
MIN_DAYS = {"ARCHIVE_ACCESS": 90, "DEEP_ARCHIVE_ACCESS": 180}
MAX_DAYS = 730


LAST_MIDNIGHT = 253_402_214_400_000
"""Of the year 9999, the last that dates can tell. What would be later counts as then."""


def midnight_from(instant: int) -> int:
    """Return the first midnight UTC that is not before ``instant``."""
    return min(-(-instant // DAY) * DAY, LAST_MIDNIGHT)


def tier_of(size_bytes: int, idle_for: int, archiving: Mapping[str, int]) -> str:
    """Return the tier an object in Intelligent-Tiering is in, not read for ``idle_for`` milliseconds.

    ``archiving`` says after how many days the optional tiers take it.
    """
    if size_bytes < MIN_TIERED_BYTES:
        return "FREQUENT"
    for tier in ("DEEP_ARCHIVE_ACCESS", "ARCHIVE_ACCESS"):
        if tier in archiving and idle_for >= archiving[tier] * DAY:
            return tier
    if idle_for >= INSTANT_AFTER:
        return "ARCHIVE_INSTANT_ACCESS"
    return "INFREQUENT" if idle_for >= INFREQUENT_AFTER else "FREQUENT"
