"""What happens in CloudWatch Logs when time passes: events expire, and what is deleted goes away piece by piece."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.scope import Scope
from skyglobe.kernel.timers import cancel_timer, set_timer
from skyglobe.services.logs import logs
from skyglobe.services.logs.packing import events_of_batch, pack_stream, size_of
from skyglobe.services.logs.records import (
    SLOT_FOR,
    LogGroup,
    LogStream,
    Slot,
    Usage,
    chunks,
    fresh,
    groups,
    slots,
    streams,
    taps,
    usages,
)

BATCH = 20  # slots of streams that a timer clears before others have their turn
STREAMS_AT_ONCE = 200
SWEEP_PAUSE_FOR = 3_600_000  # milliseconds between two sweeps; readers look at each event's age themselves


def sweep_later(scope: Scope, group: LogGroup, due_at: int) -> None:
    """Have a group's expired events deleted, from ``due_at`` on, if its events expire at all."""
    if group.horizon_at(scope.now):
        set_timer(scope, "logs", "sweep", str(group.number), due_at, {"name": group.id})


@logs.timer("sweep")
def sweep(scope: Scope, key: str, payload: dict[str, Any]) -> None:
    """Delete the slots whose events have all expired."""
    group = groups.find(scope, payload["name"])
    if group is None or group.number != int(key) or not group.horizon_at(scope.now):
        return
    horizon = group.horizon_at(scope.now)
    expired = list(slots.scan(scope, group.number, stop=(horizon // SLOT_FOR,), limit=BATCH))
    for slot in expired:
        _clear_slot(scope, slot)
    for number in dict.fromkeys(slot.stream for slot in expired):
        _note_first(scope, number)
    if len(expired) == BATCH:
        sweep_later(scope, group, scope.now)
        return
    first = next(slots.scan(scope, group.number, limit=1), None)
    lasts_for = scope.now - horizon
    due_at = (first.slot + 1) * SLOT_FOR + lasts_for if first is not None else scope.now + lasts_for
    sweep_later(scope, group, max(due_at, scope.now + SWEEP_PAUSE_FOR))


def _clear_slot(scope: Scope, slot: Slot) -> None:
    """Delete a stream's events of one slot."""
    stream = next(streams.scan_by(scope, "number", slot.stream, limit=1), None)
    if stream is not None and stream.fresh:
        pack_stream(scope, stream.number, [])
        streams.replace(scope, stream, replace(stream, fresh=0, fresh_bytes=0))
    begins = slot.slot * SLOT_FOR
    size = 0
    for chunk in list(chunks.scan(scope, slot.stream, start=(begins,), stop=(begins + SLOT_FOR,))):
        size += chunk.size
        chunks.drop(scope, chunk.stream, chunk.first, chunk.order)
    slots.drop(scope, slot.group, slot.slot, slot.stream)
    _shrink(scope, slot.group, size)


def _shrink(scope: Scope, group: int, size: int) -> None:
    usage = usages.find(scope, group)
    if usage is not None and size:
        usages.insert(scope, Usage(group=group, size=max(usage.size - size, 0)))


def _note_first(scope: Scope, number: int) -> None:
    """Note which of a stream's events is now the first."""
    stream = next(streams.scan_by(scope, "number", number, limit=1), None)
    if stream is None or stream.fresh:
        return
    first = next(chunks.scan(scope, number, limit=1), None)
    if first is not None:
        streams.replace(scope, stream, replace(stream, first_at=first.first))
    else:
        streams.replace(scope, stream, replace(stream, first_at=None, last_at=0))


def clear_group(scope: Scope, group: LogGroup) -> None:
    """Delete what a group that is gone has left: its filters now, its streams and events bit by bit."""
    taps.drop(scope, group.number)
    usages.drop(scope, group.number)
    cancel_timer(scope, "logs", "sweep", str(group.number))
    set_timer(scope, "logs", "clear-group", str(group.number), scope.now)


@logs.timer("clear-group")
def clear_group_due(scope: Scope, key: str, payload: dict[str, Any]) -> None:
    """Delete some of the streams and events of a group that is gone."""
    group = int(key)
    some = list(slots.scan(scope, group, limit=BATCH))
    for slot in some:
        _clear_slot(scope, slot)
    gone = list(streams.scan(scope, group, limit=STREAMS_AT_ONCE)) if len(some) < BATCH else []
    for stream in gone:
        streams.delete(scope, stream)
    if len(some) == BATCH or len(gone) == STREAMS_AT_ONCE:
        set_timer(scope, "logs", "clear-group", key, scope.now)


def clear_stream(scope: Scope, group: LogGroup, stream: LogStream) -> None:
    """Delete the events of a stream that is gone, bit by bit."""
    set_timer(scope, "logs", "clear-stream", str(stream.number), scope.now, {"group": group.number})


@logs.timer("clear-stream")
def clear_stream_due(scope: Scope, key: str, payload: dict[str, Any]) -> None:
    """Delete some of the events of a stream that is gone."""
    number, group, size = int(key), payload["group"], 0
    for batch in list(fresh.scan(scope, number)):
        fresh.drop(scope, number, batch.order)
        for event in events_of_batch(batch):
            size += size_of(event)
            slots.drop(scope, group, event.at // SLOT_FOR, number)
    some = list(chunks.scan(scope, number, limit=BATCH))
    for chunk in some:
        size += chunk.size
        chunks.drop(scope, number, chunk.first, chunk.order)
        slots.drop(scope, group, chunk.first // SLOT_FOR, number)
    _shrink(scope, group, size)
    if len(some) == BATCH:
        set_timer(scope, "logs", "clear-stream", key, scope.now, payload)
