"""Roles and instance profiles as the API shows them."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.entity_uses import last_use_of
from skyglobe.kernel.scope import Scope
from skyglobe.services.iam.records.attachments import find_boundary
from skyglobe.services.iam.records.roles import InstanceProfile, Role, roles
from skyglobe.services.iam.rules.documents import shown_document
from skyglobe.services.iam.rules.tags import shown_tags
from skyglobe.services.iam.shapes import boundary_shape
from skyglobe.services.iam.trusting import trust_of


def role_shape(scope: Scope, role: Role) -> dict[str, Any]:
    """Return a role as lists show it: without tags and boundary."""
    shown: dict[str, Any] = {
        "Path": role.path,
        "RoleName": role.id,
        "RoleId": role.unique_id,
        "Arn": role.arn,
        "CreateDate": role.created_at // 1000,
        "AssumeRolePolicyDocument": shown_document(trust_of(scope, role)),
        "MaxSessionDuration": role.session_for,
    }
    if role.description:
        shown["Description"] = role.description
    return shown


def whole_role_shape(scope: Scope, role: Role) -> dict[str, Any]:
    """Return a role with its tags and its boundary."""
    shown = role_shape(scope, role)
    boundary = find_boundary(scope, "role", role.id)
    if boundary is not None:
        shown["PermissionsBoundary"] = boundary_shape(boundary)
    if role.tags:
        shown["Tags"] = shown_tags(role.tags)
    return shown


def last_used_shape(scope: Scope, role: Role) -> dict[str, Any]:
    """Return when and where a session of the role last called; empty when none did in 400 days."""
    use = last_use_of(scope, role.unique_id)
    return {"LastUsedDate": use.at // 1000, "Region": use.region} if use is not None else {}


def profile_shape(scope: Scope, profile: InstanceProfile, *, whole: bool = False) -> dict[str, Any]:
    """Return an instance profile with its role; ``whole`` adds its tags."""
    role = roles.find(scope, profile.role) if profile.role is not None else None
    shown: dict[str, Any] = {
        "Path": profile.path,
        "InstanceProfileName": profile.id,
        "InstanceProfileId": profile.unique_id,
        "Arn": profile.arn,
        "CreateDate": profile.created_at // 1000,
        "Roles": [role_shape(scope, role)] if role is not None else [],
    }
    if whole:
        shown["Tags"] = shown_tags(profile.tags)
    return shown
