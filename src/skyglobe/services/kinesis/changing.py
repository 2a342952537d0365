"""Changes that take their time on AWS: a stream is CREATING, UPDATING or DELETING until a timer carries them out.

At the instant pace they are carried out at once, in the same transaction, and nobody sees the state between.
"""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.scope import Scope
from skyglobe.kernel.timers import cancel_timer, set_timer
from skyglobe.kernel.watching import touch
from skyglobe.services.kinesis.layout import Layout
from skyglobe.services.kinesis.records import (
    Consumer,
    Stream,
    consumers,
    policies,
    routings,
    streams,
    subscriptions,
    usages,
)
from skyglobe.services.kinesis.rules.resharding import Merge, Split

# Milliseconds at the realistic pace. AWS promises none; these are what its users see.
CREATES_FOR = 15_000
DELETES_FOR = 15_000
RESHARDS_FOR = 30_000
UPDATES_FOR = 5_000

Payload = dict[str, Any]


def begin_creating(scope: Scope, stream: Stream, count: int) -> None:
    """Create a stream of ``count`` shards."""
    streams.insert(scope, stream)
    _begin(scope, stream, {"kind": "create", "count": count}, CREATES_FOR)


def begin_resharding(scope: Scope, stream: Stream, steps: list[Split | Merge], **fields: Any) -> None:
    """Split and merge shards of an active stream, and change ``fields`` of it."""
    plain = [["split" if isinstance(step, Split) else "merge", str(step.at)] for step in steps]
    updating = replace(stream, status="UPDATING")
    streams.replace(scope, stream, updating)
    _begin(scope, updating, {"kind": "reshard", "steps": plain, "fields": fields}, RESHARDS_FOR)


def begin_updating(scope: Scope, stream: Stream, **fields: Any) -> None:
    """Change settings of an active stream."""
    updating = replace(stream, status="UPDATING")
    streams.replace(scope, stream, updating)
    _begin(scope, updating, {"kind": "update", "fields": fields}, UPDATES_FOR)


def begin_deleting(scope: Scope, stream: Stream) -> None:
    """Delete an active stream with everything in it."""
    deleting = replace(stream, status="DELETING")
    streams.replace(scope, stream, deleting)
    _begin(scope, deleting, {"kind": "delete"}, DELETES_FOR)


def begin_registering(scope: Scope, consumer: Consumer) -> None:
    """Register a consumer."""
    consumers.insert(scope, consumer)
    _begin_consumer(scope, consumer)


def begin_deregistering(scope: Scope, consumer: Consumer) -> None:
    """Take a consumer's registration back."""
    deleting = replace(consumer, status="DELETING")
    consumers.replace(scope, consumer, deleting)
    _begin_consumer(scope, deleting)


def finish(scope: Scope, stream: Stream, payload: Payload) -> None:
    """Carry out a change that was begun. ``stream`` is as it was left then."""
    kind = payload["kind"]
    if kind == "delete":
        _delete(scope, stream)
        return
    changed = stream
    if kind in ("create", "reshard"):
        layout = Layout(scope, stream)
        if kind == "create":
            layout.open_first(payload["count"])
        else:
            layout.apply(Split(int(at)) if step == "split" else Merge(int(at)) for step, at in payload["steps"])
        changed = layout.save()
    # Tuples come back from a timer's payload as lists.
    fields = {
        name: tuple(value) if isinstance(value, list) else value for name, value in payload.get("fields", {}).items()
    }
    streams.replace(scope, stream, replace(changed, status="ACTIVE", **fields))
    touch(scope, stream.arn)


def finish_consumer(scope: Scope, consumer: Consumer) -> None:
    """Carry out a registration, or its end."""
    if consumer.status == "CREATING":
        consumers.replace(scope, consumer, replace(consumer, status="ACTIVE"))
        return
    consumers.delete(scope, consumer)
    policies.drop(scope, consumer.arn)
    for subscription in list(subscriptions.scan(scope, consumer.arn)):
        subscriptions.delete(scope, subscription)
        scope.notify("kinesis", str(consumer.stream), str(subscription.shard))


def _begin(scope: Scope, stream: Stream, payload: Payload, takes_for: int) -> None:
    if scope.kernel.config.pace == "instant":
        finish(scope, stream, payload)
    else:
        payload = {**payload, "name": stream.id}
        set_timer(scope, "kinesis", "finish", str(stream.number), scope.now + takes_for, payload)


def _begin_consumer(scope: Scope, consumer: Consumer) -> None:
    if scope.kernel.config.pace == "instant":
        finish_consumer(scope, consumer)
    else:
        payload = {"stream": consumer.stream, "name": consumer.id}
        set_timer(scope, "kinesis", "finish-consumer", consumer.arn, scope.now + UPDATES_FOR, payload)


def _delete(scope: Scope, stream: Stream) -> None:
    for consumer in list(consumers.scan(scope, stream.number)):
        cancel_timer(scope, "kinesis", "finish-consumer", consumer.arn)
        finish_consumer(scope, replace(consumer, status="DELETING"))
    streams.delete(scope, stream)
    policies.drop(scope, stream.arn)
    routing = routings.find(scope, stream.number)
    for index in routing.shards if routing is not None else ():
        scope.notify("kinesis", str(stream.number), str(index))
    routings.drop(scope, stream.number)
    usages.drop(scope, stream.number)
    for kind in ("trim", "grow"):
        cancel_timer(scope, "kinesis", kind, str(stream.number))
    # Records and shards go piece by piece: there may be very many.
    set_timer(scope, "kinesis", "clear", str(stream.number), scope.now)
