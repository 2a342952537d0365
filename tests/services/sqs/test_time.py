"""Delays and retention, by the clock."""

import pytest


@pytest.mark.spec("SQS-004")
def test_a_message_is_kept_for_four_days(cloud, queue):
    assert queue.attribute("MessageRetentionPeriod") == "345600"
    queue.send_many([str(number) for number in range(250)])
    queue.send("in a group", MessageGroupId="g")
    queue.receive(MaxNumberOfMessages=5)
    cloud.turn(days=4, seconds=-5)
    assert queue.counts() == (251, 0, 0)
    cloud.turn(6)
    assert queue.receive(MaxNumberOfMessages=10) == []
    assert queue.counts() == (0, 0, 0)


@pytest.mark.spec("SQS-005")
def test_retention_counts_from_each_message(cloud, queue):
    queue.set(MessageRetentionPeriod="60")
    queue.send("older")
    cloud.turn(30)
    queue.send("younger")
    cloud.turn(31)
    assert queue.bodies(VisibilityTimeout=0) == ["younger"]
    assert queue.counts() == (1, 0, 0)
    cloud.turn(30)
    assert queue.counts() == (0, 0, 0)


def test_a_shorter_retention_applies_to_what_is_there(cloud, queue):
    queue.send("old")
    cloud.turn(120)
    queue.set(MessageRetentionPeriod="60")
    cloud.turn(1)
    assert queue.counts() == (0, 0, 0)


def test_a_message_in_flight_expires_too(cloud, queue):
    queue.set(MessageRetentionPeriod="60", VisibilityTimeout="3600")
    queue.send("in flight")
    message = queue.receive_one()
    queue.send("delayed", DelaySeconds=900)
    cloud.turn(61)
    assert queue.receive() == []
    queue.delete(message)
    cloud.turn(3600)
    assert queue.receive() == []
    assert queue.counts() == (0, 0, 0)


def test_nothing_of_expired_messages_stays_in_the_store(cloud, queue):
    def rows():
        async def look():
            return sum(1 for key, _ in cloud.kernel.store.scan(b"", b"\xff") if b"sqs.bodies" in key)

        return cloud.run(look())

    queue.set(MessageRetentionPeriod="60")
    queue.send_many([str(number) for number in range(30)])
    assert rows() == 30
    cloud.turn(61)
    assert rows() == 0


@pytest.mark.spec("SQS-040")
def test_a_message_can_be_delayed(cloud, queue, refused):
    queue.send("later", DelaySeconds=10)
    queue.send("now", DelaySeconds=0)
    assert queue.counts() == (1, 0, 1)
    assert queue.bodies() == ["now"]
    cloud.turn(9)
    assert queue.receive() == []
    cloud.turn(2)
    assert queue.counts() == (1, 1, 0)
    assert queue.bodies() == ["later"]
    queue.send("latest", DelaySeconds=900)
    assert refused(queue.send, DelaySeconds=901) == (
        "InvalidParameterValue",
        400,
        "Value 901 for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900.",
    )
    assert refused(queue.send, DelaySeconds=-1)[0] == "InvalidParameterValue"


@pytest.mark.spec("SQS-040")
def test_a_queue_can_delay_its_messages(cloud, make_queue):
    queue = make_queue(DelaySeconds="60")
    queue.send("by the queue")
    queue.send("by the call", DelaySeconds=5)
    assert queue.counts() == (0, 0, 2)
    cloud.turn(6)
    assert queue.bodies() == ["by the call"]
    queue.set(DelaySeconds="0")
    assert queue.receive() == []  # on standard queues a changed delay leaves sent messages alone
    cloud.turn(55)
    assert "by the queue" in queue.bodies()


def test_a_changed_delay_of_a_fifo_queue_applies_to_what_is_there(cloud, make_queue):
    fifo = make_queue(FifoQueue="true", ContentBasedDeduplication="true", DelaySeconds="100")
    fifo.send("one", MessageGroupId="g")
    fifo.send("two", MessageGroupId="g")
    assert fifo.counts() == (0, 0, 2)
    cloud.turn(10)
    fifo.set(DelaySeconds="5")
    fifo.send("three", MessageGroupId="g")
    assert fifo.bodies() == ["one", "two"]
