"""The dump of a whole account."""

import pytest

ALLOW_ALL = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}'
TRUST = (
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", '
    '"Principal": {"Service": "ec2.amazonaws.com"}}]}'
)
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"


@pytest.fixture
def account(iam):
    """IAM in an account that has one of everything."""
    own = iam.create_policy(PolicyName="own", PolicyDocument=ALLOW_ALL)["Policy"]["Arn"]
    iam.create_user(UserName="bob", Tags=[{"Key": "team", "Value": "red"}], PermissionsBoundary=own)
    iam.create_group(GroupName="red")
    iam.add_user_to_group(GroupName="red", UserName="bob")
    iam.create_role(RoleName="worker", AssumeRolePolicyDocument=TRUST)
    iam.create_instance_profile(InstanceProfileName="machine")
    iam.add_role_to_instance_profile(InstanceProfileName="machine", RoleName="worker")
    iam.put_user_policy(UserName="bob", PolicyName="inline", PolicyDocument=ALLOW_ALL)
    iam.attach_group_policy(GroupName="red", PolicyArn=READ_ONLY)
    iam.attach_role_policy(RoleName="worker", PolicyArn=own)
    iam.create_policy_version(PolicyArn=own, PolicyDocument=ALLOW_ALL, SetAsDefault=True)
    return iam


@pytest.mark.spec("IAM-112")
def test_the_dump_shows_who_there_is_and_what_they_may_do(account):
    dump = account.get_account_authorization_details()
    (user,) = dump["UserDetailList"]
    (group,) = dump["GroupDetailList"]
    (role,) = dump["RoleDetailList"]
    own, aws_owned = dump["Policies"]
    assert user["GroupList"] == ["red"]
    assert user["UserPolicyList"][0]["PolicyDocument"]["Statement"][0]["Action"] == "*"
    assert user["PermissionsBoundary"]["PermissionsBoundaryArn"].endswith(":policy/own")
    assert user["Tags"] == [{"Key": "team", "Value": "red"}]
    assert group["AttachedManagedPolicies"] == [{"PolicyName": "ReadOnlyAccess", "PolicyArn": READ_ONLY}]
    assert role["InstanceProfileList"][0]["InstanceProfileName"] == "machine"
    assert role["AttachedManagedPolicies"][0]["PolicyName"] == "own"
    assert [version["VersionId"] for version in own["PolicyVersionList"]] == ["v2", "v1"]
    assert (own["AttachmentCount"], own["PermissionsBoundaryUsageCount"]) == (1, 1)
    assert aws_owned["Arn"] == READ_ONLY
    assert aws_owned["PolicyVersionList"][0]["Document"]["Statement"]


@pytest.mark.spec("IAM-112")
def test_the_dump_comes_by_type_and_page_by_page(account):
    only = account.get_account_authorization_details(Filter=["Group", "LocalManagedPolicy"])
    assert [group["GroupName"] for group in only["GroupDetailList"]] == ["red"]
    assert [policy["PolicyName"] for policy in only["Policies"]] == ["own"]
    assert only["UserDetailList"] == only["RoleDetailList"] == []
    pages = list(account.get_paginator("get_account_authorization_details").paginate(PaginationConfig={"PageSize": 2}))
    assert len(pages) == 3
    names = ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")
    assert [sum(len(page[name]) for page in pages) for name in names] == [1, 1, 1, 2]
