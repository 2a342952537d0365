"""Records are pushed over a socket as they come, while the answer goes on."""

import boto3
import pytest


@pytest.mark.spec("KDS-026")
def test_events_arrive_one_by_one_over_a_socket(stream, kinesis, endpoint):
    client = boto3.client(
        "kinesis",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    consumer = kinesis.register_stream_consumer(StreamARN=stream.arn, ConsumerName="c")["Consumer"]
    stream.put("first")
    answer = client.subscribe_to_shard(
        ConsumerARN=consumer["ConsumerARN"],
        ShardId="shardId-000000000000",
        StartingPosition={"Type": "TRIM_HORIZON"},
    )
    events = iter(answer["EventStream"])
    (record,) = next(events)["SubscribeToShardEvent"]["Records"]
    assert record["Data"] == b"first"
    stream.put("second")
    seen = []
    while not seen:
        seen = next(events)["SubscribeToShardEvent"]["Records"]
    assert [record["Data"] for record in seen] == [b"second"]
    answer["EventStream"].close()
