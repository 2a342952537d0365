"""An answered request leaves nothing to the garbage collector: its memory is free at once, for the next request."""

from __future__ import annotations

import contextlib
import gc
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError


def left_by(call: Callable[[], Any]) -> Counter[str]:
    """Return the kinds of Skyglobe's own objects that only the garbage collector could free after ``call``."""
    call()  # fills what is kept on purpose
    gc.freeze()  # what is there already is not looked at: looking takes a second with all that tests have loaded
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        call()
        gc.collect()
        kinds = (type(found) for found in gc.garbage)
        return Counter(kind.__name__ for kind in kinds if kind.__module__.startswith("skyglobe."))
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()
        gc.unfreeze()


def refused(call: Callable[..., Any], **parameters: Any) -> Callable[[], None]:
    def run() -> None:
        with contextlib.suppress(ClientError):
            call(**parameters)

    return run


@pytest.fixture
def calls(cloud: Any, aws: Any) -> dict[str, Callable[[], Any]]:
    s3, sqs, sns, kinesis, dynamodb = map(aws.client, ("s3", "sqs", "sns", "kinesis", "dynamodb"))
    s3.create_bucket(Bucket="photos")
    url = sqs.create_queue(QueueName="orders")["QueueUrl"]
    kinesis.create_stream(StreamName="clicks", ShardCount=1)
    keys = {"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}
    named = {"AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}]}
    stream = {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}}
    dynamodb.create_table(TableName="people", BillingMode="PAY_PER_REQUEST", **keys, **named, **stream)
    cloud.turn(60)
    topic, spread = (sns.create_topic(Name=name)["TopicArn"] for name in ("news", "spread"))
    inbox = sqs.create_queue(QueueName="inbox", Attributes={"Policy": OPEN})["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=inbox, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=spread, Protocol="sqs", Endpoint=arn)

    def fan_out() -> None:
        sns.publish(TopicArn=spread, Message="m")
        cloud.settle()
        (came,) = sqs.receive_message(QueueUrl=inbox, WaitTimeSeconds=20)["Messages"]
        sqs.delete_message(QueueUrl=inbox, ReceiptHandle=came["ReceiptHandle"])

    return {
        "put": lambda: s3.put_object(Bucket="photos", Key="a", Body=b"x" * 1024),
        "get": lambda: s3.put_object(Bucket="photos", Key="a", Body=b"x") and s3.get_object(Bucket="photos", Key="a"),
        "list": lambda: s3.list_objects_v2(Bucket="photos"),
        "send": lambda: sqs.send_message(QueueUrl=url, MessageBody="m"),
        "stream": lambda: kinesis.put_record(StreamName="clicks", Data=b"click", PartitionKey="a"),
        "publish": lambda: sns.publish(TopicArn=topic, Message="m"),
        "fan out": fan_out,
        "write": lambda: dynamodb.put_item(TableName="people", Item={"id": {"S": "1"}}),
        "a missing object": refused(s3.get_object, Bucket="photos", Key="none"),
        "a missing queue": refused(sqs.get_queue_url, QueueName="none"),
        "a missing table": refused(dynamodb.get_item, TableName="none", Key={"id": {"S": "1"}}),
    }


OPEN = '{"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"}]}'
NAMES = ["put", "get", "list", "send", "stream", "publish", "fan out", "write"]
REFUSED = ["a missing object", "a missing queue", "a missing table"]


@pytest.mark.parametrize("name", NAMES + REFUSED)
def test_an_answered_request_is_no_circle(calls: dict[str, Callable[[], Any]], name: str) -> None:
    assert left_by(calls[name]) == Counter()


def test_a_denied_request_is_no_circle(aws: Any, cloud: Any) -> None:
    iam = aws.client("iam")
    iam.create_user(UserName="ana")
    key = iam.create_access_key(UserName="ana")["AccessKey"]
    s3 = cloud.session_with(key).client("s3")
    assert left_by(refused(s3.get_object, Bucket="photos", Key="a")) == Counter()
