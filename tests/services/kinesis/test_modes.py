"""On-demand streams grow by themselves; modes are switched; capacity is kept warm for those who commit themselves."""

import pytest
from msgspec.structs import replace

ON_DEMAND = {"StreamMode": "ON_DEMAND"}


@pytest.fixture
def on_demand(make_stream):
    return make_stream(StreamModeDetails=ON_DEMAND)


@pytest.mark.spec("KDS-008")
def test_an_on_demand_stream_sees_to_its_shards_itself(kinesis, on_demand, refused):
    assert on_demand.summary["StreamModeDetails"] == ON_DEMAND
    assert len(on_demand.open_shards()) == 4
    name = on_demand.name
    scale = {"StreamName": name, "TargetShardCount": 8, "ScalingType": "UNIFORM_SCALING"}
    assert refused(kinesis.update_shard_count, **scale)[0] == "ValidationException"
    split = {"StreamName": name, "ShardToSplit": "shardId-000000000000", "NewStartingHashKey": "9"}
    assert refused(kinesis.split_shard, **split)[0] == "ValidationException"
    made = {"StreamName": "other", "ShardCount": 2, "StreamModeDetails": ON_DEMAND}
    assert refused(kinesis.create_stream, **made)[0] == "ValidationException"


def as_if_much_more(scope):
    """Count a minute's traffic of 2.5 MiB a second, without sending it."""
    from skyglobe.services.kinesis.records import usages

    (usage,) = usages.scan(scope)
    usages.insert(scope, replace(usage, size=usage.size + 150 * 2**20))


@pytest.mark.spec("KDS-009")
def test_sustained_load_doubles_the_shards(cloud, on_demand):
    on_demand.put("a little")
    cloud.turn(61)
    assert len(on_demand.open_shards()) == 4
    on_demand.put("the first of many")
    cloud.run(cloud.kernel.transact(as_if_much_more, "000000000000", "us-east-1"))
    cloud.turn(61)
    assert len(on_demand.open_shards()) == 8
    assert len(on_demand.shards()) == 12


@pytest.mark.spec("KDS-034")
def test_a_mode_is_switched_twice_a_day(cloud, stream, kinesis, refused):
    stream.put("kept")

    def switch(mode):
        kinesis.update_stream_mode(StreamARN=stream.arn, StreamModeDetails={"StreamMode": mode})

    switch("ON_DEMAND")
    assert stream.summary["StreamModeDetails"] == ON_DEMAND
    assert stream.read() == [b"kept"]
    switch("PROVISIONED")
    assert refused(switch, "ON_DEMAND")[0] == "LimitExceededException"
    cloud.turn(hours=24, seconds=1)
    switch("ON_DEMAND")


def test_warm_throughput_is_for_accounts_with_a_commitment(cloud, kinesis, on_demand, refused):
    def warm(mib):
        return kinesis.update_stream_warm_throughput(StreamName=on_demand.name, WarmThroughputMiBps=mib)

    assert kinesis.describe_account_settings()["MinimumThroughputBillingCommitment"] == {"Status": "DISABLED"}
    assert refused(warm, 10)[0] == "ValidationException"
    kinesis.update_account_settings(MinimumThroughputBillingCommitment={"Status": "ENABLED"})
    assert warm(10)["WarmThroughput"] == {"TargetMiBps": 10, "CurrentMiBps": 0}
    assert on_demand.summary["WarmThroughput"] == {"TargetMiBps": 10, "CurrentMiBps": 10}
    assert len(on_demand.open_shards()) == 10
    assert refused(warm, 10_241)[0] == "InvalidArgumentException"
    ended = kinesis.update_account_settings(MinimumThroughputBillingCommitment={"Status": "DISABLED"})
    assert ended["MinimumThroughputBillingCommitment"]["Status"] == "ENABLED_UNTIL_EARLIEST_ALLOWED_END"
    cloud.turn(hours=24, seconds=1)
    settings = kinesis.describe_account_settings()["MinimumThroughputBillingCommitment"]
    assert (settings["Status"], "EndedAt" in settings) == ("DISABLED", True)
