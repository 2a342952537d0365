"""Users and groups as the API shows them."""

from __future__ import annotations

from typing import Any

from skyglobe.services.iam.records.groups import Group
from skyglobe.services.iam.records.users import User
from skyglobe.services.iam.tagging import tag_list


def user_shape(user: User, *, whole: bool = False) -> dict[str, Any]:
    """Return a user; lists leave out its tags and boundary, ``whole`` shows them."""
    shown: dict[str, Any] = {
        "Path": user.path,
        "UserName": user.id,
        "UserId": user.unique_id,
        "Arn": user.arn,
        "CreateDate": user.created_at // 1000,
    }
    if user.password_used_at is not None:
        shown["PasswordLastUsed"] = user.password_used_at // 1000
    if whole and user.boundary is not None:
        shown["PermissionsBoundary"] = boundary_shape(user.boundary)
    if whole and user.tags:
        shown["Tags"] = tag_list(user.tags)
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
