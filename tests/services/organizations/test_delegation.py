"""Trusted services, delegated administrators, and what the management account delegates to members."""

import pytest

from tests.services.organizations.conftest import MANAGEMENT, document

CONFIG = "config.amazonaws.com"


@pytest.mark.spec("ORG-108")
def test_services_are_trusted_and_administered_by_members(cloud, org, new_account, reason):
    account = new_account()
    register = {"AccountId": account, "ServicePrincipal": CONFIG}
    refused = reason(org.register_delegated_administrator, **register)
    assert refused == ("ConstraintViolationException", "SERVICE_ACCESS_NOT_ENABLED")
    org.enable_aws_service_access(ServicePrincipal=CONFIG)
    listed = org.list_aws_service_access_for_organization()["EnabledServicePrincipals"]
    assert [each["ServicePrincipal"] for each in listed] == [CONFIG]
    refused = reason(org.register_delegated_administrator, AccountId=MANAGEMENT, ServicePrincipal=CONFIG)
    assert refused == ("ConstraintViolationException", "CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR")
    org.register_delegated_administrator(**register)
    again = reason(org.register_delegated_administrator, **register)
    assert again[0] == "AccountAlreadyRegisteredException"
    assert [each["Id"] for each in org.list_delegated_administrators()["DelegatedAdministrators"]] == [account]
    other = org.list_delegated_administrators(ServicePrincipal="ram.amazonaws.com")
    assert other["DelegatedAdministrators"] == []
    services = org.list_delegated_services_for_account(AccountId=account)["DelegatedServices"]
    assert [each["ServicePrincipal"] for each in services] == [CONFIG]
    refused = reason(org.disable_aws_service_access, ServicePrincipal=CONFIG)
    assert refused == ("ConstraintViolationException", "DELEGATED_ADMINISTRATOR_EXISTS_FOR_THIS_SERVICE")
    refused = reason(org.close_account, AccountId=account)
    assert refused[1] == "CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG"
    org.deregister_delegated_administrator(**register)
    assert reason(org.deregister_delegated_administrator, **register)[0] == "AccountNotRegisteredException"
    org.disable_aws_service_access(ServicePrincipal=CONFIG)
    assert org.list_aws_service_access_for_organization()["EnabledServicePrincipals"] == []


def test_a_delegated_administrator_may_read_the_organization_and_not_change_it(cloud, org, new_account, reason):
    account = new_account()
    member = cloud.session(account=account).client("organizations")
    assert reason(member.list_accounts)[0] == "AccessDeniedException"
    org.enable_aws_service_access(ServicePrincipal=CONFIG)
    org.register_delegated_administrator(AccountId=account, ServicePrincipal=CONFIG)
    assert {each["Id"] for each in member.list_accounts()["Accounts"]} == {MANAGEMENT, account}
    assert reason(member.create_account, AccountName="x", Email="x@example.org")[0] == "AccessDeniedException"


def test_a_resource_policy_lets_a_member_care_for_policies(cloud, org, root_id, new_account, reason):
    account = new_account()
    member = cloud.session(account=account).client("organizations")
    assert reason(org.describe_resource_policy)[0] == "ResourcePolicyNotFoundException"
    asked = {"Name": "tags", "Description": "", "Type": "TAG_POLICY", "Content": '{"tags":{}}'}
    assert reason(member.create_policy, **asked)[0] == "AccessDeniedException"
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": account},
        "Action": ["organizations:CreatePolicy", "organizations:DescribePolicy"],
        "Resource": "*",
        "Condition": {"StringEquals": {"organizations:PolicyType": "TAG_POLICY"}},
    }
    put = org.put_resource_policy(Content=document(statement))["ResourcePolicy"]
    assert put["ResourcePolicySummary"]["Id"].startswith("rp-")
    made = member.create_policy(**asked)["Policy"]["PolicySummary"]
    assert made["Arn"].split(":")[4] == MANAGEMENT
    member.describe_policy(PolicyId=made["Id"])
    assert reason(member.delete_policy, PolicyId=made["Id"])[0] == "AccessDeniedException"
    other = {**asked, "Name": "scp", "Type": "SERVICE_CONTROL_POLICY"}
    assert reason(member.create_policy, **other)[0] == "AccessDeniedException"
    org.delete_resource_policy()
    assert reason(member.describe_policy, PolicyId=made["Id"])[0] == "AccessDeniedException"


def test_a_resource_policy_delegates_the_care_of_policies_only(org, reason):
    statement = {"Effect": "Allow", "Principal": {"AWS": "222222222222"}, "Resource": "*"}
    refused = reason(org.put_resource_policy, Content=document({**statement, "Action": "organizations:CreateAccount"}))
    assert refused == ("InvalidInputException", "UNSUPPORTED_ACTION_IN_RESOURCE_POLICY")
    assert reason(org.put_resource_policy, Content="{}") == ("InvalidInputException", "INVALID_RESOURCE_POLICY_JSON")
