"""GetLogEvents and FilterLogEvents."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.kernel.late_writes import shows_all
from skyglobe.kernel.scope import Scope
from skyglobe.services.logs import logs
from skyglobe.services.logs.finding import get_named, get_stream
from skyglobe.services.logs.packing import Event, size_of
from skyglobe.services.logs.paging import bad_token, read_lasting, write_lasting
from skyglobe.services.logs.quota import take_turn
from skyglobe.services.logs.reading import Found, Reader
from skyglobe.services.logs.records import ORDER_BITS, LogGroup, LogStream, streams
from skyglobe.services.logs.refusals import bad_pattern, invalid
from skyglobe.services.logs.rules.patterns import BadPattern, Pattern, Subject, compile_pattern
from skyglobe.services.logs.rules.positions import Position, event_id, read_token, write_token
from skyglobe.services.logs.sealing import check_key

PAGE_BYTES = 1_048_576  # of events in one answer; API reference of both
PAGE_EVENTS = 10_000  # the same
MAX_SCANNED = 10_000  # events looked at for one page of FilterLogEvents: then it is answered as far as it got
MAX_SCANNED_BYTES = 8_388_608
MAX_PREFIXED = 100  # streams that are read one by one; of more, the whole group is searched slot by slot
FOR_EVER = 1 << 60  # milliseconds: later than any event


@logs.operation
@shows_all
def get_log_events(
    call: Call,
    log_group_name: str | None = None,
    log_group_identifier: str | None = None,
    log_stream_name: str = "",
    start_time: int = 0,
    end_time: int = FOR_EVER,
    next_token: str | None = None,
    limit: int = PAGE_EVENTS,
    start_from_head: bool = False,
    unmask: bool = False,
) -> dict[str, Any]:
    """Return a page of a stream's events in order of time: the latest, the earliest, or those beside another page."""
    take_turn(call)
    scope, group = get_named(call, log_group_name, log_group_identifier)
    check_key(call, group)
    stream = get_stream(scope, group, log_stream_name)
    start_at = max(start_time, group.horizon_at(call.now))
    direction, position = "f" if start_from_head else "b", Position(FOR_EVER, 0)
    if start_from_head:
        position = Position(start_at, -1)
    if next_token is not None:
        read = read_token(next_token)
        if read is None:
            raise bad_token()
        direction, position = read
    reader = Reader(scope)
    if direction == "f":
        begin = max(Position(position.at, position.order + 1), Position(start_at, 0))
        events = _page(reader.forward(stream.number, begin, end_time), limit)
    else:
        before = min(position, Position(end_time, 0))
        events = _page(reader.backward(stream.number, before, start_at), limit)[::-1]
    answer: dict[str, Any] = {"events": [_shown(event, unmask) for event in events]}
    return {**answer, **_tokens(events, position, next_token, start_at, end_time)}


def _page(events: Iterator[Event], limit: int) -> list[Event]:
    found: list[Event] = []
    room = PAGE_BYTES
    for event in islice(events, limit):
        room -= size_of(event)
        if room < 0 and found:
            break
        found.append(event)
    return found


def _tokens(events: list[Event], position: Position, given: str | None, start_at: int, end_at: int) -> dict[str, str]:
    """Return the tokens on both sides of a page. Beside an empty page they stand where it was looked for."""
    if events:
        last, first = Position(*events[-1][:2]), Position(*events[0][:2])
    elif given is None:
        first = Position(min(start_at, end_at), 0)
        last = Position(first.at, 0) if position.at != FOR_EVER else Position(max(start_at - 1, 0), 0)
    elif given.startswith("f"):
        return {"nextForwardToken": given, "nextBackwardToken": write_token("b", position)}
    else:
        before = Position(position.at, position.order - 1) if position.order else Position(max(position.at - 1, 0), 0)
        return {"nextForwardToken": write_token("f", before), "nextBackwardToken": given}
    return {"nextForwardToken": write_token("f", last), "nextBackwardToken": write_token("b", first)}


def _shown(event: Event, unmask: bool) -> dict[str, Any]:
    return {
        "timestamp": event.at,
        "message": event.text if unmask else event.masked,
        "ingestionTime": event.order >> ORDER_BITS,
    }


@logs.operation
@shows_all
def filter_log_events(
    call: Call,
    log_group_name: str | None = None,
    log_group_identifier: str | None = None,
    log_stream_names: list[str] | None = None,
    log_stream_name_prefix: str | None = None,
    start_time: int = 0,
    end_time: int = FOR_EVER,
    filter_pattern: str = "",
    next_token: str | None = None,
    limit: int = PAGE_EVENTS,
    interleaved: bool = True,
    unmask: bool = False,
) -> dict[str, Any]:
    """Return the events of a group, or of some of its streams, that a pattern lets through, in order of time.

    ``interleaved`` is taken for true whatever it is, as AWS does since 2019.
    """
    take_turn(call)
    if log_stream_names is not None and log_stream_name_prefix is not None:
        raise invalid("Only one of logStreamNames and logStreamNamePrefix may be specified.")
    scope, group = get_named(call, log_group_name, log_group_identifier)
    check_key(call, group)
    try:
        pattern = compile_pattern(filter_pattern)
    except BadPattern as reason:
        raise bad_pattern(reason) from reason
    start = Position(max(start_time, group.horizon_at(call.now)), 0)
    names = sorted(log_stream_names or ())
    listing = f"events:{group.number}:{names}:{log_stream_name_prefix}:{start_time}:{end_time}:{filter_pattern}"
    if next_token is not None:
        at, order = read_lasting(call, listing, next_token)
        start = max(start, Position(at, order + 1))
    searched = _Streams(scope, group, names, log_stream_name_prefix)
    found = searched.events(start, min(end_time, FOR_EVER - 1) + 1)
    page = _Page(pattern, limit, unmask=unmask)
    is_whole = all(page.take(event, searched.name_of(number)) for event, number in found)
    answer: dict[str, Any] = {"events": page.events, "searchedLogStreams": []}
    if not is_whole and page.last is not None:
        answer["nextToken"] = write_lasting(call, listing, *page.last)
    return answer


class _Page:
    """A page of what is found, and how far it has been looked for."""

    def __init__(self, pattern: Pattern, limit: int, *, unmask: bool) -> None:
        self.events: list[dict[str, Any]] = []
        self.last: Position | None = None
        """Of what was looked at."""
        self._matches = pattern.matches
        self._limit = limit
        self._unmask = unmask
        self._room = PAGE_BYTES
        self._looks = MAX_SCANNED
        self._bytes = MAX_SCANNED_BYTES

    def take(self, event: Event, stream: str | None) -> bool:
        """Look at an event, of a stream that is searched if it has a name; return whether there was room for it."""
        if len(self.events) == self._limit or not self._looks or self._bytes < 0:
            return False
        text = event.text if self._unmask or not event.spans else event.masked
        self._looks -= 1
        self._bytes -= len(text)
        if stream is not None and self._matches(Subject(text)):
            self._room -= len(text)
            if self._room < 0 and self.events:
                return False
            shown = {
                "logStreamName": stream,
                "timestamp": event.at,
                "message": text,
                "ingestionTime": event.order >> ORDER_BITS,
                "eventId": event_id(event.at, event.order),
            }
            self.events.append(shown)
        self.last = Position(event.at, event.order)
        return True


class _Streams:
    """The streams of a group that are searched."""

    def __init__(self, scope: Scope, group: LogGroup, names: list[str], prefix: str | None) -> None:
        self._scope = scope
        self._group = group
        self._prefix = prefix or ""
        self._names: dict[int, str | None] = {}
        self._chosen: list[LogStream] | None = None
        if names:
            self._chosen = [get_stream(scope, group, name) for name in names]
        elif prefix:
            some = list(streams.scan(scope, group.number, starting=prefix, limit=MAX_PREFIXED + 1))
            self._chosen = some if len(some) <= MAX_PREFIXED else None
        for stream in self._chosen or ():
            self._names[stream.number] = stream.id

    def events(self, start: Position, stop_at: int) -> Iterator[Found]:
        """Yield their events in order, and those of others that ``name_of`` does not know."""
        reader = Reader(self._scope)
        if self._chosen is not None:
            return reader.across([stream.number for stream in self._chosen], start, stop_at)
        return reader.of_group(self._group.number, start, stop_at)

    def name_of(self, number: int) -> str | None:
        """Return a stream's name; None when it is not searched, or is gone."""
        try:
            return self._names[number]
        except KeyError:
            found = next(streams.scan_by(self._scope, "number", number, limit=1), None)
            name = found.id if found is not None and found.id.startswith(self._prefix) else None
            self._names[number] = name
            return name
