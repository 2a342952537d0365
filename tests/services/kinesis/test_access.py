"""Who may do what: callers' own policies, and those of streams and consumers."""

import json

import pytest

from tests.services.iam.signing import code, session_of
from tests.services.kinesis.conftest import StreamInHand

OTHER = "111122223333"


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action, resource="*", **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


@pytest.fixture
def user(cloud, aws):
    """Make a user with a policy: its Kinesis client."""
    iam = aws.client("iam")

    def make(name, *statements, session=None):
        there = session.client("iam") if session is not None else iam
        there.create_user(UserName=name)
        if statements:
            there.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=document(*statements))
        return session_of(cloud, there.create_access_key(UserName=name)["AccessKey"]).client("kinesis")

    return make


@pytest.mark.spec("KDS-011")
def test_a_policy_allows_one_action_on_one_stream(make_stream, user, refused):
    stream, other = make_stream(), make_stream()
    ann = user("ann", allow("kinesis:PutRecord", stream.arn))
    StreamInHand(ann, stream.name).put("may")
    ann.put_record(StreamARN=stream.arn, Data=b"by its ARN", PartitionKey="k")
    for call in (StreamInHand(ann, other.name).put, StreamInHand(ann, stream.name).shards):
        denied, status, text = refused(call)
        assert (denied, status) == ("AccessDeniedException", 400)
        assert "is not authorized to perform: kinesis:" in text
    assert len(stream.read()) == 2


def test_reading_is_allowed_by_the_iterators_stream(make_stream, user, refused):
    stream, other = make_stream(), make_stream()
    ann = user("ann", allow(["kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:ListShards"], stream.arn))
    stream.put("x")
    assert StreamInHand(ann, stream.name).read() == [b"x"]
    assert code(ann.get_records, ShardIterator=other.iterator()) == "AccessDeniedException"
    stream.client.update_shard_count(StreamName=stream.name, TargetShardCount=2, ScalingType="UNIFORM_SCALING")
    token = ann.list_shards(StreamName=stream.name, MaxResults=2)["NextToken"]
    assert len(ann.list_shards(NextToken=token)["Shards"]) == 1
    other.client.update_shard_count(StreamName=other.name, TargetShardCount=2, ScalingType="UNIFORM_SCALING")
    foreign = other.client.list_shards(StreamName=other.name, MaxResults=2)
    assert code(ann.list_shards, NextToken=foreign["NextToken"]) == "AccessDeniedException"


@pytest.mark.spec("KDS-038")
def test_another_account_needs_the_streams_policy_and_its_own(cloud, stream, kinesis, user):
    there = cloud.session(OTHER)
    bob = user("bob", allow("kinesis:*"), session=there)
    put = {"StreamARN": stream.arn, "Data": b"from bob", "PartitionKey": "k"}
    assert code(bob.put_record, **put) == "AccessDeniedException"
    grant = allow("kinesis:PutRecord", stream.arn, Principal={"AWS": f"arn:aws:iam::{OTHER}:root"})
    kinesis.put_resource_policy(ResourceARN=stream.arn, Policy=document(grant))
    assert json.loads(kinesis.get_resource_policy(ResourceARN=stream.arn)["Policy"])["Statement"] == [grant]
    bob.put_record(**put)
    assert stream.read() == [b"from bob"]
    assert code(bob.get_shard_iterator, StreamARN=stream.arn, ShardId="s", ShardIteratorType="LATEST") == (
        "AccessDeniedException"
    )
    eve = user("eve", session=there)
    assert code(eve.put_record, **put) == "AccessDeniedException"
    kinesis.delete_resource_policy(ResourceARN=stream.arn)
    assert code(bob.put_record, **put) == "AccessDeniedException"


def test_a_streams_policy_can_deny(stream, kinesis, user):
    ann = user("ann", allow("kinesis:*"))
    StreamInHand(ann, stream.name).put("before")
    deny = {**allow("kinesis:Put*", stream.arn, Principal="*"), "Effect": "Deny"}
    kinesis.put_resource_policy(ResourceARN=stream.arn, Policy=document(deny))
    assert code(StreamInHand(ann, stream.name).put, data="after") == "AccessDeniedException"
    assert stream.read() == [b"before"]


def test_malformed_policies_are_refused(stream, kinesis, refused):
    for wrong in ("", "{", "[]", '{"Version":"2012-10-17"}', document({"Effect": "Maybe"})):
        found = refused(kinesis.put_resource_policy, ResourceARN=stream.arn, Policy=wrong)
        assert found[0] == "InvalidArgumentException", wrong
    assert refused(kinesis.delete_resource_policy, ResourceARN=stream.arn)[0] == "ResourceNotFoundException"
    nobody = refused(kinesis.get_resource_policy, ResourceARN=stream.arn + "x")
    assert nobody[0] == "ResourceNotFoundException"


def test_creating_with_tags_needs_leave_to_tag(user):
    ann = user("ann", allow("kinesis:CreateStream"))
    ann.create_stream(StreamName="plain", ShardCount=1)
    assert code(ann.create_stream, StreamName="tagged", ShardCount=1, Tags={"a": "1"}) == "AccessDeniedException"
