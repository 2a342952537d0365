"""What queues count for CloudWatch, and what can be measured of them at any time.

Developer guide, "Available CloudWatch metrics for Amazon SQS". What is counted is the queue's account's, whoever calls.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from skyglobe.kernel.metric_points import HOUR, Dimensions, key_of, series
from skyglobe.kernel.metrics import Reading, count, count_all
from skyglobe.kernel.scope import Scope
from skyglobe.services.sqs import sqs
from skyglobe.services.sqs.access import Found
from skyglobe.services.sqs.backlog import Backlog
from skyglobe.services.sqs.records import Queue, bodies, queues

NAMESPACE: Final = "AWS/SQS"
ACTIVE_FOR: Final = 6 * HOUR
"""Same page: "active for up to six hours if it contains any messages or if any action accesses it"."""
_ACTIONS: Final = (
    "NumberOfMessagesSent",
    "NumberOfMessagesReceived",
    "NumberOfEmptyReceives",
    "NumberOfMessagesDeleted",
)


def _dimensions(queue: Queue) -> Dimensions:
    return (("QueueName", queue.id),)


def count_sent(backlog: Backlog, size: int) -> None:
    """Count a message of ``size`` bytes that came in."""
    sent = (("NumberOfMessagesSent", 1.0), ("SentMessageSize", float(size)))
    count_all(backlog.scope, NAMESPACE, _dimensions(backlog.queue), sent)


def count_duplicate(backlog: Backlog) -> None:
    """Count a message that was sent before, and is not taken again."""
    count(backlog.scope, NAMESPACE, "NumberOfDeduplicatedSentMessages", _dimensions(backlog.queue))


def count_received(backlog: Backlog, messages: int) -> None:
    """Count messages that were handed out."""
    if messages:
        count(backlog.scope, NAMESPACE, "NumberOfMessagesReceived", _dimensions(backlog.queue), times=messages)


def count_empty(found: Found) -> None:
    """Count a call that asked for messages and got none."""
    count(found.scope, NAMESPACE, "NumberOfEmptyReceives", _dimensions(found.queue))


def count_empty_wait(found: Found) -> None:
    """As ``count_empty``, of a call that waited: its work is over."""
    scope = found.scope
    now = scope.kernel.clock.now()
    name, dimensions = "NumberOfEmptyReceives", _dimensions(found.queue)
    scope.kernel.metrics.add(scope.account, scope.region, now, NAMESPACE, name, dimensions)


def count_deleted(backlog: Backlog) -> None:
    """Count a message that was deleted."""
    count(backlog.scope, NAMESPACE, "NumberOfMessagesDeleted", _dimensions(backlog.queue))


@sqs.gauges
def read_gauges(scope: Scope, dimensions: dict[str, str] | None) -> Iterator[Reading]:
    """Yield how many messages there are, and how old the oldest is: of one queue, or of all that are active."""
    if dimensions is None:
        found = list(queues.scan(scope))
    elif len(dimensions) == 1 and (queue := queues.find(scope, dimensions.get("QueueName", ""))) is not None:
        found = [queue]
    else:
        return
    for queue in found:
        yield from _read(scope, queue)


def _read(scope: Scope, queue: Queue) -> Iterator[Reading]:
    backlog = Backlog(scope, queue)
    visible, in_flight, delayed = backlog.counts()
    backlog.save()
    if not (visible or in_flight or delayed or _was_used(scope, queue)):
        return
    oldest = next(iter(bodies.scan(scope, queue.lot, limit=1)), None)
    age = (scope.now - oldest.sent_at) // 1000 if oldest is not None else 0
    dimensions = _dimensions(queue)
    for name, value in (
        ("ApproximateNumberOfMessagesVisible", visible),
        ("ApproximateNumberOfMessagesNotVisible", in_flight),
        ("ApproximateNumberOfMessagesDelayed", delayed),
        ("ApproximateAgeOfOldestMessage", age),
    ):
        yield Reading(name, dimensions, float(value))


def _was_used(scope: Scope, queue: Queue) -> bool:
    since = scope.now - ACTIVE_FOR
    if queue.created_at >= since:
        return True
    key = key_of(_dimensions(queue))
    found = (series.find(scope, NAMESPACE, name, key) for name in _ACTIONS)
    return any(one is not None and one.seen_at >= since for one in found)
