"""What PutLogEvents takes: the rules of a batch. API reference of PutLogEvents."""

from __future__ import annotations

from typing import Any, NamedTuple

MAX_BATCH_BYTES = 1_048_576
EVENT_OVERHEAD_BYTES = 26
MAX_EVENT_BYTES = 1_048_576
MAX_SPAN_FOR = 86_400_000  # milliseconds
MAX_AGE_FOR = 14 * 86_400_000  # milliseconds
MAX_AHEAD_FOR = 2 * 3_600_000  # milliseconds


class BadBatch(ValueError):
    """The batch breaks a rule; says which."""


class Accepted(NamedTuple):
    """What of a batch is taken, and why the rest is not."""

    times: list[int]
    texts: list[str]
    size: int
    """In bytes, as ``MAX_BATCH_BYTES`` counts."""
    rejected: dict[str, int]
    """As ``rejectedLogEventsInfo`` tells it."""


def accept(events: list[dict[str, Any]], now: int, horizon: int) -> Accepted:
    """Return what is taken of a batch that arrives at ``now`` in a group without events before ``horizon``.

    Raises BadBatch.
    """
    times = [event["timestamp"] for event in events]
    texts = [event["message"] for event in events]
    size = sum(map(_byte_length, texts)) + EVENT_OVERHEAD_BYTES * len(texts)
    if size > MAX_BATCH_BYTES:
        largest = max(map(_byte_length, texts))
        if largest > MAX_EVENT_BYTES:
            raise BadBatch(f"Log event too large: {largest} bytes exceeds limit of {MAX_EVENT_BYTES}")
        raise BadBatch(f"Upload too large: {size} bytes exceeds limit of {MAX_BATCH_BYTES}")
    oldest = now - MAX_AGE_FOR
    first, last = times[0], times[-1]
    if len(times) > 1 and sorted(times) != times:
        raise BadBatch("Log events in a single PutLogEvents request must be in chronological order.")
    if first >= max(oldest, horizon) and last <= now + MAX_AHEAD_FOR:
        _check_span(times)
        return Accepted(times, texts, size, {})
    return _without_rejected(times, texts, now, horizon)


def _without_rejected(times: list[int], texts: list[str], now: int, horizon: int) -> Accepted:
    too_old = sum(1 for time in times if time < now - MAX_AGE_FOR)
    expired = sum(1 for time in times if time < horizon)
    too_new = sum(1 for time in times if time <= now + MAX_AHEAD_FOR)
    rejected: dict[str, int] = {}
    if too_old:
        rejected["tooOldLogEventEndIndex"] = too_old
    if expired:
        rejected["expiredLogEventEndIndex"] = expired
    if too_new < len(times):
        rejected["tooNewLogEventStartIndex"] = too_new
    start = max(too_old, expired)
    times, texts = times[start:too_new], texts[start:too_new]
    _check_span(times)
    size = sum(map(_byte_length, texts)) + EVENT_OVERHEAD_BYTES * len(texts)
    return Accepted(times, texts, size, rejected)


def _check_span(times: list[int]) -> None:
    if times and times[-1] - times[0] > MAX_SPAN_FOR:
        raise BadBatch("The batch of log events in a single PutLogEvents request cannot span more than 24 hours.")


def _byte_length(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
