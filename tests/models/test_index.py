"""Which service a request is meant for, told without loading any model."""

from __future__ import annotations

from pathlib import Path

import pytest

from skyglobe.models import caching, load, loading
from skyglobe.models import index as indexing
from skyglobe.models.index import Index, build_index, index


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SKYGLOBE_CACHE", str(tmp_path))
    return tmp_path


def read_again() -> Index:
    return index.__wrapped__()


def test_the_kept_index_equals_the_built_one(own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built = build_index()
    monkeypatch.setattr(indexing, "build_index", None)
    kept = read_again()
    assert kept.services == built.services
    assert kept.by_query("2010-05-08", "GetUser") == built.by_query("2010-05-08", "GetUser") == ("iam",)


@pytest.mark.parametrize("content", [b"\x90", b"\xc1", b"\x93\x01\x90\x90"])
def test_an_index_of_another_layout_or_overlays_is_built_anew(own_cache: Path, content: bytes) -> None:
    caching.write("index.msgpack", content)
    assert "sqs" in read_again().services


def test_a_prebuilt_folder_serves_where_there_is_no_cache(
    tmp_path: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_index(tmp_path / "prebuilt" / caching.generation())
    monkeypatch.setattr(caching, "PREBUILT", tmp_path / "prebuilt")
    monkeypatch.setattr(indexing, "build_index", None)
    assert "sqs" in read_again().services


def test_every_service_agrees_with_its_model() -> None:
    for name, facts in index().services.items():
        model = load.__wrapped__(name)
        assert facts.protocols == model.protocols
        assert facts.api_version == model.api_version == facts.api_versions[-1]
        assert facts.operation_count == len(model.operation_names)
        assert name in index().by_signing_name(model.signing_name)
        assert name in index().by_endpoint_prefix(model.endpoint_prefix)


def test_every_query_operation_of_every_version_is_found() -> None:
    count = 0
    for name, facts in index().services.items():
        if facts.speaks_query:
            for action in load(name).operation_names:
                assert all(name in index().by_query(version, action) for version in facts.api_versions), (name, action)
                count += 1
    assert count > 1900


def test_targets_name_their_services() -> None:
    assert index().by_target("DynamoDB_20120810.PutItem") == ("dynamodb",)
    assert index().by_target("DynamoDBStreams_20120810.GetRecords") == ("dynamodbstreams",)
    assert set(index().by_target("Timestream_20181101.Query")) == {"timestream-query", "timestream-write"}
    assert index().by_target("AmazonSQS.SendMessage") == ("sqs",)
    assert index().by_target("nonsense") == ()
    assert index().by_target("") == ()


def test_json_services_are_found_by_their_target() -> None:
    for name in index().services:
        metadata = load.__wrapped__(name).metadata
        if "targetPrefix" in metadata:
            assert name in index().by_target(metadata["targetPrefix"] + ".Operation")


def test_a_version_tells_services_with_the_same_action_apart() -> None:
    assert index().by_query("2012-11-05", "SendMessage") == ("sqs",)
    assert index().by_query("2010-12-01", "CreateApplication") == ("elasticbeanstalk",)
    assert index().by_query("2012-06-01", "DescribeLoadBalancers") == ("elb",)
    assert index().by_query("2015-12-01", "DescribeLoadBalancers") == ("elbv2",)


def test_an_older_version_is_still_known() -> None:
    assert index().by_query("2014-10-01", "RunInstances") == ("ec2",)
    assert index().by_query("2009-11-30", "RunInstances") == ("ec2",)
    assert index().by_query(None, "AssumeRole") == ("sts",)
    assert index().by_query("2012-11-05", "NoSuchAction") == ()


def test_the_largest_of_several_comes_first() -> None:
    assert index().by_signing_name("rds")[0] == "rds"
    assert index().by_signing_name("s3") == ("s3", "s3control")
    assert index().by_query("2014-10-31", "CreateDBCluster")[0] == "rds"


def test_cbor_services_are_found_by_their_path_name() -> None:
    assert index().by_rpc_name("GraniteServiceVersion20100801") == ("cloudwatch",)
    assert index().by_rpc_name("AmazonSQS") == ()


def test_prebuilding_writes_every_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "service_names", lambda: ("sqs", "sts"))
    assert indexing.prebuild(tmp_path) == 2
    assert {file.name for file in tmp_path.iterdir()} == {"index.msgpack", "sqs.msgpack", "sts.msgpack"}
