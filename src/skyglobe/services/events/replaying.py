"""Replaying archives: some events in each transaction, until the end of what was asked for."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec.structs import replace

from skyglobe.kernel.outbox import post
from skyglobe.kernel.scope import Scope
from skyglobe.services.events import events
from skyglobe.services.events.accepting import accept
from skyglobe.services.events.archiving import DAY_FOR
from skyglobe.services.events.finding import find_bus
from skyglobe.services.events.records import Archive, Replay, archived, archives, replays

BATCH = 50  # events of one transaction


def begin_replay(scope: Scope, replay: Replay) -> None:
    """Have a replay begun, or gone on with, once this work is kept."""
    post(scope, "events", "replay", {"name": replay.id, "number": replay.number})


@events.consumer("replay")
def go_on(scope: Scope, payload: dict[str, Any]) -> None:
    """Replay the next events, and post the letter for those after them in the same transaction."""
    replay = replays.find(scope, payload["name"])
    if replay is None or replay.number != payload["number"] or replay.state not in ("STARTING", "RUNNING"):
        return
    archive = next((one for one in archives.scan(scope) if one.number == replay.archive_number), None)
    bus = find_bus(scope, replay.bus)
    if archive is None or bus is None:
        reason = "The archive or the event bus of the replay does not exist any more."
        replays.replace(scope, replay, replace(replay, state="FAILED", reason=reason, ended_at=scope.now))
        return
    found = _next_events(scope, archive, replay)
    filters = replay.destination.get("FilterArns")
    only = frozenset(filters) if filters else None
    for record in found:
        event = {**msgspec.json.decode(record.text), "replay-name": replay.id}
        accept(scope, bus, event, only=only)
    moved = replace(replay, state="RUNNING")
    if found:
        moved = replace(moved, last_at=found[-1].at, last_order=found[-1].order)
    if len(found) < BATCH:
        moved = replace(moved, state="COMPLETED", ended_at=scope.now)
    replays.replace(scope, replay, moved)
    if moved.state == "RUNNING":
        begin_replay(scope, moved)


def _next_events(scope: Scope, archive: Archive, replay: Replay) -> list[Any]:
    stop = (replay.stop_at,)
    if replay.last_order:
        past = (replay.last_at, replay.last_order)
        return list(archived.scan(scope, archive.number, past=past, stop=stop, limit=BATCH))
    start_at = replay.start_at
    if archive.retention_days:
        start_at = max(start_at, scope.now - archive.retention_days * DAY_FOR + 1)
    return list(archived.scan(scope, archive.number, start=(start_at,), stop=stop, limit=BATCH))
