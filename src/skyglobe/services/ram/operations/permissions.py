"""Permissions of customers, their versions, and looking at them and at AWS's."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.arns import make_arn
from skyglobe.kernel.call import Call
from skyglobe.services.ram import ram
from skyglobe.services.ram.granting import Known, get_known, get_own, known_of, list_known, template_of
from skyglobe.services.ram.managed import MANAGED
from skyglobe.services.ram.operations.tags import merged_tags
from skyglobe.services.ram.paging import page
from skyglobe.services.ram.records import Permission, PermissionVersion, attachments, permission_versions, permissions
from skyglobe.services.ram.rules import SHAREABLE
from skyglobe.services.ram.shapes import permission_shape, permission_summary
from skyglobe.services.ram.templates import Invalid, Malformed, check_template

MAX_VERSIONS = 5  # API reference, CreatePermissionVersion
_TYPES = {name.lower(): name for name in SHAREABLE.values()}


@ram.operation(unused=("clientToken",))
def create_permission(
    call: Call, name: str, resource_type: str, policy_template: str, tags: list[dict[str, str]] | None = None
) -> dict[str, Any]:
    """Make a permission for one type of resources."""
    type_ = _TYPES.get(resource_type.lower())
    if type_ is None:
        raise ram.errors.InvalidParameterException(f"The resource type {resource_type} is not supported.")
    if permissions.find(call, name) is not None:
        raise ram.errors.PermissionAlreadyExistsException(f"A permission with the name {name} already exists.")
    _check(policy_template, type_)
    made = Permission(
        arn=make_arn(call, "ram", f"permission/{name}"),
        id=name,
        owner=call.account,
        created_at=call.now,
        tags=merged_tags({}, tags),
        resource_type=type_,
        default=1,
        latest=1,
        changed_at=call.now,
    )
    permissions.insert(call, made)
    permission_versions.insert(call, _version(call, name, 1, policy_template))
    return {"permission": permission_summary(known_of(made), 1)}


def _check(template: str, resource_type: str) -> None:
    try:
        check_template(template, resource_type)
    except Malformed as error:
        raise ram.errors.MalformedPolicyTemplateException(str(error)) from error
    except Invalid as error:
        raise ram.errors.InvalidPolicyException(str(error)) from error


def _version(call: Call, name: str, number: int, template: str) -> PermissionVersion:
    return PermissionVersion(permission=name, number=number, template=template, created_at=call.now)


@ram.operation(unused=("clientToken",))
def create_permission_version(call: Call, permission_arn: str, policy_template: str) -> dict[str, Any]:
    """Say anew what a permission allows. New shares get it; the others keep what they have."""
    made = get_own(call, permission_arn)
    _check(policy_template, made.resource_type)
    if sum(1 for _ in permission_versions.scan(call, made.id)) >= MAX_VERSIONS:
        raise ram.errors.PermissionVersionsLimitExceededException(
            f"The permission {permission_arn} already has the maximum of {MAX_VERSIONS} versions."
        )
    number = made.latest + 1
    changed = replace(made, default=number, latest=number, changed_at=call.now)
    permissions.replace(call, made, changed)
    permission_versions.insert(call, _version(call, made.id, number, policy_template))
    return {"permission": permission_shape(known_of(changed), number, policy_template, call.now)}


@ram.operation(unused=("clientToken",))
def delete_permission(call: Call, permission_arn: str) -> dict[str, Any]:
    """Delete a permission no share has, with all of its versions."""
    made = get_own(call, permission_arn)
    if next(attachments.scan_by(call, "permission", made.arn, limit=1), None) is not None:
        raise ram.errors.OperationNotPermittedException(
            f"The permission {permission_arn} is associated with a resource share."
        )
    for version in list(permission_versions.scan(call, made.id)):
        permission_versions.drop(call, made.id, version.number)
    permissions.delete(call, made)
    return {"returnValue": True, "permissionStatus": "DELETED"}


@ram.operation(unused=("clientToken",))
def delete_permission_version(call: Call, permission_arn: str, permission_version: int) -> dict[str, Any]:
    """Delete a version that is not the default, and that no share has."""
    made = get_own(call, permission_arn)
    template_of(call, known_of(made), permission_version)
    used = (each.version for each in attachments.scan_by(call, "permission", made.arn))
    if permission_version == made.default or permission_version in used:
        raise ram.errors.OperationNotPermittedException(
            f"Version {permission_version} of {permission_arn} is its default, or associated with a resource share."
        )
    permission_versions.drop(call, made.id, permission_version)
    return {"returnValue": True, "permissionStatus": "DELETED"}


@ram.operation(unused=("clientToken",))
def set_default_permission_version(call: Call, permission_arn: str, permission_version: int) -> dict[str, Any]:
    """Choose the version that shares get from now on."""
    made = get_own(call, permission_arn)
    template_of(call, known_of(made), permission_version)
    permissions.replace(call, made, replace(made, default=permission_version, changed_at=call.now))
    return {"returnValue": True}


@ram.operation
def get_permission(call: Call, permission_arn: str, permission_version: int | None = None) -> dict[str, Any]:
    """Return what a permission says, in its default version or another."""
    known = get_known(call, permission_arn)
    number = known.default if permission_version is None else permission_version
    template, created_at = template_of(call, known, number)
    return {"permission": permission_shape(known, number, template, created_at)}


@ram.operation
def list_permissions(
    call: Call,
    resource_type: str | None = None,
    next_token: str | None = None,
    max_results: int | None = None,
    permission_type: str = "ALL",
) -> dict[str, Any]:
    """List AWS's permissions and the account's own, in their default versions."""
    wanted = resource_type.lower() if resource_type is not None else None
    known = [
        one
        for one in list_known(call)
        if wanted in (None, one.resource_type.lower()) and permission_type in ("ALL", one.type)
    ]
    listing = f"permissions:{permission_type}:{wanted}"
    rows, more = page(call, listing, known, lambda one: one.arn, next_token, max_results)
    return {"permissions": [permission_summary(one, one.default) for one in rows], **more}


@ram.operation
def list_permission_versions(
    call: Call, permission_arn: str, next_token: str | None = None, max_results: int | None = None
) -> dict[str, Any]:
    """List the versions of a permission."""
    known = get_known(call, permission_arn)
    found = list(_versions(call, known))
    listing = f"versions:{known.arn}"
    rows, more = page(call, listing, found, lambda row: f"{row[0]:010}", next_token, max_results)
    return {"permissions": [permission_summary(known, number, at) for number, at in rows], **more}


def _versions(call: Call, known: Known) -> list[tuple[int, int]]:
    if known.arn in MANAGED:
        return [(1, known.created_at)]
    return [(one.number, one.created_at) for one in permission_versions.scan(call, known.name)]
