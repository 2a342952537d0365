"""What targets are given, and which there are."""

import json

import pytest

from tests.services.events.conftest import ACCOUNT, make_role

ROLE = f"arn:aws:iam::{ACCOUNT}:role/r"
BUS = f"arn:aws:events:us-east-1:{ACCOUNT}:event-bus/default"


@pytest.mark.spec("EVB-016")
def test_targets_are_given_what_they_ask_for(events, watch, put, refused):
    def given(**shape):
        queue = watch({"source": ["my.app"]}, **shape)
        event = put({"name": 'say "hi"', "list": [1, {"a": 2}], "n": 5})
        (body,) = queue.bodies()
        events.remove_targets(Rule=queue.rule.rpartition("/")[2], Ids=["1"])
        return body, event["EventId"], queue.rule

    assert given(Input='{"a":  1}')[0] == '{"a":  1}'
    assert given(InputPath="$.detail.list[1]")[0] == '{"a":2}'
    assert given(InputPath="$.detail-type")[0] == '"order"'
    paths = {"name": "$.detail.name", "all": "$.detail.list", "n": "$.detail.n", "gone": "$.detail.x"}
    template = '{"a": <name>, "b": "<name>!", "c": <all>, "d": "n is <n>", "e": <gone>, "f": "<gone>"}'
    body = given(InputTransformer={"InputPathsMap": paths, "InputTemplate": template})[0]
    assert body == ('{"a": "say \\"hi\\"", "b": "say \\"hi\\"!", "c": [1,{"a":2}], "d": "n is 5", "e": null, "f": ""}')
    template = '"<aws.events.rule-name> at <aws.events.rule-arn>"\n"<n>"'
    body, _, rule = given(InputTransformer={"InputPathsMap": {"n": "$.detail.n"}, "InputTemplate": template})
    assert body == f'"{rule.rpartition("/")[2]} at {rule}"\n"5"'
    template = '{"all": <aws.events.event.json>, "head": <aws.events.event>}'
    body, identity, _ = given(InputTransformer={"InputTemplate": template})
    made = json.loads(body)
    assert made["all"]["id"] == identity
    assert "detail" not in made["head"]
    assert made["all"]["detail"]["n"] == 5

    for bad in (
        {"Input": "{"},
        {"InputPath": "detail"},
        {"Input": "1", "InputPath": "$.detail"},
        {"InputTransformer": {"InputTemplate": '"<x>"'}},
        {"InputTransformer": {"InputPathsMap": {"aws.x": "$.a"}, "InputTemplate": '"1"'}},
    ):
        queue = watch({"source": ["my.app"]})
        target = {"Id": "1", "Arn": queue.arn, **bad}
        code, _ = refused(events.put_targets, Rule=queue.rule.rpartition("/")[2], Targets=[target])
        assert code == "ValidationException"


@pytest.mark.spec("EVB-018")
def test_a_rule_has_five_targets_at_most_and_must_lose_them_to_go(events, watch, make_queue, refused):
    queue = watch({"source": ["my.app"]}, name="r")
    more = [{"Id": str(number), "Arn": queue.arn} for number in range(2, 7)]
    assert refused(events.put_targets, Rule="r", Targets=more)[0] == "LimitExceededException"
    events.put_targets(Rule="r", Targets=more[:-1])
    assert refused(events.delete_rule, Name="r") == (
        "ValidationException",
        "Rule can't be deleted since it has targets.",
    )
    names = [target["Id"] for target in events.list_targets_by_rule(Rule="r")["Targets"]]
    assert names == ["1", "2", "3", "4", "5"]
    answer = events.remove_targets(Rule="r", Ids=[*names, "9"])
    assert (answer["FailedEntryCount"], answer["FailedEntries"][0]["TargetId"]) == (1, "9")
    events.delete_rule(Name="r")
    assert refused(events.describe_rule, Name="r")[0] == "ResourceNotFoundException"


def test_fifo_queues_are_given_a_message_group(aws, events, watch, put, make_queue, refused):
    queue = make_queue(FifoQueue="true", ContentBasedDeduplication="true")
    watch({"source": ["my.app"]}, name="r", queue=queue, SqsParameters={"MessageGroupId": "g"})
    put()
    (message,) = queue.messages()
    assert message["Attributes"]["MessageGroupId"] == "g"
    target = {"Id": "2", "Arn": queue.arn}
    assert refused(events.put_targets, Rule="r", Targets=[target])[0] == "ValidationException"


def test_topics_and_log_groups_are_let_in_by_their_policies(cloud, aws, events, put, make_queue):
    sns, logs = aws.client("sns"), aws.client("logs")
    topic = sns.create_topic(Name="t")["TopicArn"]
    nobody = json.dumps({"Statement": {"Effect": "Deny", "Principal": "*", "Action": "sns:Publish", "Resource": topic}})
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=nobody)
    queue = make_queue()
    allowing = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage"}
    text = json.dumps({"Statement": {**allowing, "Resource": queue.arn}})
    queue.client.set_queue_attributes(QueueUrl=queue.url, Attributes={"Policy": text})
    raw = {"RawMessageDelivery": "true"}
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue.arn, Attributes=raw)
    logs.create_log_group(logGroupName="/aws/events/all")
    group = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/aws/events/all"
    events.put_rule(Name="r", EventPattern='{"source": ["my.app"]}')
    targets = [{"Id": "topic", "Arn": topic}, {"Id": "logs", "Arn": group}]
    events.put_targets(Rule="r", Targets=targets)

    def seen():
        cloud.settle()
        return queue.events(), logs.filter_log_events(logGroupName="/aws/events/all")["events"]

    put({"n": 1})
    assert seen() == ([], [])
    who = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}}
    publish = {**who, "Action": "sns:Publish", "Resource": topic}
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=json.dumps({"Statement": publish}))
    write = {**who, "Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": f"{group}:*"}
    logs.put_resource_policy(policyName="p", policyDocument=json.dumps({"Statement": write}))
    put({"n": 2})
    by_topic, by_log = seen()
    assert [event["detail"] for event in by_topic] == [{"n": 2}]
    assert [json.loads(one["message"])["detail"] for one in by_log] == [{"n": 2}]


@pytest.mark.spec("PEV-010")
def test_streams_are_written_to_in_a_role(cloud, aws, events, put, refused, make_queue):
    kinesis, firehose, s3 = aws.client("kinesis"), aws.client("firehose"), aws.client("s3")
    kinesis.create_stream(StreamName="s", ShardCount=1)
    s3.create_bucket(Bucket="landing")
    delivery = make_role(aws, "f", ["s3:PutObject"], service="firehose.amazonaws.com")
    hints = {"IntervalInSeconds": 60, "SizeInMBs": 1}
    destination = {"RoleARN": delivery, "BucketARN": "arn:aws:s3:::landing", "BufferingHints": hints}
    firehose.create_delivery_stream(DeliveryStreamName="d", ExtendedS3DestinationConfiguration=destination)
    stream = f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/s"
    hose = f"arn:aws:firehose:us-east-1:{ACCOUNT}:deliverystream/d"
    events.put_rule(Name="r", EventPattern='{"source": ["my.app"]}')
    bare = [{"Id": "s", "Arn": stream}]
    assert refused(events.put_targets, Rule="r", Targets=bare) == (
        "ValidationException", f"RoleArn is required for target {stream}."
    )  # fmt: skip
    dead = make_queue()
    role = make_role(aws, "r", ["firehose:PutRecord"])
    events.put_targets(
        Rule="r",
        Targets=[
            {
                "Id": "s", "Arn": stream, "RoleArn": role, "KinesisParameters": {"PartitionKeyPath": "$.detail.who"},
                "DeadLetterConfig": {"Arn": dead.arn},
            },
            {"Id": "d", "Arn": hose, "RoleArn": role},
        ],
    )  # fmt: skip
    put({"who": "ann"})
    (letter,) = dead.messages()
    assert letter["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "NO_PERMISSIONS"
    document = {"Statement": {"Effect": "Allow", "Action": "kinesis:PutRecord", "Resource": stream}}
    aws.client("iam").put_role_policy(RoleName="r", PolicyName="more", PolicyDocument=json.dumps(document))
    put({"who": "bob"})
    shard = {"ShardId": "shardId-000000000000", "ShardIteratorType": "TRIM_HORIZON"}
    iterator = kinesis.get_shard_iterator(StreamName="s", **shard)["ShardIterator"]
    (record,) = kinesis.get_records(ShardIterator=iterator)["Records"]
    assert (record["PartitionKey"], json.loads(record["Data"])["detail"]) == ("bob", {"who": "bob"})
    cloud.turn(seconds=61)
    (found,) = s3.list_objects_v2(Bucket="landing")["Contents"]
    body = s3.get_object(Bucket="landing", Key=found["Key"])["Body"].read().decode()
    assert ("ann" in body, "bob" in body) == (True, True)


def test_targets_of_services_that_are_not_there_are_refused(events, refused):
    events.put_rule(Name="r", EventPattern='{"source": ["my.app"]}')
    machine = f"arn:aws:states:us-east-1:{ACCOUNT}:stateMachine:m"
    code, message = refused(events.put_targets, Rule="r", Targets=[{"Id": "1", "Arn": machine, "RoleArn": ROLE}])
    assert code == "NotImplemented"
    assert "states" in message
    for bad in ("nonsense", "arn:aws:s3:::bucket"):
        assert refused(events.put_targets, Rule="r", Targets=[{"Id": "1", "Arn": bad}])[0] == "ValidationException"


@pytest.mark.spec("MSG-011")
def test_one_rule_tells_a_queue_a_topic_and_a_stream_each_once(aws, events, put, watch, make_queue):
    queue, subscribed = watch({"source": ["my.app"]}, name="r"), make_queue()
    aws.client("kinesis").create_stream(StreamName="s", ShardCount=1)
    topic = aws.client("sns").create_topic(Name="t")["TopicArn"]
    anybody = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": subscribed.arn}
    text = json.dumps({"Statement": anybody})
    subscribed.client.set_queue_attributes(QueueUrl=subscribed.url, Attributes={"Policy": text})
    raw = {"RawMessageDelivery": "true"}
    aws.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=subscribed.arn, Attributes=raw)
    stream = f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/s"
    role = make_role(aws, "r", ["kinesis:PutRecord"])
    events.put_targets(Rule="r", Targets=[{"Id": "2", "Arn": topic}, {"Id": "3", "Arn": stream, "RoleArn": role}])
    identity = put({"n": 1})["EventId"]
    shard = {"ShardId": "shardId-000000000000", "ShardIteratorType": "TRIM_HORIZON"}
    iterator = aws.client("kinesis").get_shard_iterator(StreamName="s", **shard)["ShardIterator"]
    records = aws.client("kinesis").get_records(ShardIterator=iterator)["Records"]
    found = [queue.events(), subscribed.events(), [json.loads(record["Data"]) for record in records]]
    assert [[event["id"] for event in events] for events in found] == [[identity]] * 3
