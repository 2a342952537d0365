"""What calls to IAM need to be allowed: action, resource and condition keys."""

import json

import pytest

from skyglobe.kernel.call import Call
from skyglobe.kernel.principals import root_of
from skyglobe.kernel.service import Operation
from skyglobe.kernel.wire import Request
from skyglobe.services.iam import iam
from skyglobe.services.iam.needs import find_needs

HERE = "arn:aws:iam::000000000000:"
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
    }
)


@pytest.fixture
def needs(cloud):
    """Return the needs of a call by the account's root user."""

    def find(operation, **params):
        def look(scope):
            there = scope.within("000000000000", "us-east-1")
            call = Call(
                there.kernel,
                there.writes,
                there.account,
                there.region,
                there.now,
                operation=Operation(iam, operation, find_needs, ()),
                principal=root_of("000000000000"),
                request=Request("POST", "/"),
                request_id="",
                protocol="query",
            )
            return find_needs(call, operation, params)

        return cloud.run(cloud.kernel.transact(look))

    return find


@pytest.mark.parametrize(
    ("operation", "params", "resource"),
    [
        ("CreateUser", {"UserName": "ann", "Path": "/team/"}, HERE + "user/team/ann"),
        ("GetUser", {}, HERE + "root"),
        ("AddUserToGroup", {"GroupName": "Team", "UserName": "ann"}, HERE + "group/Team"),
        ("ListUsers", {}, "*"),
        ("CreatePolicy", {"PolicyName": "P", "Path": "/x/"}, HERE + "policy/x/P"),
        ("GetPolicy", {"PolicyArn": "arn:aws:iam::aws:policy/P"}, "arn:aws:iam::aws:policy/P"),
        ("CreateOpenIDConnectProvider", {"Url": "https://idp.example.com/a"}, HERE + "oidc-provider/idp.example.com/a"),
        (
            "CreateServiceLinkedRole",
            {"AWSServiceName": "ecs.amazonaws.com"},
            HERE + "role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS",
        ),
    ],
)
def test_a_call_needs_its_action_on_its_resource(needs, operation, params, resource):
    (need,) = needs(operation, **params)
    assert (need.action, need.resource, need.account) == (f"iam:{operation}", resource, "000000000000")


def test_an_entity_is_known_by_its_own_path_and_tags(needs, iam):
    iam.create_user(UserName="Ann", Path="/team/", Tags=[{"Key": "Stage", "Value": "test"}])
    (need,) = needs("GetUser", UserName="ann")
    assert need.resource == HERE + "user/team/Ann"
    assert need.context == {"iam:resourcetag/stage": "test"}


def test_handing_a_role_to_an_instance_needs_pass_role(needs, iam):
    iam.create_role(RoleName="Role", Path="/team/", AssumeRolePolicyDocument=TRUST)
    _, passing = needs("AddRoleToInstanceProfile", InstanceProfileName="P", RoleName="Role")
    assert (passing.action, passing.resource) == ("iam:PassRole", HERE + "role/team/Role")
    assert passing.context == {"iam:passedtoservice": "ec2.amazonaws.com"}


def test_the_policy_and_the_boundary_of_a_change_are_condition_keys(needs, iam):
    bounds = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    iam.create_user(UserName="ann", PermissionsBoundary=bounds)
    attached = "arn:aws:iam::aws:policy/AdministratorAccess"
    (need,) = needs("AttachUserPolicy", UserName="ann", PolicyArn=attached)
    assert need.resource == HERE + "user/ann"
    assert need.context == {"iam:policyarn": attached, "iam:permissionsboundary": bounds}
    (need,) = needs("CreateRole", RoleName="r", PermissionsBoundary=bounds)
    assert need.context == {"iam:permissionsboundary": bounds}
    (need,) = needs("GetUserPolicy", UserName="ann", PolicyName="p")
    assert need.context == {}
