"""A Kinesis stream as the source."""

import pytest

from tests.services.firehose.conftest import BUCKET, StreamInHand, make_role

SOURCE = "arn:aws:kinesis:us-east-1:000000000000:stream/source"


@pytest.fixture
def kinesis(aws):
    client = aws.client("kinesis")
    client.create_stream(StreamName="source", ShardCount=2)
    client.put_record(StreamName="source", Data=b"too early", PartitionKey="k")
    return client


@pytest.fixture
def sourced(cloud, kinesis, firehose, s3, role):
    cloud.turn(1)
    firehose.create_delivery_stream(
        DeliveryStreamName="sourced",
        DeliveryStreamType="KinesisStreamAsSource",
        KinesisStreamSourceConfiguration={"KinesisStreamARN": SOURCE, "RoleARN": role},
        ExtendedS3DestinationConfiguration={
            "RoleARN": role,
            "BucketARN": BUCKET,
            "BufferingHints": {"IntervalInSeconds": 60, "SizeInMBs": 5},
        },
    )
    return StreamInHand(firehose, "sourced")


def put(kinesis, *texts):
    for text in texts:
        kinesis.put_record(StreamName="source", Data=f"{text},".encode(), PartitionKey=text)


def words(landed):
    return sorted(word for content in landed().values() for word in content.decode().split(",") if word)


def test_what_is_put_into_the_source_lands(cloud, kinesis, sourced, landed, refused):
    put(kinesis, "a", "b", "c")
    cloud.settle()
    cloud.turn(61)
    put(kinesis, "d")
    cloud.settle()
    cloud.turn(61)
    assert words(landed) == ["a", "b", "c", "d"]
    code, _, text = refused(sourced.put, "x")
    assert code == "InvalidArgumentException"
    assert "KinesisStreamAsSource" in text
    source = sourced.described["Source"]["KinesisStreamSourceDescription"]
    assert source["KinesisStreamARN"] == SOURCE


def test_reading_goes_on_in_the_children(cloud, kinesis, sourced, landed):
    put(kinesis, "a", "b")
    kinesis.split_shard(StreamName="source", ShardToSplit="shardId-000000000000", NewStartingHashKey="99")
    put(kinesis, "c", "d")
    kinesis.update_shard_count(StreamName="source", TargetShardCount=2, ScalingType="UNIFORM_SCALING")
    put(kinesis, "e", "f", "g")
    cloud.settle()
    cloud.turn(61)
    assert words(landed) == ["a", "b", "c", "d", "e", "f", "g"]


def test_a_role_that_may_not_read_reads_later(cloud, aws, kinesis, sourced, landed):
    iam = aws.client("iam")
    iam.delete_role_policy(RoleName="firehose", PolicyName="p")
    put(kinesis, "a")
    cloud.settle()
    cloud.turn(120)
    document = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:*","kinesis:*"],"Resource":"*"}]}'
    iam.put_role_policy(RoleName="firehose", PolicyName="p", PolicyDocument=document)
    cloud.turn(300)
    assert words(landed) == ["a"]


def test_a_source_must_be_there_and_readable(aws, firehose, s3, kinesis, role, refused):
    powerless = make_role(aws, "powerless", ())

    def create(source=SOURCE, role=role, **more):
        firehose.create_delivery_stream(
            DeliveryStreamName="d",
            **{"DeliveryStreamType": "KinesisStreamAsSource", **more},
            KinesisStreamSourceConfiguration={"KinesisStreamARN": source, "RoleARN": role},
            ExtendedS3DestinationConfiguration={"RoleARN": role, "BucketARN": BUCKET},
        )

    assert refused(create, SOURCE.replace("source", "nobody"))[0] == "InvalidArgumentException"
    assert refused(create, role=powerless)[0] == "InvalidArgumentException"
    assert refused(create, DeliveryStreamType="DirectPut")[0] == "InvalidArgumentException"
