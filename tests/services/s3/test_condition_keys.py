"""Policies look at what a request says: each condition key lets the request that fits pass, and no other."""

import json
import urllib.request
from urllib.error import HTTPError

import boto3
import pytest
from botocore.config import Config as ClientConfig

from tests.services.s3.conftest import OWNER, statement

YARD, INSIDE = "arn:aws:s3:::yard", "arn:aws:s3:::yard/*"
EVERY = [YARD, INSIDE]


@pytest.fixture
def only_if(policy):
    """Return a function that gives ``yard`` a policy letting user ann do something on a condition only."""

    def put(action, operator, key, value, on=INSIDE):
        ann = {"AWS": f"arn:aws:iam::{OWNER}:user/ann"}
        policy(statement(action, on, ann, Condition={operator: {key: value}}))

    return put


@pytest.fixture
def ann(user, yard):
    """A user without any policy of her own."""
    return user("ann")


@pytest.mark.spec("S3OBJ-006", "S3ACL-014")
def test_the_tags_an_object_has(owner, yard, ann, only_if, refused):
    only_if("s3:GetObject", "StringEquals", "s3:ExistingObjectTag/state", "ripe")
    ann.get_object(Bucket=yard, Key="a")
    tags = {"TagSet": [{"Key": "state", "Value": "rotten"}]}
    owner.client("s3").put_object_tagging(Bucket=yard, Key="a", Tagging=tags)
    with refused("AccessDenied", 403):
        ann.get_object(Bucket=yard, Key="a")


@pytest.mark.spec("S3ACL-014")
@pytest.mark.parametrize(
    ("operator", "key", "value", "fits", "misfits"),
    [
        ("StringEquals", "s3:RequestObjectTag/state", "ripe", {"Tagging": "state=ripe"}, {"Tagging": "state=raw"}),
        (
            "ForAllValues:StringEquals",
            "s3:RequestObjectTagKeys",
            ["state"],
            {"Tagging": "state=ripe"},
            {"Tagging": "state=ripe&x=y"},
        ),
        ("StringEquals", "s3:x-amz-storage-class", "STANDARD_IA", {"StorageClass": "STANDARD_IA"}, {}),
        ("Null", "s3:if-none-match", "false", {"IfNoneMatch": "*"}, {}),
        ("StringLike", "s3:x-amz-website-redirect-location", "/*", {"WebsiteRedirectLocation": "/b"}, {}),
        ("StringEquals", "s3:x-amz-acl", "bucket-owner-full-control", {"ACL": "bucket-owner-full-control"}, {}),
        ("Bool", "s3:ObjectCreationOperation", "true", {}, None),
        ("StringEquals", "s3:ResourceAccount", OWNER, {}, None),
        ("StringEquals", "s3:authType", "REST-HEADER", {}, None),
        ("StringEquals", "s3:signatureversion", "AWS4-HMAC-SHA256", {}, None),
        ("NumericLessThan", "s3:signatureAge", "600000", {}, None),
    ],
)
def test_what_a_write_says(yard, ann, only_if, refused, operator, key, value, fits, misfits):
    only_if(["s3:PutObject", "s3:PutObjectTagging", "s3:PutObjectAcl"], operator, key, value)
    ann.put_object(Bucket=yard, Key="b", Body=b"", **fits)
    if misfits is not None:
        with refused("AccessDenied", 403):
            ann.put_object(Bucket=yard, Key="c", Body=b"", **misfits)
        return
    only_if(["s3:PutObject"], "Null", key, "true")
    with refused("AccessDenied", 403):
        ann.put_object(Bucket=yard, Key="b", Body=b"")


@pytest.mark.spec("S3ACL-014")
@pytest.mark.parametrize(
    ("operator", "key", "value", "fits", "misfits"),
    [
        ("StringEquals", "s3:prefix", ["", "home/"], {"Prefix": "home/"}, {"Prefix": "other/"}),
        ("StringEquals", "s3:delimiter", "/", {"Delimiter": "/"}, {}),
        ("NumericLessThanEquals", "s3:max-keys", "10", {"MaxKeys": 10}, {"MaxKeys": 11}),
    ],
)
def test_what_a_listing_asks_for(yard, ann, only_if, refused, operator, key, value, fits, misfits):
    only_if("s3:ListBucket", operator, key, value, on=YARD)
    ann.list_objects_v2(Bucket=yard, **fits)
    with refused("AccessDenied", 403):
        ann.list_objects_v2(Bucket=yard, **misfits)


@pytest.mark.spec("S3ACL-014")
@pytest.mark.parametrize(
    ("operator", "key", "fits", "misfits"),
    [
        ("IpAddress", "aws:SourceIp", "127.0.0.0/8", "10.0.0.0/8"),
        ("Bool", "aws:SecureTransport", "true", "false"),
        ("StringEquals", "aws:PrincipalAccount", OWNER, "222222222222"),
        ("ArnLike", "aws:PrincipalArn", f"arn:aws:iam::{OWNER}:user/a*", f"arn:aws:iam::{OWNER}:user/b*"),
    ],
)
def test_where_a_request_comes_from(yard, ann, only_if, refused, operator, key, fits, misfits):
    only_if("s3:GetObject", operator, key, fits)
    ann.get_object(Bucket=yard, Key="a")
    only_if("s3:GetObject", operator, key, misfits)
    with refused("AccessDenied", 403):
        ann.get_object(Bucket=yard, Key="a")


def test_where_a_bucket_is_made(cloud, user, refused):
    maker = user("maker")
    only_europe = {"StringEquals": {"s3:LocationConstraint": "eu-west-1"}}
    allowed = {"Effect": "Allow", "Action": "s3:CreateBucket", "Resource": "*", "Condition": only_europe}
    text = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    iam = cloud.session(account=OWNER).client("iam")
    iam.put_user_policy(UserName="maker", PolicyName="own", PolicyDocument=text)
    with refused("AccessDenied", 403):
        maker.create_bucket(Bucket="anywhere")
    maker.create_bucket(Bucket="elsewhere", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})


@pytest.mark.spec("S3ACL-004")
def test_a_policy_refuses_writes_that_ask_for_no_encryption(owner, yard, policy, refused):
    policy(
        statement(
            "s3:PutObject", INSIDE, Effect="Deny", Condition={"Null": {"s3:x-amz-server-side-encryption": "true"}}
        )
    )
    with refused("AccessDenied", 403):
        owner.client("s3").put_object(Bucket=yard, Key="b", Body=b"")


@pytest.mark.spec("S3PSU-003", "S3PSU-010")
def test_a_presigned_url_does_what_its_signer_may_and_no_more(cloud, yard, ann, only_if, policy):
    where = cloud.listen()
    key = ann._request_signer._credentials
    client = boto3.client(
        "s3",
        endpoint_url=where,
        aws_access_key_id=key.access_key,
        aws_secret_access_key=key.secret_key,
        region_name="us-east-1",
        config=ClientConfig(signature_version="s3v4", s3={"addressing_style": "path"}),
    )
    url = client.generate_presigned_url("get_object", Params={"Bucket": yard, "Key": "a"})

    def status():
        try:
            with urllib.request.urlopen(url) as answer:
                return answer.status
        except HTTPError as error:
            return error.code

    assert status() == 403
    only_if("s3:GetObject", "StringEquals", "s3:authType", "REST-QUERY-STRING")
    assert status() == 200
    only_if("s3:GetObject", "StringNotEquals", "s3:authType", "REST-QUERY-STRING")
    assert status() == 403
    only_if("s3:GetObject", "NumericLessThan", "s3:signatureAge", "600000")
    assert status() == 200
    cloud.turn(minutes=11)
    assert status() == 403
