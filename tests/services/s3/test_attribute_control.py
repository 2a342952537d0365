"""A bucket's tags decide about access once attribute-based access control is enabled, and not before."""

import json

import pytest

from tests.services.s3.conftest import OWNER, statement

YARD, INSIDE = "arn:aws:s3:::yard", "arn:aws:s3:::yard/*"


@pytest.fixture
def ann(owner, user):
    """A user who may do everything with buckets of the pear team."""
    client = user("ann")
    for name, key in (("tagged", "aws:ResourceTag/team"), ("also", "s3:BucketTag/crew")):
        allowed = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
        allowed["Condition"] = {"StringEquals": {key: "pears"}}
        text = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
        owner.client("iam").put_user_policy(UserName="ann", PolicyName=name, PolicyDocument=text)
    return client


@pytest.mark.spec("S3BKT-021")
def test_tags_decide_once_they_are_let(owner, yard, ann, refused):
    s3, control = owner.client("s3"), owner.client("s3control")
    team = {"TagSet": [{"Key": "team", "Value": "pears"}]}
    s3.put_bucket_tagging(Bucket=yard, Tagging=team)
    assert s3.get_bucket_abac(Bucket=yard)["AbacStatus"]["Status"] == "Disabled"
    for call, more in ((ann.list_objects_v2, {}), (ann.get_object, {"Key": "a"})):
        with refused("AccessDenied", 403):
            call(Bucket=yard, **more)
    s3.put_bucket_abac(Bucket=yard, AbacStatus={"Status": "Enabled"})
    assert s3.get_bucket_abac(Bucket=yard)["AbacStatus"]["Status"] == "Enabled"
    ann.list_objects_v2(Bucket=yard)
    assert ann.get_object(Bucket=yard, Key="a")["Body"].read() == b"apple"
    for call, more in ((s3.put_bucket_tagging, {"Tagging": team}), (s3.delete_bucket_tagging, {})):
        with refused("MethodNotAllowed", 405):
            call(Bucket=yard, **more)
    named = {"AccountId": OWNER, "ResourceArn": YARD}
    control.tag_resource(**named, Tags=[{"Key": "team", "Value": "plums"}])
    with refused("AccessDenied", 403):
        ann.list_objects_v2(Bucket=yard)
    control.tag_resource(**named, Tags=[{"Key": "crew", "Value": "pears"}])
    ann.list_objects_v2(Bucket=yard)
    control.untag_resource(**named, TagKeys=["crew"])
    with refused("AccessDenied", 403):
        ann.list_objects_v2(Bucket=yard)
    assert s3.get_bucket_tagging(Bucket=yard)["TagSet"] == [{"Key": "team", "Value": "plums"}]
    s3.put_bucket_abac(Bucket=yard, AbacStatus={"Status": "Disabled"})
    s3.put_bucket_tagging(Bucket=yard, Tagging=team)


def test_bucket_policies_see_the_tags_too(owner, yard, policy, user, refused):
    s3, bob = owner.client("s3"), user("bob")
    open_ones = {"StringEquals": {"aws:ResourceTag/open": "yes"}}
    whom = {"AWS": f"arn:aws:iam::{OWNER}:user/bob"}
    policy(statement("s3:GetObject", INSIDE, whom, Condition=open_ones))
    s3.put_bucket_tagging(Bucket=yard, Tagging={"TagSet": [{"Key": "open", "Value": "yes"}]})
    with refused("AccessDenied", 403):
        bob.get_object(Bucket=yard, Key="a")
    s3.put_bucket_abac(Bucket=yard, AbacStatus={"Status": "Enabled"})
    assert bob.get_object(Bucket=yard, Key="a")["Body"].read() == b"apple"


def test_a_status_is_enabled_or_disabled(owner, yard, refused):
    with refused("MalformedXML"):
        owner.client("s3").put_bucket_abac(Bucket=yard, AbacStatus={"Status": "Perhaps"})
