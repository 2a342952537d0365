"""Groups, and who is in them."""

import pytest

from tests.services.iam.signing import code, refusal


def names(groups):
    return [group["GroupName"] for group in groups]


@pytest.mark.spec("IAM-003")
def test_a_user_may_join_ten_groups(iam):
    iam.create_user(UserName="bob")
    for number in range(11):
        iam.create_group(GroupName=f"group-{number:02}")
    for number in range(10):
        iam.add_user_to_group(GroupName=f"group-{number:02}", UserName="bob")
    assert refusal(iam.add_user_to_group, GroupName="group-10", UserName="bob") == (
        "LimitExceeded",
        409,
        "Cannot exceed quota for GroupsPerUser: 10",
    )
    iam.add_user_to_group(GroupName="group-03", UserName="bob")
    assert names(iam.list_groups_for_user(UserName="bob")["Groups"]) == [f"group-{number:02}" for number in range(10)]
    page = iam.list_groups_for_user(UserName="bob", MaxItems=4)
    assert names(page["Groups"]) == [f"group-{number:02}" for number in range(4)]
    assert page["IsTruncated"]


@pytest.mark.spec("IAM-004")
def test_groups_hold_users_only(iam):
    iam.create_group(GroupName="red")
    iam.create_group(GroupName="blue")
    assert refusal(iam.add_user_to_group, GroupName="red", UserName="blue") == (
        "NoSuchEntity",
        404,
        "The user with name blue cannot be found.",
    )
    iam.create_user(UserName="bob")
    iam.create_user(UserName="anna")
    iam.add_user_to_group(GroupName="red", UserName="bob")
    iam.add_user_to_group(GroupName="red", UserName="anna")
    found = iam.get_group(GroupName="red")
    assert [user["UserName"] for user in found["Users"]] == ["anna", "bob"]
    assert found["Group"]["GroupId"].startswith("AGPA")
    pages = iam.get_paginator("get_group").paginate(GroupName="red", PaginationConfig={"PageSize": 1})
    assert [user["UserName"] for page in pages for user in page["Users"]] == ["anna", "bob"]


def test_a_group_with_members_stays(iam):
    iam.create_group(GroupName="red")
    iam.create_user(UserName="bob")
    iam.add_user_to_group(GroupName="red", UserName="bob")
    assert refusal(iam.delete_group, GroupName="red") == (
        "DeleteConflict",
        409,
        "Cannot delete entity, must remove users from group first.",
    )
    iam.remove_user_from_group(GroupName="red", UserName="bob")
    iam.remove_user_from_group(GroupName="red", UserName="bob")
    iam.delete_group(GroupName="red")
    assert refusal(iam.get_group, GroupName="red") == (
        "NoSuchEntity",
        404,
        "The group with name red cannot be found.",
    )


def test_a_renamed_group_keeps_its_members(iam):
    iam.create_group(GroupName="red", Path="/a/")
    iam.create_group(GroupName="blue")
    iam.create_user(UserName="bob")
    iam.add_user_to_group(GroupName="red", UserName="bob")
    iam.update_group(GroupName="red", NewGroupName="green")
    assert iam.get_group(GroupName="green")["Group"]["Arn"] == "arn:aws:iam::000000000000:group/a/green"
    assert names(iam.list_groups_for_user(UserName="bob")["Groups"]) == ["green"]
    assert code(iam.update_group, GroupName="green", NewGroupName="Blue") == "EntityAlreadyExists"
    assert code(iam.create_group, GroupName="GREEN") == "EntityAlreadyExists"
    assert names(iam.list_groups(PathPrefix="/a/")["Groups"]) == ["green"]


def test_an_account_has_at_most_three_hundred_groups(iam, many):
    many("iam", "CreateGroup", [{"GroupName": f"group-{number}"} for number in range(300)])
    assert refusal(iam.create_group, GroupName="one-more")[::2] == (
        "LimitExceeded",
        "Cannot exceed quota for GroupsPerAccount: 300",
    )
    iam.delete_group(GroupName="group-0")
    iam.create_group(GroupName="one-more")
