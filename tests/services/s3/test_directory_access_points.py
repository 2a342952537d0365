"""An access point to a directory bucket: a door with a policy, and a scope that narrows down what goes through it."""

import pytest
from botocore.config import Config as ClientConfig

from tests.services.s3.conftest import OWNER, STRANGER, document, statement

TREES = "trees--use1-az4--x-s3"
DOOR = "door--use1-az4--xa-s3"
ARN = f"arn:aws:s3express:us-east-1:{OWNER}:accesspoint/{DOOR}"
BUCKET = f"arn:aws:s3express:us-east-1:{OWNER}:bucket/{TREES}"
PLACE = {
    "Location": {"Type": "AvailabilityZone", "Name": "use1-az4"},
    "Bucket": {"Type": "Directory", "DataRedundancy": "SingleAvailabilityZone"},
}


@pytest.fixture
def s3(owner):
    client = owner.client("s3", config=ClientConfig(retries={"total_max_attempts": 1}))
    client.create_bucket(Bucket=TREES, CreateBucketConfiguration=PLACE)
    for key in ("in/oak", "out/elm"):
        client.put_object(Bucket=TREES, Key=key, Body=key.encode())
    return client


@pytest.fixture
def control(owner):
    return owner.client("s3control")


@pytest.fixture
def make(control, s3):
    def making(name=DOOR, **options):
        return control.create_access_point(AccountId=OWNER, Name=name, Bucket=TREES, **options)

    return making


def test_a_scope_narrows_down_keys_and_operations(s3, control, make, refused):
    scope = {"Prefixes": ["in/"], "Permissions": ["GetObject", "ListBucket"]}
    assert make(Scope=scope)["AccessPointArn"] == ARN
    assert s3.get_object(Bucket=DOOR, Key="in/oak")["Body"].read() == b"in/oak"
    assert [each["Key"] for each in s3.list_objects_v2(Bucket=DOOR, Prefix="in/")["Contents"]] == ["in/oak"]
    for call, params in (
        (s3.get_object, {"Key": "out/elm"}),
        (s3.list_objects_v2, {}),
        (s3.put_object, {"Key": "in/new", "Body": b""}),
        (s3.delete_objects, {"Delete": {"Objects": [{"Key": "in/oak"}]}}),
        (s3.get_object_attributes, {"Key": "in/oak", "ObjectAttributes": ["ObjectSize"]}),
    ):
        with refused("AccessDenied", 403):
            call(Bucket=DOOR, **params)
    with refused("MethodNotAllowed", 405):
        s3.rename_object(Bucket=DOOR, Key="in/x", RenameSource="in/oak")
    scope = {"Prefixes": ["in/"], "Permissions": ["GetObject", "PutObject", "DeleteObject"]}
    control.put_access_point_scope(AccountId=OWNER, Name=DOOR, Scope=scope)
    assert control.get_access_point_scope(AccountId=OWNER, Name=DOOR)["Scope"] == scope
    s3.put_object(Bucket=DOOR, Key="in/new", Body=b"new")
    s3.copy_object(Bucket=DOOR, Key="in/copy", CopySource={"Bucket": DOOR, "Key": "in/new"})
    with refused("AccessDenied", 403):
        s3.copy_object(Bucket=DOOR, Key="in/copy", CopySource={"Bucket": DOOR, "Key": "out/elm"})
    gone = s3.delete_objects(Bucket=DOOR, Delete={"Objects": [{"Key": "in/new"}, {"Key": "out/elm"}]})
    assert [each["Key"] for each in gone["Deleted"]] == ["in/new"]
    assert [(each["Key"], each["Code"]) for each in gone["Errors"]] == [("out/elm", "AccessDenied")]
    control.delete_access_point_scope(AccountId=OWNER, Name=DOOR)
    assert control.get_access_point_scope(AccountId=OWNER, Name=DOOR)["Scope"] == {"Prefixes": [], "Permissions": []}
    keys = {each["Key"] for each in s3.list_objects_v2(Bucket=DOOR)["Contents"]}
    assert keys == {"in/copy", "in/oak", "out/elm"}


def test_it_is_called_by_its_zone_and_listed_by_itself(s3, control, make, refused):
    for name in ("door", "door--use1-az5--xa-s3", "do--use1-az4--xa-s3", TREES):
        with refused("InvalidRequest"):
            make(name)
    with refused("InvalidRequest"):
        make(Scope={"Prefixes": ["x" * 128, "y" * 128]})
    make()
    with refused("AccessPointAlreadyOwnedByYou", 409):
        make()
    make("other--use1-az4--xa-s3")
    listed = control.list_access_points_for_directory_buckets(AccountId=OWNER, DirectoryBucket=TREES, MaxResults=1)
    assert [(each["Name"], each["AccessPointArn"]) for each in listed["AccessPointList"]] == [(DOOR, ARN)]
    rest = control.list_access_points_for_directory_buckets(
        AccountId=OWNER, DirectoryBucket=TREES, NextToken=listed["NextToken"]
    )
    assert [each["Name"] for each in rest["AccessPointList"]] == ["other--use1-az4--xa-s3"]
    assert control.list_access_points(AccountId=OWNER)["AccessPointList"] == []
    told = control.get_access_point(AccountId=OWNER, Name=DOOR)
    assert (told["Bucket"], told["NetworkOrigin"]) == (TREES, "Internet")
    assert told["Endpoints"] == {"ipv4": "s3express-use1-az4.us-east-1.amazonaws.com"}
    s3.create_bucket(Bucket="plain")
    control.create_access_point(AccountId=OWNER, Name="plain", Bucket="plain")
    with refused("InvalidRequest"):
        control.put_access_point_scope(AccountId=OWNER, Name="plain", Scope={"Prefixes": ["a"]})
    control.delete_access_point(AccountId=OWNER, Name=DOOR)
    with refused("NoSuchAccessPoint", 404):
        s3.get_object(Bucket=DOOR, Key="in/oak")


def test_a_session_is_for_the_door_it_was_opened_for(s3, make, user, refused):
    make(Scope={"Prefixes": ["in/"]})
    ann = user("ann", ("s3express:CreateSession", BUCKET))
    assert ann.get_object(Bucket=TREES, Key="out/elm")["Body"].read() == b"out/elm"
    with refused("AccessDenied", 403):
        ann.get_object(Bucket=DOOR, Key="in/oak")
    bob = user("bob", ("s3express:CreateSession", [BUCKET, ARN]))
    assert bob.get_object(Bucket=DOOR, Key="in/oak")["Body"].read() == b"in/oak"
    with refused("AccessDenied", 403):
        bob.get_object(Bucket=DOOR, Key="out/elm")


def test_another_account_comes_by_the_policies_of_both(s3, control, make, user, refused):
    make()
    eve = user("eve", ("s3express:CreateSession", ARN), account=STRANGER)
    her = {"AWS": f"arn:aws:iam::{STRANGER}:user/eve"}
    control.put_access_point_policy(
        AccountId=OWNER, Name=DOOR, Policy=document(statement("s3express:CreateSession", ARN, her))
    )
    with refused("AccessDenied", 403):
        eve.get_object(Bucket=DOOR, Key="in/oak")
    s3.put_bucket_policy(Bucket=TREES, Policy=document(statement("s3express:CreateSession", BUCKET, her)))
    assert eve.get_object(Bucket=DOOR, Key="in/oak")["Body"].read() == b"in/oak"
    with refused("AccessDenied", 403):
        eve.get_object(Bucket=TREES, Key="in/oak")
    with refused("MalformedPolicy"):
        wrong = document(statement("s3:GetObject", ARN, her))
        control.put_access_point_policy(AccountId=OWNER, Name=DOOR, Policy=wrong)
