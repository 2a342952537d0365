"""Roles that services work with, told with Firehose: handed over, assumed, and no more than what they allow."""

import json
from itertools import count

import pytest

from tests.services.iam.signing import refusal, session_of

LANDING = "arn:aws:s3:::landing"
_names = count(1)


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action, resource="*", **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


@pytest.fixture
def s3(aws):
    client = aws.client("s3")
    client.create_bucket(Bucket="landing")
    return client


@pytest.fixture
def role(iam):
    """Make a role that a service may assume; return its ARN."""

    def make(name, service="firehose.amazonaws.com", *statements):
        trust = document({"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"})
        made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        if statements:
            iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=document(*statements))
        return made

    return make


@pytest.fixture
def user(cloud, iam):
    """Make a user with inline statements; return its session."""

    def make(name, *statements):
        iam.create_user(UserName=name)
        iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=document(*statements))
        return session_of(cloud, iam.create_access_key(UserName=name)["AccessKey"])

    return make


def stream_with(role, prefix=""):
    """Return the parameters of a delivery stream of its own name."""
    destination = {"RoleARN": role, "BucketARN": LANDING, "Prefix": prefix}
    return {"DeliveryStreamName": f"d{next(_names)}", "ExtendedS3DestinationConfiguration": destination}


def sent_through(cloud, firehose, role, data, prefix=""):
    """Send a record through a new delivery stream and let the time for its delivery pass."""
    stream = stream_with(role, prefix)
    firehose.create_delivery_stream(**stream)
    firehose.put_record(DeliveryStreamName=stream["DeliveryStreamName"], Record={"Data": data})
    cloud.turn(301)


def landed(s3, prefix=""):
    found = s3.list_objects_v2(Bucket="landing", Prefix=prefix).get("Contents", [])
    return [s3.get_object(Bucket="landing", Key=one["Key"])["Body"].read() for one in found]


@pytest.mark.spec("IAM-021")
def test_a_service_acts_as_a_session_of_its_role(cloud, aws, s3, role):
    arn, firehose = role("writer"), aws.client("firehose")
    sessions = {"AWS": "arn:aws:sts::000000000000:assumed-role/writer/firehose"}
    s3.put_bucket_policy(
        Bucket="landing", Policy=document({**allow("s3:PutObject", LANDING + "/*"), "Principal": sessions})
    )
    sent_through(cloud, firehose, arn, b"by the role's session, which the bucket names")
    assert landed(s3) == [b"by the role's session, which the bucket names"]
    sent_through(cloud, firehose, role("another"), b"by somebody the bucket does not name", "other/")
    assert landed(s3, "other/") == []


@pytest.mark.spec("IAM-023")
def test_a_service_does_what_its_role_allows_and_no_more(cloud, aws, iam, s3, role):
    arn = role("writer", "firehose.amazonaws.com", allow("s3:PutObject", LANDING + "/in/*"))
    firehose = aws.client("firehose")
    sent_through(cloud, firehose, arn, b"allowed", "in/")
    sent_through(cloud, firehose, arn, b"not yet", "out/")
    assert (landed(s3, "in/"), landed(s3, "out/")) == ([b"allowed"], [])
    iam.put_role_policy(RoleName="writer", PolicyName="more", PolicyDocument=document(allow("s3:PutObject")))
    cloud.turn(hours=1)
    assert landed(s3, "out/") == [b"not yet"]


@pytest.mark.spec("IAM-024")
def test_who_hands_a_role_to_a_service_must_be_allowed_to_pass_it(iam, s3, role, user):
    arn, other = role("writer"), role("another")
    ann = user("ann", allow("firehose:*")).client("firehose")

    def may(*statements):
        inline = document(allow("firehose:*"), *statements)
        iam.put_user_policy(UserName="ann", PolicyName="own", PolicyDocument=inline)

    def stopped(role):
        code, status, text = refusal(ann.create_delivery_stream, **stream_with(role))
        assert (code, status) == ("AccessDeniedException", 400)
        assert f"user/ann is not authorized to perform: iam:PassRole on resource: {role} because no " in text

    stopped(arn)
    may(allow("iam:PassRole", arn))
    ann.create_delivery_stream(**stream_with(arn))
    stopped(other)
    to_ec2 = {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}
    may(allow("iam:PassRole", Condition=to_ec2))
    stopped(arn)
    may(allow("iam:PassRole", Condition={"StringEquals": {"iam:PassedToService": "firehose.amazonaws.com"}}))
    ann.create_delivery_stream(**stream_with(other))


@pytest.mark.spec("IAM-024")
def test_who_puts_a_role_in_an_instance_profile_must_be_allowed_to_pass_it(iam, role, user):
    arn = role("worker", "ec2.amazonaws.com")
    iam.create_instance_profile(InstanceProfileName="profile")
    ann = user("ann", allow("iam:AddRoleToInstanceProfile")).client("iam")
    adding = {"InstanceProfileName": "profile", "RoleName": "worker"}
    code, status, text = refusal(ann.add_role_to_instance_profile, **adding)
    assert (code, status) == ("AccessDenied", 403)
    assert f"iam:PassRole on resource: {arn}" in text
    assert iam.get_instance_profile(InstanceProfileName="profile")["InstanceProfile"]["Roles"] == []
    both = document(allow("iam:AddRoleToInstanceProfile"), allow("iam:PassRole", arn))
    iam.put_user_policy(UserName="ann", PolicyName="own", PolicyDocument=both)
    ann.add_role_to_instance_profile(**adding)


@pytest.mark.spec("IAM-025")
def test_a_role_that_trusts_another_service_is_of_no_use(aws, iam, s3, role):
    arn, firehose = role("worker", "ec2.amazonaws.com", allow("s3:*")), aws.client("firehose")
    code, _, text = refusal(firehose.create_delivery_stream, **stream_with(arn))
    assert (code, text) == (
        "InvalidArgumentException",
        f"Firehose is unable to assume role {arn}. Please check the role provided.",
    )
    both = {"Service": ["ec2.amazonaws.com", "firehose.amazonaws.com"]}
    trust = document({"Effect": "Allow", "Principal": both, "Action": "sts:AssumeRole"})
    iam.update_assume_role_policy(RoleName="worker", PolicyDocument=trust)
    firehose.create_delivery_stream(**stream_with(arn))
