"""What may be published, alone and in batches."""

import json

import pytest


def entries(*texts, **more):
    return [{"Id": str(place), "Message": text, **more} for place, text in enumerate(texts)]


@pytest.mark.spec("SNS-028")
def test_a_message_has_at_most_256_kib_with_its_attributes(sns, topic, refused):
    sns.publish(TopicArn=topic, Message="x" * 262_144)
    too_long = ("InvalidParameter", 400, "Invalid parameter: Message too long")
    assert refused(sns.publish, TopicArn=topic, Message="x" * 262_145) == too_long
    assert refused(sns.publish, TopicArn=topic, Message="ü" * 131_073) == too_long
    attributes = {"n": {"DataType": "String", "StringValue": "v" * 100}}  # 107 bytes
    sns.publish(TopicArn=topic, Message="x" * (262_144 - 107), MessageAttributes=attributes)
    assert refused(sns.publish, TopicArn=topic, Message="x" * (262_145 - 107), MessageAttributes=attributes) == too_long


@pytest.mark.spec("SNS-028")
def test_a_batch_has_at_most_ten_entries_and_256_kib(sns, topic, subscribe, cloud, refused):
    queue = subscribe(topic)

    def refuse(batch):
        return refused(sns.publish_batch, TopicArn=topic, PublishBatchRequestEntries=batch)[:2]

    assert refuse(entries(*"abcdefghijk")) == ("TooManyEntriesInBatchRequest", 400)
    assert refuse([]) == ("EmptyBatchRequest", 400)
    assert refuse(entries("a") * 2) == ("BatchEntryIdsNotDistinct", 400)
    assert refuse([{"Id": "no spaces", "Message": "a"}]) == ("InvalidBatchEntryId", 400)
    assert refuse(entries("x" * 131_072, "x" * 131_073)) == ("BatchRequestTooLong", 400)
    answer = sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=entries("a", "", "c"))
    assert [one["Id"] for one in answer["Successful"]] == ["0", "2"]
    assert answer["Failed"] == [
        {"Id": "1", "Code": "InvalidParameter", "Message": "Invalid parameter: Empty message", "SenderFault": True}
    ]
    cloud.settle()
    assert sorted(queue.texts()) == ["a", "c"]


def test_a_batch_to_a_fifo_topic_keeps_its_order(sns, fifo_topic, subscribe, cloud):
    queue = subscribe(fifo_topic)
    answer = sns.publish_batch(
        TopicArn=fifo_topic, PublishBatchRequestEntries=entries(*"abcdefghij", MessageGroupId="g")
    )
    numbers = [one["SequenceNumber"] for one in answer["Successful"]]
    assert numbers == sorted(numbers)
    cloud.settle()
    assert queue.texts() == list("abcdefghij")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"Message": ""}, "InvalidParameter"),
        ({"Subject": ""}, "InvalidParameter"),
        ({"Subject": "x" * 101}, "InvalidParameter"),
        ({"Subject": "two\nlines"}, "InvalidParameter"),
        ({"Subject": "ümlaut"}, "InvalidParameter"),
        ({"MessageStructure": "xml"}, "InvalidParameter"),
        ({"MessageDeduplicationId": "x"}, "InvalidParameter"),
        ({"MessageGroupId": "has space"}, "InvalidParameter"),
        ({"MessageAttributes": {"a b": {"DataType": "String", "StringValue": "x"}}}, "ParameterValueInvalid"),
        ({"MessageAttributes": {"AWS.x": {"DataType": "String", "StringValue": "x"}}}, "ParameterValueInvalid"),
        ({"MessageAttributes": {".a": {"DataType": "String", "StringValue": "x"}}}, "ParameterValueInvalid"),
        ({"MessageAttributes": {"a": {"DataType": "Text", "StringValue": "x"}}}, "ParameterValueInvalid"),
        ({"MessageAttributes": {"a": {"DataType": "String", "StringValue": ""}}}, "ParameterValueInvalid"),
        ({"MessageAttributes": {"a": {"DataType": "String", "BinaryValue": b"x"}}}, "ParameterValueInvalid"),
        ({"MessageAttributes": {"a": {"DataType": "Number", "StringValue": "ten"}}}, "ParameterValueInvalid"),
        ({"PhoneNumber": "+15555550100"}, "InvalidParameter"),
    ],
)
def test_wrong_messages_are_refused(sns, topic, refused, change, code):
    assert refused(sns.publish, **{"TopicArn": topic, "Message": "x", **change})[:2] == (code, 400)


def test_a_message_needs_somewhere_to_go(sns, refused):
    assert refused(sns.publish, Message="x")[0] == "InvalidParameter"


def test_standard_topics_hand_group_ids_on_to_fair_queues(topic, subscribe, publish):
    queue = subscribe(topic)
    publish(topic, MessageGroupId="tenant")
    (message,) = queue.messages()
    assert message["Attributes"]["MessageGroupId"] == "tenant"


@pytest.mark.spec("SNS-036")
def test_a_data_protection_policy_keeps_addresses_out(sns, topic, subscribe, publish, refused):
    identifier = "arn:aws:dataprotection::aws:data-identifier/"

    def policy(direction, operation, *names):

        statement = {
            "DataDirection": direction,
            "Principal": ["*"],
            "DataIdentifier": [identifier + name for name in names],
            "Operation": operation,
        }
        return json.dumps({"Name": "p", "Version": "2021-06-01", "Statement": [statement]})

    def put(text):
        sns.put_data_protection_policy(ResourceArn=topic, DataProtectionPolicy=text)

    queue = subscribe(topic)
    denying = policy("Inbound", {"Deny": {}}, "EmailAddress")
    put(denying)
    assert sns.get_data_protection_policy(ResourceArn=topic)["DataProtectionPolicy"] == denying
    assert refused(sns.publish, TopicArn=topic, Message="write to ann@example.com")[:2] == ("AuthorizationError", 403)
    publish(topic, "write to nobody")
    put(policy("Inbound", {"Deidentify": {"MaskConfig": {"MaskWithCharacter": "#"}}}, "CreditCardNumber"))
    publish(topic, "card 4111 1111 1111 1111, not 4111 1111 1111 1112")
    put(policy("Outbound", {"Deidentify": {"RedactConfig": {}}}, "IpAddress"))
    publish(topic, "from 10.1.2.3 or 999.1.1.1")
    put(policy("Outbound", {"Deny": {}}, "Ssn-US"))
    publish(topic, "number 078-05-1120")
    assert queue.texts() == [
        "write to nobody",
        f"card {'#' * 19}, not 4111 1111 1111 1112",
        "from  or 999.1.1.1",
    ]
    assert refused(put, policy("Inbound", {"Deny": {}}, "Name"))[:2] == ("NotImplemented", 501)
    for wrong in ("{", "{}", policy("Sideways", {"Deny": {}}, "EmailAddress"), policy("Inbound", {}, "EmailAddress")):
        assert refused(put, wrong)[:2] == ("InvalidParameter", 400)


@pytest.mark.spec("SNS-019")
def test_a_burst_of_ten_thousand_messages_needs_no_provisioning(topic, many):
    entries = [{"Id": str(number), "Message": "m"} for number in range(10)]
    answers = many("sns", "PublishBatch", [{"TopicArn": topic, "PublishBatchRequestEntries": entries}] * 1_000)
    assert not any(answer.get("Failed") for answer in answers)
    assert len({one["MessageId"] for answer in answers for one in answer["Successful"]}) == 10_000
