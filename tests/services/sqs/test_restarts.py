"""A cloud that stops and starts again takes up where it was."""

import json

import pytest

from skyglobe.kernel.config import Config
from skyglobe.testing.clouds import TestCloud


@pytest.fixture
def reopened(tmp_path):
    """Open the cloud of one folder again and again."""
    opened = []

    def reopen():
        if opened:
            opened[-1].close()
        opened.append(TestCloud(Config(folder=tmp_path)))
        return opened[-1]

    yield reopen
    opened[-1].close()


def test_messages_flights_and_handles_outlive_a_restart(reopened):
    sqs = reopened().client("sqs")
    url = sqs.create_queue(QueueName="orders")["QueueUrl"]
    for body in ("held", "waiting"):
        sqs.send_message(QueueUrl=url, MessageBody=body)
    (held,) = sqs.receive_message(QueueUrl=url)["Messages"]
    cloud = reopened()
    sqs = cloud.client("sqs")
    sqs.delete_message(QueueUrl=url, ReceiptHandle=held["ReceiptHandle"])
    cloud.turn(31)
    (left,) = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert {held["Body"], left["Body"]} == {"held", "waiting"}


def test_a_redrive_goes_on_after_a_restart(reopened):
    sqs = reopened().client("sqs")
    dead = sqs.create_queue(QueueName="dead")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 1})
    source = sqs.create_queue(QueueName="source", Attributes={"RedrivePolicy": policy})["QueueUrl"]
    for number in range(10):
        sqs.send_message(QueueUrl=source, MessageBody=str(number))
    for _ in range(2):
        sqs.receive_message(QueueUrl=source, MaxNumberOfMessages=10, VisibilityTimeout=0)
    sqs.start_message_move_task(SourceArn=arn, MaxNumberOfMessagesPerSecond=1)
    cloud = reopened()
    sqs = cloud.client("sqs")
    (task,) = sqs.list_message_move_tasks(SourceArn=arn)["Results"]
    assert task["Status"] == "RUNNING"
    cloud.turn(60)
    (task,) = sqs.list_message_move_tasks(SourceArn=arn)["Results"]
    assert (task["Status"], task["ApproximateNumberOfMessagesMoved"]) == ("COMPLETED", 10)
    names = ["ApproximateNumberOfMessages"]
    assert sqs.get_queue_attributes(QueueUrl=source, AttributeNames=names)["Attributes"][names[0]] == "10"
