"""What policies hang on: users, groups and roles, by kind and name."""

from __future__ import annotations

from skyglobe.kernel.scope import Scope
from skyglobe.services.iam import finding, iam
from skyglobe.services.iam.records.attachments import Kind
from skyglobe.services.iam.records.groups import Group
from skyglobe.services.iam.records.roles import Role, roles
from skyglobe.services.iam.records.users import User
from skyglobe.services.iam.refusals import not_found

Holder = User | Group | Role


def get_holder(scope: Scope, kind: Kind, name: str) -> Holder:
    """Return the user, group or role of that name. Raises NoSuchEntity."""
    if kind == "user":
        return finding.get_user(scope, name)
    if kind == "group":
        return finding.get_group(scope, name)
    return get_role(scope, name)


def get_changeable(scope: Scope, kind: Kind, name: str) -> Holder:
    """As ``get_holder``, to change what hangs on it. Raises UnmodifiableEntity for service-linked roles."""
    return get_changeable_role(scope, name) if kind == "role" else get_holder(scope, kind, name)


def get_role(scope: Scope, name: str) -> Role:
    """Return the role of that name, whatever its case. Raises NoSuchEntity."""
    role = roles.find(scope, name.lower())
    if role is None:
        raise not_found("role", name)
    return role


def get_changeable_role(scope: Scope, name: str) -> Role:
    """As ``get_role``. Raises UnmodifiableEntity for the roles of services."""
    role = get_role(scope, name)
    if role.is_service_linked:
        raise iam.errors.UnmodifiableEntityException(
            f"Cannot perform the operation on the protected role '{role.id}' - this role is only modifiable by AWS"
        )
    return role


def find_role_by_id(scope: Scope, unique_id: str) -> Role | None:
    """Return the role with this unique id, or None."""
    return next(roles.scan_by(scope, "unique_id", unique_id, limit=1), None)
