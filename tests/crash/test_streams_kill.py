"""kill -9 while records are taken in and delivered: what was acknowledged is readable, and lands."""

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

from skyglobe.kernel.config import Config
from skyglobe.testing.clouds import TestCloud

ROUNDS = 3
_PROGRAM = Path(__file__).with_name("stream_writer.py")


def work_and_kill(folder, first, acknowledged):
    """Have records put until so many batches are acknowledged, and kill; return the number after the last."""
    process = subprocess.Popen([sys.executable, _PROGRAM, folder, str(first)], stdout=subprocess.PIPE, text=True)
    for _ in range(acknowledged):
        first = int(process.stdout.readline())
    os.kill(process.pid, signal.SIGKILL)
    for line in process.communicate()[0].splitlines():
        first = int(line)
    return first


def numbers_in_kinesis(cloud):
    kinesis, found = cloud.client("kinesis"), []
    for shard in kinesis.list_shards(StreamName="s")["Shards"]:
        iterator = kinesis.get_shard_iterator(
            StreamName="s", ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        records = kinesis.get_records(ShardIterator=iterator)["Records"]
        sequences = [int(record["SequenceNumber"]) for record in records]
        assert sequences == sorted(set(sequences))
        found += [int(record["Data"].split(b";")[0]) for record in records]
    return found


def numbers_landed(cloud):
    s3 = cloud.client("s3")
    keys = [one["Key"] for one in s3.list_objects_v2(Bucket="landing").get("Contents", [])]
    bodies = [s3.get_object(Bucket="landing", Key=key)["Body"].read() for key in keys]
    return [int(line.split(b";")[0]) for body in bodies for line in body.splitlines()]


def test_streams_that_are_killed_lose_nothing_they_acknowledged(tmp_path):
    random_, number = random.Random(), 0
    for _ in range(ROUNDS):
        number = work_and_kill(tmp_path / "cloud", number, random_.randrange(5, 40))
    cloud = TestCloud(Config(folder=tmp_path / "cloud"))
    try:
        assert set(range(number)) <= set(numbers_in_kinesis(cloud))
        assert list(cloud.kernel.blobs.names())
        cloud.turn(hours=1)
        assert set(range(number)) <= set(numbers_landed(cloud))
    finally:
        cloud.close()
