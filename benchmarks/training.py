"""What a wheel is trained on: a cloud under the load its users give it, while the compiled modules count what runs.

``hatch_build.py`` runs it between the two compilations of ``SKYGLOBE_COMPILE=profiled``. Which branch is likely, and
which functions belong side by side, the compiler then knows instead of guessing.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

KEY = ("AKIATRAININGTRAINING", "the/secret+of/the+root+of/the+training+0")
ROUNDS = 200  # of each call: more changes no branch's likelihood
AT_ONCE = 8  # calls: turns of the store are shared, as they are under load
READY_FOR = 60.0  # seconds a cloud that counts may take to answer
POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
Client = Callable[[str], Any]


def main() -> None:
    """Run the cloud, the load, and end the cloud in peace: only then does it write down what it counted."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="skyglobe-training-") as folder:
        command = [sys.executable, "-m", "skyglobe.cli", "up", "--strict-auth", "--folder", f"{folder}/data"]
        command += ["--port", str(port), "--root-key", ":".join(KEY)]
        apart = {**os.environ, "SKYGLOBE_RUNTIME": f"{folder}/runtime"}
        # Elsewhere than here: Python looks for modules where it is started.
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd=folder, env=apart) as cloud:
            try:
                root = _clients(port, *KEY)
                _wait_for(root("sts"), cloud)
                _use(root, "root")
                _use(_clients(port, *_user(root("iam"))), "user")
            finally:
                cloud.terminate()
                cloud.wait()


def _clients(port: int, key: str, secret: str) -> Client:
    session = botocore.session.Session()
    settings = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}, max_pool_connections=AT_ONCE)

    def client(service: str) -> Any:
        return session.create_client(
            service,
            region_name="us-east-1",
            endpoint_url=f"http://127.0.0.1:{port}",
            aws_access_key_id=key,
            aws_secret_access_key=secret,
            config=settings,
        )

    return client


def _wait_for(sts: Any, cloud: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + READY_FOR
    while True:
        try:
            sts.get_caller_identity()
            return
        except (BotoCoreError, ClientError):
            if cloud.poll() is not None or time.monotonic() > until:
                raise
            time.sleep(0.1)


def _user(iam: Any) -> tuple[str, str]:
    """Return the key of a user whose every call a policy decides."""
    iam.create_user(UserName="trainee")
    iam.put_user_policy(UserName="trainee", PolicyName="all", PolicyDocument=json.dumps(POLICY))
    key = iam.create_access_key(UserName="trainee")["AccessKey"]
    return key["AccessKeyId"], key["SecretAccessKey"]


def _use(client: Client, name: str) -> None:
    with ThreadPoolExecutor(AT_ONCE) as pool:

        def often(work: Callable[[int], Any], rounds: int = ROUNDS) -> None:
            list(pool.map(work, range(rounds)))

        sts = client("sts")
        often(lambda n: sts.get_caller_identity())
        for use in (_use_buckets, _use_queues, _use_topics, _use_tables, _use_streams):
            use(client, name, often)


def _use_buckets(client: Client, name: str, often: Callable[..., None]) -> None:
    s3, bucket = client("s3"), f"training-{name}"
    s3.create_bucket(Bucket=bucket)
    often(lambda n: s3.put_object(Bucket=bucket, Key=f"folder/{n % 150:06d}", Body=b"x" * 1_024))
    often(lambda n: s3.get_object(Bucket=bucket, Key=f"folder/{n % 150:06d}")["Body"].read())
    often(lambda n: s3.head_object(Bucket=bucket, Key=f"folder/{n % 150:06d}"), 100)
    often(lambda n: s3.put_object(Bucket=bucket, Key=f"large/{n}", Body=b"y" * 2_000_000), 8)
    often(lambda n: s3.get_object(Bucket=bucket, Key=f"large/{n}")["Body"].read(), 8)
    often(lambda n: s3.list_objects_v2(Bucket=bucket, Prefix="folder/"), 20)
    often(lambda n: s3.delete_object(Bucket=bucket, Key=f"folder/{n:06d}"), 100)


def _use_queues(client: Client, name: str, often: Callable[..., None]) -> None:
    sqs = client("sqs")
    url = sqs.create_queue(QueueName=f"training-{name}")["QueueUrl"]

    def consume(n: int) -> None:
        for message in sqs.receive_message(QueueUrl=url).get("Messages", ()):
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])

    often(lambda n: sqs.send_message(QueueUrl=url, MessageBody="x" * 300))
    often(consume)
    entries = [{"Id": str(n), "MessageBody": "y" * 300} for n in range(10)]
    often(lambda n: sqs.send_message_batch(QueueUrl=url, Entries=entries), 30)
    often(lambda n: sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10), 30)


def _use_topics(client: Client, name: str, often: Callable[..., None]) -> None:
    sns, sqs = client("sns"), client("sqs")
    topic = sns.create_topic(Name=f"training-{name}")["TopicArn"]
    for n in range(3):
        url = sqs.create_queue(QueueName=f"training-{name}-{n}")["QueueUrl"]
        queue = topic.replace(":sns:", ":sqs:") + f"-{n}"
        from_topics = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage"}
        allowed = {**from_topics, "Resource": queue, "Condition": {"ArnEquals": {"aws:SourceArn": topic}}}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue)
    often(lambda n: sns.publish(TopicArn=topic, Message="x" * 300))


def _use_tables(client: Client, name: str, often: Callable[..., None]) -> None:
    dynamodb, table = client("dynamodb"), f"training-{name}"
    names = [("pk", "HASH", "S"), ("sk", "RANGE", "N")]
    dynamodb.create_table(
        TableName=table,
        KeySchema=[{"AttributeName": attribute, "KeyType": kind} for attribute, kind, _ in names],
        AttributeDefinitions=[{"AttributeName": attribute, "AttributeType": kind} for attribute, _, kind in names],
        BillingMode="PAY_PER_REQUEST",
    )
    dynamodb.get_waiter("table_exists").wait(TableName=table, WaiterConfig={"Delay": 1})

    def key(n: int) -> dict[str, Any]:
        return {"pk": {"S": f"partition-{n % 10}"}, "sk": {"N": str(n)}}

    def item(n: int) -> dict[str, Any]:
        return {**key(n), "name": {"S": "z" * 100}, "age": {"N": "5"}, "tags": {"L": [{"S": "a"}, {"BOOL": True}]}}

    often(lambda n: dynamodb.put_item(TableName=table, Item=item(n)))
    often(lambda n: dynamodb.get_item(TableName=table, Key=key(n)))
    grown = {"UpdateExpression": "SET age = age + :one", "ExpressionAttributeValues": {":one": {"N": "1"}}}
    often(lambda n: dynamodb.update_item(TableName=table, Key=key(n), **grown))
    asked = {"KeyConditionExpression": "pk = :p", "ExpressionAttributeValues": {":p": {"S": "partition-1"}}}
    often(lambda n: dynamodb.query(TableName=table, **asked), 60)
    many = [{"PutRequest": {"Item": item(n)}} for n in range(25)]
    often(lambda n: dynamodb.batch_write_item(RequestItems={table: many}), 20)


def _use_streams(client: Client, name: str, often: Callable[..., None]) -> None:
    kinesis, stream = client("kinesis"), f"training-{name}"
    kinesis.create_stream(StreamName=stream, ShardCount=4)
    kinesis.get_waiter("stream_exists").wait(StreamName=stream, WaiterConfig={"Delay": 1})
    records = [{"Data": b"x" * 500, "PartitionKey": f"key-{n}"} for n in range(200)]
    often(lambda n: kinesis.put_records(StreamName=stream, Records=records), 10)
    for shard in kinesis.list_shards(StreamName=stream)["Shards"]:
        where = {"StreamName": stream, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
        iterator = kinesis.get_shard_iterator(**where)["ShardIterator"]
        kinesis.get_records(ShardIterator=iterator)


if __name__ == "__main__":
    main()
