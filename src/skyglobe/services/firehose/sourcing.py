"""Reading a Kinesis stream as a source: shard by shard, with checkpoints kept together with what was read."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.callers import ServiceCaller
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.outbox import Delivery
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.timers import set_timer
from skyglobe.kernel.watching import watch
from skyglobe.services.firehose import firehose
from skyglobe.services.firehose.buffering import take_in
from skyglobe.services.firehose.finding import find_same
from skyglobe.services.firehose.records import Checkpoint, DeliveryStream, checkpoints, delivery_streams
from skyglobe.services.firehose.roles import acting_as

THROTTLED_FOR = 1_000  # milliseconds until a source that is read too fast is read again
REFUSED_FOR = 60_000  # milliseconds until a source that cannot be read is tried again
MAX_READ = 2_000  # records of one reading, which is one batch


@firehose.consumer("pull")
async def pull(delivery: Delivery, payload: dict[str, Any]) -> None:
    """Read what is new in a stream's source."""
    stream: DeliveryStream | None = await delivery.transact(lambda scope: _attend(scope, payload["key"]))
    if stream is None:
        return
    try:
        caller = await acting_as(delivery.kernel, delivery.account, delivery.region, stream.source_role)
        while await _Round(delivery, stream, caller).run():
            pass
    except ServiceError as error:
        is_throttled = error.code in ("ProvisionedThroughputExceededException", "ServiceUnavailableException")
        pause = THROTTLED_FOR if is_throttled else REFUSED_FOR
        await delivery.transact(
            lambda scope: set_timer(scope, "firehose", "pull", stream.id, scope.now + pause, payload)
        )


def _attend(scope: Scope, name: str) -> DeliveryStream | None:
    """Return a stream that reads a source, and have it told again of what comes from now on."""
    stream = delivery_streams.find(scope, name)
    if stream is None or not stream.is_sourced:
        return None
    watch(scope, stream.source_arn, "firehose", "pull", name)
    return stream


class _Round:
    """One look at every shard that is not read to its end."""

    def __init__(self, delivery: Delivery, stream: DeliveryStream, caller: ServiceCaller) -> None:
        self._delivery = delivery
        self._stream = stream
        self._caller = caller
        self._known: dict[str, Checkpoint] = {}

    async def run(self) -> bool:
        """Read each shard to its tip; return whether shards were found ended, whose children may be read now."""
        known = await self._delivery.transact(lambda scope: list(checkpoints.scan(scope, self._stream.number)))
        self._known = {checkpoint.shard: checkpoint for checkpoint in known}
        any_ended = False
        for shard in await self._shards():
            checkpoint = self._known.get(shard["ShardId"])
            if checkpoint is None and not self._may_begin(shard):
                continue
            checkpoint = checkpoint or Checkpoint(stream=self._stream.number, shard=shard["ShardId"])
            if not checkpoint.is_done and await self._read(checkpoint):
                any_ended = True
        return any_ended

    async def _shards(self) -> list[dict[str, Any]]:
        answer = await self._caller.kinesis.list_shards(StreamARN=self._stream.source_arn)
        found = list(answer["Shards"])
        while token := answer.get("NextToken"):
            answer = await self._caller.kinesis.list_shards(NextToken=token, StreamARN=self._stream.source_arn)
            found += answer["Shards"]
        self._listed = {shard["ShardId"] for shard in found}
        return found

    def _may_begin(self, shard: dict[str, Any]) -> bool:
        """Children are read after their parents, as far as those are still there."""
        parents = [shard[name] for name in ("ParentShardId", "AdjacentParentShardId") if name in shard]
        return all(
            parent not in self._listed or (parent in self._known and self._known[parent].is_done) for parent in parents
        )

    async def _read(self, checkpoint: Checkpoint) -> bool:
        """Read a shard to its tip; return whether that is its end."""
        position: dict[str, Any] = {
            "ShardIteratorType": "AT_TIMESTAMP",
            "Timestamp": datetime.fromtimestamp(self._stream.created_at / 1000, UTC),
        }
        if checkpoint.sequence:
            position = {
                "ShardIteratorType": "AFTER_SEQUENCE_NUMBER",
                "StartingSequenceNumber": checkpoint.sequence,
            }
        arn = self._stream.source_arn
        answer = await self._caller.kinesis.get_shard_iterator(StreamARN=arn, ShardId=checkpoint.shard, **position)
        iterator: str | None = answer["ShardIterator"]
        while iterator is not None:
            page = await self._caller.kinesis.get_records(ShardIterator=iterator, Limit=MAX_READ, StreamARN=arn)
            iterator = page.get("NextShardIterator")
            records = page["Records"]
            if records or iterator is None:
                sequence = records[-1]["SequenceNumber"] if records else checkpoint.sequence
                checkpoint = replace(checkpoint, sequence=sequence, is_done=iterator is None)
                await self._keep(checkpoint, [record["Data"] for record in records])
            elif page["MillisBehindLatest"] == 0:
                return False
        return True

    async def _keep(self, checkpoint: Checkpoint, data: list[bytes]) -> None:
        """Take records in and note how far that is, both or neither."""

        def work(scope: Scope) -> None:
            stream = find_same(scope, self._stream.id, self._stream.number)
            if stream is None:
                return
            if data:
                take_in(scope, stream, data)
            checkpoints.insert(scope, checkpoint)

        await self._delivery.transact(work)
