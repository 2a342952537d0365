"""Access grants: users and roles are given credentials for as much of a bucket as was granted to them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyglobe.services.s3control.rules.grants import covers, grant_scope, is_location
from tests.services.s3.conftest import OWNER, STRANGER, document

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "access-grants.s3.amazonaws.com"},
            "Action": ["sts:AssumeRole", "sts:SetSourceIdentity"],
            "Condition": {
                "StringEquals": {
                    "aws:SourceAccount": OWNER,
                    "aws:SourceArn": f"arn:aws:s3:us-east-1:{OWNER}:access-grants/default",
                }
            },
        }
    ],
}
ANN = f"arn:aws:iam::{OWNER}:user/ann"


@pytest.fixture
def control(owner):
    return owner.client("s3control")


@pytest.fixture
def role(owner):
    """A role that reaches everything in S3 and trusts access grants."""
    iam = owner.client("iam")
    arn = iam.create_role(RoleName="reach", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    allowed = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    text = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    iam.put_role_policy(RoleName="reach", PolicyName="all", PolicyDocument=text)
    return arn


@pytest.fixture
def location(control, yard, role):
    """The id of the location of ``yard``."""
    control.create_access_grants_instance(AccountId=OWNER)
    made = control.create_access_grants_location(AccountId=OWNER, LocationScope="s3://yard", IAMRoleArn=role)
    return made["AccessGrantsLocationId"]


@pytest.fixture
def grant(control, location):
    def make(who, permission, prefix, **more):
        return control.create_access_grant(
            AccountId=OWNER, AccessGrantsLocationId=location,
            AccessGrantsLocationConfiguration={"S3SubPrefix": prefix},
            Grantee={"GranteeType": "IAM", "GranteeIdentifier": who}, Permission=permission, **more,
        )  # fmt: skip

    return make


@pytest.fixture
def asking(cloud, owner, user):
    """Return a function that makes a user who may only ask for access, and returns its S3 Control client."""

    def make(name, account=OWNER):
        everything = ("s3:GetDataAccess", "*"), ("s3:ListCallerAccessGrants", "*")
        user(name, *everything, account=account)
        iam = cloud.session(account=account).client("iam")
        return cloud.session_with(iam.create_access_key(UserName=name)["AccessKey"]).client("s3control")

    return make


@pytest.mark.spec("S3ACL-018")
def test_a_user_gets_credentials_for_what_was_granted(cloud, owner, yard, grant, asking, refused):
    s3 = owner.client("s3")
    for key in ("pears/1", "plums/1"):
        s3.put_object(Bucket=yard, Key=key, Body=key.encode())
    ann = asking("ann")
    made = grant(ANN, "READ", "pears/*")
    assert made["GrantScope"] == "s3://yard/pears/*"
    with refused("AccessDenied", 403):
        ann.get_data_access(AccountId=OWNER, Target="s3://yard/plums/*", Permission="READ")
    with refused("AccessDenied", 403):
        ann.get_data_access(AccountId=OWNER, Target="s3://yard/pears/*", Permission="WRITE")
    access = ann.get_data_access(AccountId=OWNER, Target="s3://yard/pears/*", Permission="READ")
    assert access["MatchedGrantTarget"] == "s3://yard/pears/*"
    assert access["Grantee"]["GranteeIdentifier"] == ANN
    given_s3 = cloud.session_with(access["Credentials"]).client("s3")
    assert given_s3.get_object(Bucket=yard, Key="pears/1")["Body"].read() == b"pears/1"
    assert [each["Key"] for each in given_s3.list_objects_v2(Bucket=yard, Prefix="pears/")["Contents"]] == ["pears/1"]
    for call, more in (
        (given_s3.get_object, {"Key": "plums/1"}),
        (given_s3.put_object, {"Key": "pears/2", "Body": b""}),
        (given_s3.list_objects_v2, {}),
    ):
        with refused("AccessDenied", 403):
            call(Bucket=yard, **more)
    cloud.turn(hours=1, seconds=1)
    with refused("ExpiredToken"):
        given_s3.get_object(Bucket=yard, Key="pears/1")


def test_the_narrowest_grant_counts_and_may_be_narrowed_further(cloud, owner, yard, grant, asking, refused):
    ann = asking("ann")
    grant(ANN, "READWRITE", "*")
    grant(ANN, "READ", "pears/*")
    told = ann.get_data_access(AccountId=OWNER, Target="s3://yard/pears/green/*", Permission="READ")
    assert told["MatchedGrantTarget"] == "s3://yard/pears/*"
    wide = ann.get_data_access(AccountId=OWNER, Target="s3://yard/pears/*", Permission="WRITE")
    assert wide["MatchedGrantTarget"] == "s3://yard/*"
    narrow = ann.get_data_access(
        AccountId=OWNER, Target="s3://yard/pears/1", TargetType="Object", Permission="WRITE", Privilege="Minimal",
        DurationSeconds=900,
    )  # fmt: skip
    s3 = cloud.session_with(narrow["Credentials"]).client("s3")
    s3.put_object(Bucket=yard, Key="pears/1", Body=b"")
    with refused("AccessDenied", 403):
        s3.put_object(Bucket=yard, Key="pears/2", Body=b"")
    grants = ann.list_caller_access_grants(AccountId=OWNER, GrantScope="s3://yard/pears/")["CallerAccessGrantsList"]
    assert grants == [{"Permission": "READ", "GrantScope": "s3://yard/pears/*"}]
    assert len(ann.list_caller_access_grants(AccountId=OWNER)["CallerAccessGrantsList"]) == 2


def test_other_accounts_need_the_instance_s_policy(control, grant, asking, refused):
    bob = asking("bob", account=STRANGER)
    grant(f"arn:aws:iam::{STRANGER}:user/bob", "READ", "*")
    wanted = {"AccountId": OWNER, "Target": "s3://yard/*", "Permission": "READ"}
    with refused("AccessDenied", 403):
        bob.get_data_access(**wanted)
    theirs = {
        "Effect": "Allow",
        "Principal": {"AWS": STRANGER},
        "Action": "s3:GetDataAccess",
        "Resource": f"arn:aws:s3:us-east-1:{OWNER}:access-grants/default",
    }
    control.put_access_grants_instance_resource_policy(AccountId=OWNER, Policy=document(theirs))
    assert bob.get_data_access(**wanted)["MatchedGrantTarget"] == "s3://yard/*"
    policy = control.get_access_grants_instance_resource_policy(AccountId=OWNER)
    assert json.loads(policy["Policy"])["Statement"] == [theirs]
    control.delete_access_grants_instance_resource_policy(AccountId=OWNER)
    with refused("AccessGrantsInstanceResourcePolicyNotExists", 404):
        control.get_access_grants_instance_resource_policy(AccountId=OWNER)


def test_the_role_must_trust_access_grants(owner, grant, asking, refused):
    ann = asking("ann")
    grant(ANN, "READ", "*")
    distrust = {**TRUST, "Statement": [{**TRUST["Statement"][0], "Principal": {"Service": "ec2.amazonaws.com"}}]}
    owner.client("iam").update_assume_role_policy(RoleName="reach", PolicyDocument=json.dumps(distrust))
    with refused("StsNotAuthorizedError"):
        ann.get_data_access(AccountId=OWNER, Target="s3://yard/*", Permission="READ")


def test_instances_locations_and_grants_go_in_order(control, role, location, grant, refused):
    assert control.get_access_grants_instance(AccountId=OWNER)["AccessGrantsInstanceId"] == "default"
    assert len(control.list_access_grants_instances(AccountId=OWNER)["AccessGrantsInstancesList"]) == 1
    for scope in ("yard", "s3://yard/pears", "s3://y*", "s3://nowhere"):
        with refused("InvalidAccessGrantsLocation"):
            control.create_access_grants_location(AccountId=OWNER, LocationScope=scope, IAMRoleArn=role)
    with refused("AccessGrantsLocationAlreadyExistsError", 409):
        control.create_access_grants_location(AccountId=OWNER, LocationScope="s3://yard", IAMRoleArn=role)
    with refused("InvalidIamRole"):
        control.update_access_grants_location(
            AccountId=OWNER, AccessGrantsLocationId=location, IAMRoleArn=role.replace("reach", "none")
        )
    found = control.get_access_grants_instance_for_prefix(AccountId=OWNER, S3Prefix="s3://yard/pears/")
    assert found["AccessGrantsInstanceId"] == "default"
    made = grant(ANN, "READ", "pears/*")
    with refused("AccessGrantAlreadyExists", 409):
        grant(ANN, "READ", "pears/*")
    grant(ANN, "WRITE", "one object", S3PrefixType="Object")
    listed = control.list_access_grants(AccountId=OWNER, Permission="WRITE")["AccessGrantsList"]
    assert [each["GrantScope"] for each in listed] == ["s3://yard/one object"]
    first = control.list_access_grants(AccountId=OWNER, MaxResults=1)
    rest = control.list_access_grants(AccountId=OWNER, MaxResults=1, NextToken=first["NextToken"])
    ids = {each["AccessGrantId"] for page in (first, rest) for each in page["AccessGrantsList"]}
    assert len(ids) == 2
    with refused("AccessGrantsLocationNotEmptyError"):
        control.delete_access_grants_location(AccountId=OWNER, AccessGrantsLocationId=location)
    with refused("AccessGrantsInstanceNotEmptyError"):
        control.delete_access_grants_instance(AccountId=OWNER)
    for id_ in ids:
        control.delete_access_grant(AccountId=OWNER, AccessGrantId=id_)
    with refused("NoSuchAccessGrantError", 404):
        control.get_access_grant(AccountId=OWNER, AccessGrantId=made["AccessGrantId"])
    control.delete_access_grants_location(AccountId=OWNER, AccessGrantsLocationId=location)
    with refused("NoSuchAccessGrantsLocationError", 404):
        control.get_access_grants_location(AccountId=OWNER, AccessGrantsLocationId=location)
    control.delete_access_grants_instance(AccountId=OWNER)
    with refused("AccessGrantsInstanceNotExistsError", 404):
        control.get_access_grants_instance(AccountId=OWNER)


words = st.text("abc/", max_size=6)


@given(words, words)
def test_a_grant_covers_what_begins_as_it_does(prefix, rest):
    scope = grant_scope("s3://yard", f"{prefix}*", is_object=False)
    assert scope == f"s3://yard/{prefix}*"
    assert covers(scope, f"s3://yard/{prefix}{rest}*")
    assert not covers(f"s3://yard/{prefix}d*", f"s3://yard/{prefix}{rest}*")
    assert covers(f"s3://yard/{prefix}", f"s3://yard/{prefix}")


@pytest.mark.parametrize(
    ("scope", "is_valid"),
    [("s3://", True), ("s3://b", True), ("s3://b/*", True), ("s3://b/p*", True), ("s3://b/p", False), ("b", False)],
)
def test_locations_are_everything_buckets_or_prefixes(scope, is_valid):
    assert is_location(scope) is is_valid
    assert grant_scope("s3://", "*", is_object=False) is None
    assert grant_scope("s3://", "bucket/p*", is_object=False) == "s3://bucket/p*"
