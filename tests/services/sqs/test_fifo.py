"""FIFO queues: order within groups, one consumer per group at a time."""

import pytest


@pytest.mark.spec("SQF-001", "SQF-006")
def test_a_hundred_messages_of_a_group_arrive_in_order(fifo):
    numbers = [int(fifo.send(str(place), MessageGroupId="g")["SequenceNumber"]) for place in range(100)]
    assert numbers == sorted(set(numbers))
    assert all(len(str(number)) == 20 for number in numbers)
    received = []
    while messages := fifo.receive(MaxNumberOfMessages=7, MessageSystemAttributeNames=["All"]):
        for message in messages:
            received.append(int(message["Attributes"]["SequenceNumber"]))
            assert message["Attributes"]["MessageGroupId"] == "g"
            fifo.delete(message)
    assert received == numbers


@pytest.mark.spec("SQF-005", "SQF-006")
def test_a_group_with_a_message_in_flight_is_closed(cloud, fifo):
    for body in ("first", "second", "third"):
        fifo.send(body, MessageGroupId="g")
    first = fifo.receive_one()
    assert first["Body"] == "first"
    assert fifo.receive(MaxNumberOfMessages=10) == []
    fifo.delete(first)
    second, third = fifo.receive(MaxNumberOfMessages=10)
    assert (second["Body"], third["Body"]) == ("second", "third")
    fifo.delete(second)
    assert fifo.receive() == []
    cloud.turn(31)
    assert fifo.receive_one()["Body"] == "third"


@pytest.mark.spec("SQF-005")
def test_a_message_given_back_comes_before_the_later_ones(cloud, fifo):
    for body in ("first", "second", "third"):
        fifo.send(body, MessageGroupId="g")
    messages = fifo.receive(MaxNumberOfMessages=2)
    cloud.turn(31)
    fifo.send("fourth", MessageGroupId="g")
    assert [message["Body"] for message in messages] == ["first", "second"]
    assert fifo.drain() == ["first", "second", "third", "fourth"]


@pytest.mark.spec("SQF-006")
def test_a_group_id_is_demanded(fifo, refused):
    assert refused(fifo.send) == ("MissingParameter", 400, "The request must contain the parameter MessageGroupId.")
    for wrong in ("", "a b", "x" * 129, "ä"):
        assert refused(fifo.send, MessageGroupId=wrong)[:2] == ("InvalidParameterValue", 400)
    fifo.send(MessageGroupId="!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~aZ9")


@pytest.mark.spec("SQF-007")
def test_five_consumers_work_on_five_groups_at_once(fifo):
    for place in range(3):
        for group in "abcde":
            fifo.send(f"{group}{place}", MessageGroupId=group)
    held = [fifo.receive_one() for _ in range(5)]
    assert sorted(message["Body"] for message in held) == ["a0", "b0", "c0", "d0", "e0"]
    assert fifo.receive() == []
    received = {message["Body"][0]: [message["Body"]] for message in held}
    while held:
        for message in held:
            fifo.delete(message)
        held = [message for _ in range(5) for message in fifo.receive()]
        for message in held:
            received[message["Body"][0]].append(message["Body"])
    assert received == {group: [f"{group}{place}" for place in range(3)] for group in "abcde"}


@pytest.mark.spec("SQF-008")
def test_a_group_keeps_its_order_across_producers(cloud, fifo):
    producers = [fifo.client, cloud.session().client("sqs"), cloud.session().client("sqs")]
    for place in range(30):
        for group in ("red", "blue"):
            producers[place % 3].send_message(QueueUrl=fifo.url, MessageBody=f"{group} {place}", MessageGroupId=group)
    received = fifo.drain()
    for group in ("red", "blue"):
        assert [body for body in received if body.startswith(group)] == [f"{group} {place}" for place in range(30)]


def test_one_call_takes_as_many_of_a_group_as_it_can(fifo):
    for place in range(4):
        fifo.send(f"a{place}", MessageGroupId="a")
        fifo.send(f"b{place}", MessageGroupId="b")
    assert fifo.bodies() == ["a0", "a1", "a2", "a3", "b0", "b1", "b2", "b3"]


@pytest.mark.spec("SQF-009")
def test_a_fifo_name_ends_with_its_suffix(sqs, fifo, make_queue, refused):
    code, status, message = refused(make_queue, "orders", FifoQueue="true")
    assert (code, status) == ("InvalidParameterValue", 400)
    assert "must end with .fifo suffix" in message
    assert refused(make_queue, "orders.fifo")[0] == "InvalidParameterValue"
    assert refused(make_queue, "x" * 76 + ".fifo", FifoQueue="true")[0] == "InvalidParameterValue"
    for value in ("true", "false"):
        assert refused(fifo.set, FifoQueue=value)[:2] == ("InvalidAttributeName", 400)
    assert fifo.attribute("FifoQueue") == "true"
    assert refused(make_queue, "a.fifo", FifoQueue="perhaps")[0] == "InvalidAttributeValue"


@pytest.mark.spec("SQF-012")
def test_a_single_message_cannot_be_delayed_but_the_queue_can(cloud, make_queue, refused):
    fifo = make_queue(FifoQueue="true", ContentBasedDeduplication="true", DelaySeconds="10")
    code, status, message = refused(fifo.send, MessageGroupId="g", DelaySeconds=5)
    assert (code, status) == ("InvalidParameterValue", 400)
    assert message == (
        "Value 5 for parameter DelaySeconds is invalid. "
        "Reason: The request include parameter that is not valid for this queue type."
    )
    fifo.send("delayed", MessageGroupId="g", DelaySeconds=0)
    assert fifo.receive() == []
    assert fifo.counts() == (0, 0, 1)
    cloud.turn(11)
    assert fifo.bodies() == ["delayed"]


@pytest.mark.spec("SQF-014", "SQF-015")
def test_a_poison_message_blocks_its_group_until_it_is_dead(cloud, with_dead_letters):
    fifo, dead = with_dead_letters(2, FifoQueue="true", ContentBasedDeduplication="true")
    fifo.send("poison", MessageGroupId="g")
    fifo.send("next", MessageGroupId="g")
    for _ in range(2):
        assert fifo.receive_one(VisibilityTimeout=5)["Body"] == "poison"
        cloud.turn(6)
    assert fifo.bodies() == ["next"]
    buried = dead.receive_one(MessageSystemAttributeNames=["All"])
    assert buried["Body"] == "poison"
    assert buried["Attributes"]["MessageGroupId"] == "g"
    assert buried["Attributes"]["DeadLetterQueueSourceArn"] == fifo.arn


@pytest.mark.spec("SQF-015")
def test_the_dead_letter_queue_of_a_fifo_queue_is_fifo_too(fifo, make_queue, refused):
    standard = make_queue()
    policy = f'{{"deadLetterTargetArn": "{standard.arn}", "maxReceiveCount": 3}}'
    assert refused(fifo.set, RedrivePolicy=policy)[:2] == ("InvalidParameterValue", 400)
    dead = make_queue(FifoQueue="true")
    fifo.set(RedrivePolicy=policy.replace(standard.arn, dead.arn))


def test_an_expired_handle_deletes_nothing_from_a_fifo_queue(cloud, fifo, refused):
    fifo.send("once", MessageGroupId="g")
    message = fifo.receive_one()
    cloud.turn(31)
    code, status, text = refused(fifo.delete, message)
    assert (code, status) == ("InvalidParameterValue", 400)
    assert text.endswith("Reason: The receipt handle has expired.")
    again = fifo.receive_one()
    assert refused(fifo.delete, message)[0] == "InvalidParameterValue"
    fifo.delete(again)
    fifo.delete(again)  # of a deleted message: no error
    assert fifo.counts() == (0, 0, 0)


@pytest.mark.spec("SQF-013")
def test_a_retried_attempt_gets_the_same_messages_and_handles(cloud, fifo):
    for place in range(3):
        fifo.send(str(place), MessageGroupId="g")
    first = fifo.receive(MaxNumberOfMessages=2, ReceiveRequestAttemptId="try-1")
    assert fifo.receive(MaxNumberOfMessages=2, ReceiveRequestAttemptId="try-2") == []
    cloud.turn(20)
    again = fifo.receive(MaxNumberOfMessages=2, ReceiveRequestAttemptId="try-1")
    assert [(m["Body"], m["ReceiptHandle"]) for m in again] == [(m["Body"], m["ReceiptHandle"]) for m in first]
    cloud.turn(20)  # forty seconds after the first attempt, twenty after the retry, which began the timeout anew
    assert fifo.receive(MaxNumberOfMessages=2) == []
    fifo.delete(again[0])
    assert fifo.receive(MaxNumberOfMessages=2, ReceiveRequestAttemptId="try-1") == []


@pytest.mark.spec("SQF-013")
def test_an_attempt_is_forgotten_after_five_minutes(cloud, fifo, queue, refused):
    fifo.send("long", MessageGroupId="g")
    fifo.receive_one(ReceiveRequestAttemptId="try", VisibilityTimeout=1000)
    cloud.turn(299)
    fifo.receive_one(ReceiveRequestAttemptId="try", VisibilityTimeout=1000)
    cloud.turn(301)
    assert fifo.receive(ReceiveRequestAttemptId="try") == []
    assert refused(queue.receive, ReceiveRequestAttemptId="try")[0] == "InvalidParameterValue"
    assert refused(fifo.receive, ReceiveRequestAttemptId="a b")[0] == "InvalidParameterValue"
