"""An organization from its beginning to its end."""

import pytest

from tests.services.organizations.conftest import MANAGEMENT


@pytest.mark.spec("ORG-001", "ORG-003")
def test_who_creates_an_organization_manages_it(boss, reason):
    client = boss.client("organizations")
    made = client.create_organization()["Organization"]
    assert made["MasterAccountId"] == MANAGEMENT
    assert made["FeatureSet"] == "ALL"
    assert made["Arn"] == f"arn:aws:organizations::{MANAGEMENT}:organization/{made['Id']}"
    elsewhere = boss.client("organizations", region_name="eu-west-1")
    assert elsewhere.describe_organization()["Organization"]["Id"] == made["Id"]
    assert reason(client.create_organization)[0] == "AlreadyInOrganizationException"


@pytest.mark.spec("ORG-112")
def test_outside_an_organization_there_is_none_to_describe(cloud, org, reason):
    stranger = cloud.session(account="999999999999").client("organizations")
    for call in (stranger.describe_organization, stranger.list_accounts, stranger.leave_organization):
        assert reason(call)[0] == "AWSOrganizationsNotInUseException"


@pytest.mark.spec("ORG-112")
def test_a_member_may_see_its_organization_and_not_run_it(cloud, org, new_account, reason):
    member = cloud.session(account=new_account()).client("organizations")
    assert member.describe_organization()["Organization"]["MasterAccountId"] == MANAGEMENT
    refused = reason(member.create_account, AccountName="x", Email="x@example.org")
    assert refused[0] == "AccessDeniedException"
    assert reason(member.list_accounts)[0] == "AccessDeniedException"


@pytest.mark.spec("ORG-107")
def test_only_an_empty_organization_can_be_deleted(cloud, org, new_account, reason):
    account = new_account()
    assert reason(org.delete_organization)[0] == "OrganizationNotEmptyException"
    cloud.turn(days=5)
    org.remove_account_from_organization(AccountId=account)
    org.delete_organization()
    assert reason(org.describe_organization)[0] == "AWSOrganizationsNotInUseException"
    org.create_organization()
    assert [each["Id"] for each in org.list_accounts()["Accounts"]] == [MANAGEMENT]


@pytest.mark.spec("ORG-113")
def test_consolidated_billing_has_no_policies_until_all_features_are_enabled(cloud, boss, reason):
    client = boss.client("organizations")
    client.create_organization(FeatureSet="CONSOLIDATED_BILLING")
    root_id = client.list_roots()["Roots"][0]["Id"]
    refused = reason(client.enable_policy_type, RootId=root_id, PolicyType="SERVICE_CONTROL_POLICY")
    assert refused[0] == "PolicyTypeNotAvailableForOrganizationException"
    invited = client.invite_account_to_organization(Target={"Id": "222222222222", "Type": "ACCOUNT"})["Handshake"]
    member = cloud.session(account="222222222222").client("organizations")
    member.accept_handshake(HandshakeId=invited["Id"])
    migration = client.enable_all_features()["Handshake"]
    assert (migration["Action"], migration["State"]) == ("ENABLE_ALL_FEATURES", "REQUESTED")
    assert reason(client.enable_all_features)[1] == "ORGANIZATION_IS_ALREADY_PENDING_ALL_FEATURES_MIGRATION"
    assert reason(client.accept_handshake, HandshakeId=migration["Id"])[0] == "InvalidHandshakeTransitionException"
    listed = member.list_handshakes_for_account(Filter={"ActionType": "APPROVE_ALL_FEATURES"})
    (asked,) = listed["Handshakes"]
    member.accept_handshake(HandshakeId=asked["Id"])
    assert client.describe_organization()["Organization"]["FeatureSet"] == "CONSOLIDATED_BILLING"
    client.accept_handshake(HandshakeId=migration["Id"])
    assert client.describe_organization()["Organization"]["FeatureSet"] == "ALL"
    client.enable_policy_type(RootId=root_id, PolicyType="SERVICE_CONTROL_POLICY")


@pytest.mark.parametrize(
    ("operation", "params", "expected"),
    [
        ("describe_account", {"AccountId": "12"}, "INVALID_PATTERN"),
        ("list_accounts", {"MaxResults": 21}, "MAX_VALUE_EXCEEDED"),
        ("list_accounts", {"MaxResults": 0}, "MIN_VALUE_EXCEEDED"),
        ("list_accounts", {"NextToken": "nonsense"}, "INVALID_NEXT_TOKEN"),
        ("create_organizational_unit", {"ParentId": "r-aaaa", "Name": "x" * 129}, "MAX_LENGTH_EXCEEDED"),
        ("list_policies", {"Filter": "NO_POLICY"}, "INVALID_ENUM"),
        ("describe_account", {}, "INPUT_REQUIRED"),
    ],
)
def test_bad_input_is_told_with_its_reason(boss, org, reason, operation, params, expected):
    from botocore.config import Config

    client = boss.client("organizations", config=Config(parameter_validation=False))
    assert reason(getattr(client, operation), **params) == ("InvalidInputException", expected)
