"""Messages that nobody can process end in a dead-letter queue."""

import json

import pytest


@pytest.mark.spec("SQS-041")
def test_the_fourth_receive_finds_the_message_in_the_dead_letter_queue(cloud, with_dead_letters):
    source, dead = with_dead_letters(3)
    sent = source.send("poison", MessageAttributes={"a": {"DataType": "String", "StringValue": "kept"}})
    for attempt in (1, 2, 3):
        message = source.receive_one(MessageSystemAttributeNames=["All"])
        assert message["Attributes"]["ApproximateReceiveCount"] == str(attempt)
        assert "DeadLetterQueueSourceArn" not in message["Attributes"]
        cloud.turn(31)
    assert source.receive() == []
    assert source.counts() == (0, 0, 0)
    buried = dead.receive_one(MessageSystemAttributeNames=["All"], MessageAttributeNames=["All"])
    assert buried["MessageId"] == sent["MessageId"]
    assert buried["MessageAttributes"]["a"]["StringValue"] == "kept"
    assert buried["Attributes"]["DeadLetterQueueSourceArn"] == source.arn
    assert buried["Attributes"]["ApproximateReceiveCount"] == "4"


def test_what_comes_after_a_dead_message_is_delivered(with_dead_letters):
    source, dead = with_dead_letters(1)
    source.send_many([f"poison {number}" for number in range(30)])
    for _ in range(3):
        source.receive(MaxNumberOfMessages=10, VisibilityTimeout=0)
    source.receive(MaxNumberOfMessages=10, VisibilityTimeout=0)
    source.send("healthy")
    assert source.drain() == ["healthy"]
    assert dead.counts()[0] == 30


@pytest.mark.spec("SQS-041")
def test_a_dead_letter_queue_must_be_of_the_same_type(make_queue, refused):
    standard, fifo = make_queue(), make_queue(FifoQueue="true")
    for source, dead in ((standard, fifo), (fifo, standard)):
        policy = json.dumps({"deadLetterTargetArn": dead.arn, "maxReceiveCount": 3})
        code, status, message = refused(source.set, RedrivePolicy=policy)
        assert (code, status) == ("InvalidParameterValue", 400)
        assert message == (
            f"Value {policy} for parameter RedrivePolicy is invalid. "
            "Reason: Dead-letter queue must be same type of queue as the source."
        )


def policy_of(target, count=3):
    return json.dumps({"deadLetterTargetArn": target, "maxReceiveCount": count})


@pytest.mark.parametrize(
    ("policy", "reason"),
    [
        ("no json", "Redrive policy is not a valid JSON map."),
        ("{}", "Redrive policy does not contain mandatory attribute: maxReceiveCount."),
        ('{"maxReceiveCount": 3}', "Redrive policy does not contain mandatory attribute: deadLetterTargetArn."),
        (policy_of("arn:aws:sqs:us-east-1:000000000000:nowhere"), "Dead letter target does not exist."),
        (
            policy_of("arn:aws:sqs:eu-west-1:000000000000:far"),
            "Dead letter queue must be in the same account and region as the source.",
        ),
        (
            policy_of("arn:aws:sqs:us-east-1:000000000000:nowhere", 0),
            "Invalid value for maxReceiveCount: 0, valid values are from 1 to 1000 both inclusive.",
        ),
        (
            policy_of("arn:aws:sqs:us-east-1:000000000000:nowhere", 1001),
            "Invalid value for maxReceiveCount: 1001, valid values are from 1 to 1000 both inclusive.",
        ),
    ],
)
def test_wrong_redrive_policies_are_refused(queue, refused, policy, reason):
    assert refused(queue.set, RedrivePolicy=policy) == (
        "InvalidParameterValue",
        400,
        f"Value {policy} for parameter RedrivePolicy is invalid. Reason: {reason}",
    )


def test_the_count_may_be_text_and_the_policy_can_be_taken_away(make_queue):
    dead, source = make_queue(), make_queue()
    policy = policy_of(dead.arn, "5")
    source.set(RedrivePolicy=policy)
    assert source.attribute("RedrivePolicy") == policy
    source.set(RedrivePolicy="")
    assert "RedrivePolicy" not in source.attributes()


def test_retention_in_a_dead_letter_queue_counts_from_the_first_sending(cloud, with_dead_letters):
    source, dead = with_dead_letters(1, MessageRetentionPeriod="600")
    source.send("poison")
    sent_at = source.receive_one(MessageSystemAttributeNames=["SentTimestamp"])["Attributes"]["SentTimestamp"]
    cloud.turn(500)
    assert source.receive() == []
    (buried,) = dead.receive(MessageSystemAttributeNames=["SentTimestamp"], VisibilityTimeout=0)
    assert buried["Attributes"]["SentTimestamp"] == sent_at
    cloud.turn(101)
    assert dead.receive() == []
    assert dead.counts() == (0, 0, 0)


def test_retention_in_a_fifo_dead_letter_queue_begins_anew(cloud, with_dead_letters):
    source, dead = with_dead_letters(
        1, MessageRetentionPeriod="600", FifoQueue="true", ContentBasedDeduplication="true"
    )
    source.send("poison", MessageGroupId="g")
    source.receive_one()
    cloud.turn(500)
    assert source.receive() == []
    cloud.turn(550)
    assert dead.bodies(VisibilityTimeout=0) == ["poison"]
    cloud.turn(51)
    assert dead.counts() == (0, 0, 0)


def test_messages_stay_when_the_dead_letter_queue_is_gone(cloud, sqs, with_dead_letters):
    source, dead = with_dead_letters(1)
    source.send("poison")
    sqs.delete_queue(QueueUrl=dead.url)
    for _ in range(3):
        assert source.receive_one(VisibilityTimeout=0)["Body"] == "poison"


@pytest.mark.spec("SQS-042")
def test_a_queue_decides_whose_dead_letters_it_takes(make_queue, refused):
    dead, friend, stranger = make_queue(), make_queue(), make_queue()
    dead.set(RedriveAllowPolicy=json.dumps({"redrivePermission": "denyAll"}))
    assert refused(friend.set, RedrivePolicy=policy_of(dead.arn))[0] == "InvalidParameterValue"
    dead.set(RedriveAllowPolicy=json.dumps({"redrivePermission": "byQueue", "sourceQueueArns": [friend.arn]}))
    friend.set(RedrivePolicy=policy_of(dead.arn))
    assert refused(stranger.set, RedrivePolicy=policy_of(dead.arn))[0] == "InvalidParameterValue"
    dead.set(RedriveAllowPolicy=json.dumps({"redrivePermission": "allowAll"}))
    stranger.set(RedrivePolicy=policy_of(dead.arn))


@pytest.mark.parametrize(
    "policy",
    [
        "no json",
        '{"redrivePermission": "sometimes"}',
        '{"redrivePermission": "byQueue"}',
        '{"redrivePermission": "byQueue", "sourceQueueArns": "arn:aws:sqs:us-east-1:000000000000:a"}',
        '{"redrivePermission": "byQueue", "sourceQueueArns": ["nothing"]}',
        '{"redrivePermission": "denyAll", "sourceQueueArns": ["arn:aws:sqs:us-east-1:000000000000:a"]}',
        json.dumps(
            {
                "redrivePermission": "byQueue",
                "sourceQueueArns": [f"arn:aws:sqs:us-east-1:000000000000:q{number}" for number in range(11)],
            }
        ),
    ],
)
def test_wrong_redrive_allow_policies_are_refused(queue, refused, policy):
    assert refused(queue.set, RedriveAllowPolicy=policy)[:2] == ("InvalidParameterValue", 400)


@pytest.mark.spec("SQS-042")
def test_the_sources_of_a_dead_letter_queue_are_listed_in_pages(sqs, make_queue):
    dead = make_queue()
    sources = [make_queue(f"source-{number:02}", RedrivePolicy=policy_of(dead.arn)) for number in range(15)]
    listed = sqs.list_dead_letter_source_queues(QueueUrl=dead.url)["queueUrls"]
    assert listed == [source.url for source in sources]
    pages = sqs.get_paginator("list_dead_letter_source_queues").paginate(
        QueueUrl=dead.url, PaginationConfig={"PageSize": 4}
    )
    assert [url for page in pages for url in page["queueUrls"]] == listed
    sources[0].set(RedrivePolicy="")
    assert sources[0].url not in sqs.list_dead_letter_source_queues(QueueUrl=dead.url)["queueUrls"]
    assert sqs.list_dead_letter_source_queues(QueueUrl=sources[0].url)["queueUrls"] == []
