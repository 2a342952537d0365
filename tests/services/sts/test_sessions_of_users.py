"""GetSessionToken and GetFederationToken: sessions that are less than their maker."""

import base64

import pytest
from botocore.config import Config

from skyglobe.kernel.mfa import STEP_FOR, code_at
from tests.services.sts.conftest import allow, document, trust

UNCHECKED = Config(parameter_validation=False)


class Phone:
    """An authenticator app with a user's device."""

    def __init__(self, cloud, account, user):
        self.cloud = cloud
        made = account.iam.create_virtual_mfa_device(VirtualMFADeviceName=user)["VirtualMFADevice"]
        self.serial = made["SerialNumber"]
        self.seed = base64.b32decode(made["Base32StringSeed"])
        codes = {"AuthenticationCode1": self.code(0), "AuthenticationCode2": self.code(1)}
        account.iam.enable_mfa_device(UserName=user, SerialNumber=self.serial, **codes)
        cloud.turn(seconds=300)

    def code(self, later=0):
        return code_at(self.seed, self.cloud.now // STEP_FOR + later)

    def proof(self, code=None):
        return {"SerialNumber": self.serial, "TokenCode": code or self.code()}


@pytest.mark.spec("STS-103")
def test_a_role_that_wants_mfa_is_assumed_with_a_right_code_only(cloud, home, refused):
    ann = home.user("ann", allow("sts:AssumeRole"))
    role = home.role("Role", trust({"AWS": home.root}, Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}}))
    phone = Phone(cloud, home, "ann")
    assume = ann.client("sts").assume_role
    assert refused(assume, RoleArn=role, RoleSessionName="s1")[:2] == ("AccessDenied", 403)
    wrong = f"{(int(phone.code()) + 1) % 1_000_000:06d}"
    assert refused(assume, RoleArn=role, RoleSessionName="s1", **phone.proof(wrong)) == (
        "AccessDenied",
        403,
        "MultiFactorAuthentication failed with invalid MFA one time pass code. ",
    )
    code = phone.code()
    home.assume(ann, role, **phone.proof(code))
    assert refused(assume, RoleArn=role, RoleSessionName="s1", **phone.proof(code))[0] == "AccessDenied"


@pytest.mark.spec("STS-103")
def test_a_code_counts_with_its_own_device_and_both_must_be_given(cloud, home, refused):
    ann = home.user("ann", allow("sts:AssumeRole"))
    home.user("bob")
    role = home.role("Role", trust({"AWS": home.root}))
    phone = Phone(cloud, home, "bob")
    assume = ann.client("sts").assume_role
    assert "associated with this user" in refused(assume, RoleArn=role, RoleSessionName="s1", **phone.proof())[2]
    assert refused(assume, RoleArn=role, RoleSessionName="s1", TokenCode="123456")[0] == "AccessDenied"


@pytest.mark.spec("STS-103")
def test_a_session_that_mfa_proved_may_assume_and_the_role_knows_nothing_of_it(cloud, home, refused):
    ann = home.user("ann", allow("sts:AssumeRole"))
    condition = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    role = home.role(
        "Role", trust({"AWS": home.root}, Condition=condition), allow("sqs:*", Condition=condition), allow("s3:*")
    )
    phone = Phone(cloud, home, "ann")
    proved = home.keys(ann.client("sts").get_session_token(**phone.proof())["Credentials"])
    session = home.assume(proved, role)
    session.client("s3").list_buckets()
    assert refused(session.client("sqs").list_queues)[0].startswith("AccessDenied")


@pytest.mark.spec("STS-107")
def test_a_users_session_may_not_call_iam_without_mfa_and_of_sts_two_operations_only(cloud, home, refused):
    ann = home.user("ann", allow("*"))
    role = home.role("Role", trust({"AWS": home.root}))
    phone = Phone(cloud, home, "ann")
    plain = home.keys(ann.client("sts").get_session_token()["Credentials"])
    plain.client("sqs").list_queues()
    assert refused(plain.client("iam").list_users)[:2] == ("InvalidClientTokenId", 403)
    sts = plain.client("sts")
    sts.get_caller_identity()
    home.assume(plain, role)
    for call, params in (
        (sts.get_session_token, {}),
        (sts.get_federation_token, {"Name": "bob"}),
        (sts.decode_authorization_message, {"EncodedMessage": "x"}),
        (sts.get_access_key_info, {"AccessKeyId": "AKIAAAAAAAAAAAAAAAAA"}),
    ):
        assert refused(call, **params)[:2] == ("AccessDenied", 403)
    proved = home.keys(ann.client("sts").get_session_token(**phone.proof())["Credentials"])
    assert [user["UserName"] for user in proved.client("iam").list_users()["Users"]] == ["ann"]


@pytest.mark.spec("STS-107")
def test_roles_get_no_sessions_of_users(home, refused):
    ann = home.user("ann", allow("*"))
    role = home.role("Role", trust({"AWS": home.root}), allow("*"))
    sts = home.assume(ann, role).client("sts")
    assert refused(sts.get_session_token) == (
        "AccessDenied",
        403,
        "Cannot call GetSessionToken with session credentials",
    )
    assert refused(sts.get_federation_token, Name="bob") == (
        "AccessDenied",
        403,
        "Cannot call GetFederationToken with session credentials",
    )


@pytest.mark.spec("STS-107")
def test_a_users_session_lasts_twelve_hours_unless_asked_otherwise(cloud, home, refused):
    ann = home.user("ann", allow("*"))
    client = home.keys(ann.client("sts").get_session_token()["Credentials"]).client("sts")
    longest = home.keys(ann.client("sts").get_session_token(DurationSeconds=129_600)["Credentials"]).client("sts")
    cloud.turn(seconds=43_100)
    client.get_caller_identity()
    cloud.turn(seconds=101)
    assert refused(client.get_caller_identity)[0] == "ExpiredToken"
    longest.get_caller_identity()


@pytest.mark.spec("STS-108")
def test_a_federated_user_has_what_both_its_maker_and_the_policy_allow(home, refused):
    ann = home.user("ann", allow(["s3:*", "sts:GetFederationToken"]))
    passed = document(allow(["s3:ListAllMyBuckets", "sqs:*"]))
    answer = ann.client("sts").get_federation_token(Name="Bob", Policy=passed)
    assert answer["FederatedUser"] == {
        "FederatedUserId": f"{home.number}:Bob",
        "Arn": f"arn:aws:sts::{home.number}:federated-user/Bob",
    }
    assert answer["PackedPolicySize"] > 0
    bob = home.keys(answer["Credentials"])
    bob.client("s3").list_buckets()
    assert "no session policy allows" in refused(bob.client("s3").create_bucket, Bucket="photos")[2]
    assert "no identity-based policy allows" in refused(bob.client("sqs").list_queues)[2]
    identity = bob.client("sts").get_caller_identity()
    assert (identity["Arn"], identity["UserId"]) == (answer["FederatedUser"]["Arn"], f"{home.number}:Bob")


@pytest.mark.spec("STS-108")
def test_a_federated_user_without_a_policy_may_nothing(home, refused):
    ann = home.user("ann", allow("*"))
    bob = home.keys(ann.client("sts").get_federation_token(Name="Bob")["Credentials"])
    assert refused(bob.client("s3").list_buckets)[0] == "AccessDenied"
    assert refused(bob.client("iam").list_users)[0] == "InvalidClientTokenId"
    role = home.role("Role", trust({"AWS": home.root}))
    assert refused(bob.client("sts").assume_role, RoleArn=role, RoleSessionName="s1")[0] == "AccessDenied"


def test_a_federated_user_loses_everything_with_its_maker(home, refused):
    ann = home.user("ann", allow("*"))
    bob = home.keys(
        ann.client("sts").get_federation_token(Name="Bob", Policy=document(allow("*")))["Credentials"]
    ).client("sqs")
    bob.list_queues()
    home.iam.update_user(UserName="ann", NewUserName="anna")
    bob.list_queues()
    home.user("ann")
    bob.list_queues()
    home.iam.delete_user_policy(UserName="anna", PolicyName="own")
    assert refused(bob.list_queues)[0].startswith("AccessDenied")


def test_federating_takes_a_permission_by_name_and_one_for_tags(home, refused):
    arn = f"arn:aws:sts::{home.number}:federated-user/Bob"
    ann = home.user("ann", allow("sts:GetFederationToken", arn))
    sts = ann.client("sts")
    sts.get_federation_token(Name="Bob")
    assert refused(sts.get_federation_token, Name="Carl")[0] == "AccessDenied"
    tagged = {"Name": "Bob", "Tags": [{"Key": "team", "Value": "red"}]}
    assert "sts:TagSession" in refused(sts.get_federation_token, **tagged)[2]


def test_tags_of_a_federated_user_cover_those_of_its_maker(home, refused):
    condition = {"StringEquals": {"aws:PrincipalTag/team": "red", "aws:PrincipalTag/site": "north"}}
    both = [{"Key": "team", "Value": "blue"}, {"Key": "site", "Value": "north"}]
    ann = home.user("ann", allow("sts:*"), allow("sqs:*", Condition=condition), Tags=both)
    policy = document(allow("*"))

    def bob(**more):
        answer = ann.client("sts").get_federation_token(Name="Bob", Policy=policy, **more)
        return home.keys(answer["Credentials"]).client("sqs")

    assert refused(bob().list_queues)[0].startswith("AccessDenied")
    bob(Tags=[{"Key": "Team", "Value": "red"}]).list_queues()


@pytest.mark.spec("STS-109")
def test_a_session_is_told_who_it_is_even_where_a_policy_denies_it(home):
    ann = home.user("ann", {**allow("*"), "Effect": "Deny"})
    assert ann.client("sts").get_caller_identity()["Arn"].endswith(":user/ann")


@pytest.mark.parametrize("change", [{"Name": "a"}, {"Name": "a b"}, {"Name": "a" * 33}, {"DurationSeconds": 899}])
def test_bad_input_is_a_validation_error(home, refused, change):
    sts = home.user("ann", allow("*")).client("sts", config=UNCHECKED)
    assert refused(sts.get_federation_token, **{"Name": "Bob", **change})[:2] == ("ValidationError", 400)
