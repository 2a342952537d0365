"""What was taken in is there after a restart, packed or not, and what was to be delivered is."""

import gzip
import json

from skyglobe.kernel.config import Config
from skyglobe.testing import TestCloud
from tests.services.logs.test_subscriptions import StreamInHand, make_role


def test_events_and_their_deliveries_survive_a_restart(tmp_path):
    cloud = TestCloud(Config(folder=tmp_path))
    aws = cloud.session()
    logs, stream, role = aws.client("logs"), StreamInHand(aws), make_role(aws)
    logs.create_log_group(logGroupName="g")
    logs.create_log_stream(logGroupName="g", logStreamName="s")
    logs.put_subscription_filter(
        logGroupName="g", filterName="f", filterPattern="", destinationArn=stream.arn, roleArn=role
    )
    aws.client("iam").delete_role_policy(RoleName="sends", PolicyName="p")
    for number in range(70):
        event = {"timestamp": cloud.now, "message": str(number)}
        logs.put_log_events(logGroupName="g", logStreamName="s", logEvents=[event])
    cloud.close()
    cloud = TestCloud(Config(folder=tmp_path))
    aws = cloud.session()
    found = aws.client("logs").get_log_events(logGroupName="g", logStreamName="s", startFromHead=True)["events"]
    assert [event["message"] for event in found] == [str(number) for number in range(70)]
    allowed = {"Effect": "Allow", "Action": "kinesis:*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    aws.client("iam").put_role_policy(RoleName="sends", PolicyName="p", PolicyDocument=document)
    cloud.turn(1000)
    kinesis = aws.client("kinesis")
    iterator = kinesis.get_shard_iterator(
        StreamName="sink", ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    records = kinesis.get_records(ShardIterator=iterator)["Records"]
    documents = [json.loads(gzip.decompress(record["Data"])) for record in records]
    messages = {event["message"] for one in documents for event in one["logEvents"]}
    assert messages >= {str(number) for number in range(70)}
    cloud.close()
