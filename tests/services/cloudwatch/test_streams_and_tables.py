"""What Kinesis and DynamoDB count."""

import pytest
from botocore.exceptions import ClientError

from tests.services.cloudwatch.conftest import metric


def of_stream(id_, name, stat="Sum", **dimensions):
    return metric(id_, stat, name, "AWS/Kinesis", dimensions={"StreamName": "clicks", **dimensions})


@pytest.mark.spec("KDS-037")
def test_a_stream_counts_and_its_shards_do_when_asked_to(aws, cloudwatch, cloud, minute, ask):
    kinesis = aws.client("kinesis")
    kinesis.create_stream(StreamName="clicks", ShardCount=1)
    cloud.settle()
    records = [{"Data": b"1234", "PartitionKey": "k"}, {"Data": b"12", "PartitionKey": "k"}]
    kinesis.put_records(StreamName="clicks", Records=records)
    shard = {"ShardId": "shardId-000000000000"}
    assert ask(
        of_stream("bytes", "IncomingBytes"),
        of_stream("records", "IncomingRecords"),
        of_stream("shard", "IncomingBytes", **shard),
    ) == {"bytes": [8], "records": [2], "shard": []}
    kinesis.enable_enhanced_monitoring(StreamName="clicks", ShardLevelMetrics=["ALL"])
    kinesis.put_record(StreamName="clicks", Data=b"123456789", PartitionKey="k")
    where = kinesis.get_shard_iterator(
        StreamName="clicks", ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
    )
    cloud.turn(3)
    kinesis.get_records(ShardIterator=where["ShardIterator"], Limit=1)
    found = ask(
        of_stream("bytes", "IncomingBytes"),
        of_stream("single", "PutRecord.Bytes"),
        of_stream("shard", "IncomingBytes", **shard),
        of_stream("read", "OutgoingRecords", **shard),
        of_stream("age", "IteratorAgeMilliseconds", "Maximum", **shard),
        of_stream("refused", "WriteProvisionedThroughputExceeded", **shard),
    )
    assert found["bytes"] == [18]
    assert (found["single"], found["shard"], found["read"], found["refused"]) == ([10], [10], [1], [0])
    assert found["age"][0] >= 3000
    kinesis.disable_enhanced_monitoring(StreamName="clicks", ShardLevelMetrics=["ALL"])
    kinesis.put_record(StreamName="clicks", Data=b"123456789", PartitionKey="k")
    assert ask(of_stream("shard", "IncomingBytes", **shard)) == {"shard": [10]}


def of_table(id_, name, stat="Sum", **dimensions):
    return metric(id_, stat, name, "AWS/DynamoDB", dimensions={"TableName": "books", **dimensions})


def test_a_table_counts_units_latencies_and_errors(aws, cloud, minute, ask):
    dynamodb = aws.client("dynamodb")
    dynamodb.create_table(
        TableName="books",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("id", "by")],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "authors",
                "KeySchema": [{"AttributeName": "by", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
                "ProvisionedThroughput": {"ReadCapacityUnits": 3, "WriteCapacityUnits": 4},
            }
        ],
        ProvisionedThroughput={"ReadCapacityUnits": 7, "WriteCapacityUnits": 9},
    )
    cloud.settle()
    item = {"id": {"S": "1"}, "by": {"S": "ann"}, "text": {"S": "x" * 1500}}
    dynamodb.put_item(TableName="books", Item=item)
    dynamodb.get_item(TableName="books", Key={"id": {"S": "1"}})
    dynamodb.get_item(TableName="books", Key={"id": {"S": "1"}}, ConsistentRead=True)
    dynamodb.query(
        TableName="books",
        IndexName="authors",
        KeyConditionExpression="#b = :b",
        ExpressionAttributeNames={"#b": "by"},
        ExpressionAttributeValues={":b": {"S": "ann"}},
    )
    with pytest.raises(ClientError, match="ConditionalCheckFailed"):
        dynamodb.put_item(TableName="books", Item=item, ConditionExpression="attribute_not_exists(id)")
    with pytest.raises(ClientError, match="ValidationException"):
        dynamodb.get_item(TableName="books", Key={"no": {"S": "1"}})
    index = {"GlobalSecondaryIndexName": "authors"}
    found = ask(
        of_table("writes", "ConsumedWriteCapacityUnits"),
        of_table("index", "ConsumedWriteCapacityUnits", **index),
        of_table("reads", "ConsumedReadCapacityUnits"),
        of_table("indexreads", "ConsumedReadCapacityUnits", **index),
        of_table("returned", "ReturnedItemCount", Operation="Query"),
        of_table("puts", "SuccessfulRequestLatency", "SampleCount", Operation="PutItem"),
        of_table("gets", "SuccessfulRequestLatency", "SampleCount", Operation="GetItem"),
        of_table("conditions", "ConditionalCheckFailedRequests"),
        metric("mistakes", "Sum", "UserErrors", "AWS/DynamoDB"),
    )
    assert found == {
        "writes": [4],  # the refused one consumed what is there
        "index": [2],
        "reads": [1.5],
        "indexreads": [0.5],
        "returned": [1],
        "puts": [1],
        "gets": [2],
        "conditions": [1],
        "mistakes": [1],
    }
    assert ask(  # told every five minutes
        of_table("provisioned", "ProvisionedReadCapacityUnits", "Maximum"),
        of_table("indexed", "ProvisionedWriteCapacityUnits", "Maximum", **index),
        start=-5,
    ) == {"provisioned": [7], "indexed": [4]}
