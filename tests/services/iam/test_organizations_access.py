"""Access reports of organizations tell from real calls what accounts used of what policies leave them."""

import json

import pytest

from tests.services.iam.signing import code, refusal, session_of

MANAGEMENT = "111111111111"
SCP = "SERVICE_CONTROL_POLICY"


class Organization:
    """An organization with a unit, and an account in it."""

    def __init__(self, cloud):
        self.cloud = cloud
        self.session = cloud.session(account=MANAGEMENT)
        self.iam, self.api = self.session.client("iam"), self.session.client("organizations")
        id_ = self.api.create_organization()["Organization"]["Id"]
        self.root = self.api.list_roots()["Roots"][0]["Id"]
        self.unit = self.api.create_organizational_unit(ParentId=self.root, Name="unit")["OrganizationalUnit"]["Id"]
        asked = self.api.create_account(AccountName="one", Email="one@example.org")["CreateAccountStatus"]["Id"]
        cloud.settle()
        status = self.api.describe_create_account_status(CreateAccountRequestId=asked)["CreateAccountStatus"]
        self.member = status["AccountId"]
        self.api.move_account(AccountId=self.member, SourceParentId=self.root, DestinationParentId=self.unit)
        self.of_root = f"{id_}/{self.root}"
        self.of_unit = f"{self.of_root}/{self.unit}"
        self.of_member = f"{self.of_unit}/{self.member}"

    def put(self, name, target, *statements):
        """Attach a service control policy; return its id."""
        content = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
        made = self.api.create_policy(Name=name, Description="", Type=SCP, Content=content)["Policy"]
        self.api.attach_policy(PolicyId=made["PolicySummary"]["Id"], TargetId=target)
        return made["PolicySummary"]["Id"]

    def report(self, path, policy=None, **more):
        chosen = {"OrganizationsPolicyId": policy} if policy else {}
        job = self.iam.generate_organizations_access_report(EntityPath=path, **chosen)["JobId"]
        return self.iam.get_organizations_access_report(JobId=job, MaxItems=1000, **more)

    def services(self, path, policy=None):
        return {row["ServiceNamespace"]: row for row in self.report(path, policy)["AccessDetails"]}


@pytest.fixture
def org(cloud):
    made = Organization(cloud)
    made.api.enable_policy_type(RootId=made.root, PolicyType=SCP)
    return made


@pytest.fixture
def user(cloud, org):
    """A user of the member account who may do everything."""
    iam = cloud.session(account=org.member).client("iam")
    iam.create_user(UserName="ann")
    iam.attach_user_policy(UserName="ann", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    return session_of(cloud, iam.create_access_key(UserName="ann")["AccessKey"], "eu-west-1")


def test_a_report_tells_when_accounts_used_the_services_their_policies_leave(cloud, org, user):
    user.client("sqs").list_queues()
    at = cloud.now // 1000
    cloud.turn(hours=1)
    for path in (org.of_root, org.of_unit, org.of_member):
        found = org.services(path)
        used = found["sqs"]
        assert abs(used["LastAuthenticatedTime"].timestamp() - at) < 60
        assert (used["Region"], used["EntityPath"]) == ("eu-west-1", org.of_member)
        assert used["TotalAuthenticatedEntities"] == 1
        assert "LastAuthenticatedTime" not in found["sns"]
    deny = {"Effect": "Deny", "Action": ["sqs:*"], "Resource": "*"}
    org.put("no queues", org.unit, deny)
    assert "sqs" in org.services(org.of_root), "the root is above the policy"
    assert "sqs" not in org.services(org.of_member)
    assert "sns" in org.services(org.of_member)


def test_a_report_on_one_policy_tells_of_what_that_policy_allows(cloud, org, user):
    few = org.put("few", org.unit, {"Effect": "Allow", "Action": ["s3:*", "sns:Publish"], "Resource": "*"})
    user.client("s3").list_buckets()
    found = org.services(org.of_unit, few)
    assert list(found) == ["s3", "sns"]
    assert found["s3"]["EntityPath"] == org.of_member
    answer = org.report(org.of_unit, few)
    assert (answer["NumberOfServicesAccessible"], answer["NumberOfServicesNotAccessed"]) == (2, 1)
    latest = org.report(org.of_unit, few, SortKey="LAST_AUTHENTICATED_TIME_ASCENDING")["AccessDetails"]
    assert [row["ServiceNamespace"] for row in latest] == ["sns", "s3"]


def test_a_report_is_for_the_management_account_and_for_what_is_there(cloud, org):
    generate = org.iam.generate_organizations_access_report
    for nowhere in (f"{org.of_root}/{org.member}", f"{org.of_unit}/999999999999", "o-aaaaaaaaaa/" + org.root):
        assert refusal(generate, EntityPath=nowhere)[:2] == ("NoSuchEntity", 404)
    assert code(generate, EntityPath=org.of_root, OrganizationsPolicyId="p-12345678") == "NoSuchEntity"
    member = cloud.session(account=org.member).client("iam")
    assert refusal(member.generate_organizations_access_report, EntityPath=org.of_root)[:2] == ("AccessDenied", 403)
    job = generate(EntityPath=org.of_root)["JobId"]
    first = org.iam.get_organizations_access_report(JobId=job, MaxItems=2)
    second = org.iam.get_organizations_access_report(JobId=job, MaxItems=2, Marker=first["Marker"])
    assert first["AccessDetails"] + second["AccessDetails"] == org.report(org.of_root)["AccessDetails"][:4]
    cloud.turn(days=8)
    assert code(org.iam.get_organizations_access_report, JobId=job) == "NoSuchEntity"


def test_without_service_control_policies_there_is_no_report(cloud):
    org = Organization(cloud)
    assert code(org.iam.generate_organizations_access_report, EntityPath=org.of_root) == "InvalidInput"
