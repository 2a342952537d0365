"""Working in a member account from outside: the role every new account has, and roles open to the organization."""

import json

import pytest
from botocore.exceptions import ClientError

from tests.services.organizations.conftest import MANAGEMENT, deny, document


@pytest.fixture
def admin_of(cloud):
    """Return a function that makes a user with all rights in an account, and returns its session."""

    def make(account):
        iam = cloud.session(account=account).client("iam")
        iam.create_user(UserName="admin")
        iam.attach_user_policy(UserName="admin", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
        key = iam.create_access_key(UserName="admin")["AccessKey"]
        return with_keys(cloud, key["AccessKeyId"], key["SecretAccessKey"])

    return make


def with_keys(cloud, *keys):
    session = cloud.session()
    session._session.set_credentials(*keys)
    return session


def assume(cloud, session, account, role="OrganizationAccountAccessRole"):
    arn = f"arn:aws:iam::{account}:role/{role}"
    given = session.client("sts").assume_role(RoleArn=arn, RoleSessionName="work")["Credentials"]
    return with_keys(cloud, given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])


@pytest.mark.spec("ORG-007", "ORG-015")
def test_the_management_account_administers_a_new_account_by_its_role(cloud, new_account, admin_of):
    account = new_account()
    inside = assume(cloud, admin_of(MANAGEMENT), account)
    arn = inside.client("sts").get_caller_identity()["Arn"]
    assert arn == f"arn:aws:sts::{account}:assumed-role/OrganizationAccountAccessRole/work"
    inside.client("sqs").create_queue(QueueName="made-from-outside")
    urls = cloud.session(account=account).client("sqs").list_queues()["QueueUrls"]
    assert [url.rpartition("/")[2] for url in urls] == ["made-from-outside"]
    with pytest.raises(ClientError) as caught:
        assume(cloud, admin_of("999999999999"), account)
    assert caught.value.response["Error"]["Code"] == "AccessDenied"


def test_who_comes_from_the_management_account_is_ruled_like_the_account(cloud, org, root_id, new_account, admin_of):
    account = new_account()
    inside = assume(cloud, admin_of(MANAGEMENT), account)
    org.enable_policy_type(RootId=root_id, PolicyType="SERVICE_CONTROL_POLICY")
    content = document(deny("sqs:*"))
    made = org.create_policy(Name="none", Description="", Type="SERVICE_CONTROL_POLICY", Content=content)["Policy"]
    org.attach_policy(PolicyId=made["PolicySummary"]["Id"], TargetId=account)
    with pytest.raises(ClientError) as caught:
        inside.client("sqs").list_queues()
    assert "explicit deny in a service control policy" in caught.value.response["Error"]["Message"]
    inside.client("s3").list_buckets()


def test_a_role_can_be_open_to_the_whole_organization(cloud, org, new_account, admin_of):
    first, second = new_account("first"), new_account("second")
    trust = {
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"aws:PrincipalOrgID": org.describe_organization()["Organization"]["Id"]}},
    }
    document_ = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    iam = cloud.session(account=first).client("iam")
    iam.create_role(RoleName="shared", AssumeRolePolicyDocument=document_)
    assume(cloud, admin_of(second), first, "shared").client("sts").get_caller_identity()
    with pytest.raises(ClientError) as caught:
        assume(cloud, admin_of("999999999999"), first, "shared")
    assert caught.value.response["Error"]["Code"] == "AccessDenied"


def test_sessions_in_an_account_end_when_it_is_closed(cloud, org, new_account, admin_of):
    account = new_account()
    inside = assume(cloud, admin_of(MANAGEMENT), account)
    org.close_account(AccountId=account)
    with pytest.raises(ClientError) as caught:
        inside.client("sqs").list_queues()
    assert caught.value.response["Error"]["Code"] == "InvalidClientTokenId"
