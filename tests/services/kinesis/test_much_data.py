"""Calls that bring much data: it lies in files beside the store, and who reads does not notice."""

import errno

import pytest

from skyglobe.kernel.config import Config
from skyglobe.testing.clouds import TestCloud

RECORDS = [(f"{number:04d}".encode() * 256, str(number)) for number in range(400)]


def files(cloud):
    return sorted(cloud.kernel.blobs.names())


def numbers(data):
    return [int(one[:4]) for one in data]


def test_much_data_is_read_from_any_place_as_it_was_put(cloud, make_stream, kinesis):
    stream = make_stream(2)
    stream.put(b"0900", "0")
    cloud.turn(seconds=1)
    arrived = cloud.now
    puts = stream.put_many(RECORDS)["Records"]
    cloud.turn(seconds=1)
    stream.put_many(RECORDS[:10])
    assert len(files(cloud)) == 1
    for shard in [one["ShardId"] for one in stream.shards()]:
        mine = [number for number, put in enumerate(puts) if put["ShardId"] == shard]
        again = [number for number in mine if number < 10]
        first = [900] if 0 in mine else []
        assert numbers(stream.read(shard)) == first + mine + again
        assert numbers(stream.read(shard, "AT_TIMESTAMP", Timestamp=arrived / 1000)) == mine + again
        middle = puts[mine[70]]["SequenceNumber"]
        assert numbers(stream.read(shard, "AT_SEQUENCE_NUMBER", 3, StartingSequenceNumber=middle)) == mine[70:73]
        after = kinesis.get_records(
            ShardIterator=stream.iterator(shard, "AFTER_SEQUENCE_NUMBER", StartingSequenceNumber=middle), Limit=5
        )
        assert [one["SequenceNumber"] for one in after["Records"]] == [puts[n]["SequenceNumber"] for n in mine[71:76]]
        rest = kinesis.get_records(ShardIterator=after["NextShardIterator"])["Records"]
        assert [one["Data"] for one in rest] == [RECORDS[number][0] for number in mine[76:] + again]


def test_files_go_with_the_last_record_in_them(cloud, make_stream, kinesis):
    stream, other = make_stream(2), make_stream()
    stream.put_many(RECORDS)
    other.put_many(RECORDS)
    cloud.turn(hours=23)
    stream.put_many(RECORDS)
    assert len(files(cloud)) == 3
    cloud.turn(hours=2)
    assert len(stream.read_all()) == 400
    assert len(files(cloud)) == 1
    kinesis.delete_stream(StreamName=stream.name)
    cloud.turn(seconds=1)
    assert files(cloud) == []


def test_much_data_under_a_key_is_kept_encrypted(aws, cloud, kinesis, stream):
    key = aws.client("kms").create_key()["KeyMetadata"]["Arn"]
    kinesis.start_stream_encryption(StreamName=stream.name, EncryptionType="KMS", KeyId=key)
    stream.put_many(RECORDS)
    (file,) = files(cloud)
    assert RECORDS[7][0][:64] not in cloud.kernel.blobs.read(file)
    assert stream.read() == [data for data, _ in RECORDS]


def test_much_data_comes_back_with_a_snapshot_and_with_the_next_start(tmp_path):
    config = Config(folder=tmp_path / "cloud")
    cloud = TestCloud(config)
    cloud.client("kinesis").create_stream(StreamName="s", ShardCount=1)
    put(cloud)
    cloud.run(cloud.kernel.snapshots.save("one"))
    cloud.client("kinesis").delete_stream(StreamName="s")
    cloud.turn(seconds=1)
    assert files(cloud) == []
    cloud.run(cloud.kernel.snapshots.load("one"))
    cloud.close()
    cloud = TestCloud(config)
    try:
        assert read(cloud) == [data for data, _ in RECORDS]
    finally:
        cloud.close()


def test_what_must_outlive_a_power_cut_lies_in_the_store(tmp_path):
    cloud = TestCloud(Config(folder=tmp_path / "cloud", durability="power"))
    try:
        cloud.client("kinesis").create_stream(StreamName="s", ShardCount=1)
        put(cloud)
        assert files(cloud) == []
        assert read(cloud) == [data for data, _ in RECORDS]
    finally:
        cloud.close()


@pytest.mark.parametrize("step", ["create", "write_all"])
def test_records_without_room_are_refused_and_nothing_is_left(cloud, stream, refused, monkeypatch, step):
    from skyglobe.kernel.blobs import Blobs, BlobWriter

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Blobs if step == "create" else BlobWriter, step, full)
        code, status, text = refused(stream.put_many, RECORDS)
    assert (code, status) == ("ServiceUnavailable", 503)
    assert "No space left" in text
    assert stream.read() == []
    assert files(cloud) == []
    assert not cloud.kernel.blobs.unsettled
    stream.put_many(RECORDS)
    assert len(stream.read()) == 400


def put(cloud):
    records = [{"Data": data, "PartitionKey": key} for data, key in RECORDS]
    cloud.client("kinesis").put_records(StreamName="s", Records=records)


def read(cloud):
    kinesis = cloud.client("kinesis")
    iterator = kinesis.get_shard_iterator(
        StreamName="s", ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    return [record["Data"] for record in kinesis.get_records(ShardIterator=iterator)["Records"]]
