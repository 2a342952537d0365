"""A message's way from the producer to the consumer."""

import hashlib

import pytest
from cryptography.fernet import Fernet

from tests.services.within import ClientWithin


@pytest.mark.spec("SQS-010")
def test_sending_returns_an_id_and_the_digest_of_the_body(queue):
    sent = queue.send("grüße ☃ \U0001f600")
    assert sent["MD5OfMessageBody"] == hashlib.md5("grüße ☃ \U0001f600".encode()).hexdigest()
    received = queue.receive_one()
    assert received["MessageId"] == sent["MessageId"]
    assert received["MD5OfBody"] == sent["MD5OfMessageBody"]
    assert received["Body"] == "grüße ☃ \U0001f600"


@pytest.mark.spec("SQS-012")
def test_a_call_returns_up_to_ten_messages(queue, refused):
    queue.send_many([str(number) for number in range(25)])
    assert len(queue.receive()) == 1
    assert len(queue.receive(MaxNumberOfMessages=10)) == 10
    for wrong in (0, 11, -1):
        assert refused(queue.receive, MaxNumberOfMessages=wrong) == (
            "InvalidParameterValue",
            400,
            (
                f"Value {wrong} for parameter MaxNumberOfMessages is invalid. "
                "Reason: Must be between 1 and 10, if provided."
            ),
        )


@pytest.mark.spec("SQS-013", "SQS-023")
def test_a_deleted_message_never_returns(cloud, queue):
    queue.send("done")
    message = queue.receive_one()
    cloud.turn(29)
    queue.delete(message)
    assert queue.counts() == (0, 0, 0)
    cloud.turn(100)
    assert queue.receive() == []
    queue.delete(message)  # twice is no error


@pytest.mark.spec("SQS-013", "SQS-023")
def test_a_message_that_is_not_deleted_reappears(cloud, queue):
    queue.send("failed")
    queue.receive_one()
    cloud.turn(31)
    again = queue.receive_one(MessageSystemAttributeNames=["ApproximateReceiveCount"])
    assert again["Attributes"] == {"ApproximateReceiveCount": "2"}


@pytest.mark.spec("SQS-020")
def test_a_received_message_is_hidden_from_other_consumers(queue):
    queue.send()
    assert queue.counts() == (1, 0, 0)
    queue.receive_one()
    assert queue.receive() == []
    assert queue.counts() == (0, 1, 0)


@pytest.mark.spec("SQS-032")
def test_producers_go_on_while_the_consumer_is_away(queue):
    sent = [f"order {number}" for number in range(50)]
    queue.send_many(sent)
    assert sorted(queue.drain()) == sorted(sent)


@pytest.mark.spec("SQS-033")
def test_a_burst_of_a_thousand_reaches_a_slow_consumer_whole(cloud, make_queue):
    queue = make_queue(client=ClientWithin(cloud, "sqs"))
    sent = {f"row {number}" for number in range(1000)}
    queue.send_many(sorted(sent))
    rows = set()
    while messages := queue.receive(MaxNumberOfMessages=10):
        cloud.turn(1)
        for message in messages:
            rows.add(message["Body"])
            queue.delete(message)
    assert rows == sent


@pytest.mark.spec("SQS-016")
def test_a_body_encrypted_by_the_client_comes_back_byte_for_byte(cloud, queue):
    key = Fernet(Fernet.generate_key())
    sealed = key.encrypt(b"top secret").decode()
    queue.send(sealed)

    async def stored():
        return b"".join(value for _, value in cloud.kernel.store.scan(b"", b"\xff"))

    assert b"top secret" not in cloud.run(stored())
    received = queue.receive_one()["Body"]
    assert received == sealed
    assert key.decrypt(received) == b"top secret"


@pytest.mark.spec("SQS-047")
@pytest.mark.parametrize("character", ["\x00", "\x07", "\x0b", "\x1f", "\ufffe", "\uffff"])
def test_characters_that_xml_does_not_know_are_refused(sqs, queue, refused, character):
    code, status, message = refused(queue.send, f"a{character}b")
    assert (code, status) == ("InvalidMessageContents", 400)
    assert message.startswith(f"Invalid binary character '#x{ord(character):X}' was found in the message body")
    attribute = {"a": {"DataType": "String", "StringValue": character}}
    assert refused(queue.send, MessageAttributes=attribute)[0] == "InvalidMessageContents"


def test_characters_that_xml_does_know_are_kept(queue):
    text = "\t\n\r \x7f\x85\ud7ff\ue000\ufffd\U00010000\U0010ffff"
    queue.send(text)
    assert queue.receive_one()["Body"] == text


def test_a_message_needs_a_body(queue, refused):
    assert refused(queue.send, "") == ("MissingParameter", 400, "The request must contain the parameter MessageBody.")


@pytest.mark.spec("SQS-044")
def test_system_attributes_come_on_demand(cloud, queue):
    header = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
    trace = {"AWSTraceHeader": {"DataType": "String", "StringValue": header}}
    before = cloud.now
    sent = queue.send("traced", MessageSystemAttributes=trace)
    assert len(sent["MD5OfMessageSystemAttributes"]) == 32
    message = queue.receive_one(MessageSystemAttributeNames=["All"], VisibilityTimeout=5)
    attributes = message["Attributes"]
    assert attributes["SenderId"] == "000000000000"
    assert before <= int(attributes["SentTimestamp"]) <= cloud.now
    assert int(attributes["SentTimestamp"]) <= int(attributes["ApproximateFirstReceiveTimestamp"]) <= cloud.now
    assert attributes["ApproximateReceiveCount"] == "1"
    assert attributes["AWSTraceHeader"] == header
    assert set(attributes) == {
        "SenderId",
        "SentTimestamp",
        "ApproximateReceiveCount",
        "ApproximateFirstReceiveTimestamp",
        "AWSTraceHeader",
    }
    cloud.turn(6)
    again = queue.receive_one(AttributeNames=["All"], VisibilityTimeout=0)["Attributes"]
    assert again["ApproximateFirstReceiveTimestamp"] == attributes["ApproximateFirstReceiveTimestamp"]
    assert "Attributes" not in queue.receive_one()


def test_a_message_belongs_to_the_trace_of_the_request_that_sent_it(aws, queue):
    header = "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1"
    client = aws.client("sqs")
    client.meta.events.register(
        "before-sign.sqs", lambda request, **_: request.headers.add_header("X-Amzn-Trace-Id", header)
    )
    client.send_message(QueueUrl=queue.url, MessageBody="traced")
    message = queue.receive_one(MessageSystemAttributeNames=["AWSTraceHeader"])
    assert message["Attributes"] == {"AWSTraceHeader": header}


def test_unknown_system_attributes_are_refused(queue, refused):
    assert refused(queue.receive, MessageSystemAttributeNames=["Color"])[0] == "InvalidAttributeName"
    assert refused(queue.receive, AttributeNames=["Color"])[0] == "InvalidAttributeName"


@pytest.mark.parametrize(
    "attribute",
    [
        {"DataType": "String", "StringValue": "no trace"},
        {"DataType": "String", "StringValue": "Root=1-x-y"},
        {"DataType": "String", "StringValue": "Sampled=1"},
        {"DataType": "Binary", "BinaryValue": b"x"},
    ],
)
def test_a_trace_header_must_be_one(queue, refused, attribute):
    assert refused(queue.send, MessageSystemAttributes={"AWSTraceHeader": attribute})[0] == "InvalidParameterValue"


@pytest.mark.spec("SQS-008")
def test_the_duplicate_switch_delivers_a_message_twice(cloud, queue):
    queue.send("once")
    first = queue.receive_one()
    assert queue.receive() == []
    queue.delete(first)
    cloud.shake("sqs", "duplicate")
    sent = queue.send("twice")
    deliveries = []
    while messages := queue.receive():
        deliveries += messages
        queue.delete(messages[0])
    assert [message["MessageId"] for message in deliveries] == [sent["MessageId"]] * 2
    assert len({message["ReceiptHandle"] for message in deliveries}) == 2
    assert queue.counts() == (0, 0, 0)


@pytest.mark.spec("SQS-009")
def test_the_reorder_switch_breaks_the_order(cloud, queue):
    sent = [str(number) for number in range(100)]
    cloud.shake("sqs", "reorder")
    queue.send_many(sent)
    received = queue.drain()
    assert received != sent
    assert sorted(received) == sorted(sent)
