"""Users: who they are, what they are called, and when they can go."""

import pytest

from skyglobe.services.iam.records.counts import counts
from tests.services.iam.signing import UNCHECKED, code, refusal, session_of


def test_a_user_has_an_id_an_arn_with_its_path_and_tags(iam):
    made = iam.create_user(UserName="Anna", Path="/design/", Tags=[{"Key": "team", "Value": "red"}])["User"]
    assert made["UserId"].startswith("AIDA")
    assert len(made["UserId"]) == 21
    assert made["Arn"] == "arn:aws:iam::000000000000:user/design/Anna"
    found = iam.get_user(UserName="anna")["User"]
    assert found == made
    assert found["Tags"] == [{"Key": "team", "Value": "red"}]


@pytest.mark.spec("IAM-105")
def test_names_are_unique_without_case_and_tags_are_kept(iam):
    iam.create_user(UserName="bob")
    assert refusal(iam.create_user, UserName="Bob") == (
        "EntityAlreadyExists",
        409,
        "User with name Bob already exists.",
    )
    iam.tag_user(UserName="bob", Tags=[{"Key": f"k{number:02}", "Value": "v"} for number in range(50)])
    assert code(iam.tag_user, UserName="bob", Tags=[{"Key": "one-more", "Value": ""}]) == "LimitExceeded"
    iam.untag_user(UserName="BOB", TagKeys=["K00", "absent"])
    tags = iam.list_user_tags(UserName="bob", MaxItems=30)
    rest = iam.list_user_tags(UserName="bob", Marker=tags["Marker"])
    assert [tag["Key"] for tag in tags["Tags"] + rest["Tags"]] == [f"k{number:02}" for number in range(1, 50)]


def test_a_tag_replaces_the_one_that_differs_in_case_only(iam):
    iam.create_user(UserName="bob", Tags=[{"Key": "Team", "Value": "red"}])
    iam.tag_user(UserName="bob", Tags=[{"Key": "team", "Value": "blue"}])
    assert iam.list_user_tags(UserName="bob")["Tags"] == [{"Key": "team", "Value": "blue"}]
    twice = [{"Key": "a", "Value": "1"}, {"Key": "A", "Value": "2"}]
    assert code(iam.tag_user, UserName="bob", Tags=twice) == "InvalidInput"


def test_who_is_not_there_cannot_be_found(iam):
    expected = ("NoSuchEntity", 404, "The user with name nobody cannot be found.")
    assert refusal(iam.get_user, UserName="nobody") == expected
    assert refusal(iam.delete_user, UserName="nobody") == expected
    assert refusal(iam.update_user, UserName="nobody", NewPath="/x/") == expected
    assert refusal(iam.list_user_tags, UserName="nobody") == expected


@pytest.mark.parametrize("name", ["", "with space", "semi;colon", "a" * 65])
def test_names_aws_does_not_take_are_refused(aws, name):
    iam = aws.client("iam", config=UNCHECKED)
    assert code(iam.create_user, UserName=name) == "ValidationError"


@pytest.mark.parametrize("path", ["no-slash", "/no-end", "end/"])
def test_paths_begin_and_end_with_a_slash(aws, path):
    iam = aws.client("iam", config=UNCHECKED)
    assert code(iam.create_user, UserName="bob", Path=path) == "ValidationError"


@pytest.mark.spec("IAM-104")
def test_users_are_listed_by_name_page_by_page_and_by_path(iam):
    for name in ("dora", "Carl", "bob", "anna", "eve"):
        iam.create_user(UserName=name, Path="/sales/eu/" if name in ("bob", "eve") else "/")
    first = iam.list_users(MaxItems=2)
    assert [user["UserName"] for user in first["Users"]] == ["anna", "bob"]
    assert first["IsTruncated"]
    pages = iam.get_paginator("list_users").paginate(PaginationConfig={"PageSize": 2})
    assert [user["UserName"] for page in pages for user in page["Users"]] == ["anna", "bob", "Carl", "dora", "eve"]
    sales = iam.list_users(PathPrefix="/sales/")
    assert [user["UserName"] for user in sales["Users"]] == ["bob", "eve"]
    assert not sales["IsTruncated"]
    assert code(iam.list_users, Marker="made-up") == "ValidationError"
    assert code(iam.list_users, Marker=first["Marker"], PathPrefix="/sales/") == "ValidationError"


def test_a_renamed_user_keeps_its_id_keys_and_groups(cloud, iam):
    user = iam.create_user(UserName="bob")["User"]
    key = iam.create_access_key(UserName="bob")["AccessKey"]
    iam.create_group(GroupName="red")
    iam.add_user_to_group(GroupName="red", UserName="bob")
    iam.update_user(UserName="bob", NewUserName="Robert", NewPath="/staff/")
    renamed = iam.get_user(UserName="robert")["User"]
    assert renamed["UserId"] == user["UserId"]
    assert renamed["Arn"] == "arn:aws:iam::000000000000:user/staff/Robert"
    assert session_of(cloud, key).client("sts").get_caller_identity()["Arn"] == renamed["Arn"]
    assert [group["GroupName"] for group in iam.list_groups_for_user(UserName="Robert")["Groups"]] == ["red"]
    assert code(iam.get_user, UserName="bob") == "NoSuchEntity"
    iam.create_user(UserName="bob")
    assert code(iam.update_user, UserName="bob", NewUserName="ROBERT") == "EntityAlreadyExists"


def test_a_name_may_change_its_case(iam):
    iam.create_user(UserName="bob")
    iam.update_user(UserName="bob", NewUserName="Bob")
    assert [user["UserName"] for user in iam.list_users()["Users"]] == ["Bob"]


@pytest.mark.spec("IAM-101")
def test_a_user_is_deleted_only_once_it_has_nothing_left(iam):
    iam.create_user(UserName="bob")
    iam.create_group(GroupName="red")
    key = iam.create_access_key(UserName="bob")["AccessKey"]["AccessKeyId"]
    iam.create_login_profile(UserName="bob", Password="Correct-horse-1")
    iam.add_user_to_group(GroupName="red", UserName="bob")
    arn = iam.create_policy(PolicyName="all", PolicyDocument=ALLOW_ALL)["Policy"]["Arn"]
    iam.attach_user_policy(UserName="bob", PolicyArn=arn)
    iam.put_user_policy(UserName="bob", PolicyName="own", PolicyDocument=ALLOW_ALL)
    undo = {
        "access keys": lambda: iam.delete_access_key(UserName="bob", AccessKeyId=key),
        "login profile": lambda: iam.delete_login_profile(UserName="bob"),
        "users from group": lambda: iam.remove_user_from_group(UserName="bob", GroupName="red"),
        "all policies": lambda: iam.detach_user_policy(UserName="bob", PolicyArn=arn),
        "delete policies": lambda: iam.delete_user_policy(UserName="bob", PolicyName="own"),
    }
    for obstacle, remove in undo.items():
        error, status, message = refusal(iam.delete_user, UserName="bob")
        assert (error, status) == ("DeleteConflict", 409)
        assert obstacle in message
        remove()
    iam.delete_user(UserName="bob")
    assert iam.list_users()["Users"] == []


ALLOW_ALL = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}'


def test_a_user_made_again_is_another_user(iam):
    first = iam.create_user(UserName="bob")["User"]["UserId"]
    iam.delete_user(UserName="bob")
    assert iam.create_user(UserName="bob")["User"]["UserId"] != first


def test_accounts_do_not_see_each_others_users_and_regions_see_the_same(cloud, iam):
    iam.create_user(UserName="bob")
    assert cloud.session(region="eu-west-1").client("iam").get_user(UserName="bob")["User"]["UserName"] == "bob"
    other = cloud.session(account="111122223333").client("iam")
    assert other.list_users()["Users"] == []
    assert other.create_user(UserName="bob")["User"]["Arn"] == "arn:aws:iam::111122223333:user/bob"


def test_the_waiter_sees_a_user_that_is_there(iam):
    iam.create_user(UserName="bob")
    iam.get_waiter("user_exists").wait(UserName="bob", WaiterConfig={"MaxAttempts": 1, "Delay": 1})


def test_root_asks_about_itself(iam):
    root = iam.get_user()["User"]
    assert root["Arn"] == "arn:aws:iam::000000000000:root"
    assert root["UserId"] == "000000000000"


def test_an_account_has_at_most_five_thousand_users(cloud, iam):
    iam.create_user(UserName="bob")
    # Counted as if 4,999 others were there: making them all would only take long.
    cloud.run(cloud.kernel.transact(lambda scope: counts.add(scope.within("000000000000"), "Users", 4_999)))
    assert refusal(iam.create_user, UserName="one-more") == (
        "LimitExceeded",
        409,
        "Cannot exceed quota for UsersPerAccount: 5000",
    )
    iam.delete_user(UserName="bob")
    iam.create_user(UserName="one-more")
