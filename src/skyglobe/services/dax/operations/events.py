"""DescribeEvents."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.services.dax import dax
from skyglobe.services.dax.happening import KEPT_FOR
from skyglobe.services.dax.operations.clusters import DEFAULT_LISTED, listed
from skyglobe.services.dax.records import Event, events
from skyglobe.services.dax.refusals import bad_combination, invalid

SHOWN_FOR = 24 * 60  # minutes; API reference of DescribeEvents
MINUTE = 60_000  # milliseconds


def instant(when: datetime) -> int:
    """Return a time in milliseconds since the epoch."""
    return round(when.timestamp() * 1000)


def _position(event: Event) -> str:
    return f"{event.at:020}:{event.order:020}"


@dax.operation
def describe_events(
    call: Call,
    source_name: str | None = None,
    source_type: str | None = None,
    start_time: datetime | None = None,
    end_time: datetime | None = None,
    duration: int | None = None,
    max_results: int = DEFAULT_LISTED,
    next_token: str | None = None,
) -> dict[str, Any]:
    """Describe what happened to clusters and groups: in the last day, or in a part of the last fourteen.

    Raises InvalidParameterCombinationException for a start together with a duration, and for a source that is named
    without its type.
    """
    if source_name is not None and source_type is None:
        raise bad_combination("SourceType is required with SourceName.")
    if start_time is not None and duration is not None:
        raise bad_combination("StartTime and Duration cannot be used together.")
    if duration is not None and duration < 1:
        raise invalid("Duration must be at least 1.")
    until = call.now if end_time is None else instant(end_time)
    since = until - (duration or SHOWN_FOR) * MINUTE if start_time is None else instant(start_time)
    if since > until:
        raise bad_combination("StartTime must be before EndTime.")
    since = max(since, call.now - KEPT_FOR)
    found = (
        event
        for event in events.scan(call, start=(since,), stop=(until + 1,))
        if source_type in (None, event.type) and source_name in (None, event.source)
    )
    listing = f"dax.events:{source_type}:{source_name}"
    page, token = listed(call, listing, found, _position, next_token, max_results)
    shown = [
        {"SourceName": event.source, "SourceType": event.type, "Message": event.message, "Date": event.at / 1000}
        for event in page
    ]
    return {"Events": shown, "NextToken": token}
