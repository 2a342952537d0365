"""When an invocation that failed is made again; API reference of RetryPolicy: up to 185 times within 24 hours."""

from __future__ import annotations

from typing import Any

MAX_ATTEMPTS = 185  # retries; the model's MaximumRetryAttempts
MAX_AGE_FOR = 86_400  # seconds; the model's MaximumEventAgeInSeconds
FIRST_PAUSE_FOR = 1_000  # milliseconds; doubles with each attempt. AWS does not tell its pauses
MAX_PAUSE_FOR = 480_000  # milliseconds; so that both limits are reached at about the same time


def plan_retry(policy: dict[str, Any], retries: int, began_at: int, now: int) -> tuple[int, str]:
    """Return when to try again after ``retries`` retries that failed, and "", or 0 and the limit that was reached."""
    if retries >= int(policy.get("MaximumRetryAttempts", MAX_ATTEMPTS)):
        return 0, "MaximumRetryAttempts"
    due_at = now + min(FIRST_PAUSE_FOR * 2 ** min(retries, 20), MAX_PAUSE_FOR)
    if due_at - began_at > int(policy.get("MaximumEventAgeInSeconds", MAX_AGE_FOR)) * 1000:
        return 0, "MaximumEventAgeInSeconds"
    return due_at, ""
