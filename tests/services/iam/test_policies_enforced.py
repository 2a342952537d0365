"""What policies allow is what calls may do, from the very next call on."""

import json

import pytest

from tests.services.iam.signing import code, session_of

BUCKETS = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action, resource="*", **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


@pytest.fixture
def ann(cloud, iam):
    """The session of a user who has no policies."""
    iam.create_user(UserName="ann")
    return session_of(cloud, iam.create_access_key(UserName="ann")["AccessKey"])


@pytest.fixture
def photos(aws):
    """A bucket with two objects."""
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="photos")
    for key in ("ann/cat.jpg", "bob/dog.jpg"):
        s3.put_object(Bucket="photos", Key=key, Body=b"x")
    return s3


@pytest.mark.spec("IAM-006", "PEV-111")
def test_a_member_has_what_its_group_has_until_it_leaves(iam, ann):
    s3 = ann.client("s3")
    assert code(s3.list_buckets) == "AccessDenied"
    iam.create_group(GroupName="Readers")
    iam.add_user_to_group(GroupName="Readers", UserName="ann")
    iam.attach_group_policy(GroupName="Readers", PolicyArn=BUCKETS)
    s3.list_buckets()
    iam.remove_user_from_group(GroupName="Readers", UserName="ann")
    assert code(s3.list_buckets) == "AccessDenied"


def test_permissions_add_up_and_a_deny_wins(iam, ann):
    sqs, s3 = ann.client("sqs"), ann.client("s3")
    iam.create_group(GroupName="Readers")
    iam.add_user_to_group(GroupName="Readers", UserName="ann")
    iam.put_user_policy(UserName="ann", PolicyName="own", PolicyDocument=document(allow("sqs:*")))
    iam.put_group_policy(GroupName="Readers", PolicyName="all", PolicyDocument=document(allow("s3:*")))
    sqs.list_queues()
    s3.list_buckets()
    deny = {**allow("sqs:*"), "Effect": "Deny"}
    iam.put_group_policy(GroupName="Readers", PolicyName="no", PolicyDocument=document(deny))
    assert code(sqs.list_queues).startswith("AccessDenied")
    s3.list_buckets()


@pytest.mark.spec("IAM-008")
def test_nothing_is_allowed_that_no_policy_allows(iam, ann, photos):
    s3 = ann.client("s3")
    statement = allow("s3:GetObject", "arn:aws:s3:::photos/ann/*")
    iam.put_user_policy(UserName="ann", PolicyName="own", PolicyDocument=document(statement))
    assert s3.get_object(Bucket="photos", Key="ann/cat.jpg")["Body"].read() == b"x"
    assert code(s3.get_object, Bucket="photos", Key="bob/dog.jpg") == "AccessDenied"
    assert code(s3.put_object, Bucket="photos", Key="ann/new.jpg", Body=b"") == "AccessDenied"
    assert code(s3.list_objects_v2, Bucket="photos") == "AccessDenied"


@pytest.mark.spec("IAM-011")
def test_actions_match_without_case_and_by_wildcards(iam, ann, photos):
    s3 = ann.client("s3")
    policy = document(allow(["s3:List*", "S3:get*"]))
    iam.put_user_policy(UserName="ann", PolicyName="own", PolicyDocument=policy)
    s3.list_objects_v2(Bucket="photos")
    s3.get_object(Bucket="photos", Key="ann/cat.jpg")
    assert code(s3.put_object, Bucket="photos", Key="ann/new.jpg", Body=b"") == "AccessDenied"


@pytest.mark.spec("IAM-012")
def test_a_bucket_and_its_objects_are_different_resources(iam, ann, photos):
    s3 = ann.client("s3")
    photos.create_bucket(Bucket="confidential-data")
    photos.put_object(Bucket="confidential-data", Key="secret", Body=b"x")
    resources = ["arn:aws:s3:::confidential-data", "arn:aws:s3:::confidential-data/*"]

    def may(resource):
        iam.put_user_policy(UserName="ann", PolicyName="own", PolicyDocument=document(allow("s3:*", resource)))

    may(resources)
    s3.list_objects_v2(Bucket="confidential-data")
    s3.get_object(Bucket="confidential-data", Key="secret")
    assert code(s3.list_objects_v2, Bucket="photos") == "AccessDenied"
    assert code(s3.get_object, Bucket="photos", Key="ann/cat.jpg") == "AccessDenied"
    may(resources[0])
    s3.list_objects_v2(Bucket="confidential-data")
    assert code(s3.get_object, Bucket="confidential-data", Key="secret") == "AccessDenied"
    may(resources[1])
    s3.get_object(Bucket="confidential-data", Key="secret")
    assert code(s3.list_objects_v2, Bucket="confidential-data") == "AccessDenied"


@pytest.mark.spec("PEV-111")
def test_a_new_default_version_decides_the_next_call(iam, ann):
    s3 = ann.client("s3")
    arn = iam.create_policy(PolicyName="P", PolicyDocument=document(allow("s3:ListAllMyBuckets")))["Policy"]["Arn"]
    iam.attach_user_policy(UserName="ann", PolicyArn=arn)
    s3.list_buckets()
    other = document(allow("sqs:*"))
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=other, SetAsDefault=True)
    assert code(s3.list_buckets) == "AccessDenied"
    iam.set_default_policy_version(PolicyArn=arn, VersionId="v1")
    s3.list_buckets()
    iam.detach_user_policy(UserName="ann", PolicyArn=arn)
    assert code(s3.list_buckets) == "AccessDenied"


def test_a_boundary_bounds_what_is_allowed(iam, ann):
    s3, sqs = ann.client("s3"), ann.client("sqs")
    iam.put_user_policy(UserName="ann", PolicyName="all", PolicyDocument=document(allow("*")))
    iam.put_user_permissions_boundary(UserName="ann", PermissionsBoundary=BUCKETS)
    s3.list_buckets()
    assert code(sqs.list_queues).startswith("AccessDenied")
    iam.delete_user_permissions_boundary(UserName="ann")
    sqs.list_queues()


@pytest.mark.spec("PEV-101")
@pytest.mark.parametrize(
    ("policy", "outcome"),
    [
        (document(allow("s3:ListAllMyBuckets")), "allowed"),
        (document(allow("sqs:*")), "implicitDeny"),
        (document(allow("*"), {**allow("s3:List*"), "Effect": "Deny"}), "explicitDeny"),
        (document(allow("s3:*", Condition={"StringEquals": {"aws:username": "ann"}})), "allowed"),
        (document(allow("s3:*", Condition={"StringEquals": {"aws:username": "bob"}})), "implicitDeny"),
    ],
)
def test_the_simulator_says_what_the_call_finds(iam, ann, policy, outcome):
    iam.put_user_policy(UserName="ann", PolicyName="own", PolicyDocument=policy)
    arn = iam.get_user(UserName="ann")["User"]["Arn"]
    simulated = iam.simulate_principal_policy(PolicySourceArn=arn, ActionNames=["s3:ListAllMyBuckets"])
    assert simulated["EvaluationResults"][0]["EvalDecision"] == outcome
    if outcome == "allowed":
        ann.client("s3").list_buckets()
    else:
        assert code(ann.client("s3").list_buckets) == "AccessDenied"


def test_users_may_do_in_iam_what_they_are_allowed(iam, ann):
    mine = ann.client("iam")
    assert code(mine.get_user) == "AccessDenied"
    own = "arn:aws:iam::000000000000:user/${aws:username}"
    iam.put_user_policy(UserName="ann", PolicyName="own", PolicyDocument=document(allow("iam:GetUser", own)))
    assert mine.get_user()["User"]["UserName"] == "ann"
    iam.create_user(UserName="bob")
    assert code(mine.get_user, UserName="bob") == "AccessDenied"
    only = allow("iam:AttachUserPolicy", Condition={"ArnEquals": {"iam:PolicyARN": BUCKETS}})
    iam.put_user_policy(UserName="ann", PolicyName="own", PolicyDocument=document(only))
    mine.attach_user_policy(UserName="bob", PolicyArn=BUCKETS)
    admin = "arn:aws:iam::aws:policy/AdministratorAccess"
    assert code(mine.attach_user_policy, UserName="bob", PolicyArn=admin) == "AccessDenied"
