"""What happens in Firehose when time passes: buffers are delivered, deliveries tried again, streams come and go."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.outbox import post
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.timers import cancel_timer, set_timer
from skyglobe.kernel.watching import unwatch
from skyglobe.services.firehose import firehose
from skyglobe.services.firehose.buffering import flush as flush_buffer
from skyglobe.services.firehose.finding import find_same
from skyglobe.services.firehose.records import (
    DeliveryStream,
    batches,
    buffers,
    checkpoints,
    delivery_streams,
    holdings,
)

BATCH = 100  # batches a timer deletes before others have their turn
# Milliseconds at the realistic pace. AWS promises none; these are what its users see.
CREATES_FOR = 30_000
DELETES_FOR = 15_000
ENCRYPTS_FOR = 10_000


def change_later(scope: Scope, stream: DeliveryStream, takes_for: int) -> None:
    """Have ``settle`` called for a stream in a state that ends by itself: at once at the instant pace."""
    if scope.kernel.config.pace == "instant":
        settle(scope, stream)
    else:
        payload = {"name": stream.id}
        set_timer(scope, "firehose", "settle", str(stream.number), scope.now + takes_for, payload)


def settle(scope: Scope, stream: DeliveryStream) -> None:
    """Carry out what a stream is CREATING, DELETING, ENABLING or DISABLING for."""
    if stream.status == "DELETING":
        _delete(scope, stream)
        return
    encryption = {"ENABLING": "ENABLED", "DISABLING": "DISABLED"}.get(stream.encryption, stream.encryption)
    delivery_streams.replace(scope, stream, replace(stream, status="ACTIVE", encryption=encryption))
    if stream.status == "CREATING" and stream.is_sourced:
        post(scope, "firehose", "pull", {"key": stream.id}, lane=f"pull:{stream.id}")


def _delete(scope: Scope, stream: DeliveryStream) -> None:
    delivery_streams.delete(scope, stream)
    if stream.is_sourced:
        unwatch(scope, stream.source_arn, "firehose", "pull", stream.id)
    cancel_timer(scope, "firehose", "flush", str(stream.number))
    set_timer(scope, "firehose", "clear", str(stream.number), scope.now)


@firehose.timer("settle")
def settle_due(scope: Scope, key: str, payload: dict[str, Any]) -> None:
    """Carry out a change whose time has come."""
    stream = find_same(scope, payload["name"], int(key))
    if stream is not None:
        settle(scope, stream)


@firehose.timer("flush")
def flush(scope: Scope, key: str, payload: dict[str, Any]) -> None:
    """Set about delivering what was buffered for long enough."""
    stream = find_same(scope, payload["name"], int(key))
    if stream is not None:
        flush_buffer(scope, stream)


@firehose.timer("retry")
def retry(scope: Scope, key: str, payload: dict[str, Any]) -> None:
    """Try a delivery again."""
    post(scope, "firehose", "deliver", payload)


@firehose.timer("pull")
def pull(scope: Scope, key: str, payload: dict[str, Any]) -> None:
    """Read a source again."""
    post(scope, "firehose", "pull", payload, lane=f"pull:{key}")


@firehose.timer("clear")
def clear(scope: Scope, key: str, payload: dict[str, Any]) -> None:
    """Delete what a stream that is gone had not delivered."""
    number = int(key)
    old = list(batches.scan(scope, number, limit=BATCH))
    for batch in old:
        batches.delete(scope, batch)
    if len(old) == BATCH:
        set_timer(scope, "firehose", "clear", key, scope.now)
        return
    buffers.drop(scope, number)
    holdings.drop(scope, number)
    checkpoints.clear(scope, number)
