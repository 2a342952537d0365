"""Groups, and who is in them."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.services.iam import iam
from skyglobe.services.iam.deleting import check_group_is_bare
from skyglobe.services.iam.finding import get_group as find_named
from skyglobe.services.iam.finding import get_user, groups_of, iam_arn, users_of
from skyglobe.services.iam.paging import page
from skyglobe.services.iam.records.account import begin_account
from skyglobe.services.iam.records.attachments import rename_holder
from skyglobe.services.iam.records.counts import GROUPS_QUOTA, count_one, counts
from skyglobe.services.iam.records.groups import Group, Membership, groups, memberships
from skyglobe.services.iam.refusals import already_exists, over_quota
from skyglobe.services.iam.shapes import group_shape, user_shape

MAX_GROUPS = 10  # a user may be in; IAM quotas


@iam.operation
def create_group(call: Call, group_name: str, path: str = "/") -> dict[str, Any]:
    """Create a group with nobody in it."""
    begin_account(call)
    if groups.find(call, group_name.lower()) is not None:
        raise already_exists("Group", group_name)
    count_one(call, "Groups", GROUPS_QUOTA, "GroupsPerAccount")
    group = Group(
        arn=iam_arn(call, "group", path, group_name),
        id=group_name,
        owner=call.account,
        created_at=call.now,
        unique_id=call.kernel.ids.principal("AGPA"),
        path=path,
    )
    groups.insert(call, group)
    return {"Group": group_shape(group)}


@iam.operation
def get_group(call: Call, group_name: str, marker: str | None = None, max_items: int | None = None) -> dict[str, Any]:
    """Return a group and the users in it, by name."""
    group = find_named(call, group_name)
    listing = "group:" + group.unique_id
    shown, more = page(call, listing, users_of(call, group), lambda user: user.name_key, marker, max_items)
    return {"Group": group_shape(group), "Users": [user_shape(user) for user in shown], **more}


@iam.operation
def list_groups(
    call: Call, path_prefix: str = "/", marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    """List groups by name."""
    found = (group for group in groups.scan(call) if group.path.startswith(path_prefix))
    shown, more = page(call, "groups:" + path_prefix, found, lambda group: group.name_key, marker, max_items)
    return {"Groups": [group_shape(group) for group in shown], **more}


@iam.operation
def list_groups_for_user(
    call: Call, user_name: str, marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    """List the groups a user is in, by name."""
    user = get_user(call, user_name)
    listing = "groups-of:" + user.unique_id
    shown, more = page(call, listing, groups_of(call, user), lambda group: group.name_key, marker, max_items)
    return {"Groups": [group_shape(group) for group in shown], **more}


@iam.operation
def update_group(call: Call, group_name: str, new_path: str | None = None, new_group_name: str | None = None) -> None:
    """Give a group another name or path. Its members and policies stay; its ARN changes."""
    group = find_named(call, group_name)
    name = new_group_name or group.id
    path = new_path or group.path
    if name.lower() != group.name_key and groups.find(call, name.lower()) is not None:
        raise already_exists("Group", name)
    groups.delete(call, group)
    groups.insert(call, replace(group, id=name, path=path, arn=iam_arn(call, "group", path, name)))
    rename_holder(call, "group", group.id, name)


@iam.operation
def delete_group(call: Call, group_name: str) -> None:
    """Delete a group that has no members and no policies. Raises DeleteConflict."""
    group = find_named(call, group_name)
    check_group_is_bare(call, group)
    groups.delete(call, group)
    counts.add(call, "Groups", -1)


@iam.operation
def add_user_to_group(call: Call, group_name: str, user_name: str) -> None:
    """Put a user into a group. Once inside, once more is no error."""
    group, user = find_named(call, group_name), get_user(call, user_name)
    if memberships.find(call, user.unique_id, group.unique_id) is not None:
        return
    if sum(1 for _ in memberships.scan(call, user.unique_id)) >= MAX_GROUPS:
        raise over_quota("GroupsPerUser", MAX_GROUPS)
    memberships.insert(call, Membership(user_id=user.unique_id, group_id=group.unique_id, since=call.now))


@iam.operation
def remove_user_from_group(call: Call, group_name: str, user_name: str) -> None:
    """Take a user out of a group. Who is not inside is no error."""
    group, user = find_named(call, group_name), get_user(call, user_name)
    membership = memberships.find(call, user.unique_id, group.unique_id)
    if membership is not None:
        memberships.delete(call, membership)
