"""Roles are assumed by whom both sides let, and give their permissions in place of the caller's own."""

import datetime as dt

import pytest
from botocore.config import Config

from tests.services.sts.conftest import allow, deny, document, trust

UNCHECKED = Config(parameter_validation=False)


@pytest.mark.spec("STS-001", "STS-005")
def test_a_session_has_the_permissions_of_the_role_and_not_of_the_caller(home, refused):
    ann = home.user("ann", allow("s3:*"), allow("sts:AssumeRole"))
    role = home.role("Queues", trust({"AWS": home.root}), allow("sqs:*"))
    session = home.assume(ann, role)
    session.client("sqs").list_queues()
    code, status, message = refused(session.client("s3").list_buckets)
    assert (code, status) == ("AccessDenied", 403)
    assert "no identity-based policy allows the s3:ListAllMyBuckets action" in message
    ann.client("s3").list_buckets()
    assert refused(ann.client("sqs").list_queues)[0].startswith("AccessDenied")


@pytest.mark.spec("STS-101")
def test_a_session_says_who_it_is(home):
    ann = home.user("ann", allow("sts:AssumeRole"))
    arn = home.role("Role", trust({"AWS": home.root}), Path="/team/")
    unique_id = home.iam.get_role(RoleName="Role")["Role"]["RoleId"]
    answer = ann.client("sts").assume_role(RoleArn=arn, RoleSessionName="ann@home")
    session_arn = "arn:aws:sts::111111111111:assumed-role/Role/ann@home"
    assert answer["AssumedRoleUser"] == {"AssumedRoleId": f"{unique_id}:ann@home", "Arn": session_arn}
    assert answer["Credentials"]["AccessKeyId"].startswith("ASIA")
    assert "PackedPolicySize" not in answer
    identity = home.keys(answer["Credentials"]).client("sts").get_caller_identity()
    assert (identity["Arn"], identity["UserId"]) == (session_arn, f"{unique_id}:ann@home")
    assert identity["Account"] == home.number


@pytest.mark.spec("STS-101")
def test_a_missing_or_altered_token_is_refused(home, refused):
    ann = home.user("ann", allow("sts:AssumeRole"))
    arn = home.role("Role", trust({"AWS": home.root}))
    made = ann.client("sts").assume_role(RoleArn=arn, RoleSessionName="session")["Credentials"]
    for token in (None, made["SessionToken"][:-1] + "#"):
        altered = home.keys({**made, "SessionToken": token}).client("sts")
        assert refused(altered.get_caller_identity)[0] == "InvalidClientTokenId"


@pytest.mark.spec("STS-003")
def test_a_role_is_assumed_by_those_it_trusts(home, refused):
    ann, bob = home.user("ann", allow("*")), home.user("bob", allow("*"))
    role = home.role("Role", trust({"AWS": f"arn:aws:iam::{home.number}:user/ann"}))
    home.assume(ann, role)
    code, status, message = refused(bob.client("sts").assume_role, RoleArn=role, RoleSessionName="session")
    assert (code, status) == ("AccessDenied", 403)
    assert message.startswith(
        f"User: arn:aws:iam::{home.number}:user/bob is not authorized to perform: sts:AssumeRole on resource: {role}"
    )


def test_a_user_that_the_trust_policy_names_needs_no_permission_of_its_own_at_home(home, refused):
    ann = home.user("ann")
    named = home.role("Named", trust({"AWS": f"arn:aws:iam::{home.number}:user/ann"}))
    home.assume(ann, named)
    delegated = home.role("Delegated", trust({"AWS": home.root}))
    assert refused(ann.client("sts").assume_role, RoleArn=delegated, RoleSessionName="session")[0] == "AccessDenied"


@pytest.mark.spec("STS-004")
def test_across_accounts_both_sides_must_allow(home, away, refused):
    away.session.client("s3").create_bucket(Bucket="away-bucket")
    role = away.role("Reader", trust({"AWS": home.root}), allow("s3:ListAllMyBuckets"))
    ann = home.user("ann")
    assume = ann.client("sts").assume_role
    assert refused(assume, RoleArn=role, RoleSessionName="session")[0] == "AccessDenied"
    home.iam.put_user_policy(UserName="ann", PolicyName="own", PolicyDocument=document(allow("sts:AssumeRole", role)))
    session = home.assume(ann, role)
    assert [bucket["Name"] for bucket in session.client("s3").list_buckets()["Buckets"]] == ["away-bucket"]
    assert session.client("sts").get_caller_identity()["Account"] == away.number
    away.iam.update_assume_role_policy(RoleName="Reader", PolicyDocument=trust({"AWS": away.root}))
    assert refused(assume, RoleArn=role, RoleSessionName="session")[0] == "AccessDenied"


def test_a_trust_policy_denies_explicitly(home, refused):
    ann = home.user("ann", allow("*"))
    statements = [
        {"Effect": "Allow", "Principal": {"AWS": home.root}, "Action": "sts:AssumeRole"},
        {"Effect": "Deny", "Principal": {"AWS": f"arn:aws:iam::{home.number}:user/ann"}, "Action": "sts:*"},
    ]
    role = home.role("Role", document(*statements))
    message = refused(ann.client("sts").assume_role, RoleArn=role, RoleSessionName="session")[2]
    assert message.endswith("with an explicit deny in the role trust policy")


def test_trust_policies_say_nothing_on_calls_to_iam(home):
    ann = home.user("ann", allow("iam:GetRole"))
    home.role("Role", trust({"Service": "ec2.amazonaws.com"}))
    assert ann.client("iam").get_role(RoleName="Role")["Role"]["RoleName"] == "Role"


def test_a_role_that_is_not_there_is_told_from_one_that_is_by_nobody(home, refused):
    ann = home.user("ann", allow("*"))
    arn = f"arn:aws:iam::{home.number}:role/none"
    assert refused(ann.client("sts").assume_role, RoleArn=arn, RoleSessionName="session") == (
        "AccessDenied",
        403,
        f"User: arn:aws:iam::{home.number}:user/ann is not authorized to perform: sts:AssumeRole on resource: {arn}",
    )


@pytest.mark.parametrize("arn", ["arn:aws:sqs:us-east-1:1:role/x", "x" * 30, "arn:aws:iam::111111111111:user/role/x"])
def test_what_is_no_role_is_invalid(home, refused, arn):
    sts = home.user("ann", allow("*")).client("sts")
    assert refused(sts.assume_role, RoleArn=arn, RoleSessionName="session") == (
        "ValidationError",
        400,
        f"{arn} is invalid",
    )


def test_the_root_user_assumes_no_role(home, refused):
    key = home.iam.create_access_key()["AccessKey"]
    role = home.role("Role", trust({"AWS": home.root}))
    sts = home.keys(key).client("sts")
    assert refused(sts.assume_role, RoleArn=role, RoleSessionName="session") == (
        "AccessDenied",
        403,
        "Roles may not be assumed by root accounts.",
    )


def test_a_key_taken_on_trust_assumes_what_its_account_may(home):
    role = home.role("Role", trust({"AWS": home.root}), allow("sqs:*"))
    home.assume(home.session, role).client("sqs").list_queues()


def test_a_service_assumes_a_role_that_trusts_it(cloud, home, refused):
    from skyglobe.kernel.callers import ServiceCaller
    from skyglobe.kernel.errors import ServiceError

    role = home.role("Worker", trust({"Service": "lambda.amazonaws.com"}), allow("sqs:*"))

    def assume(service):
        sts = ServiceCaller(cloud.kernel, service, home.number, "us-east-1").sts
        return cloud.run(sts.assume_role(RoleArn=role, RoleSessionName="function"))

    made = assume("lambda")["Credentials"]
    session = home.keys(made)
    assert session.client("sts").get_caller_identity()["Arn"].endswith(":assumed-role/Worker/function")
    session.client("sqs").list_queues()
    with pytest.raises(ServiceError) as caught:
        assume("ec2")
    assert caught.value.code == "AccessDenied"


@pytest.mark.spec("STS-102")
def test_an_external_id_must_match(home, away, refused):
    role = away.role("Vendor", trust({"AWS": home.root}, Condition={"StringEquals": {"sts:ExternalId": "customer-7"}}))
    ann = home.user("ann", allow("sts:AssumeRole"))
    home.assume(ann, role, ExternalId="customer-7")
    for wrong in ({}, {"ExternalId": "customer-8"}):
        assert refused(ann.client("sts").assume_role, RoleArn=role, RoleSessionName="s1", **wrong)[0] == "AccessDenied"


def test_a_trust_policy_can_ask_for_the_session_to_be_called_after_the_user(home, refused):
    condition = {"StringLike": {"sts:RoleSessionName": "${aws:username}"}}
    role = home.role("Role", trust({"AWS": home.root}, Condition=condition))
    ann = home.user("ann", allow("sts:AssumeRole"))
    home.assume(ann, role, "ann")
    assert refused(ann.client("sts").assume_role, RoleArn=role, RoleSessionName="bob")[0] == "AccessDenied"


@pytest.mark.spec("STS-007")
def test_a_session_lasts_an_hour_and_then_is_told_it_is_over(cloud, home, refused):
    ann = home.user("ann", allow("sts:AssumeRole"))
    role = home.role("Role", trust({"AWS": home.root}), allow("*"))
    answer = ann.client("sts").assume_role(RoleArn=role, RoleSessionName="session")
    session = home.keys(answer["Credentials"])
    cloud.turn(seconds=3_500)
    session.client("sts").get_caller_identity()
    cloud.turn(seconds=101)
    assert refused(session.client("sts").get_caller_identity)[:2] == ("ExpiredToken", 403)
    assert refused(session.client("s3").list_buckets)[:2] == ("ExpiredToken", 400)
    # SQS speaks JSON, and tells clients of its query days the old code.
    assert refused(session.client("sqs").list_queues)[0] in ("ExpiredToken", "ExpiredTokenException")
    ann.client("sts").get_caller_identity()


@pytest.mark.spec("STS-100")
def test_a_session_is_as_long_as_its_role_allows(home, refused):
    sts = home.user("ann", allow("sts:AssumeRole")).client("sts", config=UNCHECKED)
    role = home.role("Role", trust({"AWS": home.root}))

    def assume(seconds):
        return sts.assume_role(RoleArn=role, RoleSessionName="session", DurationSeconds=seconds)

    assert refused(assume, 899)[:2] == ("ValidationError", 400)
    assume(900)
    assume(3_600)
    assert refused(assume, 3_601) == (
        "ValidationError",
        400,
        "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
    )
    home.iam.update_role(RoleName="Role", MaxSessionDuration=43_200)
    assume(43_200)
    assert refused(assume, 43_201)[0] == "ValidationError"


@pytest.mark.spec("STS-100")
def test_a_chain_of_roles_lasts_an_hour_at_most(home, refused):
    ann = home.user("ann", allow("sts:AssumeRole"))
    first = home.role("First", trust({"AWS": home.root}), allow("sts:AssumeRole"))
    second = home.role("Second", trust({"AWS": first}), MaxSessionDuration=43_200)
    sts = home.assume(ann, first).client("sts")
    sts.assume_role(RoleArn=second, RoleSessionName="session", DurationSeconds=3_600)
    assert refused(sts.assume_role, RoleArn=second, RoleSessionName="session", DurationSeconds=3_601) == (
        "ValidationError",
        400,
        "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
    )


@pytest.mark.spec("STS-112")
def test_revoked_sessions_lose_everything_and_newer_ones_do_not(cloud, home, refused):
    ann = home.user("ann", allow("sts:AssumeRole"))
    role = home.role("Role", trust({"AWS": home.root}), allow("sqs:*"))
    old = home.assume(ann, role).client("sqs")
    old.list_queues()
    cloud.turn(seconds=60)
    now = dt.datetime.fromtimestamp(cloud.now / 1000, dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    revoking = document(deny("*", Condition={"DateLessThan": {"aws:TokenIssueTime": now}}))
    home.iam.put_role_policy(RoleName="Role", PolicyName="AWSRevokeOlderSessions", PolicyDocument=revoking)
    assert "explicit deny in an identity-based policy" in refused(old.list_queues)[2]
    cloud.turn(seconds=1)
    home.assume(ann, role).client("sqs").list_queues()


def test_sessions_of_a_deleted_role_may_nothing_even_when_it_is_made_anew(home, refused):
    ann = home.user("ann", allow("sts:AssumeRole"))
    role = home.role("Role", trust({"AWS": home.root}), allow("sqs:*"))
    session = home.assume(ann, role).client("sqs")
    session.list_queues()
    home.iam.delete_role_policy(RoleName="Role", PolicyName="own")
    home.iam.delete_role(RoleName="Role")
    assert refused(session.list_queues)[0].startswith("AccessDenied")
    home.role("Role", trust({"AWS": home.root}), allow("sqs:*"))
    assert refused(session.list_queues)[0].startswith("AccessDenied")


@pytest.mark.spec("IAM-109")
def test_a_trust_policy_does_not_mean_a_later_user_of_the_same_name(home, refused):
    ann = home.user("ann")
    role = home.role("Role", trust({"AWS": f"arn:aws:iam::{home.number}:user/ann"}))
    home.assume(ann, role)
    key = home.iam.list_access_keys(UserName="ann")["AccessKeyMetadata"][0]["AccessKeyId"]
    home.iam.delete_access_key(UserName="ann", AccessKeyId=key)
    home.iam.delete_user(UserName="ann")
    other = home.user("ann", allow("*"))
    assert refused(other.client("sts").assume_role, RoleArn=role, RoleSessionName="session")[0] == "AccessDenied"


def test_a_boundary_bounds_who_may_assume(home, refused):
    ann = home.user("ann", allow("*"))
    role = home.role("Role", trust({"AWS": home.root}))
    home.iam.put_user_permissions_boundary(
        UserName="ann", PermissionsBoundary="arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
    )
    message = refused(ann.client("sts").assume_role, RoleArn=role, RoleSessionName="session")[2]
    assert "no permissions boundary allows the sts:AssumeRole action" in message


@pytest.mark.parametrize(
    "change",
    [
        {"RoleSessionName": "a"},
        {"RoleSessionName": "a b"},
        {"RoleSessionName": "a" * 65},
        {"RoleArn": "short"},
        {"TokenCode": "12345", "SerialNumber": "arn:aws:iam::111111111111:mfa/x"},
        {"ExternalId": "x"},
        {"SourceIdentity": "a"},
        {"SourceIdentity": "aws:x"},
        {"Policy": ""},
    ],
)
def test_bad_input_is_a_validation_error(home, refused, change):
    sts = home.user("ann", allow("*")).client("sts", config=UNCHECKED)
    role = home.role("Role", trust({"AWS": home.root}, ["sts:AssumeRole", "sts:SetSourceIdentity"]))
    assert refused(sts.assume_role, **{"RoleArn": role, "RoleSessionName": "session", **change})[:2] == (
        "ValidationError",
        400,
    )
