"""Where readers begin, and for how long they may wait."""

from datetime import UTC, datetime, timedelta

import pytest


@pytest.fixture
def numbered(stream):
    """A stream with ten records that arrived in two batches, and their sequence numbers."""
    results = stream.put_many([(str(number).encode(), "k") for number in range(6)])["Records"]
    results += stream.put_many([(str(number).encode(), "k") for number in range(6, 10)])["Records"]
    return stream, [result["SequenceNumber"] for result in results]


@pytest.mark.spec("KDS-027")
def test_sequence_numbers_position_a_reader(numbered):
    stream, sequences = numbered
    for place in range(10):
        at = stream.read(kind="AT_SEQUENCE_NUMBER", StartingSequenceNumber=sequences[place])
        after = stream.read(kind="AFTER_SEQUENCE_NUMBER", StartingSequenceNumber=sequences[place])
        assert at == [str(number).encode() for number in range(place, 10)]
        assert after == at[1:]
    start = stream.shards()[0]["SequenceNumberRange"]["StartingSequenceNumber"]
    assert len(stream.read(kind="AT_SEQUENCE_NUMBER", StartingSequenceNumber=start)) == 10


@pytest.mark.spec("KDS-027")
def test_latest_sees_only_what_comes_after(numbered, kinesis):
    stream, _ = numbered
    iterator = stream.iterator(kind="LATEST")
    assert kinesis.get_records(ShardIterator=iterator)["Records"] == []
    stream.put("new")
    (record,) = kinesis.get_records(ShardIterator=iterator)["Records"]
    assert record["Data"] == b"new"


@pytest.mark.spec("KDS-027")
def test_a_timestamp_positions_a_reader(cloud, stream, refused):
    marks = []
    for number in range(3):
        cloud.turn(60)
        marks.append(datetime.fromtimestamp(cloud.now / 1000, UTC))
        stream.put(str(number))
    assert stream.read(kind="AT_TIMESTAMP", Timestamp=marks[1]) == [b"1", b"2"]
    assert stream.read(kind="AT_TIMESTAMP", Timestamp=marks[0] - timedelta(days=40)) == [b"0", b"1", b"2"]
    code, _, text = refused(
        stream.iterator, kind="AT_TIMESTAMP", Timestamp=datetime.fromtimestamp(cloud.now / 1000 + 3600, UTC)
    )
    assert code == "InvalidArgumentException"
    assert text.startswith("The timestampInMillis parameter cannot be greater than the currentTimestampInMillis.")


@pytest.mark.spec("KDS-027")
def test_an_iterator_expires_after_five_minutes(cloud, stream, kinesis, refused):
    stream.put()
    iterator = stream.iterator()
    cloud.turn(240)
    fresh = kinesis.get_records(ShardIterator=iterator)["NextShardIterator"]
    cloud.turn(61)
    code, status, text = refused(kinesis.get_records, ShardIterator=iterator)
    assert (code, status) == ("ExpiredIteratorException", 400)
    assert text.startswith("Iterator expired. The iterator was created at time ")
    assert text.endswith("which is further in the future than the tolerated delay of 300000 milliseconds.")
    kinesis.get_records(ShardIterator=fresh)


def test_what_an_iterator_needs_must_be_there_and_right(numbered, make_stream, refused):
    stream, sequences = numbered
    other = make_stream()
    foreign = other.put()["SequenceNumber"]
    for kind in ("AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER", "AT_TIMESTAMP"):
        assert refused(stream.iterator, kind=kind)[0] == "InvalidArgumentException"
    assert refused(stream.iterator, kind="SOMEWHERE")[0] == "ValidationException"
    for wrong in ("0", "17", "9" * 100, sequences[0] + "0"):
        code, _, text = refused(stream.iterator, kind="AT_SEQUENCE_NUMBER", StartingSequenceNumber=wrong)
        assert code == "InvalidArgumentException", foreign
        assert "is invalid because it did not come from this stream." in text
    code, _, text = refused(stream.iterator, shard="shardId-000000000001")
    assert (code, text) == (
        "ResourceNotFoundException",
        f"Shard shardId-000000000001 in stream {stream.name} under account 000000000000 does not exist",
    )
    assert refused(stream.iterator, shard="first")[0] == "ResourceNotFoundException"


def test_an_iterator_cannot_be_made_up(cloud, stream, kinesis, refused):
    iterator = stream.iterator()
    for wrong in ("x", "AAAAAAAAAA", "AAAAAAAAAAbbbb", iterator[:-5] + "AAAA=", iterator + "AAAA", "é"):
        code, _, text = refused(kinesis.get_records, ShardIterator=wrong)
        assert (code, text) == ("InvalidArgumentException", "Invalid ShardIterator."), wrong
    assert refused(kinesis.get_records, ShardIterator="A" * 513)[0] == "ValidationException"
    elsewhere = cloud.session(region="eu-west-1").client("kinesis")
    assert refused(elsewhere.get_records, ShardIterator=iterator)[0] == "ResourceNotFoundException"
    kinesis.delete_stream(StreamName=stream.name)
    kinesis.create_stream(StreamName=stream.name, ShardCount=1)
    assert refused(kinesis.get_records, ShardIterator=iterator)[0] == "ResourceNotFoundException"


def test_limits_of_a_read_are_the_models(stream, kinesis, refused):
    assert refused(kinesis.get_records, ShardIterator=stream.iterator(), Limit=10_001)[0] == "ValidationException"
