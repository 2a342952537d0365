"""What is measured: each workload made ready on a target, checked once, and turned into scripts for connections."""

from __future__ import annotations

import itertools
import json
import random
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from benchmarks.load import Script
from benchmarks.prepared import Prepared, Preparer
from benchmarks.targets import Target

MIB = 1 << 20
LARGE_BYTES = 16 * MIB
SMALL_BODY = b"x" * 1024
MESSAGE = "m" * 256
DRAIN_FOR = 60.0  # seconds until messages count as lost
PUT_RECORDS = 500  # of one PutRecords; its API reference
GET_RECORDS = 10_000  # of one GetRecords; its API reference
OBJECTS = 512
"""Objects a small workload goes round; botocore signs each of their requests beforehand."""


class Unfit(Exception):
    """The target does not do what the workload asks, or does it wrongly."""


@dataclass
class Job:
    """A workload made ready on one target."""

    script: Callable[[int], Script]
    """From the number of the connection."""
    drain: Callable[[int], None] | None = None
    """Waits until all is done that so many answered requests began; the wait counts as part of the stretch."""


@dataclass(frozen=True)
class Workload:
    """One line of the table."""

    name: str
    ready: Callable[[Target, Preparer], Job]
    connections: tuple[int, ...] = (1, 16)
    mib: int = 0
    """Of payload in one request, for what is told in MiB a second."""


def expect(holds: bool, what: str) -> None:
    if not holds:
        raise Unfit(what)


def unique(stem: str) -> str:
    return f"bench-{stem}-{uuid.uuid4().hex[:10]}"


def around(requests: list[bytes]) -> Callable[[int], Script]:
    """Return a script that goes round ``requests`` for ever, each connection from another place."""

    def script(connection: int) -> Script:
        start = connection * 7919 % len(requests)
        for request in itertools.cycle(requests[start:] + requests[:start]):  # noqa: UP028 - see fill_scripts
            yield request

    return script


def identity(target: Target, preparer: Preparer) -> Job:
    if not target.is_null:
        expect("Account" in preparer.client("sts").get_caller_identity(), "no account in the answer")
    return Job(around([preparer.prepare("sts", "get_caller_identity").wire]))


def messages(target: Target, preparer: Preparer) -> Job:
    """SendMessage, ReceiveMessage and DeleteMessage of what came, in turns."""
    url = f"{target.endpoint}/000000000000/queue"
    if not target.is_null:
        sqs = preparer.client("sqs")
        url = sqs.create_queue(QueueName=unique("queue"))["QueueUrl"]
        sqs.send_message(QueueUrl=url, MessageBody="hello")
        (received,) = sqs.receive_message(QueueUrl=url).get("Messages", [None])
        expect(received is not None and received["Body"] == "hello", "the message sent did not come back")
        sqs.delete_message(QueueUrl=url, ReceiptHandle=received["ReceiptHandle"])
    send = preparer.prepare("sqs", "send_message", QueueUrl=url, MessageBody=MESSAGE).wire
    receive = preparer.prepare("sqs", "receive_message", QueueUrl=url, MaxNumberOfMessages=1).wire
    delete = preparer.prepare("sqs", "delete_message", QueueUrl=url, ReceiptHandle="?")

    def script(connection: int) -> Script:
        while True:
            yield send
            body = yield receive
            handles = [{"ReceiptHandle": "null"}] if target.is_null else json.loads(body).get("Messages", [])
            for message in handles:
                yield delete_of(delete, url, message["ReceiptHandle"])

    return Job(script)


def delete_of(delete: Prepared, url: str, handle: str) -> bytes:
    return delete.varied(body=json.dumps({"QueueUrl": url, "ReceiptHandle": handle}).encode()).wire


FAN = 5
"""Queues that a topic's messages go to."""


def publishes(target: Target, preparer: Preparer) -> Job:
    """Publish of a small message to a topic with five queues, until each queue holds every message."""
    name = unique("fan")
    topic, urls = f"arn:aws:sns:us-east-1:000000000000:{name}", []
    sqs = preparer.client("sqs")
    if not target.is_null:
        sns = preparer.client("sns")
        topic = sns.create_topic(Name=name)["TopicArn"]
        for number in range(FAN):
            arn = f"arn:aws:sqs:us-east-1:000000000000:{name}-{number}"
            statement = {
                "Effect": "Allow",
                "Principal": {"Service": "sns.amazonaws.com"},
                "Action": "sqs:SendMessage",
                "Resource": arn,
                "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
            }
            policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
            urls.append(sqs.create_queue(QueueName=f"{name}-{number}", Attributes={"Policy": policy})["QueueUrl"])
            sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)

    def drain(published: int) -> None:
        for url in urls:
            until = time.monotonic() + DRAIN_FOR
            while _held(sqs, url) < published:
                expect(time.monotonic() < until, "a queue did not get all messages")
                time.sleep(0.005)

    return Job(around([preparer.prepare("sns", "publish", TopicArn=topic, Message=MESSAGE).wire]), drain)


def _held(sqs: Any, url: str) -> int:
    name = "ApproximateNumberOfMessages"
    return int(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name])["Attributes"][name])


def small_puts(target: Target, preparer: Preparer) -> Job:
    bucket = make_bucket(target, preparer)
    return Job(around(_small_puts(preparer, bucket)))


def _small_puts(preparer: Preparer, bucket: str) -> list[bytes]:
    one = preparer.prepare("s3", "put_object", Bucket=bucket, Key="k", Body=SMALL_BODY)
    return [one.varied(path=f"/{bucket}/folder/{number:06d}").wire for number in range(OBJECTS)]


def small_gets(target: Target, preparer: Preparer) -> Job:
    bucket = make_bucket(target, preparer)
    keys = [f"folder/{number:06d}" for number in range(OBJECTS)]
    if not target.is_null:
        s3 = preparer.client("s3")
        for key in keys:
            s3.put_object(Bucket=bucket, Key=key, Body=SMALL_BODY)
        expect(s3.get_object(Bucket=bucket, Key=keys[-1])["Body"].read() == SMALL_BODY, "not the object that was put")
    one = preparer.prepare("s3", "get_object", Bucket=bucket, Key="k")
    return Job(around([one.varied(path=f"/{bucket}/{key}").wire for key in keys]))


def make_bucket(target: Target, preparer: Preparer) -> str:
    bucket = unique("bucket")
    if not target.is_null:
        preparer.client("s3").create_bucket(Bucket=bucket)
    return bucket


def large_body() -> bytes:
    return random.Random(0).randbytes(MIB) * (LARGE_BYTES // MIB)


def large_puts(target: Target, preparer: Preparer) -> Job:
    bucket = make_bucket(target, preparer)
    requests = [
        preparer.prepare("s3", "put_object", Bucket=bucket, Key=f"large-{number}", Body=large_body()).wire
        for number in range(2)
    ]
    return Job(around(requests))


def large_gets(target: Target, preparer: Preparer) -> Job:
    bucket = make_bucket(target, preparer)
    if not target.is_null:
        s3, body = preparer.client("s3"), large_body()
        s3.put_object(Bucket=bucket, Key="large", Body=body)
        expect(s3.get_object(Bucket=bucket, Key="large")["Body"].read() == body, "not the object that was put")
    return Job(around([preparer.prepare("s3", "get_object", Bucket=bucket, Key="large").wire]))


def make_stream(target: Target, preparer: Preparer, shards: int) -> str:
    name = unique("stream")
    if not target.is_null:
        kinesis = preparer.client("kinesis")
        kinesis.create_stream(StreamName=name, ShardCount=shards)
        kinesis.get_waiter("stream_exists").wait(StreamName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 30})
    return name


def stream_puts(target: Target, preparer: Preparer) -> Job:
    """PutRecords of as many records of a KiB as a call may have, over the four shards of a stream."""
    name = make_stream(target, preparer, 4)
    records = [{"Data": SMALL_BODY, "PartitionKey": str(number)} for number in range(PUT_RECORDS)]
    if not target.is_null:
        answer = preparer.client("kinesis").put_records(StreamName=name, Records=records)
        expect(answer.get("FailedRecordCount", 0) == 0, "records were refused")
        expect(len({put["ShardId"] for put in answer["Records"]}) == 4, "records were not spread over the shards")
    return Job(around([preparer.prepare("kinesis", "put_records", StreamName=name, Records=records).wire]))


def stream_gets(target: Target, preparer: Preparer) -> Job:
    """GetRecords of 10,000 records of a KiB, from the beginning of a shard."""
    name, iterator = make_stream(target, preparer, 1), "iterator"
    if not target.is_null:
        kinesis = preparer.client("kinesis")
        records = [{"Data": SMALL_BODY, "PartitionKey": "k"} for _ in range(PUT_RECORDS)]
        for _ in range(GET_RECORDS // PUT_RECORDS):
            kinesis.put_records(StreamName=name, Records=records)
        (shard,) = kinesis.list_shards(StreamName=name)["Shards"]
        iterator = kinesis.get_shard_iterator(
            StreamName=name, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        found = kinesis.get_records(ShardIterator=iterator, Limit=GET_RECORDS)["Records"]
        expect(len(found) == GET_RECORDS, f"{len(found)} records came instead of {GET_RECORDS}")
        expect(found[-1]["Data"] == SMALL_BODY, "not the records that were put")
    return Job(around([preparer.prepare("kinesis", "get_records", ShardIterator=iterator, Limit=GET_RECORDS).wire]))


WORKLOADS = [
    Workload("STS GetCallerIdentity", identity),
    Workload("SQS send, receive, delete", messages),
    Workload("SNS publish to 5 queues", publishes),
    Workload("S3 put 1 KiB", small_puts),
    Workload("S3 get 1 KiB", small_gets),
    Workload("Kinesis PutRecords 500 × 1 KiB", stream_puts, (1, 4)),
    Workload("Kinesis GetRecords 10,000", stream_gets, (1,)),
    Workload("S3 put 16 MiB", large_puts, (1,), 16),
    Workload("S3 get 16 MiB", large_gets, (1,), 16),
]


def fill_scripts(requests: Any, connections: int = 8) -> list[Script]:
    """Return scripts that share out ``requests``, an iterator of bytes."""
    shared = iter(requests)

    def script() -> Script:
        for request in shared:  # noqa: UP028 - "yield from" would send the answers into the iterator
            yield request

    return [script() for _ in range(connections)]
