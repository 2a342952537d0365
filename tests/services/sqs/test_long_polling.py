"""Consumers that wait: for new messages, and for those that time makes visible."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest


@pytest.fixture
def consumers():
    with ThreadPoolExecutor(max_workers=16) as pool:
        yield pool


def wait_until_listening(cloud, queue, number=1):
    """Return once so many consumers wait at the queue."""
    listening = threading.Event()
    topic = ("sqs", queue.arn)

    async def look():
        return len(cloud.kernel.signals._listening.get(topic, ()))

    while cloud.run(look()) < number:
        assert not listening.wait(0.001)


@pytest.mark.spec("SQS-027")
def test_a_long_poll_returns_when_a_message_is_sent(cloud, queue, consumers):
    waiting = consumers.submit(queue.receive, WaitTimeSeconds=10)
    wait_until_listening(cloud, queue)
    cloud.turn(3)
    assert not waiting.done()
    queue.send("worth the wait")
    assert waiting.result()[0]["Body"] == "worth the wait"


@pytest.mark.spec("SQS-027")
def test_a_long_poll_on_an_empty_queue_ends_with_its_time(cloud, queue, consumers):
    waiting = consumers.submit(queue.receive, WaitTimeSeconds=10)
    wait_until_listening(cloud, queue)
    before = cloud.now
    cloud.turn(9)
    assert not waiting.done()
    cloud.turn(2)
    assert waiting.result() == []
    assert cloud.now - before >= 10_000


@pytest.mark.spec("SQS-028")
def test_a_wait_is_at_most_twenty_seconds(cloud, queue, consumers, refused):
    waiting = consumers.submit(queue.receive, WaitTimeSeconds=20)
    wait_until_listening(cloud, queue)
    cloud.turn(19)
    assert not waiting.done()
    cloud.turn(2)
    assert waiting.result() == []
    assert refused(queue.receive, WaitTimeSeconds=21) == (
        "InvalidParameterValue",
        400,
        "Value 21 for parameter WaitTimeSeconds is invalid. Reason: Must be >= 0 and <= 20, if provided.",
    )


@pytest.mark.spec("SQS-030")
def test_the_queue_can_set_the_wait_and_the_call_overrides_it(cloud, queue, consumers):
    queue.set(ReceiveMessageWaitTimeSeconds="5")
    waiting = consumers.submit(queue.receive)
    wait_until_listening(cloud, queue)
    cloud.turn(6)
    assert waiting.result() == []
    assert queue.receive(WaitTimeSeconds=0) == []


def test_a_waiting_consumer_gets_a_message_whose_delay_passes(cloud, queue, consumers):
    queue.send("early", DelaySeconds=5)
    waiting = consumers.submit(queue.receive, WaitTimeSeconds=20)
    wait_until_listening(cloud, queue)
    queue.send("earlier", DelaySeconds=2)
    cloud.turn(3)
    assert [message["Body"] for message in waiting.result()] == ["earlier"]
    second = consumers.submit(queue.receive, WaitTimeSeconds=20)
    wait_until_listening(cloud, queue)
    cloud.turn(3)
    assert [message["Body"] for message in second.result()] == ["early"]


def test_a_waiting_consumer_gets_a_message_whose_visibility_timeout_ends(cloud, queue, consumers):
    queue.send("again")
    message = queue.receive_one(VisibilityTimeout=8)
    waiting = consumers.submit(queue.receive, WaitTimeSeconds=20)
    wait_until_listening(cloud, queue)
    cloud.turn(7)
    assert not waiting.done()
    queue.change(message, 3)
    cloud.turn(2)
    assert not waiting.done()
    cloud.turn(2)
    assert waiting.result()[0]["Body"] == "again"


def test_a_waiting_consumer_gets_a_message_that_is_given_back(cloud, queue, consumers):
    queue.send("given back")
    message = queue.receive_one()
    waiting = consumers.submit(queue.receive, WaitTimeSeconds=20)
    wait_until_listening(cloud, queue)
    queue.change(message, 0)
    assert waiting.result()[0]["Body"] == "given back"


def test_each_message_wakes_one_consumer_and_none_is_forgotten(cloud, queue, consumers):
    waiting = [consumers.submit(queue.receive, WaitTimeSeconds=20) for _ in range(10)]
    wait_until_listening(cloud, queue, 10)
    queue.send("single")
    queue.send_many([str(number) for number in range(9)])
    received = [message["Body"] for future in waiting for message in future.result()]
    assert sorted(received) == sorted(["single", *map(str, range(9))])


def test_messages_due_at_one_instant_reach_all_who_wait(cloud, queue, consumers):
    queue.send_many([str(number) for number in range(10)], DelaySeconds=5)
    waiting = [consumers.submit(queue.receive, WaitTimeSeconds=20) for _ in range(10)]
    wait_until_listening(cloud, queue, 10)
    cloud.turn(6)
    received = [message["Body"] for future in waiting for message in future.result()]
    assert sorted(received) == [str(number) for number in range(10)]


def test_a_waiting_consumer_learns_that_its_queue_was_deleted(cloud, sqs, queue, consumers, refused):
    topic_before = queue.arn
    waiting = consumers.submit(queue.receive, WaitTimeSeconds=20)
    wait_until_listening(cloud, queue)
    assert queue.arn == topic_before
    sqs.delete_queue(QueueUrl=queue.url)
    assert refused(waiting.result)[0] == "AWS.SimpleQueueService.NonExistentQueue"


def test_a_fifo_consumer_waits_for_its_group_to_be_free(cloud, fifo, consumers):
    fifo.send("first", MessageGroupId="g")
    fifo.send("second", MessageGroupId="g")
    first = fifo.receive_one()
    waiting = consumers.submit(fifo.receive, WaitTimeSeconds=20)
    wait_until_listening(cloud, fifo)
    fifo.delete(first)
    assert waiting.result()[0]["Body"] == "second"


def test_a_message_that_arrives_in_a_dead_letter_queue_wakes_its_consumer(cloud, with_dead_letters, consumers):
    source, dead = with_dead_letters(1)
    source.send("poison")
    source.receive_one(VisibilityTimeout=0)
    waiting = consumers.submit(dead.receive, WaitTimeSeconds=20)
    wait_until_listening(cloud, dead)
    assert source.receive() == []
    assert waiting.result()[0]["Body"] == "poison"
