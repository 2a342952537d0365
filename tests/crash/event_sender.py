"""What is killed: a cloud that takes asynchronous events and stream records for functions, and says what it took.

Run as ``python event_sender.py FOLDER FIRST``: numbers from FIRST on are sent to a function as events, and put into a
Kinesis stream and a queue that functions read, until it is killed. What functions are given goes on to the queue
``told``.
"""

import contextlib
import json
import os
import sys
from pathlib import Path

from botocore.exceptions import ClientError

from skyglobe.kernel.config import Config
from skyglobe.testing.clouds import TestCloud
from tests.services.lambda_.conftest import Queue, make_role, zipped

ECHO = "def handler(event, context):\n    return event\n"
FAIL = "def handler(event, context):\n    raise ValueError\n"


def prepare(cloud):
    """Make what is there only once: ``echo`` tells of events, ``fail`` of the place of a record it is given."""
    session = cloud.session()
    client, told = cloud.client("lambda"), Queue(session, "told")
    work = Queue(session, "work", VisibilityTimeout="60")
    role = make_role(session)
    for name, code in (("echo", ECHO), ("fail", FAIL)):
        options = {"Runtime": "python3.13", "Role": role, "Handler": "app.handler", "Timeout": 20}
        client.create_function(FunctionName=name, Code={"ZipFile": zipped(code)}, **options)
    told_of = {"OnSuccess": {"Destination": told.arn}}
    client.put_function_event_invoke_config(FunctionName="echo", DestinationConfig=told_of)
    cloud.client("kinesis").create_stream(StreamName="stream", ShardCount=1)
    client.create_event_source_mapping(
        FunctionName="fail",
        EventSourceArn="arn:aws:kinesis:us-east-1:000000000000:stream/stream",
        StartingPosition="TRIM_HORIZON",
        BatchSize=10,
        MaximumRetryAttempts=0,
        DestinationConfig={"OnFailure": {"Destination": told.arn}},
    )
    client.create_event_source_mapping(FunctionName="echo", EventSourceArn=work.arn)


def main(folder, number):
    cloud = TestCloud(Config(folder=Path(folder)))
    with contextlib.suppress(ClientError):  # an earlier life did
        prepare(cloud)
    client, kinesis, sqs = cloud.client("lambda"), cloud.client("kinesis"), cloud.client("sqs")
    url = sqs.get_queue_url(QueueName="work")["QueueUrl"]
    while True:
        client.invoke(FunctionName="echo", InvocationType="Event", Payload=json.dumps({"n": number}).encode())
        kinesis.put_record(StreamName="stream", Data=str(number).encode(), PartitionKey="k")
        sqs.send_message(QueueUrl=url, MessageBody=str(number))
        number += 1
        os.write(1, f"{number}\n".encode())


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
