"""Service-linked roles: made for a service, protected from others, deleted in the background."""

import pytest

AUTOSCALING = "autoscaling.amazonaws.com"
NAME = "AWSServiceRoleForAutoScaling"


@pytest.fixture
def role(iam):
    return iam.create_service_linked_role(AWSServiceName=AUTOSCALING, Description="Scales.")["Role"]


@pytest.mark.spec("IAM-108")
def test_a_service_linked_role_trusts_its_service_and_has_its_policy(iam, role):
    assert role["Arn"] == f"arn:aws:iam::000000000000:role/aws-service-role/{AUTOSCALING}/{NAME}"
    assert role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == {"Service": AUTOSCALING}
    (attached,) = iam.list_attached_role_policies(RoleName=NAME)["AttachedPolicies"]
    assert attached["PolicyName"] == "AutoScalingServiceRolePolicy"
    policy = iam.get_policy(PolicyArn=attached["PolicyArn"])["Policy"]
    assert not policy["IsAttachable"]
    assert policy["AttachmentCount"] == 1


@pytest.mark.spec("IAM-108")
def test_nobody_changes_a_service_linked_role(iam, role, refused):
    wanted = (
        "UnmodifiableEntity",
        400,
        f"Cannot perform the operation on the protected role '{NAME}' - this role is only modifiable by AWS",
    )
    arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    attached = iam.list_attached_role_policies(RoleName=NAME)["AttachedPolicies"][0]["PolicyArn"]
    for change in (
        lambda: iam.attach_role_policy(RoleName=NAME, PolicyArn=arn),
        lambda: iam.detach_role_policy(RoleName=NAME, PolicyArn=attached),
        lambda: iam.put_role_policy(RoleName=NAME, PolicyName="p", PolicyDocument="{}"),
        lambda: iam.put_role_permissions_boundary(RoleName=NAME, PermissionsBoundary=arn),
        lambda: iam.update_role(RoleName=NAME, MaxSessionDuration=7_200),
        lambda: iam.update_assume_role_policy(RoleName=NAME, PolicyDocument="{}"),
        lambda: iam.delete_role(RoleName=NAME),
    ):
        assert refused(change) == wanted
    assert iam.update_role_description(RoleName=NAME, Description="New.")["Role"]["Description"] == "New."


@pytest.mark.spec("IAM-108")
def test_a_service_linked_role_is_deleted_in_the_background(iam, cloud, role, refused):
    task = iam.delete_service_linked_role(RoleName=NAME)["DeletionTaskId"]
    assert task.startswith(f"task/aws-service-role/{AUTOSCALING}/{NAME}/")
    cloud.turn(seconds=1)
    assert iam.get_service_linked_role_deletion_status(DeletionTaskId=task)["Status"] == "SUCCEEDED"
    assert refused(iam.get_role, RoleName=NAME)[0] == "NoSuchEntity"
    iam.create_service_linked_role(AWSServiceName=AUTOSCALING)
    unknown = "task/aws-service-role/none"
    assert refused(iam.get_service_linked_role_deletion_status, DeletionTaskId=unknown)[0] == "NoSuchEntity"


def test_a_service_has_one_role_unless_it_takes_suffixes(iam, role, refused):
    assert refused(iam.create_service_linked_role, AWSServiceName=AUTOSCALING) == (
        "InvalidInput",
        400,
        f"Service role name {NAME} has been taken in this account, please try a different suffix.",
    )
    other = iam.create_service_linked_role(AWSServiceName=AUTOSCALING, CustomSuffix="mine")["Role"]
    assert other["RoleName"] == f"{NAME}_mine"
    for wrong in (
        {"AWSServiceName": "none.amazonaws.com"},
        {"AWSServiceName": "ecs.amazonaws.com", "CustomSuffix": "x"},
    ):
        assert refused(iam.create_service_linked_role, **wrong)[:2] == ("InvalidInput", 400)


def test_other_roles_are_not_deleted_as_service_linked_ones(iam, refused):
    trust = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}}'
    iam.create_role(RoleName="Role", AssumeRolePolicyDocument=trust)
    assert refused(iam.delete_service_linked_role, RoleName="Role")[:2] == ("InvalidInput", 400)
    wrong = {"RoleName": "Other", "Path": "/aws-service-role/x/", "AssumeRolePolicyDocument": trust}
    assert refused(iam.create_role, **wrong)[:2] == ("ValidationError", 400)
