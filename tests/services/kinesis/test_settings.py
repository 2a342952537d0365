"""Tags, encryption and shard-level metrics."""

import pytest


@pytest.mark.spec("KDS-038")
def test_tags_are_added_paged_and_removed(stream, kinesis, refused):
    kinesis.add_tags_to_stream(StreamName=stream.name, Tags={f"k{number}": str(number) for number in range(5)})
    first = kinesis.list_tags_for_stream(StreamName=stream.name, Limit=2)
    assert first["Tags"] == [{"Key": "k0", "Value": "0"}, {"Key": "k1", "Value": "1"}]
    assert first["HasMoreTags"] is True
    rest = kinesis.list_tags_for_stream(StreamName=stream.name, ExclusiveStartTagKey="k1")
    assert ([tag["Key"] for tag in rest["Tags"]], rest["HasMoreTags"]) == (["k2", "k3", "k4"], False)
    kinesis.remove_tags_from_stream(StreamName=stream.name, TagKeys=["k0", "k9"])
    kinesis.tag_resource(ResourceARN=stream.arn, Tags={"k1": "new"})
    kinesis.untag_resource(ResourceARN=stream.arn, TagKeys=["k2", "k3"])
    assert kinesis.list_tags_for_resource(ResourceARN=stream.arn)["Tags"] == [
        {"Key": "k1", "Value": "new"},
        {"Key": "k4", "Value": "4"},
    ]
    too_many = {f"t{number}": "" for number in range(49)}
    assert refused(kinesis.add_tags_to_stream, StreamName=stream.name, Tags=too_many)[0] == "InvalidArgumentException"
    reserved = {"aws:mine": ""}
    assert refused(kinesis.add_tags_to_stream, StreamName=stream.name, Tags=reserved)[0] == "InvalidArgumentException"


def test_a_consumer_has_tags_of_its_own(stream, kinesis):
    arn = kinesis.register_stream_consumer(StreamARN=stream.arn, ConsumerName="c", Tags={"a": "1"})["Consumer"][
        "ConsumerARN"
    ]
    kinesis.tag_resource(ResourceARN=arn, Tags={"b": "2"})
    kinesis.untag_resource(ResourceARN=arn, TagKeys=["a"])
    assert kinesis.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "b", "Value": "2"}]
    assert kinesis.list_tags_for_resource(ResourceARN=stream.arn)["Tags"] == []


def test_encryption_marks_the_records_that_come_after(stream, kinesis, refused):
    key = {"EncryptionType": "KMS", "KeyId": "alias/aws/kinesis"}
    assert "EncryptionType" not in stream.put("plain")
    kinesis.start_stream_encryption(StreamName=stream.name, **key)
    assert (stream.summary["EncryptionType"], stream.summary["KeyId"]) == ("KMS", "alias/aws/kinesis")
    assert stream.put("marked")["EncryptionType"] == "KMS"
    other = {**key, "KeyId": "alias/other"}
    assert refused(kinesis.stop_stream_encryption, StreamName=stream.name, **other)[0] == "InvalidArgumentException"
    kinesis.stop_stream_encryption(StreamName=stream.name, **key)
    stream.put("plain again")
    records = kinesis.get_records(ShardIterator=stream.iterator())["Records"]
    assert [record.get("EncryptionType") for record in records] == [None, "KMS", None]
    none = {"EncryptionType": "NONE", "KeyId": "k"}
    assert refused(kinesis.start_stream_encryption, StreamName=stream.name, **none)[0] == "InvalidArgumentException"


def test_metrics_are_switched_on_and_off(stream, kinesis):
    answer = kinesis.enable_enhanced_monitoring(StreamName=stream.name, ShardLevelMetrics=["IncomingBytes"])
    assert (answer["CurrentShardLevelMetrics"], answer["DesiredShardLevelMetrics"]) == ([], ["IncomingBytes"])
    assert (
        len(
            kinesis.enable_enhanced_monitoring(StreamName=stream.name, ShardLevelMetrics=["ALL"])[
                "DesiredShardLevelMetrics"
            ]
        )
        == 7
    )
    left = kinesis.disable_enhanced_monitoring(StreamName=stream.name, ShardLevelMetrics=["IncomingBytes"])
    assert "IncomingBytes" not in left["DesiredShardLevelMetrics"]
    assert stream.summary["EnhancedMonitoring"] == [{"ShardLevelMetrics": left["DesiredShardLevelMetrics"]}]


def test_settings_change_in_place_and_agree_everywhere(stream, kinesis):
    name = {"StreamName": stream.name}
    kinesis.increase_stream_retention_period(**name, RetentionPeriodHours=48)
    kinesis.update_shard_count(**name, TargetShardCount=2, ScalingType="UNIFORM_SCALING")
    kinesis.start_stream_encryption(**name, EncryptionType="KMS", KeyId="alias/aws/kinesis")
    kinesis.update_stream_mode(StreamARN=stream.arn, StreamModeDetails={"StreamMode": "ON_DEMAND"})
    kinesis.add_tags_to_stream(**name, Tags={"a": "1"})
    summary = stream.summary
    described = kinesis.describe_stream(**name)["StreamDescription"]
    for member in set(summary) & set(described):
        assert summary[member] == described[member]
    assert (summary["RetentionPeriodHours"], summary["OpenShardCount"]) == (48, len(stream.open_shards()))
    assert kinesis.list_tags_for_stream(**name)["Tags"] == [{"Key": "a", "Value": "1"}]
