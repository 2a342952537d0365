"""What is killed: a cloud that takes log events in, packs them and passes them on, and says what was acknowledged.

Run as ``python log_writer.py FOLDER FIRST``: puts events numbered from FIRST on into a stream whose group is subscribed
to by a Kinesis stream, until it is killed.
"""

import contextlib
import json
import os
import sys
from pathlib import Path

from botocore.exceptions import ClientError

from skyglobe.kernel.config import Config
from skyglobe.testing.clouds import TestCloud

SIZE = 500  # bytes of padding in an event: what is fresh of a stream is packed every few dozen calls
BATCH = 3


def prepare(cloud):
    """Make what is there only once."""
    iam, kinesis, logs = cloud.client("iam"), cloud.client("kinesis"), cloud.client("logs")
    trust = {"Effect": "Allow", "Principal": {"Service": "logs.amazonaws.com"}, "Action": "sts:AssumeRole"}
    allow = {"Effect": "Allow", "Action": "kinesis:PutRecord", "Resource": "*"}
    role = iam.create_role(RoleName="logs", AssumeRolePolicyDocument=json.dumps({"Statement": [trust]}))["Role"]["Arn"]
    document = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    iam.put_role_policy(RoleName="logs", PolicyName="p", PolicyDocument=document)
    kinesis.create_stream(StreamName="s", ShardCount=1)
    arn = kinesis.describe_stream_summary(StreamName="s")["StreamDescriptionSummary"]["StreamARN"]
    logs.create_log_group(logGroupName="g")
    logs.create_log_stream(logGroupName="g", logStreamName="s")
    logs.put_subscription_filter(logGroupName="g", filterName="f", filterPattern="", destinationArn=arn, roleArn=role)


def main(folder, number):
    cloud = TestCloud(Config(folder=Path(folder)))
    with contextlib.suppress(ClientError):  # an earlier life did
        prepare(cloud)
    logs, padding = cloud.client("logs"), "x" * SIZE
    while True:
        numbers = range(number, number + BATCH)
        events = [{"timestamp": cloud.now, "message": f"{one} {padding}"} for one in numbers]
        events.sort(key=lambda event: event["timestamp"])
        logs.put_log_events(logGroupName="g", logStreamName="s", logEvents=events)
        number += BATCH
        os.write(1, f"{number}\n".encode())


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
