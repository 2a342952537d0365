"""What queues count, and how long they are, by the minute."""

import pytest

from tests.services.cloudwatch.conftest import metric

NAMESPACE = {"namespace": "AWS/SQS", "dimensions": {"QueueName": "work"}}


def of(id_, name, stat="Sum"):
    return metric(id_, stat, name, **NAMESPACE)


@pytest.mark.spec("SQS-050")
def test_a_queue_counts_what_is_sent_received_and_deleted(aws, cloudwatch, cloud, minute, ask):
    sqs = aws.client("sqs")
    url = sqs.create_queue(QueueName="work")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="four")
    sqs.send_message_batch(
        QueueUrl=url, Entries=[{"Id": "a", "MessageBody": "12"}, {"Id": "b", "MessageBody": "123456"}]
    )
    got = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=2)["Messages"]
    sqs.delete_message(QueueUrl=url, ReceiptHandle=got[0]["ReceiptHandle"])
    sqs.receive_message(QueueUrl=url)
    sqs.receive_message(QueueUrl=url)
    answers = ask(
        of("sent", "NumberOfMessagesSent"),
        of("size", "SentMessageSize", "Average"),
        of("largest", "SentMessageSize", "p100"),
        of("received", "NumberOfMessagesReceived"),
        of("empty", "NumberOfEmptyReceives"),
        of("deleted", "NumberOfMessagesDeleted"),
        of("visible", "ApproximateNumberOfMessagesVisible", "Maximum"),
        of("flying", "ApproximateNumberOfMessagesNotVisible", "Maximum"),
    )
    assert answers == {
        "sent": [3],
        "size": [4],
        "largest": [6],
        "received": [3],
        "empty": [1],
        "deleted": [1],
        "visible": [0],
        "flying": [2],
    }
    names = {one["MetricName"] for one in cloudwatch.list_metrics(Namespace="AWS/SQS")["Metrics"]}
    assert {"NumberOfMessagesSent", "ApproximateAgeOfOldestMessage"} <= names


def test_an_alarm_on_a_queues_length_follows_it_and_sleeps_with_it(aws, cloud, minute, make_alarm, state):
    sqs = aws.client("sqs")
    url = sqs.create_queue(QueueName="work")["QueueUrl"]
    make_alarm(
        MetricName="ApproximateNumberOfMessagesVisible",
        Namespace="AWS/SQS",
        Dimensions=[{"Name": "QueueName", "Value": "work"}],
        Statistic="Maximum",
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
    )
    cloud.turn(120)
    assert state() == "OK"
    for body in "abc":
        sqs.send_message(QueueUrl=url, MessageBody=body)
    cloud.turn(120)
    assert state() == "ALARM"
    sqs.purge_queue(QueueUrl=url)
    cloud.turn(300)
    assert state() == "OK"
    fired = cloud.turn(days=30)
    assert state() == "INSUFFICIENT_DATA"
    assert fired < 500
    sqs.send_message_batch(QueueUrl=url, Entries=[{"Id": body, "MessageBody": body} for body in "abc"])
    cloud.turn(120)
    assert state() == "ALARM"


def test_the_age_of_the_oldest_message_grows_with_the_clock(aws, cloud, minute, ask):
    sqs = aws.client("sqs")
    url = sqs.create_queue(QueueName="work")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="old")
    cloud.turn(300)
    (age,) = ask(of("age", "ApproximateAgeOfOldestMessage", "Maximum"))["age"]
    assert 300 <= age <= 301
