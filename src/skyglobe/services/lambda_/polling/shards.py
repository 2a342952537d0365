"""One shard, or one share of its partition keys: batches in order, each until it succeeds or is given up."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any, NamedTuple

from msgspec.structs import replace

from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.watching import TOPIC
from skyglobe.services.lambda_.counting import count_age
from skyglobe.services.lambda_.destinations import tell_later
from skyglobe.services.lambda_.mapping_states import poll_at
from skyglobe.services.lambda_.polling.consuming import Job
from skyglobe.services.lambda_.records import ShardState, mappings, shard_states
from skyglobe.services.lambda_.rules.batches import (
    MAX_BATCH_BYTES,
    AllFailed,
    arrival_of,
    dynamodb_record,
    failures_in,
    kinesis_content,
    kinesis_record,
    passes,
)
from skyglobe.services.lambda_.rules.giving_up import given_up_record, retry_after
from skyglobe.services.lambda_.rules.sources import watched_arn

MAX_READ = 1_000  # records of one reading


class Item(NamedTuple):
    """A record of a shard, as far as it is to be handled."""

    sequence: str
    arrived_s: float
    event: dict[str, Any] | None
    """None for one that is passed over: it is of another share, or filtered out."""
    size: int


class LaneReader:
    """Reads a shard, or a share of it, from where its state says."""

    def __init__(self, job: Job, state: ShardState, position: dict[str, Any]) -> None:
        self._job = job
        self._state = state
        self._position = position
        self._iterator: str | None = None
        self._waiting: list[Item] = []
        self._is_end = False

    async def run(self) -> bool:
        """Handle batches until the shard's tip, or until one must wait for the clock; return whether it has ended."""
        state = self._state
        now = self._job.delivery.kernel.clock.now()
        if state.retry_at > now:
            # Whoever woke the mapping: this batch has its own time, and a timer for it.
            return False
        self._iterator = await self._begin()
        while True:
            await self._fill()
            self._pass_over()
            batch = self._cut()
            if await self._close_window(batch):
                continue
            if not batch:
                return await self._at_tip()
            if not await self._handle(batch) or not await self._job.is_on():
                return False

    async def _begin(self) -> str:
        mapping = self._job.mapping
        service, name = (
            ("kinesis", "StreamARN") if mapping.source_kind == "kinesis" else ("dynamodbstreams", "StreamArn")
        )
        params = {name: mapping.source_arn, "ShardId": self._state.shard, **self._position}
        try:
            answer = await self._job.call(service, "GetShardIterator", params)
        except ServiceError as error:
            if error.code not in ("TrimmedDataAccessException", "InvalidArgumentException", "ValidationException"):
                raise
            # What was to be read next is kept no more: go on with the oldest there is.
            params = {name: mapping.source_arn, "ShardId": self._state.shard, "ShardIteratorType": "TRIM_HORIZON"}
            answer = await self._job.call(service, "GetShardIterator", params)
        iterator: str = answer["ShardIterator"]
        return iterator

    async def _fill(self) -> None:
        """Read until there is a whole batch, or no more: within the batching window, wait for more."""
        mapping, kernel = self._job.mapping, self._job.delivery.kernel
        until = None
        with kernel.signals.listen((TOPIC, watched_arn(mapping.source_arn))) as bell:
            while not self._is_full():
                if await self._read():
                    continue
                if self._is_end or not mapping.window_s or not any(one.event for one in self._waiting):
                    return
                until = until or kernel.clock.now() + mapping.window_s * 1000
                if not await bell.wait(until):
                    return

    def _is_full(self) -> bool:
        chosen = [one for one in self._waiting if one.event is not None]
        return len(chosen) >= self._size or sum(one.size for one in chosen) > MAX_BATCH_BYTES

    @property
    def _size(self) -> int:
        return self._state.size or self._job.mapping.batch_size

    async def _read(self) -> bool:
        """Read some records; return whether there may be more at once."""
        if self._iterator is None:
            self._is_end = True
            return False
        is_kinesis = self._job.mapping.source_kind == "kinesis"
        service = "kinesis" if is_kinesis else "dynamodbstreams"
        answer = await self._job.call(service, "GetRecords", {"ShardIterator": self._iterator, "Limit": MAX_READ})
        self._iterator = answer.get("NextShardIterator")
        records = answer["Records"]
        self._waiting += [self._kinesis(one) if is_kinesis else self._change(one) for one in records]
        if self._iterator is None:
            self._is_end = True
            return False
        return bool(records) or answer.get("MillisBehindLatest", 0) > 0

    def _kinesis(self, record: dict[str, Any]) -> Item:
        mapping = self._job.mapping
        event: dict[str, Any] | None = None
        if self._is_mine(record["PartitionKey"]):
            event = kinesis_record(record, self._state.shard, mapping.source_arn, self._job.target.version.role)
            if mapping.filters and not passes(mapping.filters, kinesis_content(event)):
                event = None
        arrived_s = arrival_of(record["ApproximateArrivalTimestamp"])
        return Item(record["SequenceNumber"], arrived_s, event, len(record["Data"]) * 4 // 3 + 400)

    def _change(self, record: dict[str, Any]) -> Item:
        mapping = self._job.mapping
        change = record["dynamodb"]
        at = arrival_of(change["ApproximateCreationDateTime"])
        event: dict[str, Any] | None = None
        # DynamoDB tells seconds: what came in the second the mapping was made in is read as well.
        is_late = mapping.position != "LATEST" or at >= mapping.created_at // 1000
        if is_late and self._is_mine(json.dumps(change["Keys"], default=str, sort_keys=True)):
            event = dynamodb_record(record, mapping.source_arn)
            if mapping.filters and not passes(mapping.filters, event):
                event = None
        size = len(json.dumps(event)) if event is not None else 0
        return Item(change["SequenceNumber"], at, event, size)

    def _is_mine(self, key: str) -> bool:
        parallel = self._job.mapping.parallel
        if parallel == 1:
            return True
        return int.from_bytes(hashlib.sha256(key.encode()).digest()[:4]) % parallel == self._state.lane

    def _pass_over(self) -> None:
        """Be done with the records at the front that are not to be handled."""
        passed = 0
        while passed < len(self._waiting) and self._waiting[passed].event is None:
            passed += 1
        if passed:
            self._state = replace(self._state, sequence=self._waiting[passed - 1].sequence)
            del self._waiting[:passed]

    def _cut(self) -> list[Item]:
        """Return the next batch: from the front, as many as it may have, all of one tumbling window."""
        batch: list[Item] = []
        size = chosen = 0
        for item in self._waiting:
            if item.event is not None:
                size += item.size
                if chosen == self._size or (size > MAX_BATCH_BYTES and chosen) or not self._is_in_window(item, batch):
                    break
                chosen += 1
            batch.append(item)
        return batch

    # Tumbling windows

    def _window_of(self, item: Item) -> int:
        span = self._job.mapping.tumbling_s * 1000
        return int(item.arrived_s * 1000) // span * span

    def _is_in_window(self, item: Item, batch: list[Item]) -> bool:
        if not self._job.mapping.tumbling_s:
            return True
        start = self._state.window_start or (self._window_of(batch[0]) if batch else self._window_of(item))
        return self._window_of(item) <= start

    async def _close_window(self, batch: list[Item]) -> bool:
        """Have the function finish a window that is over; return whether that was done."""
        mapping, state = self._job.mapping, self._state
        if not mapping.tumbling_s or not state.window_start or batch:
            return False
        ends_at = state.window_start + mapping.tumbling_s * 1000
        if not any(item.event for item in self._waiting) and self._job.delivery.kernel.clock.now() < ends_at:
            return False
        outcome = await self._job.invoke(json.dumps(self._event([], is_final=True)).encode())
        if outcome.function_error is not None:
            await self._put_off([])
            return False
        self._state = replace(state, window_start=0, window_state=b"", attempts=0, retry_at=0)
        await self._keep()
        return True

    def _event(self, records: list[dict[str, Any]], *, is_final: bool = False) -> dict[str, Any]:
        mapping, state = self._job.mapping, self._state
        event: dict[str, Any] = {"Records": records}
        if mapping.tumbling_s:
            start, end = state.window_start, state.window_start + mapping.tumbling_s * 1000
            times = [datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ") for at in (start, end)]
            event |= {
                "window": {"start": times[0], "end": times[1]},
                "state": json.loads(state.window_state or b"{}"),
                "shardId": state.shard,
                "eventSourceARN": mapping.source_arn,
                "isFinalInvokeForWindow": is_final,
                "isWindowTerminatedEarly": False,
            }
        return event

    # What comes of a batch

    async def _handle(self, batch: list[Item]) -> bool:
        """Invoke the function with a batch; return whether the next one may be read."""
        mapping = self._job.mapping
        if mapping.tumbling_s and not self._state.window_start:
            self._state = replace(self._state, window_start=self._window_of(batch[0]))
        now = self._job.delivery.kernel.clock.now()
        if mapping.max_age_s >= 0 and self._is_too_old(batch[0], now):
            old = [item for item in batch if self._is_too_old(item, now)]
            return await self._give_up(old, "MaximumRecordAgeExceeded", None)
        records = [item.event for item in batch if item.event is not None]
        count_age(self._job.delivery.kernel, self._job.target, now - batch[-1].arrived_s * 1000)
        outcome = await self._job.invoke(json.dumps(self._event(records)).encode())
        if outcome.function_error is None:
            failed_at = self._first_failure(batch, outcome.payload)
            if failed_at is None:
                return await self._succeed(batch, outcome.payload)
            if failed_at:
                # What comes before the first failure is done with; the rest is a batch of its own.
                self._state = replace(self._state, sequence=batch[failed_at - 1].sequence, attempts=0)
                del self._waiting[:failed_at]
                batch = batch[failed_at:]
        return await self._fail(batch, outcome.function_error or "")

    def _is_too_old(self, item: Item, now: int) -> bool:
        return now - item.arrived_s * 1000 > self._job.mapping.max_age_s * 1000

    def _first_failure(self, batch: list[Item], payload: bytes) -> int | None:
        """Return where in a batch the first record is that the function says it failed with; None when it did not."""
        if not self._job.mapping.reports_failures:
            return None
        sequences = [item.sequence for item in batch]
        try:
            failed = failures_in(payload, sequences)
        except AllFailed:
            return 0
        return min(map(sequences.index, failed)) if failed else None

    async def _succeed(self, batch: list[Item], payload: bytes) -> bool:
        state = replace(self._state, sequence=batch[-1].sequence, attempts=0, size=0, retry_at=0)
        if self._job.mapping.tumbling_s:
            answer = json.loads(payload or b"null")
            kept = answer.get("state") if isinstance(answer, dict) else None
            state = replace(state, window_state=json.dumps(kept or {}).encode())
        self._state = state
        del self._waiting[: len(batch)]
        await self._keep()
        await self._job.note("OK")
        return True

    async def _fail(self, batch: list[Item], error: str) -> bool:
        mapping, state = self._job.mapping, self._state
        await self._job.note("PROBLEM: Function call failed")
        chosen = sum(item.event is not None for item in batch)
        if mapping.bisects and chosen > 1:
            # Cutting a batch in two does not count among the retries; developer guide, "BisectBatchOnFunctionError".
            self._state = replace(state, size=chosen // 2)
            await self._keep()
            return True
        attempts = state.attempts + 1
        if 0 <= mapping.retries < attempts:
            self._state = replace(state, attempts=attempts)
            return await self._give_up(batch, "RetryAttemptsExhausted", error)
        await self._put_off(batch)
        return False

    async def _put_off(self, batch: list[Item]) -> None:
        """Try what failed again after a while, and nothing behind it before."""
        state = self._state
        at = self._job.delivery.kernel.clock.now() + retry_after(state.attempts)
        self._state = replace(state, attempts=state.attempts + 1, retry_at=at)
        name = f"{state.shard}:{state.lane}"
        await self._keep(lambda scope: poll_at(scope, self._job.mapping.id, at, name))

    async def _give_up(self, batch: list[Item], condition: str, error: str | None) -> bool:
        """Go on behind a batch; its destination, if there is one, is told where it lies."""
        mapping, version = self._job.mapping, self._job.target.version
        record = given_up_record(
            mapping.source_arn,
            self._state.shard,
            [item.sequence for item in batch],
            [item.arrived_s for item in (batch[0], batch[-1])],
            condition,
            self._state.attempts,
            self._job.target.arn,
            version.label,
            error,
            self._job.delivery.kernel,
        )

        def tell(scope: Scope) -> None:
            if mapping.on_failure:
                tell_later(scope, version, mapping.on_failure, record)

        self._state = replace(self._state, sequence=batch[-1].sequence, attempts=0, size=0, retry_at=0)
        del self._waiting[: len(batch)]
        await self._keep(tell)
        return True

    async def _keep(self, also: Any = None) -> None:
        """Write down how far this is, with ``also`` in the same transaction."""

        def work(scope: Scope) -> None:
            if mappings.find(scope, self._job.mapping.id) is not None:
                shard_states.insert(scope, self._state)
                if also is not None:
                    also(scope)

        await self._job.delivery.transact(work)

    async def _at_tip(self) -> bool:
        """Note that there is no more for now; return whether there never will be."""
        state = self._state
        if self._is_end and not state.window_start:
            self._state = replace(state, is_done=True)
        if state.window_start:
            at = state.window_start + self._job.mapping.tumbling_s * 1000
            name = f"{state.shard}:{state.lane}:window"
            await self._keep(lambda scope: poll_at(scope, self._job.mapping.id, max(at, scope.now + 1), name))
        else:
            await self._keep()
        return self._state.is_done
