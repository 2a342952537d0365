"""How long a received message stays hidden, and what its receipt handles are good for."""

import pytest

PREFIX = "AWS.SimpleQueueService."


@pytest.mark.spec("SQS-021")
def test_a_message_is_hidden_for_thirty_seconds(cloud, queue):
    assert queue.attribute("VisibilityTimeout") == "30"
    queue.send()
    queue.receive_one()
    cloud.turn(29)
    assert queue.receive() == []
    cloud.turn(2)
    queue.receive_one()


@pytest.mark.spec("SQS-022")
def test_a_call_can_set_its_own_timeout(cloud, queue, refused):
    queue.send()
    assert (
        queue.receive_one(VisibilityTimeout=0)["MessageId"] == queue.receive_one(VisibilityTimeout=43_200)["MessageId"]
    )
    assert refused(queue.receive, VisibilityTimeout=43_201)[0] == "InvalidParameterValue"
    assert refused(queue.receive, VisibilityTimeout=-1)[0] == "InvalidParameterValue"
    cloud.turn(hours=12, seconds=-1)
    assert queue.receive() == []
    cloud.turn(2)
    queue.receive_one()


@pytest.mark.spec("SQS-024")
def test_a_consumer_can_ask_for_more_time(cloud, queue, refused):
    queue.send()
    message = queue.receive_one()
    cloud.turn(20)
    queue.change(message, 600)
    cloud.turn(11)
    assert queue.receive() == []
    assert queue.counts() == (0, 1, 0)
    code, status, text = refused(queue.change, message, 43_200)
    assert (code, status) == ("InvalidParameterValue", 400)
    assert text == (
        "Value 43200 for parameter VisibilityTimeout is invalid. "
        "Reason: Total VisibilityTimeout for the message is beyond the limit [43200 seconds]."
    )
    assert refused(queue.change, message, 43_201)[0] == "InvalidParameterValue"
    cloud.turn(590)
    queue.receive_one()


@pytest.mark.spec("SQS-025")
def test_a_long_timeout_hides_the_message_of_a_crashed_consumer(cloud, queue):
    queue.set(VisibilityTimeout="3600")
    queue.send()
    queue.receive_one()
    cloud.turn(3598)
    assert queue.receive() == []
    cloud.turn(3)
    queue.receive_one()


@pytest.mark.spec("SQS-026")
def test_a_short_timeout_makes_a_slow_consumer_see_the_message_twice(cloud, queue):
    queue.set(VisibilityTimeout="1")
    sent = queue.send()
    first = queue.receive_one()
    cloud.turn(2)
    second = queue.receive_one()
    assert first["MessageId"] == second["MessageId"] == sent["MessageId"]
    assert first["ReceiptHandle"] != second["ReceiptHandle"]


def test_a_consumer_can_give_a_message_back_at_once(queue):
    queue.send()
    message = queue.receive_one()
    queue.change(message, 0)
    assert queue.counts() == (1, 0, 0)
    assert queue.receive_one()["MessageId"] == message["MessageId"]


@pytest.mark.spec("SQS-045")
@pytest.mark.parametrize("handle", ["garbage", "AQEB", "AQEBQUJD", "AQEB" + "A" * 52, "x" * 5000, "ä"])
def test_garbage_is_no_receipt_handle(sqs, queue, refused, handle):
    for call in (
        lambda: sqs.delete_message(QueueUrl=queue.url, ReceiptHandle=handle),
        lambda: sqs.change_message_visibility(QueueUrl=queue.url, ReceiptHandle=handle, VisibilityTimeout=1),
    ):
        code, _, message = refused(call)
        assert code == "ReceiptHandleIsInvalid"
        assert message == f'The input receipt handle "{handle}" is not a valid receipt handle.'


@pytest.mark.spec("SQS-045")
def test_a_tampered_or_foreign_handle_is_invalid(sqs, queue, make_queue, refused):
    queue.send()
    handle = queue.receive_one()["ReceiptHandle"]
    flipped = handle[:20] + ("A" if handle[20] != "A" else "B") + handle[21:]
    assert refused(sqs.delete_message, QueueUrl=queue.url, ReceiptHandle=flipped)[0] == "ReceiptHandleIsInvalid"
    assert refused(sqs.delete_message, QueueUrl=make_queue().url, ReceiptHandle=handle)[0] == "ReceiptHandleIsInvalid"


@pytest.mark.spec("SQS-045")
def test_only_messages_in_flight_can_have_their_visibility_changed(cloud, sqs, queue, refused):
    queue.send()
    message = queue.receive_one()
    cloud.turn(31)
    assert refused(queue.change, message, 10)[:2] == (PREFIX + "MessageNotInflight", 400)
    with pytest.raises(sqs.exceptions.MessageNotInflight):
        queue.change(message, 10)
    queue.delete(queue.receive_one())
    code, _, text = refused(queue.change, message, 10)
    assert code == "InvalidParameterValue"
    assert text.endswith("Message does not exist or is not available for visibility timeout change.")


@pytest.mark.spec("SQS-045")
def test_an_old_handle_still_deletes(cloud, queue):
    queue.send("visible again")
    old = queue.receive_one()
    cloud.turn(31)
    queue.delete(old)
    assert queue.receive() == []
    queue.send("with somebody else")
    old = queue.receive_one()
    cloud.turn(31)
    queue.receive_one()
    queue.delete(old)
    assert queue.counts() == (0, 0, 0)
    queue.send("kept for longer")
    old = queue.receive_one()
    queue.change(old, 100)
    queue.delete(old)
    assert queue.counts() == (0, 0, 0)


def test_counts_follow_the_clock_without_anybody_receiving(cloud, queue):
    queue.send_many(["a", "b", "c"])
    queue.receive(MaxNumberOfMessages=2)
    assert queue.counts() == (1, 2, 0)
    cloud.turn(31)
    assert queue.counts() == (3, 0, 0)
