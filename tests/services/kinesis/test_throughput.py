"""Shards' limits, in force in quota mode."""

import pytest
from botocore.config import Config as ClientConfig

from skyglobe.kernel.clock import Clock
from skyglobe.kernel.config import Config
from skyglobe.testing.clouds import TestCloud

FIRST = "shardId-000000000000"
TOO_MUCH = "ProvisionedThroughputExceededException"


@pytest.fixture
def still_cloud():
    """A cloud in quota mode whose clock moves only when it is turned: a second is as long as the test says."""
    made = TestCloud(Config(quotas=True), clock=Clock(wall=lambda: 1_800_000_000_000))
    yield made
    made.close()


@pytest.fixture
def limited(still_cloud, make_stream):
    client = still_cloud.client("kinesis", config=ClientConfig(retries={"total_max_attempts": 1}))
    return lambda *args, **more: make_stream(*args, client=client, **more)


@pytest.mark.spec("KDS-015")
def test_a_shard_takes_a_thousand_records_a_second(still_cloud, limited, refused):
    stream = limited()
    for _ in range(2):
        assert stream.put_many([(b"x", "k")] * 500)["FailedRecordCount"] == 0
    code, status, text = refused(stream.put)
    assert (code, status) == (TOO_MUCH, 400)
    assert text == f"Rate exceeded for shard {FIRST} in stream {stream.name} under account 000000000000."
    still_cloud.turn(1)
    stream.put()


@pytest.mark.spec("KDS-015", "KDS-029")
def test_a_shard_takes_a_mib_a_second_and_the_rest_of_a_batch_fails(still_cloud, limited):
    stream = limited()
    answer = stream.put_many([(b"x" * 102_400, "k")] * 12)
    assert answer["FailedRecordCount"] == 2
    assert {result.get("ErrorCode") for result in answer["Records"][:10]} == {None}
    for result in answer["Records"][10:]:
        assert result["ErrorCode"] == TOO_MUCH
        assert "SequenceNumber" not in result
        assert result["ErrorMessage"].startswith(f"Rate exceeded for shard {FIRST}")
    assert len(stream.read()) == 10


@pytest.mark.spec("KDS-023")
def test_five_shards_take_five_mib_a_second(limited):
    stream = limited(5)
    taken = 0
    for number in range(10):
        entries = [(b"x" * 104_000, f"{number}-{place}") for place in range(90)]
        taken += 90 - stream.put_many(entries)["FailedRecordCount"]
    assert taken == 50


@pytest.mark.spec("KDS-017")
def test_a_shard_is_read_five_times_a_second(still_cloud, limited, refused):
    stream = limited()
    iterator = stream.iterator()
    for _ in range(5):
        stream.client.get_records(ShardIterator=iterator)
    assert refused(stream.client.get_records, ShardIterator=iterator)[0] == TOO_MUCH
    still_cloud.turn(1)
    stream.client.get_records(ShardIterator=iterator)


@pytest.mark.spec("KDS-016", "KDS-025")
def test_those_who_pull_share_two_mib_a_second(still_cloud, limited, refused):
    stream = limited()
    for _ in range(5):
        stream.put_many([(b"x" * 104_000, "k")] * 10)
        still_cloud.turn(1)
    one, other = stream.iterator(), stream.iterator()
    assert len(stream.client.get_records(ShardIterator=one)["Records"]) == 50
    assert refused(stream.client.get_records, ShardIterator=other)[0] == TOO_MUCH
    still_cloud.turn(2)
    assert refused(stream.client.get_records, ShardIterator=other)[0] == TOO_MUCH
    still_cloud.turn(1)
    stream.client.get_records(ShardIterator=other, Limit=1)


def test_nothing_is_limited_without_quotas(stream):
    for _ in range(3):
        assert stream.put_many([(b"x" * 5000, "k")] * 500)["FailedRecordCount"] == 0
    for _ in range(7):
        stream.read(limit=1)
