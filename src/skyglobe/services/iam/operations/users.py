"""Creating, finding, listing, renaming, tagging and deleting users."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.kernel.entity_uses import forget_uses
from skyglobe.kernel.scope import Scope
from skyglobe.services.iam import iam
from skyglobe.services.iam.boundaries import set_boundary
from skyglobe.services.iam.deleting import check_user_is_bare
from skyglobe.services.iam.finding import get_user as find_named
from skyglobe.services.iam.finding import get_user_or_caller, iam_arn
from skyglobe.services.iam.keys import move_keys
from skyglobe.services.iam.paging import page, tag_page
from skyglobe.services.iam.records.account import begin_account
from skyglobe.services.iam.records.attachments import forget_boundary, rename_holder
from skyglobe.services.iam.records.counts import USERS_QUOTA, count_one, counts
from skyglobe.services.iam.records.users import User, users
from skyglobe.services.iam.refusals import already_exists
from skyglobe.services.iam.rules.tags import merge_tags, without_tags
from skyglobe.services.iam.shapes import user_shape, whole_user_shape


@iam.operation
def create_user(
    call: Call,
    user_name: str,
    path: str = "/",
    permissions_boundary: str | None = None,
    tags: list[dict[str, str]] | None = None,
) -> dict[str, Any]:
    """Create a user, who may do nothing yet."""
    begin_account(call)
    if users.find(call, user_name.lower()) is not None:
        raise already_exists("User", user_name)
    count_one(call, "Users", USERS_QUOTA, "UsersPerAccount")
    user = User(
        arn=iam_arn(call, "user", path, user_name),
        id=user_name,
        owner=call.account,
        created_at=call.now,
        tags=merge_tags({}, tags),
        unique_id=call.kernel.ids.principal("AIDA"),
        path=path,
    )
    users.insert(call, user)
    if permissions_boundary is not None:
        set_boundary(call, "user", user.id, permissions_boundary)
    return {"User": whole_user_shape(call, user)}


@iam.operation
def get_user(call: Call, user_name: str | None = None) -> dict[str, Any]:
    """Return a user; without a name the caller, which may be the account's root user."""
    if user_name is None and call.principal.is_root:
        return {"User": _root_shape(call)}
    return {"User": whole_user_shape(call, get_user_or_caller(call, user_name))}


def _root_shape(call: Call) -> dict[str, Any]:
    created_at = begin_account(call).created_at
    return {"UserId": call.account, "Arn": call.principal.arn, "CreateDate": created_at // 1000}


@iam.operation
def list_users(
    call: Call, path_prefix: str = "/", marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    """List users by name."""
    found = (user for user in users.scan(call) if user.path.startswith(path_prefix))
    shown, more = page(call, "users:" + path_prefix, found, lambda user: user.name_key, marker, max_items)
    return {"Users": [user_shape(user) for user in shown], **more}


@iam.operation
def update_user(call: Call, user_name: str, new_path: str | None = None, new_user_name: str | None = None) -> None:
    """Give a user another name or path. Its unique id, keys, groups and policies stay; its ARN changes."""
    user = find_named(call, user_name)
    name = new_user_name or user.id
    path = new_path or user.path
    if name.lower() != user.name_key and users.find(call, name.lower()) is not None:
        raise already_exists("User", name)
    renamed = replace(user, id=name, path=path, arn=iam_arn(call, "user", path, name))
    _rewrite(call, user, renamed)
    rename_holder(call, "user", user.id, name)
    move_keys(call, renamed)


def _rewrite(scope: Scope, user: User, renamed: User) -> None:
    users.delete(scope, user)
    users.insert(scope, renamed)


@iam.operation
def delete_user(call: Call, user_name: str) -> None:
    """Delete a user that has nothing left. Raises DeleteConflict."""
    user = find_named(call, user_name)
    check_user_is_bare(call, user)
    forget_boundary(call, "user", user.id)
    users.delete(call, user)
    forget_uses(call, user.unique_id)
    counts.add(call, "Users", -1)


@iam.operation
def tag_user(call: Call, user_name: str, tags: list[dict[str, str]]) -> None:
    """Add tags to a user, or change the values of those it has."""
    user = find_named(call, user_name)
    users.replace(call, user, replace(user, tags=merge_tags(user.tags, tags)))


@iam.operation
def untag_user(call: Call, user_name: str, tag_keys: list[str]) -> None:
    """Take tags from a user. Keys it does not have are no error."""
    user = find_named(call, user_name)
    users.replace(call, user, replace(user, tags=without_tags(user.tags, tag_keys)))


@iam.operation
def list_user_tags(
    call: Call, user_name: str, marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    """List a user's tags by key."""
    user = find_named(call, user_name)
    return tag_page(call, "tags:" + user.unique_id, user.tags, marker, max_items)
