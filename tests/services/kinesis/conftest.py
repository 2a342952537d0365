"""What every Kinesis story needs: a client, streams, and readers."""

from itertools import count

import pytest
from botocore.config import Config as ClientConfig

from skyglobe.kernel.config import Config
from skyglobe.testing.clouds import TestCloud

_names = count(1)
ONCE = ClientConfig(retries={"total_max_attempts": 1})
"""Without retries: botocore would wait before each when a limit is exceeded."""


class StreamInHand:
    """A stream and the client that made it."""

    def __init__(self, client, name):
        self.client = client
        self.name = name

    @property
    def summary(self):
        return self.client.describe_stream_summary(StreamName=self.name)["StreamDescriptionSummary"]

    @property
    def arn(self):
        return self.summary["StreamARN"]

    @property
    def status(self):
        return self.summary["StreamStatus"]

    def shards(self, **more):
        return self.client.list_shards(StreamName=self.name, **more)["Shards"]

    def open_shards(self):
        return self.shards(ShardFilter={"Type": "AT_LATEST"})

    def put(self, data=b"x", key="key", **more):
        data = data.encode() if isinstance(data, str) else data
        return self.client.put_record(StreamName=self.name, Data=data, PartitionKey=key, **more)

    def put_many(self, entries):
        """Put (data, key) pairs in one call."""
        records = [{"Data": data, "PartitionKey": key} for data, key in entries]
        return self.client.put_records(StreamName=self.name, Records=records)

    def iterator(self, shard="shardId-000000000000", kind="TRIM_HORIZON", **more):
        return self.client.get_shard_iterator(StreamName=self.name, ShardId=shard, ShardIteratorType=kind, **more)[
            "ShardIterator"
        ]

    def read(self, shard="shardId-000000000000", kind="TRIM_HORIZON", limit=10_000, **more):
        """The data of the next records of a shard."""
        answer = self.client.get_records(ShardIterator=self.iterator(shard, kind, **more), Limit=limit)
        return [record["Data"] for record in answer["Records"]]

    def read_all(self):
        """The data of all records, shard by shard."""
        return [data for shard in self.shards() for data in self.read(shard["ShardId"])]


@pytest.fixture
def kinesis(aws):
    return aws.client("kinesis", config=ONCE)


@pytest.fixture
def make_stream(kinesis):
    def make(shards=1, client=None, name=None, **more):
        made, name = client or kinesis, name or f"stream-{next(_names)}"
        if "StreamModeDetails" not in more:
            more["ShardCount"] = shards
        made.create_stream(StreamName=name, **more)
        return StreamInHand(made, name)

    return make


@pytest.fixture
def stream(make_stream):
    return make_stream()


@pytest.fixture
def slow_cloud():
    """A cloud where things take as long as on AWS."""
    made = TestCloud(Config(pace="realistic"))
    yield made
    made.close()
