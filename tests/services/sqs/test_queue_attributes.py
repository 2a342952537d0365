"""What a queue is told, it keeps within AWS's bounds and shows again."""

import json

import pytest

NUMBERS = [
    ("DelaySeconds", 0, 900),
    ("MaximumMessageSize", 1024, 1_048_576),
    ("ReceiveMessageWaitTimeSeconds", 0, 20),
]


def check_bounds(queue, refused, name, low, high):
    for value in (low, high):
        queue.set(**{name: str(value)})
        assert queue.attribute(name) == str(value)
    for value in (low - 1, high + 1, "many", "", "1.5", "9" * 30):
        assert refused(queue.set, **{name: str(value)}) == (
            "InvalidAttributeValue",
            400,
            f"Invalid value for the parameter {name}.",
        )


@pytest.mark.parametrize(("name", "low", "high"), NUMBERS)
def test_numbers_keep_their_bounds(queue, refused, name, low, high):
    check_bounds(queue, refused, name, low, high)


@pytest.mark.spec("SQS-005")
def test_retention_goes_from_a_minute_to_fourteen_days(queue, refused):
    check_bounds(queue, refused, "MessageRetentionPeriod", 60, 1_209_600)


@pytest.mark.spec("SQS-022")
def test_visibility_goes_from_nothing_to_twelve_hours(queue, refused):
    check_bounds(queue, refused, "VisibilityTimeout", 0, 43_200)
    queue.set(VisibilityTimeout="0")
    queue.send()
    assert queue.receive_one()["MessageId"] == queue.receive_one()["MessageId"]


def test_a_new_queue_shows_its_defaults(cloud, sqs, queue):
    shown = queue.attributes()
    created = shown.pop("CreatedTimestamp")
    assert shown.pop("LastModifiedTimestamp") == created
    assert abs(int(created) - cloud.now // 1000) <= 60
    assert shown.pop("QueueArn") == "arn:aws:sqs:us-east-1:000000000000:" + queue.url.rpartition("/")[2]
    assert shown == {
        "ApproximateNumberOfMessages": "0",
        "ApproximateNumberOfMessagesNotVisible": "0",
        "ApproximateNumberOfMessagesDelayed": "0",
        "VisibilityTimeout": "30",
        "MaximumMessageSize": "1048576",
        "MessageRetentionPeriod": "345600",
        "DelaySeconds": "0",
        "ReceiveMessageWaitTimeSeconds": "0",
        "SqsManagedSseEnabled": "true",
    }


def test_changing_a_queue_moves_its_modification_time(cloud, queue):
    before = queue.attributes("CreatedTimestamp", "LastModifiedTimestamp")
    cloud.turn(100)
    queue.set(DelaySeconds="1")
    after = queue.attributes("CreatedTimestamp", "LastModifiedTimestamp")
    assert after["CreatedTimestamp"] == before["CreatedTimestamp"]
    assert int(after["LastModifiedTimestamp"]) >= int(before["LastModifiedTimestamp"]) + 100


def test_only_known_attributes_are_set_and_shown(sqs, queue, refused):
    for name in ("Color", "QueueArn", "All", "ApproximateNumberOfMessages", "FifoQueue", "ContentBasedDeduplication"):
        code, status, message = refused(queue.set, **{name: "true"})
        assert (code, status, message) == ("InvalidAttributeName", 400, f"Unknown Attribute {name}.")
    assert refused(queue.attributes, "Color")[0] == "InvalidAttributeName"
    answer = sqs.get_queue_attributes(QueueUrl=queue.url)
    assert "Attributes" not in answer
    assert queue.attributes("DelaySeconds") == {"DelaySeconds": "0"}


@pytest.mark.spec("SQS-048")
def test_sqs_owned_keys_give_way_to_a_kms_key_and_come_back(queue, refused):
    queue.set(KmsMasterKeyId="alias/aws/sqs", KmsDataKeyReusePeriodSeconds="600")
    shown = queue.attributes()
    assert shown["SqsManagedSseEnabled"] == "false"
    assert (shown["KmsMasterKeyId"], shown["KmsDataKeyReusePeriodSeconds"]) == ("alias/aws/sqs", "600")
    queue.set(SqsManagedSseEnabled="true")
    shown = queue.attributes()
    assert shown["SqsManagedSseEnabled"] == "true"
    assert "KmsMasterKeyId" not in shown
    both = refused(queue.set, KmsMasterKeyId="alias/aws/sqs", SqsManagedSseEnabled="true")
    assert both[:2] == ("InvalidAttributeValue", 400)
    for bad in ("59", "86401"):
        assert refused(queue.set, KmsDataKeyReusePeriodSeconds=bad)[0] == "InvalidAttributeValue"


def test_a_policy_is_shown_as_it_was_set(queue, refused):
    policy = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": queue.arn}],
        },
        indent=2,
    )
    queue.set(Policy=policy)
    assert queue.attribute("Policy") == policy
    queue.set(Policy="")
    assert "Policy" not in queue.attributes()


@pytest.mark.parametrize(
    "policy",
    [
        "no json",
        "[]",
        "{}",
        '{"Version": "2011-01-01", "Statement": []}',
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Maybe", "Principal": "*", "Action": "sqs:*"}]}',
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}]}',
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:*"}]}',
        "[" * 100_000,
    ],
)
def test_what_is_no_policy_is_refused(queue, refused, policy):
    assert refused(queue.set, Policy=policy) == (
        "InvalidAttributeValue",
        400,
        "Invalid value for the parameter Policy.",
    )


@pytest.mark.spec("SQS-007")
def test_a_message_is_as_large_as_its_queue_takes(make_queue, refused):
    queue = make_queue()
    attribute = {"a": {"DataType": "String", "StringValue": "x" * 93}}  # 100 bytes with name and type
    queue.send("x" * (1_048_576 - 100), MessageAttributes=attribute)
    assert len(queue.receive_one()["Body"]) == 1_048_476
    code, status, message = refused(queue.send, "x" * (1_048_576 - 99), MessageAttributes=attribute)
    assert (code, status) == ("InvalidParameterValue", 400)
    assert message == "One or more parameters are invalid. Reason: Message must be shorter than 1048576 bytes."
    queue.set(MaximumMessageSize="1024")
    queue.send("ä" * 512)
    assert "shorter than 1024 bytes" in refused(queue.send, "ä" * 512 + "x")[2]
