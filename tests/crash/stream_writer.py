"""What is killed: a cloud that takes records in and delivers them, and says what was acknowledged.

Run as ``python stream_writer.py FOLDER FIRST``: puts records numbered from FIRST on into a Kinesis stream and a
Firehose delivery stream whose buffers are tiny, until it is killed.
"""

import contextlib
import json
import os
import sys
from pathlib import Path

from botocore.exceptions import ClientError

from skyglobe.kernel.config import Config
from skyglobe.testing.clouds import TestCloud

ROLE = "arn:aws:iam::000000000000:role/firehose"
SIZE = 40_000  # bytes of padding in a record: a buffer of 1 MiB is full after 27


def prepare(cloud):
    """Make what is there only once."""
    trust = {"Effect": "Allow", "Principal": {"Service": "firehose.amazonaws.com"}, "Action": "sts:AssumeRole"}
    allow = {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "*"}
    iam = cloud.client("iam")
    iam.create_role(RoleName="firehose", AssumeRolePolicyDocument=json.dumps({"Statement": [trust]}))
    document = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    iam.put_role_policy(RoleName="firehose", PolicyName="p", PolicyDocument=document)
    cloud.client("s3").create_bucket(Bucket="landing")
    cloud.client("kinesis").create_stream(StreamName="s", ShardCount=2)
    destination = {
        "RoleARN": ROLE,
        "BucketARN": "arn:aws:s3:::landing",
        "BufferingHints": {"SizeInMBs": 1, "IntervalInSeconds": 900},
    }
    cloud.client("firehose").create_delivery_stream(
        DeliveryStreamName="d", ExtendedS3DestinationConfiguration=destination
    )


def main(folder, number):
    cloud = TestCloud(Config(folder=Path(folder)))
    with contextlib.suppress(ClientError):  # an earlier life did
        prepare(cloud)
    kinesis, firehose = cloud.client("kinesis"), cloud.client("firehose")
    padding = "x" * SIZE
    while True:
        numbers = range(number, number + 5)
        more = padding if number % 20 == 0 else ""  # every fourth batch: its data lies in a file beside the store
        records = [{"Data": f"{one};{more}".encode(), "PartitionKey": str(one)} for one in numbers]
        kinesis.put_records(StreamName="s", Records=records)
        firehose.put_record_batch(
            DeliveryStreamName="d", Records=[{"Data": f"{one};{padding}\n".encode()} for one in numbers]
        )
        number += 5
        os.write(1, f"{number}\n".encode())


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
