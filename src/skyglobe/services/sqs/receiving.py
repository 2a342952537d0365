"""Which messages a ReceiveMessage call gets: oldest first, group by group, fairly."""

from __future__ import annotations

import heapq
from collections.abc import Iterator

from msgspec.structs import replace

from skyglobe.services.sqs.backlog import Backlog
from skyglobe.services.sqs.records import Body, Flight, Ready, Waiting, bodies, groups, readies, waitings

MAX_ROUNDS = 20  # of picking anew, when what was picked turned out to be expired or dead
REORDERED_AMONG = 10  # times as many messages as asked for, when the reorder switch is on

Entry = Ready | Waiting
Caught = tuple[Body, Flight]


def take(backlog: Backlog, count: int, visible_for: int) -> list[Caught]:
    """Put up to ``count`` receivable messages in flight for ``visible_for`` seconds and return them.

    On the way, messages that were received too often go to the dead-letter queue and expired ones disappear.
    """
    caught: list[Caught] = []
    for _ in range(MAX_ROUNDS):
        if len(caught) == count or not (backlog.tally.ready or backlog.tally.waiting):
            break
        picked = _pick(backlog, count - len(caught))
        if not picked:
            break
        for entry in picked:
            found = _catch(backlog, entry, visible_for)
            if found is not None:
                caught.append(found)
        if len(caught) < count:
            backlog.write_groups()
    return caught


def _catch(backlog: Backlog, entry: Entry, visible_for: int) -> Caught | None:
    """Put one message in flight; None when it was to be had no more."""
    body = bodies.find(backlog.scope, backlog.lot, entry.order)
    if body is None or backlog.is_expired(entry.order):
        backlog.remove(entry)
        return None
    redrive = backlog.queue.redrive
    if redrive is not None and entry.receives >= redrive.max_receives and backlog.bury(entry, body):
        return None
    if entry.receives == 0 and not backlog.queue.is_fifo:
        _duplicate(backlog, body)
    return body, backlog.fly(entry, visible_for)


def _duplicate(backlog: Backlog, body: Body) -> None:
    """With the duplicate switch on, have a message delivered once more, whatever becomes of this delivery.

    The switch's value is the share of messages that this befalls.
    """
    kernel = backlog.scope.kernel
    share = kernel.faults.get("sqs", "duplicate")
    if share and kernel.ids.random.random() < share:
        copy = replace(body, order=kernel.next_order())
        bodies.insert(backlog.scope, copy)
        # Received once already, as far as anybody can tell; and so not duplicated again.
        backlog.make_available(copy.order, copy.group, 1, backlog.now)


def _pick(backlog: Backlog, count: int) -> list[Entry]:
    if backlog.queue.is_fifo:
        return list(_pick_in_order(backlog, count))
    if backlog.tally.waiting:
        return list(_pick_fairly(backlog, count))
    scope, lot = backlog.scope, backlog.lot
    if scope.kernel.faults.get("sqs", "reorder"):
        among = list(readies.scan(scope, lot, limit=count * REORDERED_AMONG))
        return list(scope.kernel.ids.random.sample(among, min(count, len(among))))
    return list(readies.scan(scope, lot, limit=count))


def _pick_in_order(backlog: Backlog, count: int) -> Iterator[Entry]:
    """FIFO: as many as possible of the group with the oldest message, then of the next one."""
    scope, lot = backlog.scope, backlog.lot
    left = count
    for group in groups.scan_by(scope, "open", lot, 0, limit=count):
        picked = list(waitings.scan(scope, lot, group.name, limit=left))
        yield from picked
        left -= len(picked)
        if not left:
            return


def _pick_fairly(backlog: Backlog, count: int) -> Iterator[Entry]:
    """Standard with groups: oldest first among the quiet, then the noisy, one of each in turn."""
    scope, lot = backlog.scope, backlog.lot
    lines: list[tuple[int, int, int, str, list[Entry]]] = []
    alone: list[Entry] = list(readies.scan(scope, lot, limit=count))
    if alone:
        lines.append((0, 0, alone[0].order, "", alone))
    for group in groups.scan_by(scope, "open", lot, limit=count):
        waiting: list[Entry] = list(waitings.scan(scope, lot, group.name, limit=count))
        lines.append((group.rank or 0, 0, _place(group.rank, group.turn, waiting), group.name, waiting))
    heapq.heapify(lines)
    for _ in range(count):
        if not lines:
            return
        rank, served, place, name, line = heapq.heappop(lines)
        yield line.pop(0)
        if line:
            heapq.heappush(lines, (rank, served + rank, line[0].order if rank == 0 else place, name, line))


def _place(rank: int | None, turn: int | None, waiting: list[Entry]) -> int:
    return waiting[0].order if rank == 0 else turn or 0
