"""How many there may be, and how much, when AWS's quotas are in force."""

import pytest

from skyglobe.kernel.config import Config
from skyglobe.services.sns.records import counts, topics


@pytest.fixture
def cloud_config():
    return Config(quotas=True)


def pretend(cloud, key, value):
    """Have a count stand where it would after much patience."""
    cloud.run(cloud.kernel.transact(lambda scope: counts.set(scope, key, value), "000000000000", "us-east-1"))


@pytest.mark.spec("SNS-003")
def test_an_account_has_so_many_topics(cloud, sns, make_topic, many, refused):
    pretend(cloud, "topics:standard", 99_999)
    last = make_topic()
    assert refused(sns.create_topic, Name="one-too-many")[:2] == ("TopicLimitExceeded", 403)
    sns.delete_topic(TopicArn=last)
    make_topic()
    fifo = {"FifoTopic": "true"}
    many("sns", "CreateTopic", [{"Name": f"t{number}.fifo", "Attributes": fifo} for number in range(1_000)])
    assert refused(sns.create_topic, Name="x.fifo", Attributes=fifo)[0] == "TopicLimitExceeded"


@pytest.mark.spec("SNS-004")
def test_a_topic_has_so_many_subscriptions(cloud, sns, topic, subscribe, refused, make_queue):
    found = cloud.run(cloud.kernel.transact(lambda scope: next(iter(topics.scan(scope))), "000000000000", "us-east-1"))
    pretend(cloud, f"confirmed:{found.number}", 12_499_999)
    queue = subscribe(topic)
    more = {"TopicArn": topic, "Protocol": "sqs", "Endpoint": make_queue().arn}
    assert refused(sns.subscribe, **more)[:2] == ("SubscriptionLimitExceeded", 403)
    sns.unsubscribe(SubscriptionArn=queue.subscription)
    sns.subscribe(**more)


async def stand(cloud):
    cloud.kernel.clock.stand_at(cloud.kernel.clock.now())


@pytest.mark.spec("SNF-008")
def test_fifo_topics_are_throttled_as_a_whole_or_by_group(cloud, sns, make_topic, refused):
    def fill(topic, group, count):
        for start in range(0, count, 10):
            entries = [
                {"Id": str(place), "Message": "x", "MessageGroupId": group, "MessageDeduplicationId": f"{group}{place}"}
                for place in range(start, start + 10)
            ]
            answer = sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=entries)
            assert len(answer["Successful"]) == 10

    def publish(topic, group):
        return {"TopicArn": topic, "Message": "x", "MessageGroupId": group, "MessageDeduplicationId": group}

    whole = make_topic(FifoTopic="true")
    by_group = make_topic(FifoTopic="true", FifoThroughputScope="MessageGroup")
    cloud.run(stand(cloud))
    used = {"limit": 3_000, "amount": 2_990}
    assert cloud.kernel.quotas.take_in_second("sns", whole, "publish", **used)
    fill(whole, "a", 10)
    assert refused(sns.publish, **publish(whole, "b"))[:2] == ("Throttled", 429)
    assert cloud.kernel.quotas.take_in_second("sns", by_group, "publish", "a", limit=300, amount=290)
    fill(by_group, "a", 10)
    assert refused(sns.publish, **publish(by_group, "a"))[:2] == ("Throttled", 429)
    assert sns.publish(**publish(by_group, "b"))["MessageId"]
    cloud.turn(1)
    assert sns.publish(**publish(whole, "b"))["MessageId"]


def test_a_throttled_queue_gets_its_messages_later(cloud, many, fifo_topic, subscribe):
    queue = subscribe(fifo_topic)
    cloud.run(stand(cloud))
    sent = {"TopicArn": fifo_topic, "MessageGroupId": "g"}
    many("sns", "Publish", [{**sent, "Message": str(index)} for index in range(310)])
    cloud.turn(30)
    counted = queue.client.get_queue_attributes(QueueUrl=queue.url, AttributeNames=["ApproximateNumberOfMessages"])
    assert counted["Attributes"]["ApproximateNumberOfMessages"] == "310"
