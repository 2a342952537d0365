"""kill -9 in the middle of fan-outs: every acknowledged message is in every queue, and in none twice."""

from __future__ import annotations

import importlib.util
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from skyglobe.kernel.config import Config
from skyglobe.kernel.outbox import letters
from skyglobe.services.sns import engine
from skyglobe.testing import TestCloud

ROUNDS = 3
MAX_ACKNOWLEDGED = 60

_PROGRAM = Path(__file__).with_name("publisher.py")


@pytest.fixture
def publisher() -> Any:
    chunk = engine.CHUNK
    spec = importlib.util.spec_from_file_location("crash_publisher", _PROGRAM)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    engine.CHUNK = chunk


def publish_and_kill(folder: Path, acknowledged: int) -> list[str]:
    process = subprocess.Popen([sys.executable, _PROGRAM, folder], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    heard = [process.stdout.readline().strip() for _ in range(acknowledged)]
    process.kill()
    heard += process.stdout.read().split("\n")
    process.wait()
    return [text for text in heard if text.count("-") == 2]


def held_by(cloud: TestCloud, url: str) -> list[str]:
    client = cloud.client("sqs")
    texts: list[str] = []
    while found := client.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        texts += [message["Body"] for message in found]
    return texts


def test_a_fan_out_that_is_killed_goes_on_where_it_was(tmp_path: Path, publisher: Any) -> None:
    folder, heard = tmp_path / "cloud", []
    for _ in range(ROUNDS):
        heard += publish_and_kill(folder, random.randrange(1, MAX_ACKNOWLEDGED))
    cloud = TestCloud(Config(folder=folder))
    try:
        cloud.settle()
        assert cloud.run(cloud.kernel.transact(lambda scope: list(letters.scan(scope)))) == []
        held = [sorted(held_by(cloud, publisher.queue_url(number))) for number in range(publisher.QUEUES)]
    finally:
        cloud.close()
    assert set(heard) <= set(held[0]), "an acknowledged message is lost"
    assert held == [sorted(set(held[0]))] * publisher.QUEUES, "queues disagree, or one holds a message twice"
