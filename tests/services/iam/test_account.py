"""What an account as a whole has: an alias, figures, a credential report."""

import csv
import io

import pytest

from tests.services.iam.signing import UNCHECKED, code, refusal, session_of


@pytest.mark.spec("IAM-111")
def test_an_account_has_one_alias_that_no_other_account_has(cloud, iam):
    assert iam.list_account_aliases()["AccountAliases"] == []
    iam.create_account_alias(AccountAlias="first")
    iam.create_account_alias(AccountAlias="second")
    assert iam.list_account_aliases()["AccountAliases"] == ["second"]
    other = cloud.session(account="111122223333").client("iam")
    assert refusal(other.create_account_alias, AccountAlias="second") == (
        "EntityAlreadyExists",
        409,
        "The account alias second already exists.",
    )
    other.create_account_alias(AccountAlias="first")
    assert code(iam.delete_account_alias, AccountAlias="first") == "NoSuchEntity"
    iam.delete_account_alias(AccountAlias="second")
    other.create_account_alias(AccountAlias="second")
    assert iam.list_account_aliases()["AccountAliases"] == []


@pytest.mark.parametrize("alias", ["Upper", "ab", "-begins", "ends-", "under_score"])
def test_an_alias_follows_aws_rules(aws, alias):
    assert code(aws.client("iam", config=UNCHECKED).create_account_alias, AccountAlias=alias) == "ValidationError"


def test_the_summary_counts_what_there_is(iam):
    before = iam.get_account_summary()["SummaryMap"]
    assert (before["Users"], before["UsersQuota"], before["GroupsQuota"]) == (0, 5_000, 300)
    assert before["AccountAccessKeysPresent"] == 0
    iam.create_user(UserName="bob")
    iam.create_user(UserName="eve")
    iam.delete_user(UserName="eve")
    iam.create_group(GroupName="red")
    iam.create_virtual_mfa_device(VirtualMFADeviceName="phone")
    iam.create_access_key()
    after = iam.get_account_summary()["SummaryMap"]
    changed = {name: after[name] for name in after if after[name] != before[name]}
    assert changed == {"Users": 1, "Groups": 1, "MFADevices": 1, "AccountAccessKeysPresent": 1}


def lines(iam):
    report = iam.get_credential_report()
    assert report["ReportFormat"] == "text/csv"
    return {line["user"]: line for line in csv.DictReader(io.StringIO(report["Content"].decode()))}


@pytest.mark.spec("IAM-026")
def test_the_report_is_a_table_of_root_and_all_users(iam):
    assert refusal(iam.get_credential_report)[:2] == ("ReportNotPresent", 410)
    iam.create_user(UserName="bob", Path="/staff/")
    assert iam.generate_credential_report()["State"] == "STARTED"
    assert iam.generate_credential_report()["State"] == "COMPLETE"
    table = lines(iam)
    assert list(table) == ["<root_account>", "bob"]
    assert table["bob"]["arn"] == "arn:aws:iam::000000000000:user/staff/bob"
    assert table["bob"]["password_enabled"] == "false"
    assert table["bob"]["access_key_1_last_used_date"] == "N/A"
    assert table["<root_account>"]["password_enabled"] == "not_supported"


@pytest.mark.spec("IAM-028")
def test_a_report_of_four_hours_ago_is_made_anew(cloud, iam):
    iam.generate_credential_report()
    iam.create_user(UserName="bob")
    cloud.turn(hours=3, minutes=59)
    assert iam.generate_credential_report()["State"] == "COMPLETE"
    assert list(lines(iam)) == ["<root_account>"]
    cloud.turn(minutes=1)
    assert refusal(iam.get_credential_report)[:2] == ("ReportExpired", 410)
    assert iam.generate_credential_report()["State"] == "STARTED"
    assert list(lines(iam)) == ["<root_account>", "bob"]


@pytest.mark.spec("IAM-027")
def test_the_report_shows_passwords_keys_and_their_last_use(cloud, iam):
    iam.update_account_password_policy(MaxPasswordAge=90)
    iam.create_user(UserName="bob")
    iam.create_login_profile(UserName="bob", Password="Correct-horse-1")
    key = iam.create_access_key(UserName="bob")["AccessKey"]
    iam.generate_credential_report()
    line = lines(iam)["bob"]
    assert line["password_enabled"] == "true"
    assert line["password_last_used"] == "no_information"
    assert line["password_next_rotation"] > line["password_last_changed"]
    assert line["mfa_active"] == "false"
    assert line["access_key_1_active"] == "true"
    assert line["access_key_1_last_used_service"] == "N/A"
    assert line["access_key_2_active"] == "false"
    session_of(cloud, key, region="eu-west-1").client("sts").get_caller_identity()
    cloud.turn(hours=4)
    iam.update_access_key(UserName="bob", AccessKeyId=key["AccessKeyId"], Status="Inactive")
    iam.generate_credential_report()
    later = lines(iam)["bob"]
    assert later["access_key_1_active"] == "false"
    assert later["access_key_1_last_used_service"] == "sts"
    assert later["access_key_1_last_used_region"] == "eu-west-1"
    assert later["access_key_1_last_rotated"] > line["access_key_1_last_rotated"]


@pytest.mark.spec("IAM-031")
def test_the_use_of_roots_keys_is_seen(cloud, iam):
    key = iam.create_access_key()["AccessKey"]
    session_of(cloud, key).client("sts").get_caller_identity()
    summary = iam.get_account_summary()["SummaryMap"]
    assert summary["AccountAccessKeysPresent"] == 1
    assert summary["AccountMFAEnabled"] == 0
    iam.generate_credential_report()
    root = lines(iam)["<root_account>"]
    assert root["access_key_1_active"] == "true"
    assert root["access_key_1_last_used_service"] == "sts"
    assert root["access_key_1_last_used_date"] != "N/A"


def test_the_account_chooses_the_version_of_global_tokens(iam):
    assert iam.get_account_summary()["SummaryMap"]["GlobalEndpointTokenVersion"] == 1
    iam.set_security_token_service_preferences(GlobalEndpointTokenVersion="v2Token")
    assert iam.get_account_summary()["SummaryMap"]["GlobalEndpointTokenVersion"] == 2
    iam.set_security_token_service_preferences(GlobalEndpointTokenVersion="v1Token")
    assert iam.get_account_summary()["SummaryMap"]["GlobalEndpointTokenVersion"] == 1
