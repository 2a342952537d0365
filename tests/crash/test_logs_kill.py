"""kill -9 while log events are taken in, packed and passed on: what was acknowledged is there, and is delivered."""

import gzip
import json
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

from skyglobe.kernel.config import Config
from skyglobe.testing.clouds import TestCloud

ROUNDS = 3
_PROGRAM = Path(__file__).with_name("log_writer.py")


def work_and_kill(folder, first, acknowledged):
    """Have events put until so many batches are acknowledged, and kill; return the number after the last."""
    process = subprocess.Popen([sys.executable, _PROGRAM, folder, str(first)], stdout=subprocess.PIPE, text=True)
    for _ in range(acknowledged):
        first = int(process.stdout.readline())
    os.kill(process.pid, signal.SIGKILL)
    for line in process.communicate()[0].splitlines():
        first = int(line)
    return first


def numbers_in_logs(cloud):
    pages = cloud.client("logs").get_paginator("filter_log_events").paginate(logGroupName="g")
    return [int(event["message"].split()[0]) for page in pages for event in page["events"]]


def numbers_passed_on(cloud):
    kinesis = cloud.client("kinesis")
    token = kinesis.get_shard_iterator(
        StreamName="s", ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    records = kinesis.get_records(ShardIterator=token)["Records"]
    documents = [json.loads(gzip.decompress(record["Data"])) for record in records]
    events = [event for one in documents if one["messageType"] == "DATA_MESSAGE" for event in one["logEvents"]]
    return [int(event["message"].split()[0]) for event in events]


def test_logs_that_are_killed_lose_nothing_they_acknowledged(tmp_path):
    random_, number = random.Random(), 0
    for _ in range(ROUNDS):
        number = work_and_kill(tmp_path / "cloud", number, random_.randrange(20, 120))
    cloud = TestCloud(Config(folder=tmp_path / "cloud"))
    try:
        found = numbers_in_logs(cloud)
        # A batch that was kept and not acknowledged was put again by the next life.
        assert set(range(number)) <= set(found)
        assert len(found) <= len(set(found)) + 3 * ROUNDS
        cloud.turn(hours=1)
        assert set(range(number)) <= set(numbers_passed_on(cloud))
    finally:
        cloud.close()
