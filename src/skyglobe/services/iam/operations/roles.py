"""Roles: creating, reading, listing, changing, tagging and deleting them."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.kernel.entity_uses import forget_uses
from skyglobe.services.iam import holders, iam
from skyglobe.services.iam.boundaries import set_boundary
from skyglobe.services.iam.finding import iam_arn
from skyglobe.services.iam.holders import get_changeable_role
from skyglobe.services.iam.paging import page, tag_page
from skyglobe.services.iam.records.attachments import forget_boundary, has_attachments, has_inline_policies
from skyglobe.services.iam.records.counts import count_one, counts
from skyglobe.services.iam.records.roles import (
    DEFAULT_SESSION_FOR,
    MAX_ROLES,
    SERVICE_LINKED_PATH,
    Role,
    instance_profiles,
    roles,
)
from skyglobe.services.iam.refusals import already_exists, delete_conflict, validation_error
from skyglobe.services.iam.role_shapes import last_used_shape, role_shape, whole_role_shape
from skyglobe.services.iam.rules.tags import merge_tags, without_tags
from skyglobe.services.iam.trusting import admit_trust


@iam.operation
def create_role(
    call: Call,
    role_name: str,
    assume_role_policy_document: str,
    path: str = "/",
    description: str = "",
    max_session_duration: int = DEFAULT_SESSION_FOR,
    permissions_boundary: str | None = None,
    tags: list[dict[str, str]] | None = None,
) -> dict[str, Any]:
    """Create a role that those its trust policy names may assume."""
    if path.startswith(SERVICE_LINKED_PATH):
        raise validation_error(f"Path {path} is reserved for service-linked roles.")
    trust, ids = admit_trust(call, assume_role_policy_document)
    if roles.find(call, role_name.lower()) is not None:
        raise already_exists("Role", role_name)
    count_one(call, "Roles", MAX_ROLES, "RolesPerAccount")
    role = Role(
        arn=iam_arn(call, "role", path, role_name),
        id=role_name,
        owner=call.account,
        created_at=call.now,
        tags=merge_tags({}, tags),
        unique_id=call.kernel.ids.principal("AROA"),
        path=path,
        description=description,
        trust_policy=trust,
        principal_ids=ids,
        session_for=max_session_duration,
    )
    roles.insert(call, role)
    if permissions_boundary is not None:
        set_boundary(call, "role", role.id, permissions_boundary)
    return {"Role": whole_role_shape(call, role)}


@iam.operation
def get_role(call: Call, role_name: str) -> dict[str, Any]:
    """Return a role with its trust policy, and when and where it was last used."""
    role = holders.get_role(call, role_name)
    return {"Role": {**whole_role_shape(call, role), "RoleLastUsed": last_used_shape(call, role)}}


@iam.operation
def list_roles(
    call: Call, path_prefix: str = "/", marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    """List roles by name."""
    rows = (role for role in roles.scan(call) if role.path.startswith(path_prefix))
    found, more = page(call, "roles:" + path_prefix, rows, lambda role: role.name_key, marker, max_items)
    return {"Roles": [role_shape(call, role) for role in found], **more}


@iam.operation
def update_role(
    call: Call, role_name: str, description: str | None = None, max_session_duration: int | None = None
) -> dict[str, Any]:
    """Change a role's description and the longest session it allows."""
    role = get_changeable_role(call, role_name)
    changed = replace(
        role,
        description=role.description if description is None else description,
        session_for=max_session_duration or role.session_for,
    )
    roles.replace(call, role, changed)
    return {}


@iam.operation
def update_role_description(call: Call, role_name: str, description: str) -> dict[str, Any]:
    """Change a role's description. That of a service-linked role may be changed too."""
    role = holders.get_role(call, role_name)
    changed = replace(role, description=description)
    roles.replace(call, role, changed)
    return {"Role": whole_role_shape(call, changed)}


@iam.operation
def update_assume_role_policy(call: Call, role_name: str, policy_document: str) -> None:
    """Put another trust policy in place of a role's."""
    role = get_changeable_role(call, role_name)
    trust, ids = admit_trust(call, policy_document)
    roles.replace(call, role, replace(role, trust_policy=trust, principal_ids=ids))


@iam.operation
def delete_role(call: Call, role_name: str) -> None:
    """Delete a role that has nothing left. Raises DeleteConflict, and UnmodifiableEntity for roles of services."""
    role = get_changeable_role(call, role_name)
    if next(instance_profiles.scan_by(call, "role", role.name_key, limit=1), None) is not None:
        raise delete_conflict("Cannot delete entity, must remove roles from instance profile first.")
    if has_attachments(call, "role", role.id):
        raise delete_conflict("Cannot delete entity, must detach all policies first.")
    if has_inline_policies(call, "role", role.id):
        raise delete_conflict("Cannot delete entity, must delete policies first.")
    forget_boundary(call, "role", role.id)
    roles.delete(call, role)
    forget_uses(call, role.unique_id)
    counts.add(call, "Roles", -1)


@iam.operation
def tag_role(call: Call, role_name: str, tags: list[dict[str, str]]) -> None:
    """Put tags on a role."""
    role = holders.get_role(call, role_name)
    roles.replace(call, role, replace(role, tags=merge_tags(role.tags, tags)))


@iam.operation
def untag_role(call: Call, role_name: str, tag_keys: list[str]) -> None:
    """Take tags off a role."""
    role = holders.get_role(call, role_name)
    roles.replace(call, role, replace(role, tags=without_tags(role.tags, tag_keys)))


@iam.operation
def list_role_tags(
    call: Call, role_name: str, marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    """List the tags of a role, by key."""
    role = holders.get_role(call, role_name)
    return tag_page(call, f"tags:{role.arn}", role.tags, marker, max_items)
