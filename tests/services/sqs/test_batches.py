"""Ten entries in one call, each with its own fate."""

import hashlib

import pytest

PREFIX = "AWS.SimpleQueueService."


def entries(*bodies):
    return [{"Id": f"e{place}", "MessageBody": body} for place, body in enumerate(bodies)]


@pytest.mark.spec("SQS-039")
def test_entries_succeed_and_fail_one_by_one(sqs, queue):
    batch = entries("good", "bad\x00", "better", "late")
    batch[3]["DelaySeconds"] = 1800
    answer = sqs.send_message_batch(QueueUrl=queue.url, Entries=batch)
    assert [entry["Id"] for entry in answer["Successful"]] == ["e0", "e2"]
    assert answer["Successful"][0]["MD5OfMessageBody"] == hashlib.md5(b"good").hexdigest()
    contents, delay = answer["Failed"]
    assert (contents["Id"], contents["Code"], contents["SenderFault"]) == ("e1", "InvalidMessageContents", True)
    assert delay == {
        "Id": "e3",
        "SenderFault": True,
        "Code": "InvalidParameterValue",
        "Message": "Value 1800 for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900.",
    }
    assert sorted(queue.drain()) == ["better", "good"]


@pytest.mark.spec("SQS-039")
def test_batches_of_the_wrong_shape_are_refused_whole(sqs, queue, refused):
    def send(batch):
        return refused(sqs.send_message_batch, QueueUrl=queue.url, Entries=batch)

    assert send(entries(*"abcdefghijk")) == (
        PREFIX + "TooManyEntriesInBatchRequest",
        400,
        "Maximum number of entries per request are 10. You have sent 11.",
    )
    twins = [{"Id": "same", "MessageBody": "a"}, {"Id": "same", "MessageBody": "b"}]
    assert send(twins)[:2] == (PREFIX + "BatchEntryIdsNotDistinct", 400)
    assert send([])[:2] == (PREFIX + "EmptyBatchRequest", 400)
    for wrong in ("", "a b", "x" * 81, "a.b"):
        assert send([{"Id": wrong, "MessageBody": "a"}])[:2] == (PREFIX + "InvalidBatchEntryId", 400)
    code, status, message = send(entries("x" * 600_000, "y" * 600_000))
    assert (code, status) == (PREFIX + "BatchRequestTooLong", 400)
    assert message == "Batch requests cannot be longer than 1048576 bytes. You have sent 1200000 bytes."
    assert queue.counts() == (0, 0, 0)
    with pytest.raises(sqs.exceptions.TooManyEntriesInBatchRequest):
        sqs.send_message_batch(QueueUrl=queue.url, Entries=entries(*"abcdefghijk"))


@pytest.mark.spec("SQS-039")
def test_messages_are_deleted_in_batches(sqs, queue, refused):
    queue.send_many(["a", "b", "c"])
    handles = [message["ReceiptHandle"] for message in queue.receive(MaxNumberOfMessages=10)]
    batch = [{"Id": str(place), "ReceiptHandle": handle} for place, handle in enumerate([*handles, "garbage"])]
    answer = sqs.delete_message_batch(QueueUrl=queue.url, Entries=batch)
    assert [entry["Id"] for entry in answer["Successful"]] == ["0", "1", "2"]
    (failed,) = answer["Failed"]
    assert (failed["Id"], failed["Code"]) == ("3", "ReceiptHandleIsInvalid")
    assert queue.counts() == (0, 0, 0)
    assert refused(sqs.delete_message_batch, QueueUrl=queue.url, Entries=[])[0] == PREFIX + "EmptyBatchRequest"


@pytest.mark.spec("SQS-039")
def test_visibility_is_changed_in_batches(cloud, sqs, queue):
    queue.send_many(["a", "b"])
    first, second = queue.receive(MaxNumberOfMessages=10)
    batch = [
        {"Id": "first", "ReceiptHandle": first["ReceiptHandle"], "VisibilityTimeout": 100},
        {"Id": "second", "ReceiptHandle": second["ReceiptHandle"], "VisibilityTimeout": 50_000},
    ]
    answer = sqs.change_message_visibility_batch(QueueUrl=queue.url, Entries=batch)
    assert [entry["Id"] for entry in answer["Successful"]] == ["first"]
    assert answer["Failed"][0]["Code"] == "InvalidParameterValue"
    cloud.turn(31)
    assert queue.bodies() == [second["Body"]]
    queue.delete(first)
    gone = sqs.change_message_visibility_batch(
        QueueUrl=queue.url, Entries=[{"Id": "x", "ReceiptHandle": first["ReceiptHandle"], "VisibilityTimeout": 1}]
    )
    assert gone["Failed"][0]["Code"] == "InvalidParameterValue"


def test_a_failed_entry_has_the_code_of_the_query_protocols_days(cloud, sqs, queue):
    queue.send()
    message = queue.receive_one()
    cloud.turn(31)
    answer = sqs.change_message_visibility_batch(
        QueueUrl=queue.url, Entries=[{"Id": "x", "ReceiptHandle": message["ReceiptHandle"], "VisibilityTimeout": 1}]
    )
    assert answer["Failed"][0]["Code"] == PREFIX + "MessageNotInflight"
