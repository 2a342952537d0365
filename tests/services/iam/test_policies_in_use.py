"""The account as a whole: who uses a policy, and everything at once."""

import json

import pytest

READ = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
DOCUMENT = json.dumps({"Version": "2012-10-17", "Statement": [READ]})
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
    }
)
AWS_POLICY = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"


@pytest.fixture
def policy(iam):
    """A policy that is attached to a user, a group and a role, and bounds another role."""
    arn = iam.create_policy(PolicyName="Shared", PolicyDocument=DOCUMENT)["Policy"]["Arn"]
    iam.create_user(UserName="ann", Path="/team/")
    iam.create_group(GroupName="Team")
    iam.add_user_to_group(GroupName="Team", UserName="ann")
    iam.create_role(RoleName="Worker", AssumeRolePolicyDocument=TRUST)
    iam.create_role(RoleName="Bounded", AssumeRolePolicyDocument=TRUST, PermissionsBoundary=arn)
    iam.attach_user_policy(UserName="ann", PolicyArn=arn)
    iam.attach_group_policy(GroupName="Team", PolicyArn=arn)
    iam.attach_role_policy(RoleName="Worker", PolicyArn=arn)
    return arn


def names(answer):
    return {
        key: [one[f"{key[6:-1]}Name"] for one in answer[key]] for key in ("PolicyUsers", "PolicyGroups", "PolicyRoles")
    }


@pytest.mark.spec("IAM-113")
def test_the_uses_of_a_policy_are_told_apart(iam, policy):
    def uses(**chosen):
        return names(iam.list_entities_for_policy(PolicyArn=policy, **chosen))

    everything = {"PolicyUsers": ["ann"], "PolicyGroups": ["Team"], "PolicyRoles": ["Bounded", "Worker"]}
    assert uses() == everything
    attached = uses(PolicyUsageFilter="PermissionsPolicy")
    assert attached == {**everything, "PolicyRoles": ["Worker"]}
    bounding = uses(PolicyUsageFilter="PermissionsBoundary")
    assert bounding == {"PolicyUsers": [], "PolicyGroups": [], "PolicyRoles": ["Bounded"]}
    assert uses(EntityFilter="Group") == {"PolicyUsers": [], "PolicyGroups": ["Team"], "PolicyRoles": []}
    assert uses(PathPrefix="/team/") == {"PolicyUsers": ["ann"], "PolicyGroups": [], "PolicyRoles": []}
    pages = iam.get_paginator("list_entities_for_policy").paginate(PolicyArn=policy, PaginationConfig={"PageSize": 1})
    assert sum(sum(map(len, names(page).values())) for page in pages) == 4


@pytest.mark.spec("IAM-112")
def test_the_whole_account_is_told_at_once(iam, policy):
    iam.put_user_policy(UserName="ann", PolicyName="own", PolicyDocument=DOCUMENT)
    iam.attach_group_policy(GroupName="Team", PolicyArn=AWS_POLICY)
    iam.create_policy_version(PolicyArn=policy, PolicyDocument=DOCUMENT)
    iam.create_instance_profile(InstanceProfileName="Profile")
    iam.add_role_to_instance_profile(InstanceProfileName="Profile", RoleName="Worker")
    told = iam.get_account_authorization_details()
    (user,) = told["UserDetailList"]
    assert user["GroupList"] == ["Team"]
    assert user["UserPolicyList"] == [{"PolicyName": "own", "PolicyDocument": json.loads(DOCUMENT)}]
    assert user["AttachedManagedPolicies"] == [{"PolicyName": "Shared", "PolicyArn": policy}]
    (group,) = told["GroupDetailList"]
    assert [one["PolicyName"] for one in group["AttachedManagedPolicies"]] == ["Shared", "AmazonS3ReadOnlyAccess"]
    bounded, worker = told["RoleDetailList"]
    assert bounded["PermissionsBoundary"]["PermissionsBoundaryArn"] == policy
    assert [one["InstanceProfileName"] for one in worker["InstanceProfileList"]] == ["Profile"]
    assert worker["AssumeRolePolicyDocument"] == json.loads(TRUST)
    local, ours = told["Policies"]
    assert [one["VersionId"] for one in local["PolicyVersionList"]] == ["v2", "v1"]
    assert local["PolicyVersionList"][0]["Document"] == json.loads(DOCUMENT)
    assert ours["Arn"] == AWS_POLICY


@pytest.mark.spec("IAM-112")
def test_the_account_is_told_by_kind_and_page(iam, policy):
    roles = iam.get_account_authorization_details(Filter=["Role"])
    assert [one["RoleName"] for one in roles["RoleDetailList"]] == ["Bounded", "Worker"]
    assert roles["UserDetailList"] == roles["GroupDetailList"] == roles["Policies"] == []
    pages = list(iam.get_paginator("get_account_authorization_details").paginate(PaginationConfig={"PageSize": 2}))
    lists = ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")
    assert [sum(len(page[name]) for name in lists) for page in pages] == [2, 2, 1]
