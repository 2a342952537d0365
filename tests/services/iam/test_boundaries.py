"""Permissions boundaries: the most that policies can give a user or a role."""

import json

import pytest

from tests.services.iam.signing import code, refusal, session_of

ACCOUNT = "000000000000"


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action, resource="*", **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action, resource="*", **more):
    return {**allow(action, resource, **more), "Effect": "Deny"}


TRUST = document({"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"})


@pytest.fixture
def limit(iam):
    """Make a managed policy; return its ARN."""

    def make(name, *statements):
        return iam.create_policy(PolicyName=name, PolicyDocument=document(*statements))["Policy"]["Arn"]

    return make


@pytest.fixture
def user(cloud, iam):
    """Make a user with inline statements; return its session."""

    def make(name, *statements, **more):
        iam.create_user(UserName=name, **more)
        if statements:
            iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=document(*statements))
        return session_of(cloud, iam.create_access_key(UserName=name)["AccessKey"])

    return make


@pytest.fixture
def assume(cloud, user):
    """Assume a role as a user who may do that; return the role's session."""
    maker = user("maker", allow("sts:AssumeRole")).client("sts")

    def of(arn):
        return session_of(cloud, maker.assume_role(RoleArn=arn, RoleSessionName="work")["Credentials"])

    return of


@pytest.fixture
def secret(aws):
    """A bucket with an object in it; the function puts its policy."""
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="secret")
    s3.put_object(Bucket="secret", Key="a", Body=b"apple")

    def open_to(principal):
        grant = {**allow("s3:GetObject", "arn:aws:s3:::secret/*"), "Principal": {"AWS": principal}}
        s3.put_bucket_policy(Bucket="secret", Policy=document(grant))

    return open_to


@pytest.mark.spec("PB-001")
def test_users_and_roles_have_boundaries_and_groups_have_none(iam, user, limit, assume):
    bounds = limit("Bounds", allow("sqs:*"))
    ann = user("ann", allow("*"))
    iam.put_user_permissions_boundary(UserName="ann", PermissionsBoundary=bounds)
    role = iam.create_role(RoleName="Worker", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    iam.put_role_policy(RoleName="Worker", PolicyName="all", PolicyDocument=document(allow("*")))
    iam.put_role_permissions_boundary(RoleName="Worker", PermissionsBoundary=bounds)
    shown = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": bounds}
    assert iam.get_user(UserName="ann")["User"]["PermissionsBoundary"] == shown
    assert iam.get_role(RoleName="Worker")["Role"]["PermissionsBoundary"] == shown
    for bounded in (ann, assume(role)):
        bounded.client("sqs").list_queues()
        assert code(bounded.client("s3").list_buckets) == "AccessDenied"
    iam.create_group(GroupName="Team")
    assert "PermissionsBoundary" not in iam.get_group(GroupName="Team")["Group"]
    assert not [name for name in dir(iam) if "group" in name and "boundary" in name]


@pytest.mark.spec("PB-002")
@pytest.mark.parametrize(
    ("arn", "refused_with"),
    [
        (f"arn:aws:iam::{ACCOUNT}:policy/nowhere", ("NoSuchEntity", 404)),
        ("arn:aws:iam::aws:policy/NoPolicyOfAws", ("NoSuchEntity", 404)),
        (f"arn:aws:iam::{ACCOUNT}:user/ann", ("InvalidInput", 400)),
        ("arn:aws:s3:::secret-bucket", ("InvalidInput", 400)),
    ],
)
def test_only_a_managed_policy_is_a_boundary(iam, arn, refused_with):
    iam.create_user(UserName="ann")
    iam.create_role(RoleName="Worker", AssumeRolePolicyDocument=TRUST)
    bounds = {"PermissionsBoundary": arn}
    assert refusal(iam.put_user_permissions_boundary, UserName="ann", **bounds)[:2] == refused_with
    assert refusal(iam.put_role_permissions_boundary, RoleName="Worker", **bounds)[:2] == refused_with
    assert refusal(iam.create_user, UserName="bob", **bounds)[:2] == refused_with
    made = {"RoleName": "Other", "AssumeRolePolicyDocument": TRUST}
    assert refusal(iam.create_role, **made, **bounds)[:2] == refused_with
    assert "PermissionsBoundary" not in iam.get_user(UserName="ann")["User"]
    assert code(iam.get_user, UserName="bob") == "NoSuchEntity"


@pytest.mark.spec("PB-003", "PB-004")
def test_a_boundary_gives_nothing_and_takes_what_is_outside(iam, user, limit):
    ann = user("ann", PermissionsBoundary=limit("Bounds", allow("s3:*")))
    text = refusal(ann.client("s3").list_buckets)[2]
    assert text.endswith("because no identity-based policy allows the s3:ListAllMyBuckets action")
    iam.put_user_policy(UserName="ann", PolicyName="all", PolicyDocument=document(allow("*")))
    ann.client("s3").list_buckets()
    text = refusal(ann.client("sqs").list_queues)[2]
    assert text.endswith("because no permissions boundary allows the sqs:ListQueues action")


@pytest.mark.spec("PB-005")
def test_a_buckets_policy_passes_the_boundary_of_a_user_it_names_but_not_of_a_role(iam, user, limit, assume, secret):
    bounds = limit("Bounds", allow("sqs:*"))
    ann = user("ann", PermissionsBoundary=bounds).client("s3")
    assert code(ann.get_object, Bucket="secret", Key="a") == "AccessDenied"
    secret(f"arn:aws:iam::{ACCOUNT}:user/ann")
    assert ann.get_object(Bucket="secret", Key="a")["Body"].read() == b"apple"
    made = {"AssumeRolePolicyDocument": TRUST, "PermissionsBoundary": bounds}
    role = iam.create_role(RoleName="Worker", **made)["Role"]["Arn"]
    worker = assume(role).client("s3")
    secret(role)
    text = refusal(worker.get_object, Bucket="secret", Key="a")[2]
    assert text.endswith("because no permissions boundary allows the s3:GetObject action")
    iam.delete_role_permissions_boundary(RoleName="Worker")
    assert worker.get_object(Bucket="secret", Key="a")["Body"].read() == b"apple"


@pytest.mark.spec("PB-008")
def test_what_a_boundary_denies_no_policy_gives_back(user, limit, secret):
    bounds = limit("Bounds", allow("*"), deny("s3:GetObject"))
    ann = user("ann", allow("*"), PermissionsBoundary=bounds).client("s3")
    secret(f"arn:aws:iam::{ACCOUNT}:user/ann")
    ann.list_objects_v2(Bucket="secret")
    text = refusal(ann.get_object, Bucket="secret", Key="a")[2]
    assert text.endswith("with an explicit deny in a permissions boundary")


@pytest.mark.spec("PB-100")
def test_who_makes_roles_can_be_made_to_bound_them(iam, user, limit):
    bounds, loose = limit("Bounds", allow("s3:*")), limit("Loose", allow("*"))
    with_bounds = {"StringEquals": {"iam:PermissionsBoundary": bounds}}
    making = ["iam:CreateRole", "iam:PutRolePolicy"]
    admin = user("admin", allow(making, Condition=with_bounds)).client("iam")
    role = {"RoleName": "Worker", "AssumeRolePolicyDocument": TRUST}
    assert refusal(admin.create_role, **role)[:2] == ("AccessDenied", 403)
    assert code(admin.create_role, **role, PermissionsBoundary=loose) == "AccessDenied"
    admin.create_role(**role, PermissionsBoundary=bounds)
    inline = {"PolicyName": "all", "PolicyDocument": document(allow("*"))}
    admin.put_role_policy(RoleName="Worker", **inline)
    iam.create_role(RoleName="Free", AssumeRolePolicyDocument=TRUST)
    assert code(admin.put_role_policy, RoleName="Free", **inline) == "AccessDenied"


@pytest.mark.spec("PB-101")
def test_without_its_boundary_a_role_may_more_at_once(iam, user, limit, assume):
    made = {"AssumeRolePolicyDocument": TRUST, "PermissionsBoundary": limit("Bounds", allow("sqs:*"))}
    role = iam.create_role(RoleName="Worker", **made)["Role"]["Arn"]
    iam.put_role_policy(RoleName="Worker", PolicyName="all", PolicyDocument=document(allow("*")))
    worker = assume(role).client("s3")
    assert code(worker.list_buckets) == "AccessDenied"
    keeper = user("keeper", allow(["iam:*"]), deny("iam:DeleteRolePermissionsBoundary")).client("iam")
    assert code(keeper.delete_role_permissions_boundary, RoleName="Worker") == "AccessDenied"
    assert code(worker.list_buckets) == "AccessDenied"
    remover = user("remover", allow("iam:DeleteRolePermissionsBoundary")).client("iam")
    remover.delete_role_permissions_boundary(RoleName="Worker")
    worker.list_buckets()


@pytest.mark.spec("PB-102")
def test_a_boundary_given_at_birth_is_shown_and_holds(iam, user, limit, assume):
    bounds = limit("Bounds", allow("sqs:*"))
    shown = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": bounds}
    ann = user("ann", allow("*"), PermissionsBoundary=bounds)
    made = {"RoleName": "Worker", "AssumeRolePolicyDocument": TRUST, "PermissionsBoundary": bounds}
    role = iam.create_role(**made)["Role"]
    iam.put_role_policy(RoleName="Worker", PolicyName="all", PolicyDocument=document(allow("*")))
    assert role["PermissionsBoundary"] == shown
    assert iam.get_role(RoleName="Worker")["Role"]["PermissionsBoundary"] == shown
    assert iam.get_user(UserName="ann")["User"]["PermissionsBoundary"] == shown
    for bounded in (ann, assume(role["Arn"])):
        bounded.client("sqs").list_queues()
        assert code(bounded.client("s3").list_buckets) == "AccessDenied"


@pytest.mark.spec("PB-103")
def test_a_policy_that_bounds_somebody_is_not_deleted(iam, limit):
    bounds = limit("Bounds", allow("sqs:*"))
    iam.create_user(UserName="ann", PermissionsBoundary=bounds)
    assert refusal(iam.delete_policy, PolicyArn=bounds)[:2] == ("DeleteConflict", 409)
    used = iam.list_entities_for_policy(PolicyArn=bounds, PolicyUsageFilter="PermissionsBoundary")
    assert [one["UserName"] for one in used["PolicyUsers"]] == ["ann"]
    attached = iam.list_entities_for_policy(PolicyArn=bounds, PolicyUsageFilter="PermissionsPolicy")
    assert attached["PolicyUsers"] == []
    iam.delete_user_permissions_boundary(UserName="ann")
    iam.delete_policy(PolicyArn=bounds)


@pytest.mark.spec("PB-104")
def test_a_service_linked_role_takes_no_boundary(iam, limit):
    linked = iam.create_service_linked_role(AWSServiceName="autoscaling.amazonaws.com")["Role"]["RoleName"]
    bounds = limit("Bounds", allow("*"))
    found = refusal(iam.put_role_permissions_boundary, RoleName=linked, PermissionsBoundary=bounds)
    assert found[:2] == ("UnmodifiableEntity", 400)
    assert "PermissionsBoundary" not in iam.get_role(RoleName=linked)["Role"]
