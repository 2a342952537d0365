"""Queues as sources: messages received as the function's role, deleted when the function succeeded with them."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.watching import TOPIC
from skyglobe.services.lambda_.destinations import dead_letter
from skyglobe.services.lambda_.mapping_states import poll_at
from skyglobe.services.lambda_.polling.consuming import REFUSED_FOR, THROTTLED_FOR, Job
from skyglobe.services.lambda_.rules.batches import (
    MAX_BATCH_BYTES,
    AllFailed,
    chunks_of,
    failures_in,
    message_content,
    message_record,
    passes,
)
from skyglobe.services.lambda_.rules.sources import queue_url

MAX_RECEIVED = 10  # of one ReceiveMessage
AT_A_TIME = 10
"""How many batches of one mapping are handled at a time on this machine; AWS scales up to 1,250."""

Message = dict[str, Any]


class QueuePoller:
    """Reads one queue until it is empty, several batches at a time."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._url = queue_url(job.delivery.kernel.config.endpoint, job.mapping.source_arn)
        self._at_work: set[asyncio.Task[None]] = set()

    @property
    def _limit(self) -> int:
        wanted = [AT_A_TIME, self._job.mapping.max_concurrency or AT_A_TIME]
        reserved = self._job.target.function.reserved
        return min(*wanted, reserved) if reserved else min(wanted)

    async def run(self) -> None:
        """Receive and handle batches until there are no more messages to be had."""
        try:
            while await self._job.is_on():
                while len(self._at_work) < self._limit and (messages := await self._batch()):
                    for records in chunks_of([message_record(one, self._job.mapping.source_arn) for one in messages]):
                        self._at_work.add(asyncio.ensure_future(self._handle(records)))
                if not self._at_work:
                    return
                await self._wait()
            await self._wait_for_all()
        except BaseException:
            # Whoever stops reading still waits for what was begun: its messages are in flight.
            await asyncio.shield(self._wait_for_all())
            raise

    async def _wait(self) -> None:
        done, self._at_work = await asyncio.wait(self._at_work, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()

    async def _wait_for_all(self) -> None:
        if self._at_work:
            await asyncio.wait(self._at_work)
            self._at_work.clear()

    async def _batch(self) -> list[Message]:
        """Return the next batch: as many messages as it may have, or as came within the batching window."""
        mapping, kernel = self._job.mapping, self._job.delivery.kernel
        found = await self._receive(mapping.batch_size)
        if not found or not mapping.window_s:
            return found
        until = kernel.clock.now() + mapping.window_s * 1000
        with kernel.signals.listen((TOPIC, mapping.source_arn)) as bell:
            while len(found) < mapping.batch_size and _size(found) < MAX_BATCH_BYTES:
                more = await self._receive(mapping.batch_size - len(found))
                found += more
                if not more and not await bell.wait(until):
                    break
        return found

    async def _receive(self, wanted: int) -> list[Message]:
        """Return up to ``wanted`` messages that the filters let through; the others are deleted, as on AWS."""
        found: list[Message] = []
        while len(found) < wanted and _size(found) < MAX_BATCH_BYTES:
            answer = await self._job.call(
                "sqs",
                "ReceiveMessage",
                {
                    "QueueUrl": self._url,
                    "MaxNumberOfMessages": min(MAX_RECEIVED, wanted - len(found)),
                    "WaitTimeSeconds": 0,
                    "MessageSystemAttributeNames": ["All"],
                    "MessageAttributeNames": ["All"],
                },
            )
            received = answer.get("Messages") or []
            if not received:
                break
            kept = [one for one in received if self._passes(one)]
            if len(kept) < len(received):
                await self._delete([one["ReceiptHandle"] for one in received if one not in kept])
            found += kept
        return found

    def _passes(self, message: Message) -> bool:
        filters = self._job.mapping.filters
        return not filters or passes(filters, message_content(message_record(message, self._job.mapping.source_arn)))

    async def _handle(self, records: list[Message]) -> None:
        """Invoke the function with one batch, and delete what it succeeded with."""
        try:
            failed = await self._invoke(records)
            await self._delete([one["receiptHandle"] for one in records if one["messageId"] not in failed])
        except ServiceError as error:
            # The messages come back when their visibility timeout is over.
            await self._job.note(f"PROBLEM: {error.message}"[:500])
            pause = THROTTLED_FOR if error.status == 429 else REFUSED_FOR
            await self._job.delivery.transact(lambda scope: _look_again(scope, self._job, pause))

    async def _invoke(self, records: list[Message]) -> set[str]:
        """Return the ids of the messages of a batch that failed."""
        mapping = self._job.mapping
        every = [one["messageId"] for one in records]
        trace = next(
            (one["attributes"]["AWSTraceHeader"] for one in records if "AWSTraceHeader" in one["attributes"]), ""
        )
        payload = json.dumps({"Records": records}, ensure_ascii=False).encode("utf-8", "surrogatepass")
        try:
            outcome = await self._job.invoke(payload, trace)
        except ServiceError as error:
            if error.code != "RecursiveInvocationException":
                raise
            # A loop ends here: what went round in it goes to the function's dead letters, or nowhere.
            await self._job.delivery.transact(lambda scope: dead_letter(scope, self._job.target.version, payload))
            return set()
        if outcome.function_error is not None:
            await self._job.note("PROBLEM: Function call failed")
            return set(every)
        await self._job.note("OK")
        if not mapping.reports_failures:
            return set()
        try:
            return set(failures_in(outcome.payload, every))
        except AllFailed:
            return set(every)

    async def _delete(self, handles: list[str]) -> None:
        for start in range(0, len(handles), MAX_RECEIVED):
            entries = [
                {"Id": str(number), "ReceiptHandle": handle}
                for number, handle in enumerate(handles[start : start + MAX_RECEIVED])
            ]
            await self._job.call("sqs", "DeleteMessageBatch", {"QueueUrl": self._url, "Entries": entries})


def _look_again(scope: Scope, job: Job, pause: int) -> None:
    poll_at(scope, job.mapping.id, scope.now + pause)


def _size(messages: list[Message]) -> int:
    return sum(len(one["Body"]) for one in messages)
