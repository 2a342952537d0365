"""How a call's cost grows with what is stored: long queues, large buckets, many versions."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from benchmarks.load import LoadFailed, play
from benchmarks.prepared import Preparer
from benchmarks.targets import Target
from benchmarks.workloads import PUT_RECORDS, Unfit, expect, fill_scripts, make_bucket, make_stream, unique

RECEIVES = 300
"""Measured at each level: fewer than the smallest level has messages, each of which is received once."""
PAGES = 24
SETTLING = 30  # seconds at most
IDLE = 0.02  # seconds of CPU in half a second
BATCH = 10  # SendMessageBatch; SQS quotas


@dataclass
class Growth:
    """The median milliseconds of one call at each number of messages or keys."""

    workload: str
    target: str
    levels: dict[int, float]
    note: str = ""
    grew_mib: float = 0.0
    """How much more memory the server holds at the last level than at the first."""

    @property
    def times(self) -> float | None:
        """How many times the cost at the smallest level the cost at the largest is."""
        costs = list(self.levels.values())
        return costs[-1] / costs[0] if len(costs) > 1 and costs[0] else None


class Growing(Protocol):
    """Something that is filled step by step."""

    name: str
    levels: tuple[int, ...]
    """Its own levels; empty where it goes up to the run's."""

    def __init__(self, target: Target) -> None: ...

    def additions(self, start: int, stop: int) -> Iterator[bytes]: ...

    def probes(self, level: int) -> list[bytes]: ...

    def check(self) -> None: ...


class Queue:
    """A queue that is filled step by step."""

    name = "SQS ReceiveMessage by messages queued"
    levels: tuple[int, ...] = ()

    def __init__(self, target: Target) -> None:
        self._preparer = target.preparer()
        self.url = self._preparer.client("sqs").create_queue(QueueName=unique("growth"))["QueueUrl"]

    def additions(self, start: int, stop: int) -> Iterator[bytes]:
        fresh = renewed(self._preparer, "sqs", "send_message_batch", QueueUrl=self.url, Entries=[])
        for first in range(start, stop, BATCH):
            numbers = range(first, min(first + BATCH, stop))
            entries = [{"Id": str(number), "MessageBody": f"message {number}"} for number in numbers]
            yield fresh(json.dumps({"QueueUrl": self.url, "Entries": entries}).encode(), None)

    def probes(self, level: int) -> list[bytes]:
        return [self._preparer.prepare("sqs", "receive_message", QueueUrl=self.url).wire] * RECEIVES

    def check(self) -> None:
        """Expect the receives to have found messages."""
        names = ["ApproximateNumberOfMessagesNotVisible"]
        sqs = self._preparer.client("sqs")
        told = sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=names)["Attributes"]
        expect(int(told[names[0]]) > 0, "nothing was received")


class Keys:
    """A bucket that is filled step by step."""

    name = "S3 ListObjectsV2 page of 1,000 by keys stored"
    levels: tuple[int, ...] = ()

    def __init__(self, target: Target) -> None:
        self._preparer = target.preparer()
        self.bucket = make_bucket(target, self._preparer)

    def additions(self, start: int, stop: int) -> Iterator[bytes]:
        fresh = renewed(self._preparer, "s3", "put_object", Bucket=self.bucket, Key="k", Body=b"")
        for number in range(start, stop):
            yield fresh(None, f"/{self.bucket}/{number % 100:02d}/{number:07d}")

    def probes(self, level: int) -> list[bytes]:
        starts = ["", *(f"{at * 7 % 80:02d}" for at in range(PAGES - 1))]
        if level <= 1000:  # a page from the middle would not be full
            starts = [""] * PAGES
        return [
            self._preparer.prepare("s3", "list_objects_v2", Bucket=self.bucket, StartAfter=start).wire
            for start in starts
        ]

    def check(self) -> None:
        """Expect pages to be full."""
        page = self._preparer.client("s3").list_objects_v2(Bucket=self.bucket)
        expect(page["KeyCount"] == 1000, f"a page of {page['KeyCount']} keys")


class Records:
    """A shard that is filled step by step, and read from all over."""

    name = "Kinesis GetRecords of 500 by records retained"
    levels: tuple[int, ...] = (10_000, 100_000, 1_000_000)

    def __init__(self, target: Target) -> None:
        self._preparer = target.preparer()
        self._kinesis = self._preparer.client("kinesis")
        self.stream = make_stream(target, self._preparer, 1)
        self._marks: list[str] = []

    def additions(self, start: int, stop: int) -> Iterator[bytes]:
        one = [{"Data": b"", "PartitionKey": "k"}]
        fresh = renewed(self._preparer, "kinesis", "put_records", StreamName=self.stream, Records=one)
        data = base64.b64encode(b"r" * 100).decode()
        for first in range(start, stop, PUT_RECORDS):
            # As many places at each level: none of them is read from what the last call left in memory.
            marked = self._kinesis.put_record(StreamName=self.stream, Data=b"mark", PartitionKey="k")
            self._marks.append(marked["SequenceNumber"])
            count = min(PUT_RECORDS, stop - first)
            records = [{"Data": data, "PartitionKey": "k"}] * count
            yield fresh(json.dumps({"StreamName": self.stream, "Records": records}).encode(), None)

    def probes(self, level: int) -> list[bytes]:
        (shard,) = self._kinesis.list_shards(StreamName=self.stream)["Shards"]
        marks = [self._marks[place * len(self._marks) // PAGES] for place in range(PAGES)]
        iterators = [
            self._kinesis.get_shard_iterator(
                StreamName=self.stream,
                ShardId=shard["ShardId"],
                ShardIteratorType="AT_SEQUENCE_NUMBER",
                StartingSequenceNumber=mark,
            )["ShardIterator"]
            for mark in marks
        ]
        return [
            self._preparer.prepare("kinesis", "get_records", ShardIterator=iterator, Limit=PUT_RECORDS).wire
            for iterator in iterators
        ]

    def check(self) -> None:
        """Expect a page to be full."""
        expect(bool(self._marks), "nothing was put")


class Versions:
    """A key that is overwritten step by step in a bucket with versioning."""

    name = "S3 HeadObject by versions of its key"
    levels: tuple[int, ...] = (1, 1_000, 10_000)

    def __init__(self, target: Target) -> None:
        self._preparer = target.preparer()
        self.bucket = make_bucket(target, self._preparer)
        s3 = self._preparer.client("s3")
        s3.put_bucket_versioning(Bucket=self.bucket, VersioningConfiguration={"Status": "Enabled"})
        self._first = s3.put_object(Bucket=self.bucket, Key="k", Body=b"")["VersionId"]
        self._stored = 1

    def additions(self, start: int, stop: int) -> Iterator[bytes]:
        fresh = renewed(self._preparer, "s3", "put_object", Bucket=self.bucket, Key="k", Body=b"")
        for _ in range(max(start, 1), stop):
            yield fresh(None, None)
        self._stored = stop

    def probes(self, level: int) -> list[bytes]:
        named = {"Bucket": self.bucket, "Key": "k"}
        current = self._preparer.prepare("s3", "head_object", **named)
        first = self._preparer.prepare("s3", "head_object", **named, VersionId=self._first)
        return [current.wire, first.wire] * (RECEIVES // 2)

    def check(self) -> None:
        """Expect the first version to be there still, beneath others."""
        found = self._preparer.client("s3").head_object(Bucket=self.bucket, Key="k")
        expect((found["VersionId"] == self._first) == (self._stored == 1), "not the newest version")


def renewed(preparer: Preparer, service: str, operation: str, **parameters: object) -> Callable[..., bytes]:
    """Return a function from body and path to a signed request, whose date botocore renews every 5,000 requests."""
    count = 0
    made = preparer.prepare(service, operation, **parameters)

    def fresh(body: bytes | None, path: str | None) -> bytes:
        nonlocal count, made
        count += 1
        if count % 5000 == 0:
            made = preparer.prepare(service, operation, **parameters)
        return made.varied(body=body, path=path).wire

    return fresh


async def fill(target: Target, requests: Iterator[bytes], level: int, patience: float) -> str:
    """Play all ``requests``; return what to note when that takes longer than ``patience`` seconds, else nothing."""
    stretch = await play(target.port, fill_scripts(requests), patience)
    expect(not stretch.errors, stretch.first_error)
    return f"{level:,} took longer than {patience:.0f} s to fill" if next(requests, None) is not None else ""


async def settle(target: Target) -> None:
    """Wait until the server has done what filling left to it: asked is what a call costs among much, not in a rush."""
    for _ in range(SETTLING * 2):
        before = target.processes.cpu()
        await asyncio.sleep(0.5)
        if target.processes.cpu() - before < IDLE:
            return


async def measure_growth(kind: type[Growing], target: Target, levels: list[int], patience: float) -> Growth:
    """Fill and probe at each level; stop where filling takes longer than ``patience`` seconds."""
    found = Growth(kind.name, target.name, {})
    try:
        place, stored = kind(target), 0
        first: float | None = None
        for level in levels:
            found.note = await fill(target, place.additions(stored, level), level, patience)
            if found.note:
                break
            stored = level
            await settle(target)
            found.levels[level] = await _probe(target, place.probes(level))
            place.check()
            held = target.processes.rss()
            first = held if first is None else first
            found.grew_mib = held - first
    except (Unfit, LoadFailed, OSError, TimeoutError) as error:
        found.note = f"{type(error).__name__}: {error}"[:200]
    return found


async def _probe(target: Target, probes: list[bytes]) -> float:
    stretch = await play(target.port, fill_scripts(probes, 1), 60)
    expect(not stretch.errors, stretch.first_error)
    latencies = sorted(stretch.latencies)
    return latencies[len(latencies) // 2] * 1000
