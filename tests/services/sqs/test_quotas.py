"""Limits on what is in flight, and, in quota mode, on calls per second."""

import pytest
from botocore.config import Config as ClientConfig

from skyglobe.kernel.clock import Clock
from skyglobe.kernel.config import Config
from skyglobe.services.sqs.backlog import Backlog
from skyglobe.services.sqs.records import queues
from skyglobe.testing.clouds import TestCloud
from tests.services.sqs.conftest import QueueInHand
from tests.services.within import ClientWithin


@pytest.fixture
def still_cloud():
    """A cloud in quota mode whose clock moves only when it is turned: a second is as long as the test says."""
    made = TestCloud(Config(quotas=True), clock=Clock(wall=lambda: 1_800_000_000_000))
    yield made
    made.close()


@pytest.fixture
def limited(still_cloud, make_queue):
    # Without retries: botocore would wait before each.
    client = still_cloud.client("sqs", config=ClientConfig(retries={"total_max_attempts": 1}))
    return lambda **attributes: make_queue(client=client, **attributes)


@pytest.fixture
def call_until_refused(still_cloud, refused):
    """Call within the cloud as often as is allowed, and once more as clients do."""

    def call_all(call, queue, allowed):
        within = QueueInHand(ClientWithin(still_cloud, "sqs"), queue.url)
        for place in range(allowed):
            call(within, place)
        assert refused(call, queue, allowed)[0] in ("RequestThrottled", "ThrottlingException")

    return call_all


@pytest.mark.spec("SQS-002")
def test_a_standard_queue_takes_ten_thousand_messages_a_second(still_cloud, limited):
    queue = limited()
    QueueInHand(ClientWithin(still_cloud, "sqs"), queue.url).send_many(["x"] * 9_990)
    queue.send_many(["x"] * 10)
    assert queue.counts()[0] == 10_000


@pytest.mark.spec("SQF-002")
def test_a_fifo_queue_takes_three_hundred_calls_a_second(still_cloud, limited, call_until_refused):
    fifo = limited(FifoQueue="true", ContentBasedDeduplication="true")
    call_until_refused(lambda queue, place: queue.send(str(place), MessageGroupId="g"), fifo, 300)
    assert fifo.counts()[0] == 300
    call_until_refused(lambda queue, place: queue.receive(), fifo, 300)
    still_cloud.turn(1)
    fifo.send("in the next second", MessageGroupId="g")


@pytest.mark.spec("SQF-003")
def test_a_fifo_queue_takes_three_thousand_messages_a_second_in_batches(limited, call_until_refused):
    fifo = limited(FifoQueue="true", ContentBasedDeduplication="true")

    def send_ten(queue, place):
        entries = [{"Id": str(n), "MessageBody": f"{place}-{n}", "MessageGroupId": "g"} for n in range(10)]
        answer = queue.client.send_message_batch(QueueUrl=queue.url, Entries=entries)
        assert not answer.get("Failed")

    call_until_refused(send_ten, fifo, 300)
    assert fifo.counts()[0] == 3000


@pytest.mark.spec("SQF-011")
def test_in_high_throughput_mode_each_group_has_the_limit_for_itself(limited, call_until_refused):
    fifo = limited(
        FifoQueue="true",
        ContentBasedDeduplication="true",
        DeduplicationScope="messageGroup",
        FifoThroughputLimit="perMessageGroupId",
    )
    call_until_refused(lambda queue, place: queue.send(str(place), MessageGroupId="a"), fifo, 300)
    call_until_refused(lambda queue, place: queue.send(str(place), MessageGroupId="b"), fifo, 300)
    assert fifo.counts()[0] == 600


def fill_flights(cloud, queue, number):
    """Have so many more messages in flight, without receiving each."""

    def count(scope):
        backlog = Backlog(scope, queues.find(scope, queue.url.rpartition("/")[2]))
        backlog.tally.in_flight += number
        backlog.save()

    cloud.run(cloud.kernel.transact(count, "000000000000", "us-east-1"))


@pytest.mark.spec("SQS-046")
def test_the_message_after_120000_in_flight_is_over_the_limit(cloud, queue, refused):
    queue.send_many([str(place) for place in range(12)])
    fill_flights(cloud, queue, 119_995)
    held = queue.receive(MaxNumberOfMessages=10)
    assert len(held) == 5
    assert refused(queue.receive)[0] == "OverLimit"
    queue.delete(held[0])
    assert len(queue.receive(MaxNumberOfMessages=10)) == 1
    cloud.turn(31)
    assert len(queue.receive(MaxNumberOfMessages=10)) == 5  # those held have come back, and made room


def test_a_fifo_queue_over_the_limit_returns_nothing(cloud, fifo):
    fifo.send("x", MessageGroupId="g")
    fill_flights(cloud, fifo, 120_000)
    assert fifo.receive() == []
