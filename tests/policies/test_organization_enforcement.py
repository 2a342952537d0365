"""An organization's policies at work: real accounts, real keys, unmodified boto3."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from skyglobe.testing import TestCloud

MANAGEMENT = "111111111111"
SCP, RCP = "SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"


def statement(effect: str, action: str | list[str], **more: Any) -> dict[str, Any]:
    return {"Effect": effect, "Action": action, "Resource": "*", **more}


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def denied(call: Any, *args: Any, **kwargs: Any) -> str:
    """Return the message of the AccessDenied that a call meets."""
    with pytest.raises(ClientError) as caught:
        call(*args, **kwargs)
    assert caught.value.response["Error"]["Code"] in ("AccessDenied", "AccessDeniedException")
    message: str = caught.value.response["Error"]["Message"]
    return message


class Organization:
    """An organization with a unit and two accounts in it."""

    def __init__(self, cloud: TestCloud) -> None:
        self.cloud = cloud
        self.written = 0
        self.boss = cloud.session(account=MANAGEMENT)
        self.api = self.boss.client("organizations")
        self.id = self.api.create_organization()["Organization"]["Id"]
        self.root = self.api.list_roots()["Roots"][0]["Id"]
        self.unit = self.api.create_organizational_unit(ParentId=self.root, Name="unit")["OrganizationalUnit"]["Id"]
        self.accounts = [self._account("first"), self._account("second")]
        for type_ in (SCP, RCP):
            self.api.enable_policy_type(RootId=self.root, PolicyType=type_)

    def _account(self, name: str) -> str:
        asked = self.api.create_account(AccountName=name, Email=f"{name}@example.org")["CreateAccountStatus"]["Id"]
        self.cloud.settle()
        made = self.api.describe_create_account_status(CreateAccountRequestId=asked)["CreateAccountStatus"]
        account: str = made["AccountId"]
        self.api.move_account(AccountId=account, SourceParentId=self.root, DestinationParentId=self.unit)
        return account

    def put(self, target: str, *statements: dict[str, Any], type_: str = SCP) -> str:
        """Attach a new policy and return its id."""
        content = document(*statements)
        self.written += 1
        name = f"policy {self.written}"
        made = self.api.create_policy(Name=name, Description="", Type=type_, Content=content)
        id_: str = made["Policy"]["PolicySummary"]["Id"]
        self.api.attach_policy(PolicyId=id_, TargetId=target)
        return id_

    def only(self, target: str, *statements: dict[str, Any]) -> None:
        """Attach a new policy in place of full access."""
        self.put(target, *statements)
        self.api.detach_policy(PolicyId="p-FullAWSAccess", TargetId=target)


@pytest.fixture
def org(cloud: TestCloud) -> Organization:
    return Organization(cloud)


@pytest.fixture
def user(cloud: TestCloud) -> Callable[..., Any]:
    """Return a function that makes a user of an account with inline statements, and returns its session."""

    def make(account: str, name: str, *statements: dict[str, Any]) -> Any:
        iam = cloud.session(account=account).client("iam")
        iam.create_user(UserName=name)
        if statements:
            iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=document(*statements))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        session = cloud.session()
        session._session.set_credentials(key["AccessKeyId"], key["SecretAccessKey"])
        return session

    return make


ALL = statement("Allow", "*")


@pytest.mark.spec("ORG-016", "PEV-002", "PEV-108")
def test_a_deny_on_a_unit_binds_users_and_root_of_its_accounts(cloud: TestCloud, org: Organization, user: Any) -> None:
    account = org.accounts[0]
    admin, root = user(account, "admin", ALL), cloud.session(account=account)
    admin.client("sqs").list_queues()
    org.put(org.unit, statement("Deny", "sqs:*"))
    for session in (admin, root):
        assert "with an explicit deny in a service control policy" in denied(session.client("sqs").list_queues)
        session.client("s3").list_buckets()
    message = denied(root.client("sqs").create_queue, QueueName="jobs")
    assert message.startswith(f"User: arn:aws:iam::{account}:root is not authorized to perform: sqs:CreateQueue")


@pytest.mark.spec("ORG-017", "PEV-004")
def test_full_access_gives_nothing_to_a_user_without_policies(org: Organization, user: Any) -> None:
    nobody = user(org.accounts[0], "nobody")
    assert "no identity-based policy allows" in denied(nobody.client("s3").list_buckets)


@pytest.mark.spec("ORG-018")
def test_the_management_account_is_free(cloud: TestCloud, org: Organization, user: Any) -> None:
    admin = user(MANAGEMENT, "admin", ALL)
    org.put(org.root, statement("Deny", "*"))
    admin.client("sqs").list_queues()
    org.boss.client("s3").list_buckets()
    denied(cloud.session(account=org.accounts[0]).client("s3").list_buckets)


@pytest.mark.spec("ORG-019", "PEV-004")
def test_every_level_must_allow(cloud: TestCloud, org: Organization) -> None:
    root = cloud.session(account=org.accounts[0])
    org.only(org.unit, statement("Allow", "sqs:*"))
    root.client("sqs").list_queues()
    assert "no service control policy allows the s3:ListAllMyBuckets action" in denied(root.client("s3").list_buckets)
    org.put(org.accounts[0], statement("Allow", "s3:*"))
    denied(root.client("s3").list_buckets)
    org.put(org.unit, statement("Allow", "s3:*"))
    root.client("s3").list_buckets()


@pytest.mark.spec("PB-006", "PEV-004")
def test_policy_boundary_and_organization_must_all_allow(cloud: TestCloud, org: Organization, user: Any) -> None:
    account = org.accounts[0]
    iam = cloud.session(account=account).client("iam")
    limit = document(statement("Allow", ["s3:ListAllMyBuckets", "sqs:*"]))
    boundary = iam.create_policy(PolicyName="limit", PolicyDocument=limit)["Policy"]["Arn"]
    ann = user(account, "ann", statement("Allow", ["s3:ListAllMyBuckets", "sqs:ListQueues", "iam:ListUsers"]))
    iam.put_user_permissions_boundary(UserName="ann", PermissionsBoundary=boundary)
    org.only(org.unit, statement("Allow", ["s3:*", "iam:*", "sqs:CreateQueue"]))
    ann.client("s3").list_buckets()
    assert "no service control policy allows" in denied(ann.client("sqs").list_queues)
    assert "no permissions boundary allows" in denied(ann.client("iam").list_users)
    org.put(org.unit, statement("Allow", "sqs:*"))
    assert "no identity-based policy allows" in denied(ann.client("sqs").create_queue, QueueName="jobs")


@pytest.mark.spec("ORG-104")
def test_moved_attached_changed_or_detached_policies_count_at_once(cloud: TestCloud, org: Organization) -> None:
    account = org.accounts[0]
    queues = cloud.session(account=account).client("sqs")
    policy = org.put(org.unit, statement("Deny", "sqs:*"))
    denied(queues.list_queues)
    org.api.move_account(AccountId=account, SourceParentId=org.unit, DestinationParentId=org.root)
    queues.list_queues()
    org.api.move_account(AccountId=account, SourceParentId=org.root, DestinationParentId=org.unit)
    denied(queues.list_queues)
    org.api.update_policy(PolicyId=policy, Content=document(statement("Deny", "sqs:DeleteQueue")))
    queues.list_queues()
    org.api.update_policy(PolicyId=policy, Content=document(statement("Deny", "sqs:*")))
    denied(queues.list_queues)
    org.api.detach_policy(PolicyId=policy, TargetId=org.unit)
    queues.list_queues()
    org.api.attach_policy(PolicyId=policy, TargetId=org.unit)
    denied(queues.list_queues)
    org.api.disable_policy_type(RootId=org.root, PolicyType=SCP)
    queues.list_queues()


@pytest.mark.spec("PEV-012")
def test_a_control_policy_can_spare_a_region_or_a_caller(cloud: TestCloud, org: Organization, user: Any) -> None:
    account = org.accounts[0]
    ann, breaker = user(account, "ann", ALL), user(account, "breaker", ALL)
    condition = {
        "StringNotEquals": {"aws:RequestedRegion": "eu-west-1"},
        "ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:user/breaker"},
    }
    org.put(org.unit, statement("Deny", "sqs:*", Condition=condition))
    denied(ann.client("sqs", region_name="us-east-1").list_queues)
    ann.client("sqs", region_name="eu-west-1").list_queues()
    breaker.client("sqs", region_name="us-east-1").list_queues()


def test_a_member_can_be_kept_from_leaving(cloud: TestCloud, org: Organization) -> None:
    org.put(org.root, statement("Deny", "organizations:LeaveOrganization"))
    cloud.turn(days=5)
    member = cloud.session(account=org.accounts[0]).client("organizations")
    assert "explicit deny in a service control policy" in denied(member.leave_organization)


def test_a_control_policy_follows_its_callers_elsewhere(cloud: TestCloud, org: Organization, user: Any) -> None:
    first, second = org.accounts
    theirs = cloud.session(account=second).client("sqs")
    url = theirs.create_queue(QueueName="inbox")["QueueUrl"]
    theirs.add_permission(QueueUrl=url, Label="a", AWSAccountIds=[first], Actions=["SendMessage"])
    sender = user(first, "sender", ALL).client("sqs")
    sender.send_message(QueueUrl=url, MessageBody="hello")
    policy = org.put(second, statement("Deny", "sqs:SendMessage"))
    sender.send_message(QueueUrl=url, MessageBody="what rules the queue's account does not rule me")
    org.api.attach_policy(PolicyId=policy, TargetId=first)
    assert "service control policy" in denied(sender.send_message, QueueUrl=url, MessageBody="hello")


def opened_queue(cloud: TestCloud, account: str, **condition: Any) -> str:
    """Make a queue everyone may send to, under a condition; return its URL."""
    sqs = cloud.session(account=account).client("sqs")
    url: str = sqs.create_queue(QueueName="open")["QueueUrl"]
    everyone = statement("Allow", "sqs:SendMessage", Principal="*", **condition)
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": document(everyone)})
    return url


@pytest.mark.spec("PEV-012")
def test_a_queue_can_be_open_to_an_organization_or_a_part_of_it(cloud: TestCloud, org: Organization, user: Any) -> None:
    member = user(org.accounts[1], "member", ALL).client("sqs")
    boss = user(MANAGEMENT, "boss", ALL).client("sqs")
    stranger = user("999999999999", "stranger", ALL).client("sqs")
    inside = {"Condition": {"StringEquals": {"aws:PrincipalOrgID": org.id}}}
    url = opened_queue(cloud, org.accounts[0], **inside)
    member.send_message(QueueUrl=url, MessageBody="hello")
    boss.send_message(QueueUrl=url, MessageBody="hello")
    denied(stranger.send_message, QueueUrl=url, MessageBody="hello")
    below = {"aws:PrincipalOrgPaths": f"{org.id}/{org.root}/{org.unit}/*"}
    opened_queue(cloud, org.accounts[0], Condition={"ForAnyValue:StringLike": below})
    member.send_message(QueueUrl=url, MessageBody="hello")
    denied(boss.send_message, QueueUrl=url, MessageBody="hello")
    org.api.move_account(AccountId=org.accounts[1], SourceParentId=org.unit, DestinationParentId=org.root)
    denied(member.send_message, QueueUrl=url, MessageBody="hello")


def test_callers_can_be_kept_to_resources_of_their_organization(cloud: TestCloud, org: Organization, user: Any) -> None:
    condition = {"StringNotEquals": {"aws:ResourceOrgID": "${aws:PrincipalOrgID}"}}
    outside, inside = opened_queue(cloud, "999999999999"), opened_queue(cloud, org.accounts[1])
    member = user(org.accounts[0], "member", ALL).client("sqs")
    member.send_message(QueueUrl=outside, MessageBody="hello")
    org.put(org.unit, statement("Deny", "sqs:*", Condition=condition))
    member.send_message(QueueUrl=inside, MessageBody="hello")
    denied(member.send_message, QueueUrl=outside, MessageBody="hello")


@pytest.mark.spec("ORG-102", "PEV-002", "PEV-004")
def test_resources_can_be_closed_to_callers_from_outside(cloud: TestCloud, org: Organization, user: Any) -> None:
    first, second = org.accounts
    url = opened_queue(cloud, first)
    insider = user(second, "insider", ALL).client("sqs")
    stranger = user("999999999999", "stranger", ALL).client("sqs")
    stranger.send_message(QueueUrl=url, MessageBody="hello")
    outside = {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": org.id}}
    org.put(org.root, statement("Deny", "sqs:*", Principal="*", Condition=outside), type_=RCP)
    message = denied(stranger.send_message, QueueUrl=url, MessageBody="hello")
    assert "with an explicit deny in a resource control policy" in message
    insider.send_message(QueueUrl=url, MessageBody="hello")
    free = opened_queue(cloud, MANAGEMENT)
    stranger.send_message(QueueUrl=free, MessageBody="the management account's resources are free")


def test_resource_control_policies_bind_root_at_home_too(cloud: TestCloud, org: Organization) -> None:
    root = cloud.session(account=org.accounts[0])
    root.client("s3").create_bucket(Bucket="kept-for-ever")
    org.put(org.accounts[0], statement("Deny", "s3:DeleteBucket", Principal="*"), type_=RCP)
    message = denied(root.client("s3").delete_bucket, Bucket="kept-for-ever")
    assert "resource control policy" in message
    root.client("s3").put_object(Bucket="kept-for-ever", Key="a", Body=b"a")
    root.client("iam").list_users()


@pytest.mark.spec("PEV-107")
def test_services_are_not_bound_by_service_control_policies(cloud: TestCloud, org: Organization) -> None:
    org.put(org.root, statement("Deny", "*"))
    account = org.accounts[0]

    async def create() -> Any:
        from skyglobe.kernel.callers import ServiceCaller

        caller = ServiceCaller(cloud.kernel, "organizations", account, "us-east-1")
        return await caller.iam.create_user(UserName="made-by-a-service")

    assert cloud.run(create())["User"]["Arn"] == f"arn:aws:iam::{account}:user/made-by-a-service"
    denied(cloud.session(account=account).client("iam").list_users)


def test_leaving_the_organization_leaves_its_policies_behind(cloud: TestCloud, org: Organization) -> None:
    account = org.accounts[0]
    org.put(org.root, statement("Deny", "sqs:*"))
    queues = cloud.session(account=account).client("sqs")
    denied(queues.list_queues)
    cloud.turn(days=5)
    org.api.remove_account_from_organization(AccountId=account)
    queues.list_queues()


@pytest.mark.spec("PSIM-006", "PEV-102")
def test_the_simulator_tells_what_the_organization_allows(cloud: TestCloud, org: Organization, user: Any) -> None:
    account = org.accounts[0]
    ann = user(account, "ann", ALL)
    iam = cloud.session(account=account).client("iam")
    boundary = iam.create_policy(PolicyName="limit", PolicyDocument=document(statement("Allow", "sqs:*")))
    iam.put_user_permissions_boundary(UserName="ann", PermissionsBoundary=boundary["Policy"]["Arn"])
    org.put(org.unit, statement("Deny", "sqs:CreateQueue"))
    asked = ["sqs:ListQueues", "sqs:CreateQueue", "s3:ListAllMyBuckets"]
    answer = iam.simulate_principal_policy(PolicySourceArn=f"arn:aws:iam::{account}:user/ann", ActionNames=asked)
    found = [
        (
            each["EvalDecision"],
            each["OrganizationsDecisionDetail"]["AllowedByOrganizations"],
            each["PermissionsBoundaryDecisionDetail"]["AllowedByPermissionsBoundary"],
        )
        for each in answer["EvaluationResults"]
    ]
    assert found == [("allowed", True, True), ("explicitDeny", False, True), ("implicitDeny", True, False)]
    ann.client("sqs").list_queues()
    denied(ann.client("sqs").create_queue, QueueName="jobs")
    boss = org.boss.client("iam")
    user(MANAGEMENT, "bob", ALL)
    free = boss.simulate_principal_policy(PolicySourceArn=f"arn:aws:iam::{MANAGEMENT}:user/bob", ActionNames=asked)
    assert all("OrganizationsDecisionDetail" not in each for each in free["EvaluationResults"])
