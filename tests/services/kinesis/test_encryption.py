"""Streams with a KMS key: who may put and read, and what is kept."""

import json

import pytest

from skyglobe.services.kinesis.records import chunks, streams


@pytest.fixture
def user(cloud, aws):
    """Make a user who may do some actions everywhere; return its client."""
    iam = aws.client("iam")

    def make(name, *actions):
        iam.create_user(UserName=name)
        allow = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": allow})
        iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=document)
        return cloud.session_with(iam.create_access_key(UserName=name)["AccessKey"]).client("kinesis")

    return make


@pytest.mark.spec("KDS-012")
def test_records_are_kept_encrypted_and_given_to_those_who_may_use_the_key(aws, cloud, kinesis, stream, user, refused):
    kms = aws.client("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    stream.put(b"before")
    kinesis.start_stream_encryption(StreamName=stream.name, EncryptionType="KMS", KeyId=key)
    assert stream.put(b"treasure")["EncryptionType"] == "KMS"

    def kept(scope):
        found = streams.find(scope, stream.name)
        return [data for chunk in chunks.scan(scope, found.number) for data in chunk.data]

    data = cloud.run(cloud.kernel.transact(kept, "000000000000", "us-east-1"))
    assert data[0] == b"before"
    assert b"treasure" not in data[1]
    assert stream.read() == [b"before", b"treasure"]
    asked = {"StreamName": stream.name, "Data": b"x", "PartitionKey": "k"}
    assert refused(user("bare", "kinesis:*").put_record, **asked)[0] == "KMSAccessDeniedException"
    producer = user("producer", "kinesis:*", "kms:GenerateDataKey")
    producer.put_record(**asked)
    iterator = stream.iterator()
    assert refused(producer.get_records, ShardIterator=iterator)[0] == "KMSAccessDeniedException"
    consumer = user("consumer", "kinesis:*", "kms:Decrypt")
    assert [one["Data"] for one in consumer.get_records(ShardIterator=iterator)["Records"]][1:] == [b"treasure", b"x"]
    kms.disable_key(KeyId=key)
    cloud.turn(minutes=6)
    assert refused(stream.put, b"y")[0] == "KMSDisabledException"
    assert refused(stream.read)[0] == "KMSDisabledException"
    nobody = {"StreamName": stream.name, "EncryptionType": "KMS", "KeyId": "alias/nobody"}
    assert refused(kinesis.start_stream_encryption, **nobody)[0] == "KMSNotFoundException"
