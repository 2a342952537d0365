"""What was written is told of, even by a process that was killed in between."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

from skyglobe.kernel.config import Config
from skyglobe.testing import TestCloud

_PROGRAM = Path(__file__).with_name("notifier.py")


def test_an_event_written_before_the_kill_is_delivered_after_the_restart(tmp_path: Path) -> None:
    folder = tmp_path / "cloud"
    ended = subprocess.run([sys.executable, _PROGRAM, folder], check=False)
    assert ended.returncode == -signal.SIGKILL
    cloud = TestCloud(Config(folder=folder))
    try:
        sqs = cloud.client("sqs")
        assert cloud.client("s3").get_object(Bucket="yard", Key="apple")["Body"].read() == b"red"
        cloud.settle()
        url = sqs.get_queue_url(QueueName="events")["QueueUrl"]
        messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
        told = [json.loads(message["Body"]) for message in messages]
        [event] = [sent for sent in told if "Records" in sent]
        assert event["Records"][0]["s3"]["object"]["key"] == "apple"
    finally:
        cloud.close()
