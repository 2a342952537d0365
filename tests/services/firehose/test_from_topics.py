"""What a topic publishes lands in S3 by way of a delivery stream."""

import pytest

from tests.services.firehose.conftest import make_role


@pytest.mark.spec("SNS-017")
def test_published_messages_land_after_buffering(cloud, aws, make_stream, landed):
    stream = make_stream()
    sns = aws.client("sns")
    topic = sns.create_topic(Name="news")["TopicArn"]
    role = make_role(aws, "subscriber", ("firehose:PutRecord",), service="sns.amazonaws.com")
    sns.subscribe(
        TopicArn=topic,
        Protocol="firehose",
        Endpoint=stream.described["DeliveryStreamARN"],
        Attributes={"SubscriptionRoleArn": role, "RawMessageDelivery": "true"},
    )
    for text in ("one", "two"):
        sns.publish(TopicArn=topic, Message=text)
    cloud.settle()
    assert landed() == {}
    cloud.turn(301)
    ((_, content),) = landed().items()
    assert sorted(content.splitlines()) == [b"one", b"two"]


def test_a_subscription_writes_in_its_role(cloud, aws, make_stream, landed):
    stream, sns = make_stream(), aws.client("sns")
    topic = sns.create_topic(Name="news")["TopicArn"]
    role = make_role(aws, "powerless", (), service="sns.amazonaws.com")
    sns.subscribe(
        TopicArn=topic,
        Protocol="firehose",
        Endpoint=stream.described["DeliveryStreamARN"],
        Attributes={"SubscriptionRoleArn": role},
    )
    sns.publish(TopicArn=topic, Message="never")
    cloud.turn(hours=1)
    assert landed() == {}
