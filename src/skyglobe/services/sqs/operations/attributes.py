"""GetQueueAttributes and SetQueueAttributes."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.services.sqs import sqs
from skyglobe.services.sqs.access import get_own_queue, get_queue
from skyglobe.services.sqs.backlog import Backlog
from skyglobe.services.sqs.records import Queue, bodies, queues
from skyglobe.services.sqs.redriving import check_dead_letter_queue
from skyglobe.services.sqs.refusals import missing, unknown_attribute
from skyglobe.services.sqs.rules.attributes import plan_attributes, shown_attributes


@sqs.operation
def get_queue_attributes(call: Call, queue_url: str = "", attribute_names: list[str] | None = None) -> dict[str, Any]:
    """Return a queue's attributes, those that are asked for."""
    found = get_queue(call, queue_url)
    known = set(sqs.model.shape("QueueAttributeName").enum)
    for name in attribute_names or ():
        if name not in known:
            raise unknown_attribute(name)
    if not attribute_names:
        return {}
    backlog = Backlog(*found)
    shown = shown_attributes(found.queue, backlog.counts())
    backlog.save()
    if "All" not in attribute_names:
        shown = {name: value for name, value in shown.items() if name in attribute_names}
    return {"Attributes": shown} if shown else {}


@sqs.operation
def set_queue_attributes(call: Call, queue_url: str = "", attributes: dict[str, str] | None = None) -> None:
    """Set some of a queue's attributes. They apply at once, also to the messages in it."""
    scope, queue = get_own_queue(call, queue_url)
    if not attributes:
        raise missing("Attributes")
    changed = replace(plan_attributes(queue, attributes), changed_at=call.now)
    if "RedrivePolicy" in attributes:
        check_dead_letter_queue(scope, changed)
    queues.replace(scope, queue, changed)
    backlog = Backlog(scope, changed)
    if changed.retention_for != queue.retention_for:
        _sweep_anew(backlog)
    # Consumers that wait for messages may have less, or more, to wait for now.
    backlog.freed = 1 if _delay_is_shorter(queue, changed) else 0
    backlog.save()


def _sweep_anew(backlog: Backlog) -> None:
    oldest = next(iter(bodies.scan(backlog.scope, backlog.lot, limit=1)), None)
    if oldest is not None:
        backlog.sweep_at(max(backlog.expires_at(oldest.order), backlog.now))


def _delay_is_shorter(before: Queue, after: Queue) -> bool:
    return after.is_fifo and after.delay_for < before.delay_for
