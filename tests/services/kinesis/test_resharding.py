"""Splitting, merging and rescaling, and what readers see of it."""

from datetime import UTC, datetime

import pytest

HALF = str(2**127)
FIRST, SECOND, THIRD = (f"shardId-{number:012d}" for number in range(3))


def hashes(shard):
    return tuple(int(shard["HashKeyRange"][name]) for name in ("StartingHashKey", "EndingHashKey"))


@pytest.mark.spec("KDS-020", "KDS-006")
def test_a_split_shard_has_two_children_that_cover_it(stream, kinesis):
    kinesis.split_shard(StreamName=stream.name, ShardToSplit=FIRST, NewStartingHashKey=HALF)
    parent, left, right = stream.shards()
    assert hashes(left) == (0, 2**127 - 1)
    assert hashes(right) == (2**127, 2**128 - 1)
    assert left["ParentShardId"] == right["ParentShardId"] == FIRST
    assert "EndingSequenceNumber" in parent["SequenceNumberRange"]
    assert "EndingSequenceNumber" not in left["SequenceNumberRange"]
    ended = int(parent["SequenceNumberRange"]["EndingSequenceNumber"])
    assert stream.put(ExplicitHashKey="0")["ShardId"] == SECOND
    assert int(stream.put(ExplicitHashKey=HALF)["SequenceNumber"]) > ended
    assert stream.summary["OpenShardCount"] == 2


@pytest.mark.spec("KDS-020", "KDS-006")
def test_adjacent_shards_merge_into_one(make_stream, kinesis, refused):
    stream = make_stream(3)
    code, _, text = refused(
        kinesis.merge_shards, StreamName=stream.name, ShardToMerge=FIRST, AdjacentShardToMerge=THIRD
    )
    assert code == "InvalidArgumentException"
    assert "are not an adjacent pair of shards eligible for merging" in text
    kinesis.merge_shards(StreamName=stream.name, ShardToMerge=SECOND, AdjacentShardToMerge=FIRST)
    merged = stream.shards()[3]
    assert hashes(merged)[0] == 0
    assert (merged["ParentShardId"], merged["AdjacentParentShardId"]) == (FIRST, SECOND)
    assert len(stream.open_shards()) == 2
    closed = refused(kinesis.merge_shards, StreamName=stream.name, ShardToMerge=FIRST, AdjacentShardToMerge=THIRD)
    assert closed[0] == "InvalidArgumentException"
    same = refused(kinesis.merge_shards, StreamName=stream.name, ShardToMerge=THIRD, AdjacentShardToMerge=THIRD)
    assert same[0] == "InvalidArgumentException"


def test_a_split_must_be_within_its_shard(make_stream, kinesis, refused):
    stream = make_stream(2)
    for at in ("0", HALF, str(2**128 - 1)):
        call = {"StreamName": stream.name, "ShardToSplit": FIRST, "NewStartingHashKey": at}
        assert refused(kinesis.split_shard, **call)[0] == "InvalidArgumentException"
    assert len(stream.shards()) == 2


@pytest.mark.spec("KDS-027")
def test_a_closed_shard_is_read_to_its_end_and_names_its_children(stream, kinesis):
    stream.put_many([(str(number).encode(), "k") for number in range(3)])
    iterator = stream.iterator()
    kinesis.split_shard(StreamName=stream.name, ShardToSplit=FIRST, NewStartingHashKey=HALF)
    stream.put("to a child")
    page = kinesis.get_records(ShardIterator=iterator, Limit=2)
    assert "ChildShards" not in page
    page = kinesis.get_records(ShardIterator=page["NextShardIterator"])
    assert [record["Data"] for record in page["Records"]] == [b"2"]
    assert page.get("NextShardIterator") is None
    assert [(child["ShardId"], child["ParentShards"]) for child in page["ChildShards"]] == [
        (SECOND, [FIRST]),
        (THIRD, [FIRST]),
    ]
    again = kinesis.get_records(ShardIterator=stream.iterator(FIRST, "LATEST"))
    assert again.get("NextShardIterator") is None


@pytest.mark.parametrize(("before", "after"), [(1, 2), (2, 3), (4, 2), (5, 3), (3, 5), (7, 4)])
def test_uniform_scaling_ends_with_equal_shards_and_a_whole_lineage(make_stream, kinesis, before, after):
    stream = make_stream(before)
    answer = kinesis.update_shard_count(StreamName=stream.name, TargetShardCount=after, ScalingType="UNIFORM_SCALING")
    assert (answer["CurrentShardCount"], answer["TargetShardCount"]) == (before, after)
    found = sorted(hashes(shard) for shard in stream.open_shards())
    assert found == [(2**128 * n // after, 2**128 * (n + 1) // after - 1) for n in range(after)]
    known = {shard["ShardId"]: shard for shard in stream.shards()}
    for shard in known.values():
        parents = [known[shard[name]] for name in ("ParentShardId", "AdjacentParentShardId") if name in shard]
        for parent in parents:
            assert "EndingSequenceNumber" in parent["SequenceNumberRange"]
            assert int(parent["SequenceNumberRange"]["StartingSequenceNumber"]) < int(
                shard["SequenceNumberRange"]["StartingSequenceNumber"]
            )
    assert len([shard for shard in known.values() if "ParentShardId" not in shard]) == before


@pytest.mark.spec("KDS-032")
def test_scaling_is_limited_in_size_and_frequency(cloud, make_stream, kinesis, refused):
    stream = make_stream(4)

    def scale(count):
        kinesis.update_shard_count(StreamName=stream.name, TargetShardCount=count, ScalingType="UNIFORM_SCALING")

    assert refused(scale, 9)[0] == "InvalidArgumentException"
    assert refused(scale, 1)[0] == "InvalidArgumentException"
    for place in range(10):
        scale(2 + place % 2 * 2)
    assert refused(scale, 2)[0] == "LimitExceededException"
    cloud.turn(hours=25)
    scale(2)


def listed(stream, kind, **more):
    return [int(shard["ShardId"][-3:]) for shard in stream.shards(ShardFilter={"Type": kind, **more})]


def test_shards_are_filtered_by_time(cloud, make_stream, kinesis):
    stream = make_stream(2)
    cloud.turn(hours=1)
    between = datetime.fromtimestamp(cloud.now / 1000, UTC)
    cloud.turn(hours=1)
    kinesis.merge_shards(StreamName=stream.name, ShardToMerge=FIRST, AdjacentShardToMerge=SECOND)
    cloud.turn(hours=1)
    now = datetime.fromtimestamp(cloud.now / 1000, UTC)
    assert listed(stream, "AT_LATEST") == [2]
    assert listed(stream, "AT_TRIM_HORIZON") == [0, 1]
    assert listed(stream, "FROM_TRIM_HORIZON") == [0, 1, 2]
    assert listed(stream, "AT_TIMESTAMP", Timestamp=between) == [0, 1]
    assert listed(stream, "FROM_TIMESTAMP", Timestamp=between) == [0, 1, 2]
    assert listed(stream, "FROM_TIMESTAMP", Timestamp=now) == [2]
    assert listed(stream, "AFTER_SHARD_ID", ShardId=FIRST) == [1, 2]
    cloud.turn(hours=25)
    assert listed(stream, "FROM_TRIM_HORIZON") == [2]
    assert listed(stream, "AT_TRIM_HORIZON") == [2]


def test_shards_are_listed_page_by_page(cloud, make_stream, kinesis, refused):
    stream = make_stream(7)
    pages = [kinesis.list_shards(StreamName=stream.name, MaxResults=3)]
    while token := pages[-1].get("NextToken"):
        pages.append(kinesis.list_shards(NextToken=token, MaxResults=3))
    assert [len(page["Shards"]) for page in pages] == [3, 3, 1]
    first = kinesis.list_shards(
        StreamName=stream.name, MaxResults=2, ShardFilter={"Type": "AFTER_SHARD_ID", "ShardId": FIRST}
    )
    rest = kinesis.list_shards(NextToken=first["NextToken"])
    assert [int(shard["ShardId"][-3:]) for shard in first["Shards"] + rest["Shards"]] == [1, 2, 3, 4, 5, 6]
    assert kinesis.list_shards(StreamName=stream.name, ExclusiveStartShardId=SECOND)["Shards"][0]["ShardId"] == THIRD
    both = refused(kinesis.list_shards, StreamName=stream.name, NextToken=first["NextToken"])
    assert both[0] == "InvalidArgumentException"
    assert refused(kinesis.list_shards, NextToken="made up")[0] == "InvalidArgumentException"
    cloud.turn(301)
    assert refused(kinesis.list_shards, NextToken=first["NextToken"])[0] == "ExpiredNextTokenException"


def test_a_filter_wants_what_it_needs_and_nothing_else(stream, refused):
    for wrong in (
        {"Type": "AFTER_SHARD_ID"},
        {"Type": "AT_TIMESTAMP"},
        {"Type": "AT_LATEST", "ShardId": FIRST},
        {"Type": "AT_LATEST", "Timestamp": 1},
    ):
        assert refused(stream.shards, ShardFilter=wrong)[0] == "InvalidArgumentException"
    assert refused(stream.shards, ShardFilter={"Type": "SOME"})[0] == "ValidationException"
