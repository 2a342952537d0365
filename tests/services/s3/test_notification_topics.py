"""A bucket tells a topic, which tells its subscribers."""

import json

import pytest

from tests.services.s3.conftest import OWNER, document


@pytest.fixture
def topic(owner):
    """Return a function that makes a topic, which S3 may publish to for ``yard`` or not, and returns its ARN."""
    sns = owner.client("sns")

    def make(name, source="arn:aws:s3:::yard"):
        arn = sns.create_topic(Name=name)["TopicArn"]
        who = {"Service": "s3.amazonaws.com"}
        condition = {"ArnLike": {"aws:SourceArn": source}, "StringEquals": {"aws:SourceAccount": OWNER}}
        allowed = {"Effect": "Allow", "Principal": who, "Action": "sns:Publish", "Resource": arn}
        text = document({**allowed, "Condition": condition})
        sns.set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=text)
        return arn

    return make


def told_by(arn):
    return {"TopicConfigurations": [{"TopicArn": arn, "Events": ["s3:ObjectCreated:*"]}]}


@pytest.mark.spec("SNS-016")
def test_what_a_topic_is_told_reaches_every_queue_that_subscribes_to_it(cloud, owner, yard, topic):
    s3, sns, sqs = owner.client("s3"), owner.client("sns"), owner.client("sqs")
    arn = topic("news")
    urls = [sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("reader", "writer")]
    for url in urls:
        queue = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        who = {"Service": "sns.amazonaws.com"}
        allowed = {"Effect": "Allow", "Principal": who, "Action": "sqs:SendMessage", "Resource": queue}
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": document(allowed)})
        sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=queue)
    s3.put_bucket_notification_configuration(Bucket=yard, NotificationConfiguration=told_by(arn))
    s3.put_object(Bucket=yard, Key="b", Body=b"pear")
    cloud.settle()
    for url in urls:
        messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
        envelopes = [json.loads(message["Body"]) for message in messages]
        assert {envelope["Subject"] for envelope in envelopes} == {"Amazon S3 Notification"}
        told = [json.loads(envelope["Message"]) for envelope in envelopes]
        assert [sent["Event"] for sent in told if "Event" in sent] == ["s3:TestEvent"]
        [event] = [sent for sent in told if "Records" in sent]
        assert event["Records"][0]["s3"]["object"]["key"] == "b"


@pytest.mark.spec("S3EVT-010")
def test_a_topic_must_be_there_and_let_the_bucket_in(owner, yard, topic, refused):
    s3 = owner.client("s3")
    reasons = {
        topic("closed", source="arn:aws:s3:::other"): "Permissions on the destination topic do not allow S3",
        f"arn:aws:sns:us-east-1:{OWNER}:nowhere": "The destination topic does not exist",
    }
    for arn, reason in reasons.items():
        with refused("InvalidArgument") as answer:
            s3.put_bucket_notification_configuration(Bucket=yard, NotificationConfiguration=told_by(arn))
        assert answer["Error"]["ArgumentValue"].startswith(reason)
