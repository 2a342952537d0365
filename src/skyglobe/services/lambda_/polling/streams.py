"""Streams as sources: shard by shard in order, from where the store says the mapping is."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

from skyglobe.kernel.scope import Scope
from skyglobe.services.lambda_.polling.consuming import Job
from skyglobe.services.lambda_.polling.shards import LaneReader
from skyglobe.services.lambda_.records import ShardState, shard_states

AT_A_TIME = 10  # shards, or shares of shards, that one mapping handles at a time on this machine


class StreamPoller:
    """Reads each shard of one stream to its tip."""

    def __init__(self, job: Job) -> None:
        self._job = job

    async def run(self) -> None:
        """Read all shards, parents before children, until nothing is left but what waits for the clock."""
        while await self._job.is_on():
            states = await self._states()
            listed = await self._shards()
            known = {shard["ShardId"] for shard in listed}
            await self._forget([state for shard, kept in states.items() if shard not in known for state in kept])
            due = []
            for shard in listed:
                if self._may_begin(shard, known, states):
                    due += self._lanes(shard, states)
            ended = await self._read_all(due)
            if not ended:
                return

    async def _read_all(self, states: list[ShardState]) -> bool:
        """Read shards to their tips; return whether some were found ended, whose children may be read now."""
        room = asyncio.Semaphore(AT_A_TIME)

        async def read(state: ShardState) -> bool:
            async with room:
                return await LaneReader(self._job, state, self._position(state)).run()

        results = await asyncio.gather(*map(read, states), return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result
        return any(results)

    async def _states(self) -> dict[str, list[ShardState]]:
        found: list[ShardState] = await self._job.delivery.transact(
            lambda scope: list(shard_states.scan(scope, self._job.mapping.id))
        )
        states: dict[str, list[ShardState]] = {}
        for state in found:
            states.setdefault(state.shard, []).append(state)
        return states

    async def _forget(self, states: list[ShardState]) -> None:
        """Delete the states of shards that are there no more."""

        def work(scope: Scope) -> None:
            for state in states:
                shard_states.delete(scope, state)

        if states:
            await self._job.delivery.transact(work)

    def _lanes(self, shard: dict[str, Any], states: dict[str, list[ShardState]]) -> list[ShardState]:
        """Return the states of a shard's shares that are not read to their end.

        When there are other shares than before, each takes up where the last of the old ones was.
        """
        mapping = self._job.mapping
        kept = states.get(shard["ShardId"], [])
        if len(kept) != mapping.parallel:
            start = min((one.sequence for one in kept), key=lambda text: int(text or 0), default="")
            done = bool(kept) and all(one.is_done for one in kept)
            kept = [
                ShardState(mapping=mapping.id, shard=shard["ShardId"], lane=lane, sequence=start, is_done=done)
                for lane in range(mapping.parallel)
            ]
            states[shard["ShardId"]] = kept
        return [one for one in kept if not one.is_done]

    def _may_begin(self, shard: dict[str, Any], known: set[str], states: dict[str, list[ShardState]]) -> bool:
        """Children are read after their parents, as far as those are still there."""
        if shard["ShardId"] in states:
            return True
        parents = [shard[name] for name in ("ParentShardId", "AdjacentParentShardId") if shard.get(name)]
        return all(
            parent not in known or (parent in states and all(one.is_done for one in states[parent]))
            for parent in parents
        )

    def _position(self, state: ShardState) -> dict[str, Any]:
        """Return where in its shard a reader begins, as GetShardIterator takes it."""
        mapping = self._job.mapping
        if state.sequence:
            sequence = "StartingSequenceNumber" if mapping.source_kind == "kinesis" else "SequenceNumber"
            return {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", sequence: state.sequence}
        if mapping.source_kind == "kinesis" and mapping.position != "TRIM_HORIZON":
            # What comes after the mapping was made is read, whenever its first look is.
            at = mapping.created_at if mapping.position == "LATEST" else (mapping.position_at or 0)
            return {"ShardIteratorType": "AT_TIMESTAMP", "Timestamp": datetime.fromtimestamp(at / 1000, UTC)}
        return {"ShardIteratorType": "TRIM_HORIZON"}

    async def _shards(self) -> list[dict[str, Any]]:
        arn = self._job.mapping.source_arn
        found: list[dict[str, Any]] = []
        if self._job.mapping.source_kind == "kinesis":
            answer = await self._job.call("kinesis", "ListShards", {"StreamARN": arn})
            found += answer["Shards"]
            while token := answer.get("NextToken"):
                answer = await self._job.call("kinesis", "ListShards", {"NextToken": token, "StreamARN": arn})
                found += answer["Shards"]
            return found
        params: dict[str, Any] = {"StreamArn": arn}
        while True:
            answer = await self._job.call("dynamodbstreams", "DescribeStream", params)
            described = answer["StreamDescription"]
            found += described["Shards"]
            if not described.get("LastEvaluatedShardId"):
                return found
            params["ExclusiveStartShardId"] = described["LastEvaluatedShardId"]
