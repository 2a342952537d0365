"""What happens in buckets reaches the event bus, where rules choose."""

import json

import pytest

from skyglobe.kernel.access import Need
from skyglobe.kernel.service import Service
from tests.services.events.conftest import ACCOUNT, policy


@pytest.fixture
def s3(aws):
    client = aws.client("s3")
    client.create_bucket(Bucket="yard")
    client.put_bucket_notification_configuration(
        Bucket="yard", NotificationConfiguration={"EventBridgeConfiguration": {}}
    )
    return client


@pytest.mark.spec("S3EVT-004", "S3EVT-005")
def test_a_bucket_tells_the_bus_of_everything_that_happens_in_it(cloud, s3, watch):
    queue = watch({"source": ["aws.s3"], "detail": {"bucket": {"name": ["yard"]}}})
    s3.put_object(Bucket="yard", Key="a b", Body=b"apple", StorageClass="GLACIER")
    s3.put_object_tagging(Bucket="yard", Key="a b", Tagging={"TagSet": [{"Key": "k", "Value": "v"}]})
    cloud.settle()
    (created,) = [event for event in queue.events() if event["detail-type"] == "Object Created"]
    assert (created["source"], created["resources"]) == ("aws.s3", ["arn:aws:s3:::yard"])
    detail = created["detail"]
    assert (detail["bucket"], detail["reason"], detail["requester"]) == ({"name": "yard"}, "PutObject", ACCOUNT)
    assert (detail["object"]["key"], detail["object"]["size"]) == ("a b", 5)
    tier = {"Days": 1, "GlacierJobParameters": {"Tier": "Standard"}}
    s3.restore_object(Bucket="yard", Key="a b", RestoreRequest=tier)
    cloud.turn(hours=6)
    s3.put_object_tagging(Bucket="yard", Key="a b", Tagging={"TagSet": []})
    s3.delete_object(Bucket="yard", Key="a b")
    s3.put_bucket_notification_configuration(Bucket="yard", NotificationConfiguration={})
    s3.put_object(Bucket="yard", Key="unheard", Body=b"")
    cloud.settle()
    told = {event["detail-type"]: event["detail"] for event in queue.events()}
    assert {"Object Restore Initiated", "Object Restore Completed", "Object Deleted"} <= set(told)
    assert told["Object Deleted"]["deletion-type"] == "Permanently Deleted"
    assert "Object Created" not in told


def test_tags_are_told_too(cloud, s3, watch):
    queue = watch({"source": ["aws.s3"], "detail-type": [{"prefix": "Object Tags"}]})
    s3.put_object(Bucket="yard", Key="k", Body=b"")
    s3.put_object_tagging(Bucket="yard", Key="k", Tagging={"TagSet": [{"Key": "k", "Value": "v"}]})
    s3.delete_object_tagging(Bucket="yard", Key="k")
    cloud.settle()
    assert {event["detail-type"] for event in queue.events()} == {"Object Tags Added", "Object Tags Deleted"}


@pytest.mark.spec("S3EVT-006", "S3EVT-007")
def test_rules_choose_by_size_and_key_and_each_target_gets_an_event_once(cloud, events, s3, watch, make_queue):
    detail = {"object": {"size": [{"numeric": [">", 1024]}], "key": [{"prefix": "in/"}]}}
    one, two = watch({"source": ["aws.s3"], "detail": detail}, name="r"), make_queue()
    events.put_targets(Rule="r", Targets=[{"Id": "2", "Arn": two.arn}])
    other = watch({"source": ["aws.s3"]})
    for key, size in (("in/large", 2048), ("in/small", 1024), ("out/large", 2048)):
        s3.put_object(Bucket="yard", Key=key, Body=b"x" * size)
    cloud.settle()
    for queue in (one, two):
        assert [event["detail"]["object"]["key"] for event in queue.events()] == ["in/large"]
    assert len(other.events()) == 3


@pytest.mark.spec("S3EVT-008")
def test_events_of_a_bucket_are_archived_replayed_and_dead_lettered(cloud, events, s3, watch, make_queue):
    dead = make_queue()
    queue = watch({"source": ["aws.s3"]}, DeadLetterConfig={"Arn": dead.arn})
    bus = f"arn:aws:events:us-east-1:{ACCOUNT}:event-bus/default"
    archive = events.create_archive(ArchiveName="kept", EventSourceArn=bus)["ArchiveArn"]
    begin = cloud.now / 1000 - 1
    s3.put_object(Bucket="yard", Key="k", Body=b"")
    cloud.settle()
    (first,) = queue.events()
    cloud.turn(seconds=2)
    replay = {"ReplayName": "again", "EventSourceArn": archive, "Destination": {"Arn": bus}}
    events.start_replay(**replay, EventStartTime=begin, EventEndTime=cloud.now / 1000)
    cloud.settle()
    assert queue.events() == [{**first, "replay-name": "again"}]
    queue.shut()
    s3.put_object(Bucket="yard", Key="lost", Body=b"")
    cloud.settle()
    (letter,) = dead.messages()
    assert json.loads(letter["Body"])["detail"]["object"]["key"] == "lost"
    assert letter["MessageAttributes"]["RULE_ARN"]["StringValue"] == queue.rule


@pytest.mark.spec("S3EVT-003")
def test_queues_topics_and_functions_are_told_of_objects(cloud, aws, s3, make_queue):
    """Functions are played by a double: what Lambda does with an invocation is told in its own stories."""
    function = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:f"
    allowing = {"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}}
    double, invoked = Service("lambda"), []

    @double.operation
    def invoke(call, function_name, invocation_type=None, payload=b"", **_):
        if invocation_type == "Event":
            invoked.append(json.loads(payload))
        return {"StatusCode": 202}

    double.needs(lambda call, operation, params: [Need("lambda:InvokeFunction", function, call.account)])
    document = policy({**allowing, "Action": "lambda:InvokeFunction", "Resource": function})
    double.resource_policies(lambda scope, arn: document)
    cloud.kernel.services.add(double)
    sns = aws.client("sns")
    topic = sns.create_topic(Name="t")["TopicArn"]
    direct, subscribed = make_queue(), make_queue()
    for queue, who in ((direct, "s3"), (subscribed, "sns")):
        may = {"Effect": "Allow", "Principal": {"Service": f"{who}.amazonaws.com"}, "Action": "sqs:SendMessage"}
        text = policy({**may, "Resource": queue.arn})
        queue.client.set_queue_attributes(QueueUrl=queue.url, Attributes={"Policy": text})
    text = policy({**allowing, "Action": "sns:Publish", "Resource": topic})
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=text)
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=subscribed.arn, Attributes={"RawMessageDelivery": "true"})
    # No two destinations may be told of the same event of the same key.
    puts = {"Events": ["s3:ObjectCreated:Put"]}

    def under(prefix):
        return {**puts, "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": prefix}]}}}

    ways = {
        "QueueConfigurations": [{"QueueArn": direct.arn, **under("queue/")}],
        "TopicConfigurations": [{"TopicArn": topic, **under("topic/")}],
        "LambdaFunctionConfigurations": [{"LambdaFunctionArn": function, **under("function/")}],
    }
    s3.put_bucket_notification_configuration(Bucket="yard", NotificationConfiguration=ways)
    for prefix in ("queue", "topic", "function"):
        s3.put_object(Bucket="yard", Key=f"{prefix}/k", Body=b"abc")
    cloud.settle()
    told = [*direct.events(), *subscribed.events(), *invoked]
    objects = [one["Records"][0]["s3"]["object"] for one in told if "Records" in one]
    assert [one["key"] for one in objects] == ["queue/k", "topic/k", "function/k"]
