"""All of it at once: a role assumed from another account, under every kind of policy, reads one prefix of a bucket."""

import pytest

from tests.policies.test_organization_enforcement import MANAGEMENT, Organization, denied, document, statement
from tests.services.sts.conftest import Account, allow, trust
from tests.services.sts.test_sessions_of_users import Phone

LAKE = "arn:aws:s3:::lake"


@pytest.fixture
def org(cloud):
    return Organization(cloud)


@pytest.fixture
def lake(cloud, org):
    """A bucket of the management account that everybody of the organization may read, and nobody else."""
    s3 = cloud.session(account=MANAGEMENT).client("s3")
    s3.create_bucket(Bucket="lake")
    for key in ("reports/1", "salaries/1"):
        s3.put_object(Bucket="lake", Key=key, Body=key.encode())
    inside = {"StringEquals": {"aws:PrincipalOrgID": org.id}}
    opened = {**statement("Allow", ["s3:GetObject", "s3:DeleteObject"], Condition=inside), "Principal": "*"}
    s3.put_bucket_policy(Bucket="lake", Policy=document({**opened, "Resource": f"{LAKE}/*"}))
    return s3


@pytest.mark.spec("S3ACL-014", "S3ACL-005")
def test_a_role_reads_one_prefix_of_another_account_s_bucket(cloud, org, lake):
    here, away = Account(cloud, org.accounts[0]), Account(cloud, org.accounts[1])
    limits = document(allow("s3:*", f"{LAKE}/*"))
    boundary = here.iam.create_policy(PolicyName="limits", PolicyDocument=limits)["Policy"]["Arn"]
    conditions = {"StringEquals": {"sts:ExternalId": "e-42"}, "Bool": {"aws:MultiFactorAuthPresent": "true"}}
    trusting = trust({"AWS": away.root}, Condition=conditions)
    role = here.role("reader", trusting, allow("*"), PermissionsBoundary=boundary)
    ann = away.user("ann", allow("sts:AssumeRole", role))
    phone = Phone(cloud, away, "ann")
    org.put(org.unit, statement("Deny", "s3:DeleteObject"))

    assume = ann.client("sts").assume_role
    asked = {"RoleArn": role, "RoleSessionName": "ann", "Policy": document(allow("s3:*", f"{LAKE}/reports/*"))}
    denied(assume, **asked, ExternalId="e-42")
    denied(assume, **asked, **phone.proof())
    session = here.keys(assume(**asked, ExternalId="e-42", **phone.proof())["Credentials"])
    s3 = session.client("s3")
    assert s3.get_object(Bucket="lake", Key="reports/1")["Body"].read() == b"reports/1"
    assert "session policy" in denied(s3.get_object, Bucket="lake", Key="salaries/1")
    assert "service control policy" in denied(s3.delete_object, Bucket="lake", Key="reports/1")
    assert denied(s3.put_object, Bucket="lake", Key="reports/2", Body=b"")
    denied(session.client("sqs").list_queues)

    stranger = Account(cloud, "999999999999").user("eve", allow("*"))
    denied(stranger.client("s3").get_object, Bucket="lake", Key="reports/1")
    lake.delete_bucket_policy(Bucket="lake")
    denied(s3.get_object, Bucket="lake", Key="reports/1")
