"""Passwords: given, changed by the user, held to the account's policy, and never kept as they are."""

import pytest

from skyglobe.services.iam.records.login_profiles import login_profiles
from tests.services.iam.signing import code, refusal, session_of

PASSWORD = "Correct-horse-1"


@pytest.fixture
def bob(cloud, iam):
    """IAM as the user bob, who has a password and may do everything."""
    iam.create_user(UserName="bob")
    everything = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}'
    iam.put_user_policy(UserName="bob", PolicyName="everything", PolicyDocument=everything)
    iam.create_login_profile(UserName="bob", Password=PASSWORD)
    return session_of(cloud, iam.create_access_key(UserName="bob")["AccessKey"]).client("iam")


def test_a_user_has_one_login_profile(iam):
    iam.create_user(UserName="bob")
    assert refusal(iam.get_login_profile, UserName="bob")[:2] == ("NoSuchEntity", 404)
    made = iam.create_login_profile(UserName="bob", Password=PASSWORD, PasswordResetRequired=True)["LoginProfile"]
    assert made["PasswordResetRequired"]
    assert code(iam.create_login_profile, UserName="bob", Password=PASSWORD) == "EntityAlreadyExists"
    iam.update_login_profile(UserName="bob", PasswordResetRequired=False)
    assert not iam.get_login_profile(UserName="bob")["LoginProfile"]["PasswordResetRequired"]
    iam.delete_login_profile(UserName="bob")
    assert code(iam.delete_login_profile, UserName="bob") == "NoSuchEntity"


@pytest.mark.spec("IAM-015")
def test_a_user_changes_its_own_password(iam, bob):
    assert refusal(bob.change_password, OldPassword="wrong", NewPassword="Other-horse-2")[:2] == ("AccessDenied", 403)
    bob.change_password(OldPassword=PASSWORD, NewPassword="Other-horse-2")
    assert code(bob.change_password, OldPassword=PASSWORD, NewPassword="Third-horse-3") == "AccessDenied"
    bob.change_password(OldPassword="Other-horse-2", NewPassword="Third-horse-3")
    assert code(iam.change_password, OldPassword=PASSWORD, NewPassword="Third-horse-3") == "InvalidUserType"


def test_changing_a_password_that_had_to_be_changed_is_enough(iam, bob):
    iam.update_login_profile(UserName="bob", PasswordResetRequired=True)
    bob.change_password(OldPassword=PASSWORD, NewPassword="Other-horse-2")
    assert not iam.get_login_profile(UserName="bob")["LoginProfile"]["PasswordResetRequired"]


@pytest.mark.spec("IAM-032")
def test_weak_passwords_break_the_accounts_policy(iam, bob):
    iam.update_account_password_policy(MinimumPasswordLength=14, RequireSymbols=True)
    iam.create_user(UserName="eve")
    for weak in ("Short-1!", "longenoughwithout1symbol"):
        assert refusal(iam.create_login_profile, UserName="eve", Password=weak)[:2] == ("PasswordPolicyViolation", 400)
        assert code(bob.change_password, OldPassword=PASSWORD, NewPassword=weak) == "PasswordPolicyViolation"
        assert code(iam.update_login_profile, UserName="bob", Password=weak) == "PasswordPolicyViolation"
    iam.create_login_profile(UserName="eve", Password="longenoughwith1!symbol")


@pytest.mark.parametrize("weak", ["Sh0rt-!", "onlylowercase", "lower-and-symbols"])
def test_without_a_policy_of_its_own_aws_default_holds(iam, weak):
    iam.create_user(UserName="bob")
    assert code(iam.create_login_profile, UserName="bob", Password=weak) == "PasswordPolicyViolation"
    iam.create_login_profile(UserName="bob", Password="Three-kinds")


def test_the_last_passwords_may_not_come_back(iam, bob):
    iam.update_account_password_policy(PasswordReusePrevention=2)
    bob.change_password(OldPassword=PASSWORD, NewPassword="second")
    for used in ("second", PASSWORD):
        assert code(bob.change_password, OldPassword="second", NewPassword=used) == "PasswordPolicyViolation"
    bob.change_password(OldPassword="second", NewPassword="third-one")
    bob.change_password(OldPassword="third-one", NewPassword=PASSWORD)


def test_the_policy_is_shown_as_it_was_set(iam):
    assert refusal(iam.get_account_password_policy)[:2] == ("NoSuchEntity", 404)
    iam.update_account_password_policy(MinimumPasswordLength=10, MaxPasswordAge=90, HardExpiry=True)
    policy = iam.get_account_password_policy()["PasswordPolicy"]
    assert policy["MinimumPasswordLength"] == 10
    assert policy["MaxPasswordAge"] == 90
    assert policy["ExpirePasswords"]
    assert policy["HardExpiry"]
    iam.update_account_password_policy(RequireNumbers=True)
    policy = iam.get_account_password_policy()["PasswordPolicy"]
    assert policy["MinimumPasswordLength"] == 6
    assert policy["RequireNumbers"]
    assert not policy["ExpirePasswords"]
    iam.delete_account_password_policy()
    assert code(iam.delete_account_password_policy) == "NoSuchEntity"


def test_no_password_is_kept_as_it_is(cloud, iam, bob):
    async def kept():
        return await cloud.kernel.transact(
            lambda scope: list(login_profiles.scan(scope.within("000000000000"))),
        )

    (profile,) = cloud.run(kept())
    assert PASSWORD.encode() not in profile.hashed + profile.salt
    assert len(profile.hashed) == 32
