"""Taking records in, and setting about delivering them when enough have come or long enough has passed."""

from __future__ import annotations

from msgspec.structs import replace

from skyglobe.kernel.outbox import post
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.timers import cancel_timer, set_timer
from skyglobe.services.firehose.counting import count_incoming
from skyglobe.services.firehose.records import Batch, Buffer, DeliveryStream, Held, batches, buffers, holdings
from skyglobe.services.firehose.refusals import slow_down
from skyglobe.services.firehose.rules.destinations import buffered

MAX_HELD_BYTES = 1 << 30  # of one stream, when its destination cannot be reached; then nothing more is taken in


def take_in(scope: Scope, stream: DeliveryStream, data: list[bytes]) -> None:
    """Keep records until they are delivered. Raises ServiceUnavailableException when too many wait already."""
    size = sum(map(len, data))
    held = holdings.find(scope, stream.number) or Held(stream=stream.number, size=0)
    if held.size + size > MAX_HELD_BYTES:
        raise slow_down()
    holdings.insert(scope, replace(held, size=held.size + size))
    count_incoming(scope, stream, data)
    order = scope.kernel.next_order()
    batches.insert(scope, Batch(stream=stream.number, order=order, arrived_at=scope.now, data=data))
    most, wait_for = buffered(stream.destination)
    buffer = buffers.find(scope, stream.number)
    if buffer is None:
        buffer = Buffer(stream=stream.number, first=order, since=scope.now)
        set_timer(scope, "firehose", "flush", str(stream.number), scope.now + wait_for, {"name": stream.id})
    buffer = replace(buffer, size=buffer.size + size)
    buffers.insert(scope, buffer)
    if buffer.size >= most:
        flush(scope, stream)


def flush(scope: Scope, stream: DeliveryStream) -> None:
    """Set about delivering what is buffered."""
    buffer = buffers.find(scope, stream.number)
    if buffer is None:
        return
    buffers.drop(scope, stream.number)
    cancel_timer(scope, "firehose", "flush", str(stream.number))
    payload = {
        "name": stream.id,
        "number": stream.number,
        "first": buffer.first,
        "upto": scope.kernel.next_order(),
        "id": scope.kernel.ids.uuid(),
        "began_at": scope.now,
        "attempts": 0,
    }
    post(scope, "firehose", "deliver", payload)


def give_up(scope: Scope, stream: int, first: int, upto: int) -> None:
    """Delete what was delivered, or what nobody waits for any more."""
    held, size = holdings.find(scope, stream), 0
    for batch in list(batches.scan(scope, stream, start=(first,), stop=(upto,))):
        size += sum(map(len, batch.data))
        batches.delete(scope, batch)
    if held is not None and size:
        holdings.insert(scope, replace(held, size=max(held.size - size, 0)))
