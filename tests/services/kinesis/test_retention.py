"""Records are there for as long as their stream keeps them, and then they are gone."""

import pytest


def kept(cloud):
    """How many records the store has, readable or not."""

    def count(scope):
        from skyglobe.services.kinesis.records import chunks

        return sum(len(chunk.orders) for chunk in chunks.scan(scope))

    return cloud.run(cloud.kernel.transact(count, "000000000000", "us-east-1"))


@pytest.mark.spec("KDS-002", "MSG-007")
def test_records_are_deleted_after_a_day(cloud, stream):
    stream.put("old")
    cloud.turn(hours=23)
    stream.put("young")
    assert stream.read() == [b"old", b"young"]
    cloud.turn(hours=1, seconds=1)
    assert stream.read() == [b"young"]
    cloud.turn(hours=24)
    assert stream.read() == []
    assert kept(cloud) == 0


@pytest.mark.spec("KDS-002")
def test_retention_goes_from_a_day_to_a_year(cloud, stream, kinesis, refused):
    def increase(hours):
        kinesis.increase_stream_retention_period(StreamName=stream.name, RetentionPeriodHours=hours)

    for wrong in (8761, 23, -1):
        assert refused(increase, wrong)[0] == "InvalidArgumentException"
    increase(8760)
    assert stream.summary["RetentionPeriodHours"] == 8760
    stream.put("kept")
    cloud.turn(days=364)
    assert stream.read() == [b"kept"]
    cloud.turn(days=1, seconds=1)
    assert stream.read() == []
    cloud.turn(minutes=1)  # by when it is swept away, unread as it has been
    assert kept(cloud) == 0


def test_what_expired_does_not_come_back(cloud, stream, kinesis, refused):
    stream.put("gone")
    cloud.turn(hours=30)
    stream.put("there")
    kinesis.increase_stream_retention_period(StreamName=stream.name, RetentionPeriodHours=48)
    assert stream.read() == [b"there"]
    cloud.turn(hours=25)
    assert stream.read() == [b"there"]
    kinesis.decrease_stream_retention_period(StreamName=stream.name, RetentionPeriodHours=24)
    assert stream.read() == []
    longer = refused(kinesis.decrease_stream_retention_period, StreamName=stream.name, RetentionPeriodHours=25)
    assert longer[0] == "InvalidArgumentException"
    cloud.turn(120)
    assert kept(cloud) == 0


def test_a_closed_shard_expires_with_its_last_records(cloud, stream, kinesis, refused):
    kinesis.split_shard(StreamName=stream.name, ShardToSplit="shardId-000000000000", NewStartingHashKey="9")
    cloud.turn(hours=24, seconds=61)
    assert [shard["ShardId"][-1] for shard in stream.shards()] == ["1", "2"]
    assert refused(stream.iterator)[0] == "ResourceNotFoundException"


def test_many_records_go_in_many_sweeps(cloud, stream, many):
    one = {"StreamName": stream.name, "Data": b"one by one", "PartitionKey": "key"}
    many("kinesis", "PutRecord", [one] * 450)
    cloud.turn(hours=24, seconds=61)
    assert kept(cloud) == 0
