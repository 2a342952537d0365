"""A stream's life: creating, describing, listing, deleting."""

import pytest

from tests.services.kinesis.conftest import ONCE

GONE = ("ResourceNotFoundException", 400)


@pytest.mark.spec("KDS-005")
def test_a_provisioned_stream_has_as_many_equal_shards_as_were_asked_for(make_stream):
    stream = make_stream(4)
    spans = [shard["HashKeyRange"] for shard in stream.shards()]
    assert [int(span["StartingHashKey"]) for span in spans] == [2**128 * place // 4 for place in range(4)]
    assert [int(span["EndingHashKey"]) for span in spans] == [2**128 * place // 4 - 1 for place in range(1, 5)]
    assert stream.summary["OpenShardCount"] == 4
    assert stream.summary["StreamModeDetails"] == {"StreamMode": "PROVISIONED"}


def test_a_stream_is_described_as_it_was_made(kinesis, cloud):
    kinesis.create_stream(StreamName="s", ShardCount=1, Tags={"team": "a"}, MaxRecordSizeInKiB=2048)
    described = kinesis.describe_stream(StreamName="s")["StreamDescription"]
    assert described["StreamARN"] == "arn:aws:kinesis:us-east-1:000000000000:stream/s"
    assert described["StreamStatus"] == "ACTIVE"
    assert described["RetentionPeriodHours"] == 24
    assert described["EncryptionType"] == "NONE"
    assert described["EnhancedMonitoring"] == [{"ShardLevelMetrics": []}]
    assert described["HasMoreShards"] is False
    assert abs(described["StreamCreationTimestamp"].timestamp() - cloud.now / 1000) < 60
    summary = kinesis.describe_stream_summary(StreamARN=described["StreamARN"])["StreamDescriptionSummary"]
    assert (summary["MaxRecordSizeInKiB"], summary["ConsumerCount"]) == (2048, 0)
    assert kinesis.list_tags_for_stream(StreamName="s")["Tags"] == [{"Key": "team", "Value": "a"}]


@pytest.mark.spec("KDS-031")
def test_a_stream_goes_through_its_states_with_the_clock(slow_cloud, make_stream, refused):
    kinesis = slow_cloud.client("kinesis", config=ONCE)
    stream = make_stream(client=kinesis)
    assert stream.status == "CREATING"
    assert refused(stream.put)[:2] == GONE
    assert refused(kinesis.delete_stream, StreamName=stream.name)[0] == "ResourceInUseException"
    slow_cloud.turn(60)
    assert stream.status == "ACTIVE"
    kinesis.get_waiter("stream_exists").wait(StreamName=stream.name)
    kinesis.split_shard(StreamName=stream.name, ShardToSplit="shardId-000000000000", NewStartingHashKey="1000")
    assert stream.status == "UPDATING"
    stream.put("while updating")
    code, _, text = refused(
        kinesis.update_shard_count, StreamName=stream.name, TargetShardCount=2, ScalingType="UNIFORM_SCALING"
    )
    assert code == "ResourceInUseException"
    assert text == f"Stream {stream.name} under account 000000000000 not ACTIVE, instead in state UPDATING"
    slow_cloud.turn(60)
    assert len(stream.open_shards()) == 2
    kinesis.delete_stream(StreamName=stream.name)
    assert stream.status == "DELETING"
    slow_cloud.turn(60)
    kinesis.get_waiter("stream_not_exists").wait(StreamName=stream.name)
    assert refused(kinesis.describe_stream, StreamName=stream.name)[:2] == GONE


@pytest.mark.spec("KDS-031")
def test_a_name_in_use_and_a_name_unknown_are_told(stream, kinesis, refused):
    code, _, text = refused(kinesis.create_stream, StreamName=stream.name, ShardCount=1)
    assert (code, text) == (
        "ResourceInUseException",
        f"Stream {stream.name} under account 000000000000 already exists.",
    )
    code, _, text = refused(kinesis.describe_stream_summary, StreamName="nobody")
    assert (code, text) == ("ResourceNotFoundException", "Stream nobody under account 000000000000 not found.")


def test_at_most_five_streams_are_creating_at_once(slow_cloud, make_stream, refused):
    kinesis = slow_cloud.client("kinesis", config=ONCE)
    for _ in range(5):
        make_stream(client=kinesis)
    assert refused(kinesis.create_stream, StreamName="sixth", ShardCount=1)[0] == "LimitExceededException"
    slow_cloud.turn(60)
    make_stream(client=kinesis)


def test_the_shards_of_an_account_are_limited(kinesis, refused):
    assert kinesis.describe_limits()["ShardLimit"] == 500
    kinesis.create_stream(StreamName="most", ShardCount=499)
    assert refused(kinesis.create_stream, StreamName="more", ShardCount=2)[0] == "LimitExceededException"
    kinesis.create_stream(StreamName="last", ShardCount=1)
    kinesis.create_stream(StreamName="other", StreamModeDetails={"StreamMode": "ON_DEMAND"})
    limits = kinesis.describe_limits()
    assert (limits["OpenShardCount"], limits["OnDemandStreamCount"]) == (500, 1)


def test_streams_are_listed_by_name_page_by_page(kinesis):
    names = [f"s{number}" for number in range(7)]
    for name in reversed(names):
        kinesis.create_stream(StreamName=name, ShardCount=1)
    pages = list(kinesis.get_paginator("list_streams").paginate(Limit=3))
    assert [page["StreamNames"] for page in pages] == [names[:3], names[3:6], names[6:]]
    assert [page["HasMoreStreams"] for page in pages] == [True, True, False]
    first = kinesis.list_streams(Limit=2)
    assert kinesis.list_streams(NextToken=first["NextToken"])["StreamNames"] == names[2:]
    assert kinesis.list_streams(ExclusiveStartStreamName="s4")["StreamNames"] == ["s5", "s6"]
    assert {one["StreamStatus"] for one in first["StreamSummaries"]} == {"ACTIVE"}


def test_describing_a_stream_pages_through_its_shards(make_stream, kinesis):
    stream = make_stream(5)
    first = kinesis.describe_stream(StreamName=stream.name, Limit=2)["StreamDescription"]
    assert (len(first["Shards"]), first["HasMoreShards"]) == (2, True)
    pages = kinesis.get_paginator("describe_stream").paginate(StreamName=stream.name, PaginationConfig={"PageSize": 2})
    ids = [shard["ShardId"] for page in pages for shard in page["StreamDescription"]["Shards"]]
    assert ids == [f"shardId-{number:012d}" for number in range(5)]


def test_deleting_a_stream_deletes_its_records(cloud, make_stream, kinesis):
    stream = make_stream(2)
    for number in range(20):
        stream.put(str(number), str(number))
    kinesis.delete_stream(StreamName=stream.name)
    cloud.turn(1)
    again = make_stream(2, name=stream.name)
    assert again.read_all() == []

    def left(scope):
        from skyglobe.services.kinesis.records import chunks, shards

        return len(list(chunks.scan(scope))), len(list(shards.scan(scope)))

    assert cloud.run(cloud.kernel.transact(left, "000000000000", "us-east-1")) == (0, 2)


def test_a_name_and_an_arn_must_agree(stream, make_stream, kinesis, refused):
    other = make_stream()
    call = kinesis.describe_stream_summary
    assert refused(call, StreamName=other.name, StreamARN=stream.arn)[0] == "InvalidArgumentException"
    assert refused(call)[0] == "InvalidArgumentException"
    elsewhere = stream.arn.replace("us-east-1", "eu-west-1")
    assert refused(call, StreamARN=elsewhere)[0] == "InvalidArgumentException"
    assert call(StreamName=stream.name, StreamARN=stream.arn)["StreamDescriptionSummary"]["StreamName"] == stream.name


def test_streams_of_accounts_and_regions_are_apart(cloud, stream):
    for session in (cloud.session("111122223333"), cloud.session(region="eu-west-1")):
        assert session.client("kinesis").list_streams()["StreamNames"] == []
