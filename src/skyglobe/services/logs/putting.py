"""Taking events in: kept as they came, packed now and then, and shown to the group's filters."""

from __future__ import annotations

from msgspec.structs import replace

from skyglobe.kernel.metrics import count_all
from skyglobe.kernel.scope import Scope
from skyglobe.services.logs.packing import MAX_FRESH, MAX_FRESH_BYTES, events_of_batch, pack_stream
from skyglobe.services.logs.protecting import protection_of
from skyglobe.services.logs.records import (
    SLOT_FOR,
    Fresh,
    LogGroup,
    LogStream,
    Masks,
    Slot,
    Usage,
    fresh,
    slots,
    streams,
    usages,
)
from skyglobe.services.logs.rules.batches import Accepted
from skyglobe.services.logs.tapping import tap


def keep_events(scope: Scope, group: LogGroup, stream: LogStream, accepted: Accepted) -> None:
    """Write the events of a batch, which are in order of time; there is one at least."""
    times = accepted.times
    order = scope.kernel.next_orders(len(times))
    batch = Fresh(stream=stream.number, order=order, times=times, texts=accepted.texts)
    masks = _masks(scope, group, accepted.texts)
    if masks:
        batch = replace(batch, masks=masks)
    _note_slots(scope, stream, times)
    waiting = stream.fresh + 1, stream.fresh_bytes + accepted.size
    if waiting[0] > MAX_FRESH or waiting[1] > MAX_FRESH_BYTES:
        pack_stream(scope, stream.number, events_of_batch(batch))
        waiting = 0, 0
    else:
        fresh.insert(scope, batch)
    _note(scope, stream, times, waiting)
    usage = usages.find(scope, group.number)
    size = accepted.size + (usage.size if usage is not None else 0)
    usages.insert(scope, Usage(group=group.number, size=size))
    _count(scope, group, times, accepted)
    tap(scope, group, stream, batch)


def _count(scope: Scope, group: LogGroup, times: list[int], accepted: Accepted) -> None:
    """Count what came in; user guide, "Monitoring with CloudWatch metrics"."""
    values = [("IncomingBytes", float(accepted.size)), ("IncomingLogEvents", float(len(times)))]
    for dimensions in ((), (("LogGroupName", group.id),)):
        count_all(scope, "AWS/Logs", dimensions, values)


def _note_slots(scope: Scope, stream: LogStream, times: list[int]) -> None:
    """Keep which slots the stream has events in. That of its last event is known already."""
    known = stream.last_at // SLOT_FOR
    first, last = times[0] // SLOT_FOR, times[-1] // SLOT_FOR
    if first == last == known:
        return
    for slot in {time // SLOT_FOR for time in times} if first != last else (first,):
        slots.insert(scope, Slot(group=stream.group, slot=slot, stream=stream.number))


def _note(scope: Scope, stream: LogStream, times: list[int], waiting: tuple[int, int]) -> None:
    first = stream.first_at
    changed = replace(
        stream,
        first_at=times[0] if first is None else min(first, times[0]),
        last_at=max(stream.last_at, times[-1]),
        ingested_at=scope.now,
        fresh=waiting[0],
        fresh_bytes=waiting[1],
    )
    streams.replace(scope, stream, changed)


def _masks(scope: Scope, group: LogGroup, texts: list[str]) -> Masks:
    """Return where sensitive data are, as the policies in force find them: data are detected when they arrive."""
    protection = protection_of(scope, group)
    if protection is None:
        return {}
    found = ((place, protection.find(text)) for place, text in enumerate(texts))
    return {place: spans for place, spans in found if spans}
