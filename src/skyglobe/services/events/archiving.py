"""Keeping events in archives, and forgetting those whose time is over."""

from __future__ import annotations

from skyglobe.kernel.scope import Scope
from skyglobe.kernel.timers import cancel_timer, find_timer, set_timer
from skyglobe.services.events import events
from skyglobe.services.events.records import Archive, Archived, archived, archives, sizes
from skyglobe.services.events.rules.entries import Document, moment_of

DAY_FOR = 86_400_000  # milliseconds
BATCH = 200  # events forgotten before others have their turn


def keep(scope: Scope, archive: Archive, event: Document, text: str) -> None:
    """Put an event into an archive, under the time it says itself."""
    record = Archived(number=archive.number, at=moment_of(event), order=scope.kernel.next_order(), text=text)
    archived.insert(scope, record)
    _count(scope, archive.number, 1, _bytes(text))
    if archive.retention_days and find_timer(scope, "events", "expire", archive.id) is None:
        _expect(scope, archive, record.at)


def _expect(scope: Scope, archive: Archive, oldest_at: int) -> None:
    due_at = max(scope.now, oldest_at + archive.retention_days * DAY_FOR)
    set_timer(scope, "events", "expire", archive.id, due_at)


def reconsider(scope: Scope, archive: Archive) -> None:
    """Set the timer of an archive whose retention was changed."""
    cancel_timer(scope, "events", "expire", archive.id)
    oldest = next(iter(archived.scan(scope, archive.number, limit=1)), None)
    if archive.retention_days and oldest is not None:
        _expect(scope, archive, oldest.at)


@events.timer("expire")
def expire(scope: Scope, key: str, payload: object) -> None:
    """Forget the events of an archive that are older than it keeps them."""
    archive = archives.find(scope, key)
    if archive is None or not archive.retention_days:
        return
    stop = (scope.now - archive.retention_days * DAY_FOR + 1,)
    _forget(scope, archive.number, list(archived.scan(scope, archive.number, stop=stop, limit=BATCH)))
    reconsider(scope, archive)


def clear(scope: Scope, number: int) -> None:
    """Have all events of an archive that is gone forgotten."""
    set_timer(scope, "events", "clear", str(number), scope.now)


@events.timer("clear")
def clear_some(scope: Scope, key: str, payload: object) -> None:
    """Forget some events of an archive that is gone, and go on until there are none."""
    found = list(archived.scan(scope, int(key), limit=BATCH))
    _forget(scope, int(key), found)
    if len(found) == BATCH:
        set_timer(scope, "events", "clear", key, scope.now)
    else:
        sizes.drop(scope, f"{key}:events")
        sizes.drop(scope, f"{key}:bytes")


def _forget(scope: Scope, number: int, records: list[Archived]) -> None:
    for record in records:
        archived.delete(scope, record)
    if records:
        _count(scope, number, -len(records), -sum(_bytes(record.text) for record in records))


def _count(scope: Scope, number: int, events_more: int, bytes_more: int) -> None:
    sizes.add(scope, f"{number}:events", events_more)
    sizes.add(scope, f"{number}:bytes", bytes_more)


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))
