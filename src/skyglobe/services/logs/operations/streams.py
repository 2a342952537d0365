"""Creating, listing and deleting log streams."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.kernel.late_writes import shows_all
from skyglobe.kernel.pagination import InvalidToken, seal, unseal
from skyglobe.kernel.scope import Scope
from skyglobe.services.logs import logs
from skyglobe.services.logs.engine import clear_stream
from skyglobe.services.logs.finding import get_group, get_named, get_stream
from skyglobe.services.logs.operations.groups import refuse_protected
from skyglobe.services.logs.paging import DEFAULT_LISTED, bad_token
from skyglobe.services.logs.quota import take_turn
from skyglobe.services.logs.records import LogGroup, LogStream, streams
from skyglobe.services.logs.refusals import invalid
from skyglobe.services.logs.rules.positions import event_id


@logs.operation
def create_log_stream(call: Call, log_group_name: str, log_stream_name: str) -> None:
    """Create a log stream. Raises ResourceAlreadyExistsException."""
    take_turn(call)
    group = get_group(call, log_group_name)
    if streams.find(call, group.number, log_stream_name) is not None:
        raise logs.errors.ResourceAlreadyExistsException("The specified log stream already exists")
    number = call.kernel.next_order()
    stream = LogStream(group=group.number, id=log_stream_name, number=number, created_at=call.now)
    streams.insert(call, stream)


@logs.operation
@shows_all
def delete_log_stream(call: Call, log_group_name: str, log_stream_name: str) -> None:
    """Delete a log stream with its events. Raises ValidationException when its group is protected against it."""
    take_turn(call)
    group = get_group(call, log_group_name)
    stream = get_stream(call, group, log_stream_name)
    refuse_protected(group)
    streams.delete(call, stream)
    clear_stream(call, group, stream)


@logs.operation
@shows_all
def describe_log_streams(
    call: Call,
    log_group_name: str | None = None,
    log_group_identifier: str | None = None,
    log_stream_name_prefix: str = "",
    order_by: str = "LogStreamName",
    descending: bool = False,
    next_token: str | None = None,
    limit: int = DEFAULT_LISTED,
) -> dict[str, Any]:
    """List a group's streams by name, or by the time of their last event."""
    take_turn(call)
    scope, group = get_named(call, log_group_name, log_group_identifier)
    is_by_time = order_by == "LastEventTime"
    if is_by_time and log_stream_name_prefix:
        raise invalid("Cannot order by LastEventTime with a logStreamNamePrefix.")
    listing = f"streams:{group.number}:{log_stream_name_prefix}:{order_by}:{descending}"
    try:
        past = unseal(call, listing, next_token) if next_token is not None else None
    except InvalidToken as error:
        raise bad_token() from error
    # Going down, a token is where the page before ended, and the scan stops short of it.
    bound: dict[str, Any] = {"stop" if descending else "past": past} if past is not None else {}
    bound |= {"limit": limit + 1, "reverse": descending}
    if is_by_time:
        found = list(streams.scan_by(scope, "last", group.number, **bound))
    elif past is None:
        found = list(streams.scan(scope, group.number, starting=log_stream_name_prefix, **bound))
    else:
        rows = streams.scan(scope, group.number, **bound)
        found = [stream for stream in rows if stream.id.startswith(log_stream_name_prefix)]
    answer: dict[str, Any] = {"logStreams": [_shown(scope, group, stream) for stream in found[:limit]]}
    if len(found) > limit:
        last = found[limit - 1]
        position = (last.last_at, group.number, last.id) if is_by_time else (last.id,)
        answer["nextToken"] = seal(call, listing, position)
    return answer


def _shown(scope: Scope, group: LogGroup, stream: LogStream) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "logStreamName": stream.id,
        "creationTime": stream.created_at,
        "arn": f"{group.arn}:log-stream:{stream.id}",
        # AWS: always 0 for streams since 17 June 2019.
        "storedBytes": 0,
    }
    horizon = group.horizon_at(scope.now)
    if stream.first_at is not None and stream.last_at >= horizon:
        shown["firstEventTimestamp"] = max(stream.first_at, horizon)
        shown["lastEventTimestamp"] = stream.last_at
        shown["lastIngestionTime"] = stream.ingested_at
        shown["uploadSequenceToken"] = event_id(stream.ingested_at, stream.number)
    return shown
