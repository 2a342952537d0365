"""Publishes to a topic with five queues until it is killed: ``publisher.py FOLDER``. Says each acknowledged id."""

from __future__ import annotations

import json
import os
import sys
import threading
from pathlib import Path
from typing import Any

from skyglobe.kernel.config import Config
from skyglobe.services.sns import engine
from skyglobe.testing import TestCloud

QUEUES = 5
CHUNK = 2
"""Subscriptions served in one transaction: a fan-out has three, and kills come between them."""
TOPIC = "arn:aws:sns:us-east-1:000000000000:crash"
engine.CHUNK = CHUNK


def queue_url(number: int) -> str:
    return f"http://localhost:4566/000000000000/crash-{number}"


def prepare(cloud: TestCloud) -> None:
    sns, sqs = cloud.client("sns"), cloud.client("sqs")
    sns.create_topic(Name="crash")
    for number in range(QUEUES):
        arn = f"arn:aws:sqs:us-east-1:000000000000:crash-{number}"
        statement = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": arn}
        sqs.create_queue(QueueName=f"crash-{number}", Attributes={"Policy": json.dumps({"Statement": [statement]})})
        sns.subscribe(TopicArn=TOPIC, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})


def publish(client: Any, worker: int) -> None:
    number = 0
    while True:
        number += 1
        text = f"{os.getpid()}-{worker}-{number}"
        client.publish(TopicArn=TOPIC, Message=text)
        os.write(1, f"{text}\n".encode())


def main() -> None:
    cloud = TestCloud(Config(folder=Path(sys.argv[1])))
    prepare(cloud)
    workers = [threading.Thread(target=publish, args=(cloud.client("sns"), worker)) for worker in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


if __name__ == "__main__":
    main()
