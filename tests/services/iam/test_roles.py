"""Roles: who may assume them, how long, and what keeps them from being deleted."""

import json

import pytest


def trust(**principal):
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


EC2 = trust(Service="ec2.amazonaws.com")


def principal_of(iam, name="Role"):
    return iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]


@pytest.fixture
def role(iam):
    return iam.create_role(RoleName="Role", AssumeRolePolicyDocument=EC2, Path="/team/")["Role"]


@pytest.mark.spec("IAM-022")
def test_a_role_is_an_identity_without_password_or_keys(iam, role):
    assert role["RoleId"].startswith("AROA")
    assert role["Arn"] == "arn:aws:iam::000000000000:role/team/Role"
    assert role["AssumeRolePolicyDocument"] == json.loads(EC2)
    found = iam.get_role(RoleName="ROLE")["Role"]
    assert found["RoleId"] == role["RoleId"]
    assert found["MaxSessionDuration"] == 3_600
    of_users = ("access_key", "login_profile")
    assert [name for name in dir(iam) for kind in of_users if kind in name and "role" in name] == []


def test_names_of_roles_are_unique_without_case(iam, role, refused):
    assert refused(iam.create_role, RoleName="role", AssumeRolePolicyDocument=EC2) == (
        "EntityAlreadyExists",
        409,
        "Role with name role already exists.",
    )
    assert refused(iam.get_role, RoleName="none") == ("NoSuchEntity", 404, "The role with name none cannot be found.")


@pytest.mark.spec("IAM-005")
def test_a_group_is_no_principal(iam, refused):
    iam.create_group(GroupName="x")
    arn = "arn:aws:iam::000000000000:group/x"
    assert refused(iam.create_role, RoleName="r", AssumeRolePolicyDocument=trust(AWS=arn)) == (
        "MalformedPolicyDocument",
        400,
        f'Invalid principal in policy: "AWS":"{arn}"',
    )


@pytest.mark.parametrize(
    "principal",
    [
        {"AWS": "arn:aws:iam::000000000000:user/nobody"},
        {"AWS": ["*", "arn:aws:iam::111122223333:role/none"]},
        {"AWS": "arn:aws:iam::000000000000:user/*"},
        {"AWS": "AIDAAAAAAAAAAAAAAAAAA"},
        {"AWS": "somebody"},
        {"Service": "ec2"},
        {"Federated": "arn:aws:iam::000000000000:saml-provider/none"},
    ],
)
def test_a_trust_policy_names_only_who_is_there(iam, principal, refused):
    code, status, message = refused(iam.create_role, RoleName="r", AssumeRolePolicyDocument=trust(**principal))
    assert (code, status) == ("MalformedPolicyDocument", 400)
    assert message.startswith("Invalid principal in policy: ")


def test_a_trust_policy_needs_a_principal_and_no_resource(iam, refused):
    without = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole"}]})
    statement = {**json.loads(EC2)["Statement"][0], "Resource": "*"}
    within = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    for document in (without, within, "{"):
        assert refused(iam.create_role, RoleName="r", AssumeRolePolicyDocument=document)[:2] == (
            "MalformedPolicyDocument",
            400,
        )


def test_an_account_in_a_trust_policy_stands_for_its_root(iam):
    iam.create_role(RoleName="Role", AssumeRolePolicyDocument=trust(AWS="111122223333"))
    assert principal_of(iam) == {"AWS": "arn:aws:iam::111122223333:root"}


def test_a_deleted_user_is_named_by_its_id_and_another_of_its_name_is_not_meant(iam):
    user = iam.create_user(UserName="ann")["User"]
    iam.create_role(RoleName="Role", AssumeRolePolicyDocument=trust(AWS=user["Arn"]))
    assert principal_of(iam) == {"AWS": user["Arn"]}
    iam.update_user(UserName="ann", NewUserName="anna")
    assert principal_of(iam) == {"AWS": user["Arn"] + "a"}
    iam.delete_user(UserName="anna")
    assert principal_of(iam) == {"AWS": user["UserId"]}
    iam.create_user(UserName="ann")
    assert principal_of(iam) == {"AWS": user["UserId"]}
    again = trust(AWS=user["Arn"])
    iam.update_assume_role_policy(RoleName="Role", PolicyDocument=again)
    assert principal_of(iam) == {"AWS": user["Arn"]}


def test_a_role_can_trust_a_role_of_another_account(iam, cloud):
    other = cloud.session(account="111122223333").client("iam")
    there = other.create_role(RoleName="There", AssumeRolePolicyDocument=EC2)["Role"]
    iam.create_role(RoleName="Role", AssumeRolePolicyDocument=trust(AWS=[there["Arn"]]))
    other.delete_role(RoleName="There")
    assert principal_of(iam) == {"AWS": [there["RoleId"]]}


def test_a_trust_policy_has_a_size(iam, refused):
    long = trust(Service=[f"service{number}.amazonaws.com" for number in range(80)])
    assert refused(iam.create_role, RoleName="r", AssumeRolePolicyDocument=long) == (
        "LimitExceeded",
        409,
        "Cannot exceed quota for ACLSizePerRole: 2048",
    )


@pytest.mark.spec("IAM-114")
def test_the_longest_session_is_an_hour_to_twelve(aws, iam, role, refused):
    from botocore.config import Config

    unchecked = aws.client("iam", config=Config(parameter_validation=False))
    for seconds in (3_599, 43_201):
        assert refused(unchecked.update_role, RoleName="Role", MaxSessionDuration=seconds)[:2] == (
            "ValidationError",
            400,
        )
    for seconds in (3_600, 43_200):
        iam.update_role(RoleName="Role", MaxSessionDuration=seconds, Description="Long.")
        assert iam.get_role(RoleName="Role")["Role"]["MaxSessionDuration"] == seconds
    assert iam.update_role_description(RoleName="Role", Description="")["Role"].get("Description", "") == ""


@pytest.mark.spec("IAM-105")
def test_tags_of_roles_go_round(iam, role):
    iam.tag_role(RoleName="Role", Tags=[{"Key": "b", "Value": "1"}, {"Key": "a", "Value": "2"}])
    tags = [{"Key": "a", "Value": "2"}, {"Key": "b", "Value": "1"}]
    assert iam.list_role_tags(RoleName="Role")["Tags"] == tags
    first = iam.list_role_tags(RoleName="Role", MaxItems=1)
    assert iam.list_role_tags(RoleName="Role", Marker=first["Marker"])["Tags"] == tags[1:]
    iam.untag_role(RoleName="Role", TagKeys=["a"])
    assert iam.get_role(RoleName="Role")["Role"]["Tags"] == tags[1:]


@pytest.mark.spec("IAM-104")
def test_roles_are_listed_by_path_and_page(iam, role):
    for name in ("b", "a", "C"):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=EC2)
    pages = list(iam.get_paginator("list_roles").paginate(PaginationConfig={"PageSize": 2}))
    assert [[one["RoleName"] for one in page["Roles"]] for page in pages] == [["a", "b"], ["C", "Role"]]
    assert [one["RoleName"] for one in iam.list_roles(PathPrefix="/team/")["Roles"]] == ["Role"]


@pytest.mark.spec("IAM-107")
def test_an_instance_profile_holds_one_role(iam, role, refused):
    profile = iam.create_instance_profile(InstanceProfileName="Profile", Tags=[{"Key": "a", "Value": "b"}])
    assert profile["InstanceProfile"]["InstanceProfileId"].startswith("AIPA")
    iam.add_role_to_instance_profile(InstanceProfileName="profile", RoleName="role")
    assert refused(iam.add_role_to_instance_profile, InstanceProfileName="Profile", RoleName="Role") == (
        "LimitExceeded",
        409,
        "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1",
    )
    (inside,) = iam.get_instance_profile(InstanceProfileName="Profile")["InstanceProfile"]["Roles"]
    assert inside["RoleId"] == role["RoleId"]
    (listed,) = iam.list_instance_profiles_for_role(RoleName="Role")["InstanceProfiles"]
    assert listed["InstanceProfileName"] == "Profile"
    wanted = ("DeleteConflict", 409, "Cannot delete entity, must remove roles from instance profile first.")
    assert refused(iam.delete_instance_profile, InstanceProfileName="Profile") == wanted
    assert refused(iam.delete_role, RoleName="Role") == wanted
    iam.remove_role_from_instance_profile(InstanceProfileName="Profile", RoleName="Role")
    iam.delete_instance_profile(InstanceProfileName="Profile")
    iam.delete_role(RoleName="Role")
    assert refused(iam.get_instance_profile, InstanceProfileName="Profile")[0] == "NoSuchEntity"


def test_instance_profiles_keep_path_and_tags(iam, refused):
    iam.create_instance_profile(InstanceProfileName="Profile", Path="/team/")
    assert refused(iam.create_instance_profile, InstanceProfileName="PROFILE")[0] == "EntityAlreadyExists"
    iam.tag_instance_profile(InstanceProfileName="Profile", Tags=[{"Key": "a", "Value": "b"}])
    assert iam.list_instance_profile_tags(InstanceProfileName="Profile")["Tags"] == [{"Key": "a", "Value": "b"}]
    iam.untag_instance_profile(InstanceProfileName="Profile", TagKeys=["a"])
    assert iam.get_instance_profile(InstanceProfileName="Profile")["InstanceProfile"]["Tags"] == []
    assert len(iam.list_instance_profiles(PathPrefix="/team/")["InstanceProfiles"]) == 1
    assert iam.list_instance_profiles(PathPrefix="/none/")["InstanceProfiles"] == []
