"""A message that is sent again is not delivered again."""

import pytest


@pytest.fixture
def plain(make_queue):
    """A FIFO queue without content-based deduplication."""
    return make_queue(FifoQueue="true")


@pytest.mark.spec("SQF-004")
def test_an_id_is_accepted_once_in_five_minutes(cloud, plain):
    first = plain.send("order", MessageGroupId="g", MessageDeduplicationId="1")
    again = plain.send("order, sent again", MessageGroupId="h", MessageDeduplicationId="1")
    assert again["MessageId"] == first["MessageId"]
    assert again["SequenceNumber"] == first["SequenceNumber"]
    assert plain.drain() == ["order"]
    cloud.turn(298)
    assert plain.send("late", MessageGroupId="g", MessageDeduplicationId="1")["MessageId"] == first["MessageId"]
    assert plain.receive() == []  # although the first one is deleted
    cloud.turn(3)
    fresh = plain.send("new", MessageGroupId="g", MessageDeduplicationId="1")
    assert fresh["MessageId"] != first["MessageId"]
    assert plain.drain() == ["new"]


def test_forgotten_ids_leave_the_store(cloud, plain, many):
    async def ids():
        return sum(1 for key, _ in cloud.kernel.store.scan(b"", b"\xff") if b"sqs.deduplications" in key)

    sent = {"QueueUrl": plain.url, "MessageBody": "x", "MessageGroupId": "g"}
    many("sqs", "SendMessage", [{**sent, "MessageDeduplicationId": str(place)} for place in range(250)])
    cloud.turn(120)
    plain.send("x", MessageGroupId="g", MessageDeduplicationId="later")
    assert cloud.run(ids()) == 251
    cloud.turn(900)
    assert cloud.run(ids()) == 0
    plain.send("x", MessageGroupId="g", MessageDeduplicationId="much-later")
    cloud.turn(900)
    assert cloud.run(ids()) == 0


@pytest.mark.spec("SQF-010")
def test_equal_bodies_are_one_message_whatever_their_attributes(fifo, plain, refused):
    first = fifo.send("same", MessageGroupId="g")
    attributes = {"a": {"DataType": "String", "StringValue": "x"}}
    assert fifo.send("same", MessageGroupId="g", MessageAttributes=attributes)["MessageId"] == first["MessageId"]
    fifo.send("other", MessageGroupId="g")
    fifo.send("same", MessageGroupId="g", MessageDeduplicationId="but with an id of its own".replace(" ", "-"))
    assert fifo.drain() == ["same", "other", "same"]
    assert refused(plain.send, "same", MessageGroupId="g") == (
        "InvalidParameterValue",
        400,
        "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly",
    )


@pytest.mark.spec("SQF-010")
def test_the_content_decides_the_id_that_an_explicit_one_can_equal(fifo):
    fifo.send("same", MessageGroupId="g")
    (message,) = fifo.receive(MessageSystemAttributeNames=["MessageDeduplicationId"])
    content_id = message["Attributes"]["MessageDeduplicationId"]
    assert len(content_id) == 64
    fifo.send("different", MessageGroupId="g", MessageDeduplicationId=content_id)
    fifo.delete(message)
    assert fifo.receive() == []


@pytest.mark.spec("SQF-011")
def test_ids_can_hold_for_each_group_alone(make_queue):
    fifo = make_queue(FifoQueue="true", DeduplicationScope="messageGroup")
    for group in ("a", "b", "a"):
        fifo.send(group, MessageGroupId=group, MessageDeduplicationId="1")
    assert fifo.drain() == ["a", "b"]


def test_deduplication_ids_have_an_alphabet_and_are_for_fifo_queues(plain, queue, refused):
    for wrong in ("", "a b", "x" * 129):
        assert refused(plain.send, MessageGroupId="g", MessageDeduplicationId=wrong)[0] == "InvalidParameterValue"
    assert refused(queue.send, MessageDeduplicationId="1")[0] == "InvalidParameterValue"


@pytest.mark.spec("SQF-011")
def test_only_sensible_modes_are_accepted(make_queue, fifo, refused):
    assert (fifo.attribute("DeduplicationScope"), fifo.attribute("FifoThroughputLimit")) == ("queue", "perQueue")
    assert refused(fifo.set, FifoThroughputLimit="perMessageGroupId")[:2] == ("InvalidParameterValue", 400)
    fifo.set(FifoThroughputLimit="perMessageGroupId", DeduplicationScope="messageGroup")
    assert refused(fifo.set, DeduplicationScope="queue")[0] == "InvalidParameterValue"
    assert refused(fifo.set, DeduplicationScope="galaxy")[0] == "InvalidAttributeValue"
    assert refused(make_queue, FifoThroughputLimit="perQueue")[0] == "InvalidAttributeName"
