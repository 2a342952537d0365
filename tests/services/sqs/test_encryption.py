"""Queues with a KMS key: who may send and receive, and what is kept."""

import json
import sqlite3

import pytest

from skyglobe.kernel.config import Config
from skyglobe.testing.clouds import TestCloud


@pytest.fixture
def key(aws):
    return aws.client("kms").create_key()["KeyMetadata"]["Arn"]


@pytest.fixture
def user(cloud, aws):
    """Make a user who may do some actions everywhere; return its client."""
    iam = aws.client("iam")

    def make(name, *actions):
        iam.create_user(UserName=name)
        allow = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": allow})
        iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=document)
        return cloud.session_with(iam.create_access_key(UserName=name)["AccessKey"]).client("sqs")

    return make


@pytest.mark.spec("SQS-015")
def test_senders_and_receivers_need_the_queues_key(make_queue, key, user, refused):
    queue = make_queue(KmsMasterKeyId=key)
    sender = user("sender", "sqs:SendMessage")
    asked = {"QueueUrl": queue.url, "MessageBody": "x"}
    code, status, text = refused(sender.send_message, **asked)
    assert (code, status) == ("KMS.AccessDeniedException", 400)
    assert "kms:GenerateDataKey" in text
    user("producer", "sqs:SendMessage", "kms:GenerateDataKey", "kms:Decrypt").send_message(**asked)
    reader = user("reader", "sqs:ReceiveMessage")
    assert refused(reader.receive_message, QueueUrl=queue.url)[0] == "KMS.AccessDeniedException"
    (message,) = user("consumer", "sqs:ReceiveMessage", "kms:Decrypt").receive_message(QueueUrl=queue.url)["Messages"]
    assert message["Body"] == "x"


def test_a_key_that_cannot_be_used_holds_messages_back(aws, cloud, make_queue, key, refused):
    kms = aws.client("kms")
    queue = make_queue(KmsMasterKeyId=key, KmsDataKeyReusePeriodSeconds="60")
    color = {"color": {"DataType": "String", "StringValue": "red"}}
    queue.send("kept", MessageAttributes=color)
    queue.send_many(["a", "b"])
    kms.disable_key(KeyId=key)
    queue.send("with the data key in use")
    cloud.turn(61)
    assert refused(queue.send, "x")[0] == "KMS.DisabledException"
    assert refused(queue.receive)[0] == "KMS.DisabledException"
    kms.enable_key(KeyId=key)
    messages = queue.receive(MaxNumberOfMessages=10, MessageAttributeNames=["All"])
    assert [message["Body"] for message in messages] == ["kept", "a", "b", "with the data key in use"]
    assert messages[0]["MessageAttributes"] == color
    kms.schedule_key_deletion(KeyId=key)
    cloud.turn(61)
    assert refused(queue.send, "x")[0] == "KMS.InvalidStateException"
    assert refused(make_queue(KmsMasterKeyId="alias/nobody").send, "x")[0] == "KMS.NotFoundException"


def test_dead_letters_open_with_the_key_they_were_sent_under(with_dead_letters, aws, key):
    queue, dead = with_dead_letters(1, KmsMasterKeyId=key, VisibilityTimeout="0")
    queue.send("sealed")
    queue.receive_one()
    assert queue.receive() == []
    assert dead.receive_one()["Body"] == "sealed"


def test_the_key_of_aws_serves_callers_of_the_account(make_queue, user):
    queue = make_queue(KmsMasterKeyId="alias/aws/sqs")
    anyone = user("anyone", "sqs:SendMessage", "sqs:ReceiveMessage")
    anyone.send_message(QueueUrl=queue.url, MessageBody="x")
    assert anyone.receive_message(QueueUrl=queue.url)["Messages"][0]["Body"] == "x"


@pytest.mark.spec("SQS-015")
def test_what_is_kept_of_encrypted_messages_is_not_their_text(tmp_path):
    cloud = TestCloud(Config(folder=tmp_path))
    sqs, key = cloud.client("sqs"), cloud.client("kms").create_key()["KeyMetadata"]["KeyId"]
    url = sqs.create_queue(QueueName="q", Attributes={"KmsMasterKeyId": key})["QueueUrl"]
    plain = sqs.create_queue(QueueName="plain")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="treasure-in-the-garden")
    sqs.send_message(QueueUrl=plain, MessageBody="nothing-to-see")
    cloud.close()
    with sqlite3.connect(tmp_path / "store.sqlite") as store:
        (table,) = store.execute("select name from sqlite_master where type = 'table'").fetchone()
        rows = b"".join(value for _, value in store.execute(f"select * from {table}"))
    assert b"nothing-to-see" in rows
    assert b"treasure" not in rows
