"""What happens in SQS when time passes: retention, forgetting, and the redrive of dead-letter queues."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.scope import Scope
from skyglobe.kernel.timers import set_timer
from skyglobe.services.sqs import sqs
from skyglobe.services.sqs.access import find_queue_by_arn
from skyglobe.services.sqs.backlog import ORDER_BITS, Backlog
from skyglobe.services.sqs.receiving import Entry
from skyglobe.services.sqs.records import (
    Body,
    MoveTask,
    attempts,
    bodies,
    deduplications,
    delayeds,
    deleted_names,
    flights,
    groups,
    move_tasks,
    pointers,
    queues,
    readies,
    tallies,
    waitings,
)
from skyglobe.services.sqs.sending import SPAN_FOR

BATCH = 100  # messages a timer deals with before others have their turn; bodies can have a MiB
SWEEP_PAUSE_FOR = 1_000  # milliseconds; receiving looks at every message's age itself
MOVES_A_SECOND = 10  # steps into which a redrive with a rate is cut, when the rate allows


@sqs.timer("wake")
def wake(scope: Scope, key: str, payload: dict[str, Any]) -> None:
    """Take up what became receivable by now in a queue that is watched; its watchers are told."""
    queue = queues.find(scope, payload["queue"])
    if queue is not None and queue.number == int(key):
        backlog = Backlog(scope, queue)
        backlog.settle()
        backlog.save()


@sqs.timer("sweep")
def sweep(scope: Scope, key: str, payload: dict[str, Any]) -> None:
    """Delete the messages of a lot that were kept for long enough."""
    queue = queues.find(scope, payload["queue"])
    if queue is None or queue.lot != int(key):
        return
    backlog = Backlog(scope, queue)
    backlog.settle()
    backlog.tally.sweep_at = None
    youngest = scope.now - queue.retention_for * 1000
    expired = list(bodies.scan(scope, queue.lot, stop=((youngest + 1) << ORDER_BITS,), limit=BATCH))
    for body in expired:
        entry = _receivable(backlog, body)
        if entry is not None:
            backlog.remove(entry)
        else:
            # In flight or delayed: what points at it goes when it lands.
            bodies.drop(scope, queue.lot, body.order)
    oldest = next(iter(bodies.scan(scope, queue.lot, limit=1)), None)
    if oldest is not None:
        expires_at = backlog.expires_at(oldest.order)
        pause = 0 if expires_at <= scope.now else SWEEP_PAUSE_FOR
        backlog.sweep_at(max(expires_at, scope.now + pause))
    backlog.freed = 0
    backlog.save()


def _receivable(backlog: Backlog, body: Body) -> Entry | None:
    if body.group is not None:
        return waitings.find(backlog.scope, backlog.lot, body.group, body.order)
    return readies.find(backlog.scope, backlog.lot, body.order)


@sqs.timer("forget")
def forget(scope: Scope, key: str, payload: dict[str, Any]) -> None:
    """Forget a queue's deduplication and attempt ids of spans that are over; all of them when the queue is gone."""
    number = int(key)
    queue = queues.find(scope, payload["queue"]) if payload["queue"] else None
    if queue is not None and queue.number != number:
        queue = None
    stop = None if queue is None else (scope.now // SPAN_FOR - 1,)
    old_ids = list(deduplications.scan(scope, number, stop=stop, limit=BATCH))
    old_attempts = list(attempts.scan(scope, number, stop=stop, limit=BATCH))
    for old_id in old_ids:
        deduplications.delete(scope, old_id)
    for old_attempt in old_attempts:
        attempts.delete(scope, old_attempt)
    if len(old_ids) == BATCH or len(old_attempts) == BATCH:
        set_timer(scope, "sqs", "forget", key, scope.now, payload)
        return
    if queue is None:
        return
    backlog = Backlog(scope, queue)
    first_id = next(iter(deduplications.scan(scope, number, limit=1)), None)
    first_attempt = next(iter(attempts.scan(scope, number, limit=1)), None)
    spans = [first.span for first in (first_id, first_attempt) if first is not None]
    backlog.tally.forgets_at = (min(spans) + 2) * SPAN_FOR if spans else None
    if backlog.tally.forgets_at is not None:
        set_timer(scope, "sqs", "forget", key, backlog.tally.forgets_at, payload)
    backlog.save()


@sqs.timer("clear")
def clear(scope: Scope, key: str, payload: dict[str, Any]) -> None:
    """Delete what lies in a lot that no queue has any more."""
    lot = int(key)
    for table in (bodies, readies, waitings, delayeds, flights, pointers, groups):
        found: list[Any] = list(table.scan(scope, lot, limit=BATCH))
        for record in found:
            table.delete(scope, record)
        if len(found) == BATCH:
            set_timer(scope, "sqs", "clear", key, scope.now)
            return
    tallies.drop(scope, lot)


@sqs.timer("release")
def release(scope: Scope, key: str, payload: dict[str, Any]) -> None:
    """Let the name of a deleted queue be used again."""
    deleted_names.drop(scope, key)


@sqs.timer("move")
def move(scope: Scope, key: str, payload: dict[str, Any]) -> None:
    """Move the next messages of a redrive, and come back for the rest."""
    task = move_tasks.find(scope, payload["source_arn"], payload["order"])
    if task is None or not task.is_active:
        return
    source = queues.find(scope, task.source)
    if task.status == "CANCELLING":
        _change(scope, task, replace(task, status="CANCELLED"))
        return
    if source is None:
        _change(scope, task, replace(task, status="FAILED", failure="AWS.SimpleQueueService.NonExistentQueue"))
        return
    count, pause = BATCH, 0
    if task.rate is not None:
        count = max(1, task.rate // MOVES_A_SECOND)
        pause = count * 1000 // task.rate
    moved = Mover(scope, task, Backlog(scope, source)).move(count)
    _change(scope, task, moved)
    if moved.status == "RUNNING":
        set_timer(scope, "sqs", "move", key, scope.now + pause, payload)


def _change(scope: Scope, task: MoveTask, changed: MoveTask) -> None:
    move_tasks.replace(scope, task, changed)


class Mover:
    """One step of a redrive: takes messages out of the dead-letter queue and sends them anew."""

    def __init__(self, scope: Scope, task: MoveTask, source: Backlog) -> None:
        self._scope = scope
        self._task = task
        self._source = source
        self._targets: dict[str, Backlog | None] = {}

    def move(self, count: int) -> MoveTask:
        """Move up to ``count`` messages and return the task as it is then."""
        self._source.settle(BATCH)
        entries = self._next_entries(count)
        moved, failure = 0, ""
        for entry in entries:
            failure = self._move_one(entry)
            if failure:
                break
            moved += 1
        self._source.freed = 0
        self._source.save()
        for target in self._targets.values():
            if target is not None:
                target.save()
        status = "FAILED" if failure else "RUNNING" if len(entries) == count else "COMPLETED"
        return replace(self._task, moved=self._task.moved + moved, status=status, failure=failure)

    def _next_entries(self, count: int) -> list[Entry]:
        """Return the oldest messages that were in the queue, or on their way there, when the task began."""
        source, stop = self._source, (self._task.order,)
        entries: list[Entry] = list(readies.scan(self._scope, source.lot, stop=stop, limit=count))
        for group in groups.scan_by(self._scope, "open", source.lot, limit=count):
            if len(entries) >= count:
                break
            wanted = count - len(entries)
            entries += waitings.scan(self._scope, source.lot, group.name, stop=stop, limit=wanted)
        return entries

    def _move_one(self, entry: Entry) -> str:
        """Move one message; return the reason when that is not possible."""
        body = bodies.find(self._scope, self._source.lot, entry.order)
        if body is None:
            self._source.remove(entry)
            return ""
        arn = self._task.destination_arn or body.source_arn
        if arn is None:
            return "CouldNotDetermineMessageSource"
        target = self._target(arn)
        if target is None:
            return "AWS.SimpleQueueService.NonExistentQueue"
        self._source.remove(entry)
        kernel = self._scope.kernel
        # A redriven message is new: it has an id and a time of its own (developer guide, "dead-letter queue redrive").
        anew = replace(
            body,
            lot=target.lot,
            order=kernel.next_order(),
            id=kernel.ids.uuid(),
            sent_at=self._scope.now,
            source_arn=None,
        )
        target.add(anew, self._scope.now)
        return ""

    def _target(self, arn: str) -> Backlog | None:
        if arn not in self._targets:
            found = find_queue_by_arn(self._scope, arn)
            self._targets[arn] = Backlog(*found) if found is not None else None
        return self._targets[arn]
