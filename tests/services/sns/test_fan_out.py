"""One message, many queues: what each gets of it, and what a queue must allow first."""

import json
from datetime import UTC, datetime, timedelta

import pytest


@pytest.mark.spec("SNS-001", "SNS-006", "SNS-014")
def test_every_subscribed_queue_holds_the_message(topic, subscribe, publish):
    queues = [subscribe(topic) for _ in range(5)]
    sent = publish(topic, "one for all", Subject="News")
    for queue in queues:
        (envelope,) = queue.envelopes()
        assert list(envelope) == [
            "Type", "MessageId", "TopicArn", "Subject", "Message", "Timestamp", "SignatureVersion", "Signature",
            "SigningCertURL", "UnsubscribeURL",
        ]  # fmt: skip
        assert envelope["Type"] == "Notification"
        assert envelope["Message"] == "one for all"
        assert envelope["MessageId"] == sent["MessageId"]
        assert envelope["TopicArn"] == topic
        assert envelope["UnsubscribeURL"].endswith(queue.subscription)


@pytest.mark.spec("SQS-019", "SNS-015")
def test_a_queue_that_does_not_let_sns_in_gets_nothing_and_only_metrics_tell(
    cloud, aws, sns, topic, make_queue, publish
):
    def failed():
        """How many notifications of the topic failed in the last ten minutes."""
        now = datetime.fromtimestamp(cloud.now / 1000, UTC)
        found = aws.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/SNS",
            MetricName="NumberOfNotificationsFailed",
            Dimensions=[{"Name": "TopicName", "Value": topic.rpartition(":")[2]}],
            StartTime=now - timedelta(minutes=10),
            EndTime=now + timedelta(minutes=1),
            Period=60,
            Statistics=["Sum"],
        )["Datapoints"]
        return sum(point["Sum"] for point in found)

    queue = make_queue()
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue.arn)
    assert publish(topic)["MessageId"]
    assert queue.messages() == []
    publish(topic)
    assert failed() == 2
    queue.let_in(topic)
    publish(topic, "now")
    assert queue.texts() == ["now"]
    assert failed() == 2


@pytest.mark.spec("SQS-019")
def test_a_queue_lets_in_only_the_topic_its_policy_names(make_topic, subscribe, sns, publish):
    mine, other = make_topic(), make_topic()
    queue = subscribe(mine)
    sns.subscribe(TopicArn=other, Protocol="sqs", Endpoint=queue.arn)
    publish(other, "not for you")
    publish(mine, "for you")
    assert queue.texts() == ["for you"]


def test_what_a_queue_refuses_goes_to_the_subscriptions_dead_letter_queue(sns, topic, make_queue, publish):
    queue, dead = make_queue(), make_queue()
    dead.let_in(topic)
    redrive = json.dumps({"deadLetterTargetArn": dead.arn})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue.arn, Attributes={"RedrivePolicy": redrive})
    publish(topic, "refused")
    (message,) = dead.messages()
    assert json.loads(message["Body"])["Message"] == "refused"
    why = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
    assert why["ErrorCode"] == "AccessDenied"
    assert "sqs:sendmessage" in why["ErrorMessage"].lower()


def test_a_deleted_queue_dead_letters_its_messages(sns, topic, subscribe, make_queue, publish):
    dead = make_queue()
    dead.let_in(topic)
    queue = subscribe(topic, RedrivePolicy=json.dumps({"deadLetterTargetArn": dead.arn}))
    queue.client.delete_queue(QueueUrl=queue.url)
    publish(topic, "too late")
    assert dead.texts() == ["too late"]


@pytest.mark.spec("SNS-018", "MSG-004")
def test_a_subscription_made_after_a_publish_never_receives_it(topic, subscribe, publish, sns, cloud):
    early = subscribe(topic)
    sns.publish(TopicArn=topic, Message="past")
    late = subscribe(topic)
    cloud.settle()
    publish(topic, "present")
    assert early.texts() == ["past", "present"]
    assert late.texts() == ["present"]


@pytest.mark.spec("SNS-024")
def test_raw_delivery_strips_the_envelope(topic, subscribe, publish):
    queue = subscribe(topic, RawMessageDelivery="true")
    attributes = {
        "color": {"DataType": "String", "StringValue": "red"},
        "weight": {"DataType": "Number", "StringValue": "1.5"},
        "picture": {"DataType": "Binary", "BinaryValue": b"\x00\xff"},
    }
    publish(topic, "just this", MessageAttributes=attributes)
    (message,) = queue.messages()
    assert message["Body"] == "just this"
    assert message["MessageAttributes"] == attributes


def test_message_attributes_are_in_the_envelope(topic, subscribe, publish):
    queue = subscribe(topic)
    attributes = {
        "color": {"DataType": "String", "StringValue": "red"},
        "picture": {"DataType": "Binary", "BinaryValue": b"\x00\xff"},
    }
    publish(topic, MessageAttributes=attributes)
    (envelope,) = queue.envelopes()
    assert envelope["MessageAttributes"] == {
        "color": {"Type": "String", "Value": "red"},
        "picture": {"Type": "Binary", "Value": "AP8="},
    }


@pytest.mark.spec("SNS-027")
def test_a_structured_message_has_a_text_for_each_protocol(sns, topic, subscribe, publish, refused):
    queue = subscribe(topic)
    texts = {"default": "for all", "sqs": "for queues"}
    publish(topic, json.dumps(texts), MessageStructure="json")
    publish(topic, json.dumps({"default": "for all"}), MessageStructure="json")
    assert queue.texts() == ["for queues", "for all"]
    for wrong, reason in (('{"sqs": "x"}', "No default entry in"), ("[]", "failed to parse"), ("{", "failed to parse")):
        code, status, message = refused(sns.publish, TopicArn=topic, Message=wrong, MessageStructure="json")
        assert (code, status) == ("InvalidParameter", 400)
        assert "Message Structure" in message
        assert reason in message


@pytest.mark.spec("SNS-011")
def test_ciphertext_arrives_unchanged(topic, subscribe, publish):
    secret = "AQICAHj" + "".join(chr(code) for code in range(0x20, 0x17F)) + "\n\t\u2028"
    queue, raw = subscribe(topic), subscribe(topic, RawMessageDelivery="true")
    publish(topic, secret)
    assert queue.texts() == [secret]
    assert [message["Body"] for message in raw.messages()] == [secret]


def test_queues_in_other_regions_are_reached(topic, make_queue, subscribe, publish):
    queue = subscribe(topic, queue=make_queue(region="eu-west-1"))
    publish(topic, "across the ocean")
    assert queue.texts() == ["across the ocean"]


def test_a_queue_of_another_account_confirms_before_it_is_told_anything(
    cloud, sns, topic, make_queue, publish, subscribe
):
    theirs = cloud.session("111122223333")
    queue = make_queue(session=theirs, account="111122223333")
    queue.let_in(topic)
    answer = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue.arn)
    assert answer["SubscriptionArn"] == "pending confirmation"
    publish(topic, "too early")
    (asked,) = queue.envelopes()
    assert asked["Type"] == "SubscriptionConfirmation"
    arn = theirs.client("sns").confirm_subscription(TopicArn=topic, Token=asked["Token"])["SubscriptionArn"]
    publish(topic, "now")
    assert queue.texts() == ["now"]
    assert sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]["PendingConfirmation"] == "false"


def test_more_subscriptions_than_one_transaction_serves_all_get_the_message(sns, topic, make_queue, publish):
    queue = make_queue()
    queue.let_in(topic)
    urls = []
    for number in range(125):
        made = queue.client.create_queue(
            QueueName=f"many-{number}",
            Attributes={
                "Policy": json.dumps(
                    {
                        "Statement": {
                            "Effect": "Allow",
                            "Principal": "*",
                            "Action": "sqs:SendMessage",
                            "Resource": f"arn:aws:sqs:us-east-1:000000000000:many-{number}",
                        }
                    }
                )
            },
        )
        urls.append(made["QueueUrl"])
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=f"arn:aws:sqs:us-east-1:000000000000:many-{number}")
    publish(topic)
    for url in urls:
        counted = queue.client.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
        assert counted["Attributes"]["ApproximateNumberOfMessages"] == "1"


def test_a_trace_header_travels_with_the_message(sns, topic, subscribe, cloud):
    queue = subscribe(topic)
    header = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
    sns.meta.events.register(
        "before-call.sns.Publish", lambda params, **_: params["headers"].update({"X-Amzn-Trace-Id": header})
    )
    sns.publish(TopicArn=topic, Message="traced")
    cloud.settle()
    (message,) = queue.messages()
    assert message["Attributes"]["AWSTraceHeader"] == header
