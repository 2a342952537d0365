"""FIFO topics: order, deduplication, archives and replays."""

import json
from datetime import UTC, datetime

import pytest


def instant(milliseconds):
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@pytest.mark.spec("SNF-001", "SNF-004", "MSG-005")
def test_a_hundred_messages_of_one_group_arrive_in_order_in_each_queue(sns, cloud, fifo_topic, subscribe):
    queues = [subscribe(fifo_topic), subscribe(fifo_topic)]
    numbers = []
    for index in range(100):
        sent = sns.publish(TopicArn=fifo_topic, Message=str(index), MessageGroupId="g")
        numbers.append(sent["SequenceNumber"])
    sns.publish(TopicArn=fifo_topic, Message="99", MessageGroupId="g")  # a duplicate
    cloud.settle()
    assert numbers == sorted(numbers)
    assert len({len(number) for number in numbers}) == 1
    for queue in queues:
        envelopes = queue.envelopes()
        assert [envelope["Message"] for envelope in envelopes] == [str(index) for index in range(100)]
        assert [envelope["SequenceNumber"] for envelope in envelopes] == numbers


@pytest.mark.spec("SNF-002")
def test_duplicates_within_five_minutes_are_delivered_once(sns, cloud, fifo_topic, subscribe, publish):
    queue = subscribe(fifo_topic, RawMessageDelivery="true")
    first = publish(fifo_topic, "same", MessageGroupId="g")
    again = publish(fifo_topic, "same", MessageGroupId="g")
    assert (again["MessageId"], again["SequenceNumber"]) == (first["MessageId"], first["SequenceNumber"])
    publish(fifo_topic, "other text", MessageGroupId="g", MessageDeduplicationId="id")
    publish(fifo_topic, "same id", MessageGroupId="h", MessageDeduplicationId="id")
    assert [message["Body"] for message in queue.messages()] == ["same", "other text"]
    cloud.turn(minutes=5)
    publish(fifo_topic, "same", MessageGroupId="g")
    assert [message["Body"] for message in queue.messages()] == ["same"]


def test_with_the_scope_of_a_group_other_groups_may_use_the_same_id(make_topic, subscribe, publish, sns, refused):
    topic = make_topic(FifoTopic="true", FifoThroughputScope="MessageGroup")
    queue = subscribe(topic, RawMessageDelivery="true")
    queue.client.set_queue_attributes(
        QueueUrl=queue.url,
        Attributes={"DeduplicationScope": "messageGroup", "FifoThroughputLimit": "perMessageGroupId"},
    )
    for group in ("a", "b", "a"):
        publish(topic, group, MessageGroupId=group, MessageDeduplicationId="id")
    assert sorted(message["Body"] for message in queue.messages()) == ["a", "b"]
    message = refused(sns.publish, TopicArn=topic, Message="x", MessageGroupId="a")[2]
    assert message == (
        "Invalid parameter: The topic should either have ContentBasedDeduplication enabled or "
        "MessageDeduplicationId provided explicitly"
    )


def test_forgotten_ids_leave_nothing_behind(cloud, fifo_topic, many):
    from skyglobe.services.sns.records import deduplications

    sent = {"TopicArn": fifo_topic, "MessageGroupId": "g"}
    many("sns", "Publish", [{**sent, "Message": str(index)} for index in range(250)])
    cloud.turn(minutes=11)
    assert (
        cloud.run(cloud.kernel.transact(lambda scope: list(deduplications.scan(scope)), "000000000000", "us-east-1"))
        == []
    )


@pytest.mark.spec("SNF-003")
def test_queues_of_both_kinds_may_subscribe_and_nothing_else(
    sns, fifo_topic, topic, make_queue, publish, subscribe, refused
):
    standard = make_queue()
    standard.let_in(fifo_topic)
    sns.subscribe(TopicArn=fifo_topic, Protocol="sqs", Endpoint=standard.arn)
    fifo = subscribe(fifo_topic)
    publish(fifo_topic, "for both", MessageGroupId="g")
    assert standard.texts() == fifo.texts() == ["for both"]
    for protocol, endpoint in (("email", "a@example.com"), ("http", "http://localhost/"), ("sms", "+15555550100")):
        code, status, _ = refused(sns.subscribe, TopicArn=fifo_topic, Protocol=protocol, Endpoint=endpoint)
        assert (code, status) == ("InvalidParameter", 400)
    assert refused(sns.subscribe, TopicArn=topic, Protocol="sqs", Endpoint=fifo.arn)[:2] == ("InvalidParameter", 400)


@pytest.mark.spec("SNF-005")
def test_names_of_fifo_topics_end_so(sns, refused):
    code, status, message = refused(sns.create_topic, Name="plain", Attributes={"FifoTopic": "true"})
    assert (code, status) == ("InvalidParameter", 400)
    assert message.startswith("Invalid parameter: Fifo Topic names must end with .fifo")
    assert refused(sns.create_topic, Name="standard.fifo")[0] == "InvalidParameter"


@pytest.mark.spec("SNF-006")
def test_every_publish_names_a_group(sns, fifo_topic, refused):
    code, status, message = refused(sns.publish, TopicArn=fifo_topic, Message="x")
    assert (code, status) == ("InvalidParameter", 400)
    assert message == "Invalid parameter: The MessageGroupId parameter is required for FIFO topics"


@pytest.mark.spec("SNF-009")
def test_a_filtered_subscription_gets_its_part_in_order(sns, cloud, fifo_topic, subscribe, make_queue, refused):
    queue = subscribe(fifo_topic, FilterPolicy='{"kind": ["even"]}')
    for index in range(20):
        kind = {"DataType": "String", "StringValue": "odd" if index % 2 else "even"}
        sns.publish(TopicArn=fifo_topic, Message=str(index), MessageGroupId="g", MessageAttributes={"kind": kind})
    cloud.settle()
    assert queue.texts() == [str(index) for index in range(0, 20, 2)]

    def redrive(target):
        policy = json.dumps({"deadLetterTargetArn": target})
        return {"AttributeName": "RedrivePolicy", "AttributeValue": policy, "SubscriptionArn": queue.subscription}

    code, status, _ = refused(sns.set_subscription_attributes, **redrive(make_queue().arn))
    assert (code, status) == ("InvalidParameter", 400)
    sns.set_subscription_attributes(**redrive(make_queue(FifoQueue="true").arn))


def test_dead_letters_of_fifo_topics_keep_their_group(sns, fifo_topic, make_queue, publish):
    dead, queue = make_queue(FifoQueue="true"), make_queue(FifoQueue="true")
    dead.let_in(fifo_topic)
    policy = json.dumps({"deadLetterTargetArn": dead.arn})
    sns.subscribe(TopicArn=fifo_topic, Protocol="sqs", Endpoint=queue.arn, Attributes={"RedrivePolicy": policy})
    publish(fifo_topic, "lost", MessageGroupId="my group".replace(" ", "-"))
    (message,) = dead.messages()
    assert message["Attributes"]["MessageGroupId"] == "my-group"
    assert json.loads(message["Body"])["Message"] == "lost"


@pytest.fixture
def archived(make_topic):
    return make_topic(
        FifoTopic="true", ContentBasedDeduplication="true", ArchivePolicy='{"MessageRetentionPeriod":"30"}'
    )


@pytest.mark.spec("SNF-007")
def test_archived_messages_are_replayed_to_one_subscription(sns, cloud, archived, subscribe, publish, many):
    first = subscribe(archived)
    begin = cloud.now
    messages = [{"TopicArn": archived, "MessageGroupId": "g", "Message": str(index)} for index in range(120)]
    sent = [answer["MessageId"] for answer in many("sns", "Publish", messages)]
    cloud.settle()
    assert len(first.texts()) == 120
    policy = {"PointType": "Timestamp", "StartingPoint": instant(begin)}
    late = subscribe(archived, ReplayPolicy=json.dumps(policy))
    cloud.settle()
    envelopes = late.envelopes()
    assert [envelope["MessageId"] for envelope in envelopes] == sent
    assert {envelope["Replayed"] for envelope in envelopes} == {"true"}
    status = sns.get_subscription_attributes(SubscriptionArn=late.subscription)["Attributes"]["ReplayStatus"]
    assert status == "Completed"
    assert first.texts() == []
    publish(archived, "new", MessageGroupId="g")
    assert late.texts() == first.texts() == ["new"]


def test_what_is_published_during_a_replay_comes_after_it_and_once(sns, cloud, archived, subscribe, many):
    begin = cloud.now
    sent = {"TopicArn": archived, "MessageGroupId": "g"}
    many("sns", "Publish", [{**sent, "Message": str(index)} for index in range(130)])
    cloud.settle()
    queue = subscribe(archived)
    policy = json.dumps({"PointType": "Timestamp", "StartingPoint": instant(begin)})
    sns.set_subscription_attributes(
        SubscriptionArn=queue.subscription, AttributeName="ReplayPolicy", AttributeValue=policy
    )
    for index in range(130, 160):
        sns.publish(TopicArn=archived, Message=str(index), MessageGroupId="g")
    cloud.settle()
    assert queue.texts() == [str(index) for index in range(160)]


def test_a_replay_may_have_an_end(sns, cloud, archived, subscribe, publish):
    times = []
    for index in range(4):
        times.append(cloud.now)
        publish(archived, str(index), MessageGroupId="g")
        cloud.turn(60)
    policy = {"PointType": "Timestamp", "StartingPoint": instant(times[1]), "EndingPoint": instant(times[3] - 30_000)}
    queue = subscribe(archived, ReplayPolicy=json.dumps(policy))
    cloud.settle()
    assert queue.texts() == ["1", "2"]


def test_ending_a_replay_with_an_end_loses_nothing_on_its_way(sns, cloud, archived, subscribe, publish, monkeypatch):
    begin = cloud.now
    publish(archived, "old", MessageGroupId="g")
    cloud.turn(60)
    queue = subscribe(archived)
    policy = {"PointType": "Timestamp", "StartingPoint": instant(begin), "EndingPoint": instant(begin + 30_000)}
    change = {"SubscriptionArn": queue.subscription, "AttributeName": "ReplayPolicy"}
    with monkeypatch.context() as patched:
        patched.setattr(cloud.kernel.outbox, "wake", lambda: None)  # as if everything took long
        sns.set_subscription_attributes(**change, AttributeValue=json.dumps(policy))
        sns.publish(TopicArn=archived, Message="on its way", MessageGroupId="g")
        sns.set_subscription_attributes(**change, AttributeValue="")
    cloud.settle()
    assert queue.texts() == ["on its way"]


@pytest.mark.spec("SNF-007")
def test_archives_forget_by_the_clock_and_keep_their_topic(sns, cloud, archived, subscribe, publish, refused):
    publish(archived, "old", MessageGroupId="g")
    cloud.turn(days=20)
    publish(archived, "newer", MessageGroupId="g")
    begin = sns.get_topic_attributes(TopicArn=archived)["Attributes"]["BeginningArchiveTime"]
    assert datetime.fromisoformat(begin).timestamp() * 1000 < cloud.now - 19 * 86_400_000
    cloud.turn(days=12)
    policy = {"PointType": "Timestamp", "StartingPoint": begin}
    queue = subscribe(archived, ReplayPolicy=json.dumps(policy))
    cloud.settle()
    assert queue.texts() == ["newer"]
    code, status, _ = refused(sns.delete_topic, TopicArn=archived)
    assert (code, status) == ("InvalidState", 400)
    sns.set_topic_attributes(TopicArn=archived, AttributeName="ArchivePolicy", AttributeValue="{}")
    sns.delete_topic(TopicArn=archived)


@pytest.mark.parametrize(
    "policy",
    [
        "{",
        "[]",
        '{"PointType": "Offset", "StartingPoint": "2026-01-01T00:00:00Z"}',
        '{"PointType": "Timestamp", "StartingPoint": "yesterday"}',
        '{"PointType": "Timestamp"}',
        '{"PointType": "Timestamp", "StartingPoint": "2026-01-02T00:00:00Z", "EndingPoint": "2026-01-01T00:00:00Z"}',
    ],
)
def test_malformed_replays_are_refused(sns, archived, subscribe, refused, policy):
    queue = subscribe(archived)
    change = {"AttributeName": "ReplayPolicy", "AttributeValue": policy}
    assert refused(sns.set_subscription_attributes, SubscriptionArn=queue.subscription, **change)[:2] == (
        "InvalidParameter",
        400,
    )
