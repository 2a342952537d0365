"""Users and groups as the API shows them."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.scope import Scope
from skyglobe.services.iam.records.attachments import find_boundary
from skyglobe.services.iam.records.groups import Group
from skyglobe.services.iam.records.users import User
from skyglobe.services.iam.rules.tags import shown_tags


def user_shape(user: User) -> dict[str, Any]:
    """Return a user as lists show it: without its tags and boundary."""
    shown: dict[str, Any] = {
        "Path": user.path,
        "UserName": user.id,
        "UserId": user.unique_id,
        "Arn": user.arn,
        "CreateDate": user.created_at // 1000,
    }
    if user.password_used_at is not None:
        shown["PasswordLastUsed"] = user.password_used_at // 1000
    return shown


def whole_user_shape(scope: Scope, user: User) -> dict[str, Any]:
    """Return a user with its tags and boundary."""
    shown = user_shape(user)
    boundary = find_boundary(scope, "user", user.id)
    if boundary is not None:
        shown["PermissionsBoundary"] = boundary_shape(boundary)
    if user.tags:
        shown["Tags"] = shown_tags(user.tags)
    return shown


def boundary_shape(arn: str) -> dict[str, str]:
    """Return a permissions boundary: always a managed policy."""
    return {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn}


def group_shape(group: Group) -> dict[str, Any]:
    return {
        "Path": group.path,
        "GroupName": group.id,
        "GroupId": group.unique_id,
        "Arn": group.arn,
        "CreateDate": group.created_at // 1000,
    }
