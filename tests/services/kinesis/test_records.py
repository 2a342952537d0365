"""Putting records in and reading them back."""

from datetime import UTC, datetime
from hashlib import md5

import pytest


@pytest.mark.spec("KDS-001")
def test_a_record_comes_back_as_it_was_put(stream, kinesis, cloud):
    put = stream.put(b"\x00\xff data", "a key")
    answer = kinesis.get_records(ShardIterator=stream.iterator())
    (record,) = answer["Records"]
    arrived = record.pop("ApproximateArrivalTimestamp")
    assert record == {"SequenceNumber": put["SequenceNumber"], "Data": b"\x00\xff data", "PartitionKey": "a key"}
    assert abs(arrived.timestamp() - cloud.now / 1000) < 60
    assert answer["MillisBehindLatest"] == 0


@pytest.mark.spec("KDS-004", "KDS-024")
def test_one_key_goes_to_one_shard_in_order(make_stream):
    stream = make_stream(4)
    puts = [stream.put(str(number), "k") for number in range(100)]
    (shard_id,) = {put["ShardId"] for put in puts}
    numbers = [int(put["SequenceNumber"]) for put in puts]
    assert numbers == sorted(set(numbers))
    assert {len(put["SequenceNumber"]) for put in puts} == {56}
    (shard,) = [shard for shard in stream.shards() if shard["ShardId"] == shard_id]
    span = shard["HashKeyRange"]
    assert int(span["StartingHashKey"]) <= int(md5(b"k").hexdigest(), 16) <= int(span["EndingHashKey"])
    assert stream.read(shard_id) == [str(number).encode() for number in range(100)]


@pytest.mark.spec("KDS-030")
def test_an_explicit_hash_key_decides_the_shard(make_stream, kinesis, refused):
    stream = make_stream(3)
    assert stream.put(key="whatever", ExplicitHashKey="0")["ShardId"] == "shardId-000000000000"
    assert stream.put(key="whatever", ExplicitHashKey=str(2**128 - 1))["ShardId"] == "shardId-000000000002"
    entries = [{"Data": b"", "PartitionKey": "k", "ExplicitHashKey": str(2**127)}]
    (placed,) = kinesis.put_records(StreamName=stream.name, Records=entries)["Records"]
    assert placed["ShardId"] == "shardId-000000000001"
    code, _, text = refused(stream.put, ExplicitHashKey=str(2**128))
    assert code == "InvalidArgumentException"
    assert "[0, 2^128-1]" in text
    assert refused(stream.put, ExplicitHashKey="01")[0] == "ValidationException"
    assert refused(stream.put, key="k" * 257)[0] == "ValidationException"
    stream.put(key="ö" * 256)


def test_a_batch_keeps_its_order_in_each_shard(make_stream):
    stream = make_stream(3)
    entries = [(str(number).encode(), str(number % 17)) for number in range(500)]
    results = stream.put_many(entries)["Records"]
    for shard in stream.shards():
        expected = [data for (data, _), put in zip(entries, results, strict=True) if put["ShardId"] == shard["ShardId"]]
        assert stream.read(shard["ShardId"]) == expected
        assert expected


@pytest.mark.spec("KDS-029")
def test_a_batch_has_at_most_500_records_and_10_mib(stream, refused):
    assert refused(stream.put_many, [(b"x", "k")] * 501)[0] == "ValidationException"
    million = b"x" * (1024 * 1024 - 1)
    assert refused(stream.put_many, [(million, "k")] * 10 + [(b"x", "k")])[0] == "InvalidArgumentException"
    assert stream.read() == []
    assert stream.put_many([(million, "k")] * 10)["FailedRecordCount"] == 0
    assert len(stream.read()) == 10


@pytest.mark.spec("KDS-028")
def test_a_record_has_a_mib_unless_its_stream_takes_more(stream, kinesis, refused):
    mib = 1024 * 1024
    stream.put(b"x" * (mib - 1), "k")
    assert refused(stream.put, b"x" * mib, "k")[0] == "InvalidArgumentException"
    assert refused(stream.put_many, [(b"ok", "k"), (b"x" * mib, "k")])[0] == "InvalidArgumentException"
    assert len(stream.read()) == 1
    kinesis.update_max_record_size(StreamARN=stream.arn, MaxRecordSizeInKiB=10_240)
    stream.put(b"y" * (10 * mib - 1), "k")
    assert refused(stream.put, b"y" * (10 * mib), "k")[0] == "InvalidArgumentException"
    assert refused(stream.put, b"y" * (10 * mib + 1), "k")[0] == "ValidationException"
    assert [len(data) for data in stream.read()] == [mib - 1]
    assert refused(kinesis.update_max_record_size, StreamARN=stream.arn, MaxRecordSizeInKiB=10_241)[0] == (
        "ValidationException"
    )


def test_sequence_numbers_for_ordering_must_be_the_streams_own(make_stream, refused):
    stream, other = make_stream(), make_stream()
    first = stream.put()
    second = stream.put(SequenceNumberForOrdering=first["SequenceNumber"])
    assert int(second["SequenceNumber"]) > int(first["SequenceNumber"])
    for wrong in ("5", "0", str(2**185 + 7), first["SequenceNumber"][:-1] + "9", str(2**186 - 2**40 + 2)):
        assert refused(stream.put, SequenceNumberForOrdering=wrong)[0] == "InvalidArgumentException", wrong
    assert other.read() == []


def test_a_read_ends_at_ten_mib(stream, kinesis):
    for _ in range(3):
        stream.put_many([(b"x" * 1_000_000, "k")] * 4)
    first = kinesis.get_records(ShardIterator=stream.iterator())
    assert len(first["Records"]) == 10
    assert len(kinesis.get_records(ShardIterator=first["NextShardIterator"])["Records"]) == 2


@pytest.mark.spec("KDS-003", "KDS-021", "MSG-006")
def test_reading_takes_nothing_away(stream, cloud, kinesis):
    stream.put_many([(str(number).encode(), "k") for number in range(10)])
    cloud.turn(hours=20)
    noon = datetime.fromtimestamp(cloud.now / 1000, UTC)
    cloud.turn(1)
    stream.put("later")
    assert stream.read() == stream.read()
    assert len(stream.read()) == 11
    assert stream.read(kind="AT_TIMESTAMP", Timestamp=noon) == [b"later"]
    assert not [name for name in dir(kinesis) if name.startswith("delete_record")]


@pytest.mark.parametrize("limit", [1, 3, 7, 100])
def test_pages_of_any_size_make_the_whole(stream, kinesis, limit):
    for size in (1, 500, 2, 40):
        stream.put_many([(str(number).encode() * 200, "k") for number in range(size)])
    iterator, read = stream.iterator(), []
    while records := (answer := kinesis.get_records(ShardIterator=iterator, Limit=limit))["Records"]:
        assert len(records) <= limit
        read += [record["SequenceNumber"] for record in records]
        iterator = answer["NextShardIterator"]
        if len(read) > 120:
            break
    whole = [record["SequenceNumber"] for record in kinesis.get_records(ShardIterator=stream.iterator())["Records"]]
    assert read == whole[: len(read)]
    assert len(read) > 120


def test_millis_behind_latest_is_the_age_of_what_was_read(stream, kinesis, cloud):
    stream.put_many([(b"a", "k"), (b"b", "k")])
    cloud.turn(100)
    first = kinesis.get_records(ShardIterator=stream.iterator(), Limit=1)
    assert 100_000 <= first["MillisBehindLatest"] < 160_000
    assert kinesis.get_records(ShardIterator=first["NextShardIterator"])["MillisBehindLatest"] == 0


def test_a_hundred_trucks_keep_their_order(make_stream, kinesis):
    stream = make_stream(5)
    for round_ in range(5):
        stream.put_many([(f"{truck}:{round_}".encode(), f"truck-{truck}") for truck in range(100)])
    seen = {}
    for data in stream.read_all():
        truck, round_ = data.decode().split(":")
        seen.setdefault(truck, []).append(round_)
    assert len(seen) == 100
    assert all(rounds == list("01234") for rounds in seen.values())
