"""The messages of one queue, as one piece of work moves them: in, ready, in flight, back, away.

A ``Backlog`` reads the lot's tally once, counts in memory and writes tally and groups back in ``save``. Time moves
messages too: ``settle`` takes up what became due (visibility timeouts, delays) since somebody last looked, so that
there is no timer per message.
"""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from skyglobe.kernel.clock import Instant
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.timers import find_timer, set_timer
from skyglobe.kernel.watching import is_watched, touch
from skyglobe.services.sqs.records import (
    Body,
    Delayed,
    Flight,
    Group,
    Pointer,
    Queue,
    Ready,
    Tally,
    Waiting,
    bodies,
    delayeds,
    flights,
    groups,
    pointers,
    queues,
    readies,
    tallies,
    waitings,
)
from skyglobe.services.sqs.rules.fairness import faded, is_noisy
from skyglobe.services.sqs.rules.receipts import Receipt

SETTLED_AT_ONCE: Final = 64
"""Due messages one call takes up; more than a call hands out, so that the rest never piles up."""
SETTLED_TO_COUNT: Final = 1_000
"""When somebody asks how many there are; the rest of what is due is counted where it lies."""
COUNTED: Final = 100_000  # messages; beyond that, counts are approximate, as their names say
ORDER_BITS: Final = 20  # of an order number below the milliseconds, see ``Kernel.next_order``


class Backlog:
    """See the module. ``scope`` is where the queue lives, which need not be where the caller is."""

    __slots__ = ("_before", "_beheaded", "_dead", "_groups", "freed", "lot", "now", "queue", "scope", "tally")

    def __init__(self, scope: Scope, queue: Queue) -> None:
        self.scope = scope
        self.queue = queue
        self.lot = queue.lot
        self.now: Instant = scope.now
        self.tally = tallies.find(scope, queue.lot) or Tally(lot=queue.lot)
        self._before = replace(self.tally)
        self.freed = 0
        """How many messages this work has made receivable."""
        self._groups: dict[str, tuple[Group | None, Group]] = {}
        self._beheaded: set[str] = set()
        """Groups whose first waiting message is gone, and whose next one was not looked up yet."""
        self._dead: Backlog | None = None

    # Coming in

    def add(self, body: Body, available_at: Instant) -> None:
        """Put in a new message that can be received from ``available_at`` on."""
        bodies.insert(self.scope, body)
        tally = self.tally
        if available_at > self.now or (tally.delayed and self.queue.is_fifo):
            # Behind delayed messages of a FIFO queue everything queues up, or it would overtake them.
            due = body.sent_at if self.queue.is_fifo else available_at
            delayeds.insert(self.scope, Delayed(lot=self.lot, due=due, order=body.order, group=body.group))
            tally.delayed += 1
            if tally.delay_due is None or due < tally.delay_due:
                tally.delay_due = due
        else:
            self.make_available(body.order, body.group, 0, 0)
        expires_at = self.expires_at(body.order)
        if tally.sweep_at is None or expires_at < tally.sweep_at:
            self.sweep_at(expires_at)

    def make_available(self, order: int, group: str | None, receives: int, first_at: Instant) -> None:
        """Let a message be received."""
        self.freed += 1
        if group is None:
            readies.insert(self.scope, Ready(lot=self.lot, order=order, receives=receives, first_at=first_at))
            self.tally.ready += 1
            return
        waiting = Waiting(lot=self.lot, group=group, order=order, receives=receives, first_at=first_at)
        waitings.insert(self.scope, waiting)
        self.tally.waiting += 1
        known = self.group(group)
        if group not in self._beheaded and (known.head is None or order < known.head):
            self.set_group(replace(known, head=order))

    # Due with time

    @property
    def next_due(self) -> Instant | None:
        """When the next message may become receivable by the passing of time; a lower bound."""
        flight_due, delay_due = self.tally.flight_due, self._delay_due()
        if flight_due is None or delay_due is None:
            return delay_due if flight_due is None else flight_due
        return min(flight_due, delay_due)

    def settle(self, limit: int = SETTLED_AT_ONCE) -> None:
        """Take up what is due by now: flights that are over and delays that have passed, at most ``limit`` of each."""
        flight_due, delay_due = self.tally.flight_due, self._delay_due()
        if flight_due is not None and flight_due <= self.now:
            self._settle_flights(limit)
        if delay_due is not None and delay_due <= self.now:
            self._settle_delays(limit)
        self.write_groups()

    def _delay_due(self) -> Instant | None:
        due = self.tally.delay_due
        return due + self._delay_shift if due is not None else None

    @property
    def _delay_shift(self) -> int:
        return self.queue.delay_for * 1000 if self.queue.is_fifo else 0

    def _settle_flights(self, limit: int) -> None:
        for flight in list(flights.scan(self.scope, self.lot, stop=(self.now + 1,), limit=limit)):
            self.land(flight)
        first = next(iter(flights.scan(self.scope, self.lot, limit=1)), None)
        self.tally.flight_due = first.until if first is not None else None

    def _settle_delays(self, limit: int) -> None:
        stop = self.now - self._delay_shift + 1
        for delayed in list(delayeds.scan(self.scope, self.lot, stop=(stop,), limit=limit)):
            delayeds.delete(self.scope, delayed)
            self.tally.delayed -= 1
            if self.is_expired(delayed.order):
                bodies.drop(self.scope, self.lot, delayed.order)
            else:
                self.make_available(delayed.order, delayed.group, 0, 0)
        first = next(iter(delayeds.scan(self.scope, self.lot, limit=1)), None)
        self.tally.delay_due = first.due if first is not None else None

    def counts(self) -> tuple[int, int, int]:
        """Return how many messages are visible, in flight and delayed."""
        self.settle(SETTLED_TO_COUNT)
        tally, over = self.tally, 0
        if tally.flight_due is not None and tally.flight_due <= self.now:
            over = sum(1 for _ in flights.scan(self.scope, self.lot, stop=(self.now + 1,), limit=COUNTED))
        return tally.ready + tally.waiting + over, tally.in_flight - over, tally.delayed

    # Flights

    def fly(self, entry: Ready | Waiting, visible_for: int) -> Flight:
        """Hand out a receivable message for ``visible_for`` seconds."""
        self._forget_entry(entry)
        group = entry.group if isinstance(entry, Waiting) else None
        again = entry.receives > 0
        flight = Flight(
            lot=self.lot,
            until=self.now + visible_for * 1000,
            order=entry.order,
            receives=entry.receives + 1,
            first_at=entry.first_at or self.now,
            received_at=self.now,
            group=group,
            is_moved=again,
        )
        self._insert_flight(flight)
        self.tally.in_flight += 1
        if group is not None:
            known = self.group(group)
            self.set_group(replace(known, in_flight=known.in_flight + 1))
        return flight

    def move_flight(self, flight: Flight, until: Instant) -> Flight:
        """Let a flight end at another instant. Every receipt handle of the message goes on to work."""
        flights.delete(self.scope, flight)
        moved = replace(flight, until=until, is_moved=True)
        self._insert_flight(moved)
        return moved

    def land(self, flight: Flight) -> None:
        """End a flight: the message can be received again."""
        self._end_flight(flight)
        if self.is_expired(flight.order):
            bodies.drop(self.scope, self.lot, flight.order)
        else:
            self.make_available(flight.order, flight.group, flight.receives, flight.first_at)

    def _insert_flight(self, flight: Flight) -> None:
        flights.insert(self.scope, flight)
        if flight.is_moved:
            pointers.insert(self.scope, Pointer(lot=self.lot, order=flight.order, until=flight.until))
        if self.tally.flight_due is None or flight.until < self.tally.flight_due:
            self.tally.flight_due = flight.until

    def _end_flight(self, flight: Flight) -> None:
        flights.delete(self.scope, flight)
        self.tally.in_flight -= 1
        if flight.is_moved:
            pointers.drop(self.scope, self.lot, flight.order)
        if flight.group is not None:
            self._note_service(flight.group, flight.received_at)

    def _note_service(self, name: str, received_at: Instant) -> None:
        """A group has one message less in flight; remember for how long it kept a consumer busy."""
        group = self.group(name)
        in_flight = max(group.in_flight - 1, 0)
        if self.queue.is_fifo:
            self.set_group(replace(group, in_flight=in_flight))
            if in_flight == 0 and group.head is not None:
                self.freed += 1
            return
        spent = max(self.now - received_at, 1)  # what took no measurable time still took a turn
        tally, now = self.tally, self.now
        busy_for = faded(group.busy_for, group.busy_at, now) + spent
        tally.busy_for, tally.busy_at = faded(tally.busy_for, tally.busy_at, now) + spent, now
        self.set_group(replace(group, in_flight=in_flight, busy_for=busy_for, busy_at=now))

    # Going away

    def locate(self, receipt: Receipt) -> Flight | Ready | Waiting | None:
        """Return where the message of a receipt is, or None when it is gone."""
        scope, lot, order = self.scope, self.lot, receipt.order
        flight = flights.find(scope, lot, receipt.until, order)
        if flight is not None:
            return flight
        pointer = pointers.find(scope, lot, order)
        if pointer is not None:
            return flights.find(scope, lot, pointer.until, order)
        ready = readies.find(scope, lot, order)
        if ready is not None:
            return ready
        body = bodies.find(scope, lot, order)
        return waitings.find(scope, lot, body.group, order) if body is not None and body.group is not None else None

    def remove(self, entry: Flight | Ready | Waiting) -> None:
        """Delete a message for good, wherever it is."""
        if isinstance(entry, Flight):
            self._end_flight(entry)
        else:
            self._forget_entry(entry)
        bodies.drop(self.scope, self.lot, entry.order)

    def _forget_entry(self, entry: Ready | Waiting) -> None:
        if isinstance(entry, Ready):
            readies.delete(self.scope, entry)
            self.tally.ready -= 1
            return
        waitings.delete(self.scope, entry)
        self.tally.waiting -= 1
        if self.group(entry.group).head == entry.order:
            self._beheaded.add(entry.group)

    def bury(self, entry: Ready | Waiting, body: Body) -> bool:
        """Move a message that was received too often to the dead-letter queue. Returns False when there is none.

        On standard queues it keeps its order, so that its retention counts from the original sending; on FIFO queues
        it is sent anew (developer guide, "Understanding message retention periods for dead-letter queues").
        """
        dead = self.dead_letters()
        if dead is None:
            return False
        self.remove(entry)
        order, sent_at = body.order, body.sent_at
        if self.queue.is_fifo:
            order, sent_at = self.scope.kernel.next_order(), self.now
        dead.adopt(replace(body, order=order, sent_at=sent_at, source_arn=self.queue.arn), entry)
        return True

    def adopt(self, body: Body, entry: Ready | Waiting) -> None:
        """Take in a message from another queue, with its history."""
        bodies.insert(self.scope, replace(body, lot=self.lot))
        self.make_available(body.order, body.group, entry.receives, entry.first_at)
        expires_at = self.expires_at(body.order)
        if self.tally.sweep_at is None or expires_at < self.tally.sweep_at:
            self.sweep_at(expires_at)

    def dead_letters(self) -> Backlog | None:
        """Return the backlog of the dead-letter queue, or None when the queue has none (or it was deleted)."""
        if self._dead is None and self.queue.redrive is not None:
            name = self.queue.redrive.target_arn.rpartition(":")[2]
            target = queues.find(self.scope, name)
            self._dead = Backlog(self.scope, target) if target is not None else None
        return self._dead

    # Retention

    def expires_at(self, order: int) -> Instant:
        """Return when the message with this order number has been kept long enough."""
        return (order >> ORDER_BITS) + self.queue.retention_for * 1000

    def is_expired(self, order: int) -> bool:
        return self.expires_at(order) <= self.now

    def sweep_at(self, instant: Instant) -> None:
        """Have the retention sweep done at ``instant``."""
        self.tally.sweep_at = instant
        set_timer(self.scope, "sqs", "sweep", str(self.lot), instant, {"queue": self.queue.id})

    # Groups

    def group(self, name: str) -> Group:
        """Return a message group as this work has left it."""
        known = self._groups.get(name)
        if known is None:
            stored = groups.find(self.scope, self.lot, name)
            group = stored or Group(lot=self.lot, name=name, is_ordered=self.queue.is_fifo)
            known = self._groups[name] = (stored, group)
        return known[1]

    def set_group(self, group: Group) -> None:
        """Remember a group's new state until ``write_groups``."""
        self._groups[group.name] = (self._groups[group.name][0], group)

    def weigh(self, group: Group) -> Group:
        """Return a standard queue's group with its noisiness told anew."""
        tally, now = self.tally, self.now
        busy_for = faded(group.busy_for, group.busy_at, now)
        all_busy_for = faded(tally.busy_for, tally.busy_at, now)
        noisy = is_noisy(group.in_flight, tally.in_flight, busy_for, all_busy_for)
        return replace(group, is_noisy=noisy) if noisy != group.is_noisy else group

    def write_groups(self) -> None:
        """Write the groups that have changed; forget those with nothing in them."""
        for name in self._beheaded:
            first = next(iter(waitings.scan(self.scope, self.lot, name, limit=1)), None)
            self.set_group(replace(self.group(name), head=first.order if first is not None else None))
        self._beheaded.clear()
        for stored, group in self._groups.values():
            if not group.is_ordered:
                group = self.weigh(group)
            if group.head is None and not group.in_flight:
                if stored is not None:
                    groups.delete(self.scope, stored)
            elif stored is None:
                groups.insert(self.scope, group)
            elif stored != group:
                groups.replace(self.scope, stored, group)
        self._groups.clear()

    # The end of the work

    def save(self) -> None:
        """Write down what this work has changed, and wake consumers for what can be received now or later."""
        self.write_groups()
        if self.tally != self._before:
            tallies.insert(self.scope, self.tally)
        signals = self.scope.kernel.signals
        if signals.is_awaited(self.topic):
            self._wake()
        if is_watched(self.scope, self.queue.arn):
            self._tell_watchers()
        if self._dead is not None:
            self._dead.save()

    @property
    def topic(self) -> tuple[str, ...]:
        """What consumers of this queue wait for."""
        return ("sqs", self.queue.arn)

    def _tell_watchers(self) -> None:
        """Tell those who watch the queue of what can be received now, and see to it that they are told later."""
        if self.freed:
            touch(self.scope, self.queue.arn)
        due = self.next_due
        if due is not None:
            key = str(self.queue.number)
            known = find_timer(self.scope, "sqs", "wake", key)
            if known is None or known.due_at is None or known.due_at > due:
                set_timer(self.scope, "sqs", "wake", key, max(due, self.now), {"queue": self.queue.id})

    def _wake(self) -> None:
        signals, topic, freed, due = self.scope.kernel.signals, self.topic, self.freed, self.next_due

        def wake() -> None:
            for _ in range(freed):
                signals.fire_one(topic)
            if due is not None:
                signals.fire_one_at(topic, due)

        self.scope.after_commit(wake)
