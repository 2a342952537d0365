"""When a delivery to a target that failed is tried again, and when it is given up: the ``RetryPolicy`` of targets.

EventBridge user guide, "How EventBridge retries delivering events": up to 24 hours and 185 times, with pauses that
grow. AWS does not tell the pauses; these reach both limits at about the same time.
"""

from __future__ import annotations

from typing import Any

MAX_ATTEMPTS = 185  # retries; user guide, and the model's MaximumRetryAttempts
MAX_AGE_FOR = 86_400  # seconds; the model's MaximumEventAgeInSeconds
FIRST_PAUSE_FOR = 1_000  # milliseconds; doubles with each attempt
MAX_PAUSE_FOR = 480_000  # milliseconds


def plan_retry(policy: dict[str, Any], retries: int, began_at: int, now: int) -> tuple[int, str]:
    """Return when to try again after ``retries`` retries that failed, and "", or 0 and the limit that was reached."""
    if retries >= int(policy.get("MaximumRetryAttempts", MAX_ATTEMPTS)):
        return 0, "MaximumRetryAttempts"
    due_at = now + min(FIRST_PAUSE_FOR * 2 ** min(retries, 20), MAX_PAUSE_FOR)
    if due_at - began_at > int(policy.get("MaximumEventAgeInSeconds", MAX_AGE_FOR)) * 1000:
        return 0, "MaximumEventAgeInSeconds"
    return due_at, ""
