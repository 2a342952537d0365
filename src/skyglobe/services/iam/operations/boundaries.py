"""Permissions boundaries: the most that a user or role can be allowed."""

from __future__ import annotations

from skyglobe.kernel.call import Call
from skyglobe.services.iam import iam
from skyglobe.services.iam.boundaries import set_boundary
from skyglobe.services.iam.holders import get_changeable
from skyglobe.services.iam.records.attachments import Kind, find_boundary, forget_boundary
from skyglobe.services.iam.refusals import no_such_entity


@iam.operation
def put_user_permissions_boundary(call: Call, user_name: str, permissions_boundary: str) -> None:
    """Bound a user by a managed policy, instead of the one before if there was one."""
    set_boundary(call, "user", get_changeable(call, "user", user_name).id, permissions_boundary)


@iam.operation
def put_role_permissions_boundary(call: Call, role_name: str, permissions_boundary: str) -> None:
    """Bound a role by a managed policy, instead of the one before if there was one."""
    set_boundary(call, "role", get_changeable(call, "role", role_name).id, permissions_boundary)


@iam.operation
def delete_user_permissions_boundary(call: Call, user_name: str) -> None:
    """Take the boundary off a user. Raises NoSuchEntity when it has none."""
    _take_off(call, "user", user_name)


@iam.operation
def delete_role_permissions_boundary(call: Call, role_name: str) -> None:
    """Take the boundary off a role. Raises NoSuchEntity when it has none."""
    _take_off(call, "role", role_name)


def _take_off(call: Call, kind: Kind, name: str) -> None:
    holder = get_changeable(call, kind, name)
    if find_boundary(call, kind, holder.id) is None:
        raise no_such_entity(f"{kind.capitalize()} {holder.id} does not have a permission boundary")
    forget_boundary(call, kind, holder.id)
