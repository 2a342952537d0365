"""SubscribeToShard: records pushed to a consumer as they come, for up to five minutes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.signals import Bell
from skyglobe.services.kinesis import kinesis
from skyglobe.services.kinesis.counting import count_pushed
from skyglobe.services.kinesis.finding import get_consumer
from skyglobe.services.kinesis.reading import Page, Where, begin, child_shards, get_shard, read
from skyglobe.services.kinesis.records import Consumer, Shard, Stream, shards, subscriptions
from skyglobe.services.kinesis.records import Subscription as Subscribed
from skyglobe.services.kinesis.refusals import in_use
from skyglobe.services.kinesis.rules.capacity import READ_BYTES
from skyglobe.services.kinesis.rules.sequences import base_of, numbered

LASTS_FOR = 300_000  # milliseconds; API reference of SubscribeToShard
TAKEN_OVER_AFTER = 5_000  # milliseconds; the same
BEAT_FOR = 5_000  # milliseconds after which a consumer hears that there is nothing new
EVENT_BYTES = READ_BYTES  # of one event, unless a single record is larger


@kinesis.operation(unused=("StreamId",))
def subscribe_to_shard(
    call: Call, consumer_arn: str, shard_id: str, starting_position: dict[str, Any]
) -> dict[str, Any]:
    """Begin to push a shard's records to a consumer. A later subscription takes over from an earlier one."""
    scope, stream, consumer = get_consumer(call, consumer_arn)
    shard = get_shard(scope, stream, shard_id)
    if consumer.status != "ACTIVE":
        raise in_use(f"Consumer {consumer.arn} is not ACTIVE, instead in state {consumer.status}")
    timestamp: datetime | None = starting_position.get("Timestamp")
    where = begin(scope, stream, shard, starting_position["Type"], starting_position.get("SequenceNumber"), timestamp)
    before = subscriptions.find(scope, consumer.arn, shard.index)
    if before is not None and call.now - before.began_at < TAKEN_OVER_AFTER:
        raise in_use(
            f"Another active subscription exists for this consumer: {stream.owner}:{stream.id}:{shard_id}:{consumer.id}"
        )
    subscribed = Subscribed(
        consumer_arn=consumer.arn, shard=shard.index, id=call.kernel.next_order(), began_at=call.now
    )
    subscriptions.insert(scope, subscribed)
    # Whoever holds the subscription now looks again, and finds that it has lost it.
    scope.notify("kinesis", str(stream.number), str(shard.index))
    pushing = _Pushing(call, scope, stream, consumer, shard, subscribed, where)
    return {"EventStream": pushing.events()}


class _Pushing:
    """One subscription, from its first event to its last."""

    def __init__(
        self,
        call: Call,
        scope: Scope,
        stream: Stream,
        consumer: Consumer,
        shard: Shard,
        subscribed: Subscribed,
        where: Where,
    ) -> None:
        self._call = call
        self._account = scope.account
        self._stream = stream
        self._consumer = consumer
        self._shard = shard
        self._subscribed = subscribed
        self._where = where

    async def events(self) -> AsyncIterator[dict[str, Any]]:
        """Yield events until the shard ends, five minutes are over, or the subscription is. Raises what ends it."""
        kernel = self._call.kernel
        ends_at = self._subscribed.began_at + LASTS_FOR
        topic = ("kinesis", str(self._stream.number), str(self._shard.index))
        with kernel.signals.listen(topic) as bell:
            while True:
                page, event = await self._call.transact(self._next)
                yield {"SubscribeToShardEvent": event}
                if page.is_end or kernel.clock.now() >= ends_at:
                    return
                self._where = page.next
                await self._pause(page, bell, ends_at)

    async def _pause(self, page: Page, bell: Bell, ends_at: int) -> None:
        """Wait until there is something to tell: at once when more is there, at the consumer's rate in quota mode."""
        kernel = self._call.kernel
        now = kernel.clock.now()
        if kernel.quotas.enforced and page.size:
            await kernel.clock.wait_until(min(now + page.size * 1000 // READ_BYTES, ends_at))
        if page.behind_for == 0:
            await bell.wait(min(now + BEAT_FOR, ends_at))

    def _next(self, call: Call) -> tuple[Page, dict[str, Any]]:
        scope = call if self._account == call.account else call.within(self._account)
        _, stream, consumer = get_consumer(scope, self._consumer.arn)
        shard = shards.find(scope, stream.number, self._shard.index)
        if shard is None or consumer.status != "ACTIVE":
            raise kinesis.errors.ResourceNotFoundException(f"Consumer {consumer.arn} not found.")
        if subscriptions.find(scope, consumer.arn, shard.index) != self._subscribed:
            raise _taken_over(consumer)
        page = read(call, scope, stream, shard, self._where, max_bytes=EVENT_BYTES)
        count_pushed(scope, stream, consumer.id, page)
        base = base_of(shard.created_s, shard.index)
        last = max(page.next[1] - 1, shard.opened)
        event: dict[str, Any] = {"Records": page.records, "MillisBehindLatest": page.behind_for}
        if page.is_end:
            event["ChildShards"] = child_shards(scope, stream, shard)
        event["ContinuationSequenceNumber"] = numbered(base, last)
        return page, event


def _taken_over(consumer: Consumer) -> ServiceError:
    return in_use(f"Another subscription of consumer {consumer.arn} to this shard has taken over.")
