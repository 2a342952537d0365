"""Accounts: made, used, left, closed."""

import pytest

from tests.services.organizations.conftest import MANAGEMENT


@pytest.mark.spec("ORG-006")
def test_an_account_is_asked_for_and_made_afterwards(cloud, org, reason):
    asked = org.create_account(AccountName="dev", Email="dev@example.org")["CreateAccountStatus"]
    assert asked["Id"].startswith("car-")
    assert asked["State"] == "IN_PROGRESS"
    cloud.settle()
    made = org.describe_create_account_status(CreateAccountRequestId=asked["Id"])["CreateAccountStatus"]
    assert made["State"] == "SUCCEEDED"
    account = org.describe_account(AccountId=made["AccountId"])["Account"]
    assert (account["Name"], account["Email"], account["Status"]) == ("dev", "dev@example.org", "ACTIVE")
    again = org.create_account(AccountName="dev", Email="DEV@example.org")["CreateAccountStatus"]
    cloud.settle()
    failed = org.describe_create_account_status(CreateAccountRequestId=again["Id"])["CreateAccountStatus"]
    assert (failed["State"], failed["FailureReason"]) == ("FAILED", "EMAIL_ALREADY_EXISTS")
    assert "AccountId" not in failed
    listed = org.list_create_account_status(States=["FAILED"])["CreateAccountStatuses"]
    assert [each["Id"] for each in listed] == [again["Id"]]
    unknown = reason(org.describe_create_account_status, CreateAccountRequestId="car-" + "0" * 32)
    assert unknown[0] == "CreateAccountStatusNotFoundException"


@pytest.mark.spec("ORG-002", "ORG-011")
def test_each_account_is_a_world_of_its_own(cloud, boss, new_account):
    account = new_account()
    member = cloud.session(account=account)
    member.client("iam").create_user(UserName="ann")
    member.client("sqs").create_queue(QueueName="jobs")
    boss.client("sqs").create_queue(QueueName="jobs")
    assert boss.client("iam").list_users()["Users"] == []
    assert member.client("sqs").get_queue_url(QueueName="jobs")["QueueUrl"].endswith(f"/{account}/jobs")


def test_the_new_account_has_a_role_the_management_account_may_assume(cloud, new_account):
    account = new_account(RoleName="Entry")
    iam = cloud.session(account=account).client("iam")
    role = iam.get_role(RoleName="Entry")["Role"]
    (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"AWS": f"arn:aws:iam::{MANAGEMENT}:root"}
    assert statement["Action"] == "sts:AssumeRole"
    (attached,) = iam.list_attached_role_policies(RoleName="Entry")["AttachedPolicies"]
    assert attached["PolicyName"] == "AdministratorAccess"
    assert iam.get_role(RoleName="AWSServiceRoleForOrganizations")["Role"]["Path"].startswith("/aws-service-role/")


@pytest.mark.spec("ORG-004")
def test_accounts_tell_how_they_joined(cloud, org, new_account):
    made = new_account()
    invited = org.invite_account_to_organization(Target={"Id": "222222222222", "Type": "ACCOUNT"})["Handshake"]
    cloud.session(account="222222222222").client("organizations").accept_handshake(HandshakeId=invited["Id"])
    joined = {each["Id"]: each["JoinedMethod"] for each in org.list_accounts()["Accounts"]}
    assert joined == {MANAGEMENT: "INVITED", made: "CREATED", "222222222222": "INVITED"}


@pytest.mark.spec("ORG-109")
def test_an_organization_has_ten_accounts_at_most(org, new_account, reason):
    for number in range(8):
        new_account(f"dev{number}")
    org.invite_account_to_organization(Target={"Id": "222222222222", "Type": "ACCOUNT"})
    refused = reason(org.create_account, AccountName="last", Email="last@example.org")
    assert refused == ("ConstraintViolationException", "ACCOUNT_NUMBER_LIMIT_EXCEEDED")


@pytest.mark.spec("ORG-105")
def test_members_leave_when_four_days_are_over_and_the_management_account_never(cloud, org, new_account, reason):
    first, second = new_account("first"), new_account("second")
    member = cloud.session(account=first).client("organizations")
    assert reason(member.leave_organization) == ("ConstraintViolationException", "WAIT_PERIOD_ACTIVE")
    assert reason(org.leave_organization)[0] == "MasterCannotLeaveOrganizationException"
    refused = reason(org.remove_account_from_organization, AccountId=MANAGEMENT)
    assert refused[0] == "MasterCannotLeaveOrganizationException"
    cloud.turn(days=4)
    member.leave_organization()
    org.remove_account_from_organization(AccountId=second)
    assert [each["Id"] for each in org.list_accounts()["Accounts"]] == [MANAGEMENT]
    assert reason(org.describe_account, AccountId=first)[0] == "AccountNotFoundException"
    assert reason(member.describe_organization)[0] == "AWSOrganizationsNotInUseException"


@pytest.mark.spec("ORG-106")
def test_nobody_of_a_closed_account_may_call(cloud, org, new_account, reason):
    account = new_account()
    member = cloud.session(account=account)
    member.client("iam").create_user(UserName="ann")
    key = member.client("iam").create_access_key(UserName="ann")["AccessKey"]
    ann = cloud.session()
    ann._session.set_credentials(key["AccessKeyId"], key["SecretAccessKey"])
    ann.client("sts").get_caller_identity()
    org.close_account(AccountId=account)
    cloud.turn(seconds=1)
    assert org.describe_account(AccountId=account)["Account"]["Status"] == "SUSPENDED"
    for session in (member, ann):
        assert reason(session.client("sts").get_caller_identity)[0] == "InvalidClientTokenId"
        assert reason(session.client("s3").list_buckets)[0] == "AccountProblem"
        assert reason(session.client("sqs").list_queues)[0] == "InvalidClientTokenId"
    assert reason(org.close_account, AccountId=account)[0] == "AccountAlreadyClosedException"
    refused = reason(org.close_account, AccountId=MANAGEMENT)
    assert refused == ("ConstraintViolationException", "CANNOT_CLOSE_MANAGEMENT_ACCOUNT")
    cloud.turn(days=91)
    assert [each["Id"] for each in org.list_accounts()["Accounts"]] == [MANAGEMENT]
    assert reason(member.client("sts").get_caller_identity)[0] == "InvalidClientTokenId"


def test_gov_cloud_accounts_are_refused(org, reason):
    refused = reason(org.create_gov_cloud_account, AccountName="gov", Email="gov@example.org")
    assert refused == ("ConstraintViolationException", "MASTER_ACCOUNT_NOT_GOVCLOUD_ENABLED")


def test_an_account_half_made_when_the_cloud_died_is_finished(cloud, org):
    """Its role is there, and its address taken, but it is no member yet: what a crash between two steps leaves."""
    from skyglobe.kernel.outbox import post
    from skyglobe.services.organizations.records import CreateRequest, Identity, create_requests, identities

    account, id_ = "777777777777", "car-" + "a" * 32
    trust = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}]}'
    cloud.session(account=account).client("iam").create_role(RoleName="Entry", AssumeRolePolicyDocument=trust)

    def leave(scope):
        request = CreateRequest(
            id=id_,
            account_name="half",
            email="half@example.org",
            role_name="Entry",
            tags={},
            state="IN_PROGRESS",
            requested_at=scope.now,
            account_id=account,
        )
        create_requests.insert(scope, request)
        identities.put(scope, Identity(account=account, name="half", email="half@example.org"))
        for _ in range(2):
            post(scope, "organizations", "create-account", {"request": id_}, lane="accounts")

    cloud.run(cloud.kernel.transact(leave, account=MANAGEMENT))
    cloud.settle()
    made = org.describe_create_account_status(CreateAccountRequestId=id_)["CreateAccountStatus"]
    assert (made["State"], made["AccountId"]) == ("SUCCEEDED", account)
    assert [each["Name"] for each in org.list_accounts()["Accounts"] if each["Id"] == account] == ["half"]
