"""The archives of FIFO topics: how long messages stay in them, and their replay to single subscriptions.

A replay without an end takes over its subscription: it delivers the archive in order, and what is published meanwhile
after it, until it has caught up. One with an end runs beside what is delivered as usual.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.outbox import post
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.timers import cancel_timer, set_timer
from skyglobe.services.sns import sns
from skyglobe.services.sns.delivering import Fanning
from skyglobe.services.sns.records import Replay, Subscription, Topic, archive, subscriptions, topics
from skyglobe.services.sns.rules.subscription_attributes import parse_replay_policy
from skyglobe.services.sns.rules.topic_attributes import archive_days
from skyglobe.services.sns.sealing import opened_message

DAY = 86_400_000  # milliseconds
CHUNK = 50  # messages replayed in one transaction
BATCH = 100  # messages swept at a time
ORDER_BITS = 20  # an order is the time it was given, and a number within it: ``Kernel.next_order``
IN_PROGRESS, COMPLETED, STOPPED, FAILED = "In progress", "Completed", "Stopped", "Failed"

_log = logging.getLogger(__name__)


def archive_begins(scope: Scope, topic: Topic) -> str:
    """Return the earliest instant a replay can start from; nothing for topics without an archive."""
    days = archive_days(topic.attributes.get("ArchivePolicy", ""))
    if not days:
        return ""
    first = next(iter(archive.scan(scope, topic.number, limit=1)), None)
    begins = max(first.message.at if first is not None else scope.now, scope.now - days * DAY)
    return datetime.fromtimestamp(begins / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def keep_archive(scope: Scope, topic: Topic) -> None:
    """Begin or stop to keep an archive, or keep it for another time."""
    key = str(topic.number)
    if "ArchivePolicy" in topic.attributes:
        set_timer(scope, "sns", "sweep", key, scope.now, {"topic": topic.id})
    else:
        cancel_timer(scope, "sns", "sweep", key)
        set_timer(scope, "sns", "unkeep", key, scope.now, {"topic": topic.id})


@sns.timer("sweep")
def sweep(scope: Scope, key: str, payload: dict[str, Any]) -> None:
    """Delete archived messages that were kept for long enough."""
    topic = topics.find(scope, payload["topic"])
    if topic is None or topic.number != int(key):
        return
    kept_for = archive_days(topic.attributes.get("ArchivePolicy", "")) * DAY
    if not kept_for:
        return
    old = list(archive.scan(scope, topic.number, stop=((scope.now - kept_for) << ORDER_BITS,), limit=BATCH))
    for archived in old:
        archive.delete(scope, archived)
    set_timer(scope, "sns", "sweep", key, scope.now if len(old) == BATCH else scope.now + DAY, payload)


@sns.timer("unkeep")
def unkeep(scope: Scope, key: str, payload: dict[str, Any]) -> None:
    """Delete the archive of a topic that is to have none, unless it has one again."""
    topic = topics.find(scope, payload["topic"])
    if topic is not None and topic.number == int(key) and "ArchivePolicy" in topic.attributes:
        return
    old = list(archive.scan(scope, int(key), limit=BATCH))
    for archived in old:
        archive.delete(scope, archived)
    if len(old) == BATCH:
        set_timer(scope, "sns", "unkeep", key, scope.now, payload)


def begin_replay(scope: Scope, topic: Topic, subscription: Subscription) -> Subscription:
    """Have the archive delivered to a subscription, from and to where its ``ReplayPolicy`` says."""
    wanted = parse_replay_policy(subscription.attributes["ReplayPolicy"])
    replay = Replay(number=scope.kernel.next_order(), after=(wanted.start_at << ORDER_BITS) - 1, stop_at=wanted.stop_at)
    begun = replace(subscription, replay=replay)
    subscriptions.replace(scope, subscription, begun)
    _go_on(scope, topic, begun, replay)
    return begun


def stop_replay(scope: Scope, subscription: Subscription) -> None:
    """End a replay where it is. What is published from now on is delivered as usual."""
    if subscription.replay is None or subscription.replay.status != IN_PROGRESS:
        return
    stopped = replace(subscription, replay=replace(subscription.replay, status=STOPPED))
    if subscription.replay.stop_at is None:
        # It stood for what is usual. One with an end did not: what is on its way must not be taken for replayed.
        stopped = replace(stopped, since=scope.kernel.next_order())
    subscriptions.replace(scope, subscription, stopped)


def _go_on(scope: Scope, topic: Topic, subscription: Subscription, replay: Replay) -> None:
    payload = {"topic": topic.id, "subscription": subscription.id, "replay": replay.number}
    post(scope, "sns", "replay", payload, lane=f"replay:{subscription.id}")


@sns.consumer("replay")
def replay(scope: Scope, payload: dict[str, Any]) -> None:
    """Deliver the next archived messages of a replay, all in one transaction with how far it has come."""
    topic = topics.find(scope, payload["topic"])
    subscription = subscriptions.find(scope, topic.number, payload["subscription"]) if topic is not None else None
    if topic is None or subscription is None:
        return
    going = subscription.replay
    if going is None or going.number != payload["replay"] or going.status != IN_PROGRESS or subscription.is_pending:
        return
    stop = ((going.stop_at + 1) << ORDER_BITS,) if going.stop_at is not None else None
    kept_for = archive_days(topic.attributes.get("ArchivePolicy", "")) * DAY
    start = max(going.after + 1, (scope.now - kept_for) << ORDER_BITS)
    found = list(archive.scan(scope, topic.number, start=(start,), stop=stop, limit=CHUNK))
    try:
        messages = [opened_message(scope, archived.message) for archived in found]
    except ServiceError as error:
        _log.warning("the replay to %s fails: %s", subscription.arn, error.message)
        # What is still on its way is for this subscription again.
        failed = replace(
            subscription, replay=replace(going, status=FAILED), since=max(going.after, subscription.since or 0)
        )
        subscriptions.replace(scope, subscription, failed)
        return
    for message in messages:
        fanning = Fanning(scope, topic, message, is_replay=True)
        if fanning.passes_filter(subscription):
            fanning.deliver(subscription)
    after = found[-1].order if found else going.after
    if len(found) == CHUNK:
        moved = replace(subscription, replay=replace(going, after=after))
        _go_on(scope, topic, moved, going)
    else:
        since = subscription.since
        if going.stop_at is None:
            # All that is archived was delivered: what has a letter still on its way is among it.
            since = max(after, going.number)
        moved = replace(subscription, replay=replace(going, after=after, status=COMPLETED), since=since)
    subscriptions.replace(scope, subscription, moved)
