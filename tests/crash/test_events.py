"""kill -9 while events are queued for functions and streams are read: none is lost."""

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from skyglobe.kernel.config import Config
from skyglobe.testing.clouds import TestCloud
from tests.services.lambda_.conftest import Queue

ROUNDS = 2
_PROGRAM = Path(__file__).with_name("event_sender.py")
_ROOT = Path(__file__).parents[2]


def work_and_kill(folder, first, acknowledged):
    """Have events sent until so many are acknowledged, and kill; return the number after the last."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([*sys.path, str(_ROOT)])}
    process = subprocess.Popen(
        [sys.executable, _PROGRAM, folder, str(first)], stdout=subprocess.PIPE, text=True, env=environment
    )
    for _ in range(acknowledged):
        first = int(process.stdout.readline())
    os.kill(process.pid, signal.SIGKILL)
    for line in process.communicate()[0].splitlines():
        first = int(line)
    return first


@pytest.mark.spec("LAM-030")
def test_no_event_that_was_acknowledged_is_lost(tmp_path):
    random_, number = random.Random(), 0
    for _ in range(ROUNDS):
        number = work_and_kill(tmp_path / "cloud", number, random_.randrange(3, 12))
    cloud = TestCloud(Config(folder=tmp_path / "cloud"))
    try:
        cloud.settle()
        cloud.turn(minutes=3)
        told = Queue(cloud.session(), "told").taken()
        events = {one["requestPayload"]["n"] for one in told if "requestPayload" in one}
        assert set(range(number)) <= events
        batches = [one["KinesisBatchInfo"] for one in told if "KinesisBatchInfo" in one]
        read = {(one["startSequenceNumber"], one["endSequenceNumber"]) for one in batches}
        assert sum(one["batchSize"] for one in batches) >= number
        kinesis = cloud.client("kinesis")
        (shard,) = kinesis.list_shards(StreamName="stream")["Shards"]
        iterator = kinesis.get_shard_iterator(
            StreamName="stream", ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        for record in kinesis.get_records(ShardIterator=iterator)["Records"]:
            sequence = int(record["SequenceNumber"])
            assert any(int(first) <= sequence <= int(last) for first, last in read)
        assert Queue(cloud.session(), "work", VisibilityTimeout="60").counts == (0, 0)
    finally:
        cloud.close()
