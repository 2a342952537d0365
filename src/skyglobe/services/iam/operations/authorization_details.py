"""The dump of an account: users, groups, roles and policies with everything that says what they may do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from skyglobe.kernel.call import Call
from skyglobe.services.iam import iam
from skyglobe.services.iam.aws_policies import aws_policy_version
from skyglobe.services.iam.finding import groups_of
from skyglobe.services.iam.managed import find_policy, policy_shape
from skyglobe.services.iam.operations.attachments import attached_shapes
from skyglobe.services.iam.operations.inline_policies import inline_shapes
from skyglobe.services.iam.operations.policy_versions import version_shape
from skyglobe.services.iam.paging import page
from skyglobe.services.iam.records.attachments import attachments, boundaries
from skyglobe.services.iam.records.groups import Group, groups
from skyglobe.services.iam.records.policies import ManagedPolicy, policies, policy_versions
from skyglobe.services.iam.records.roles import Role, instance_profiles, roles
from skyglobe.services.iam.records.users import User, users
from skyglobe.services.iam.role_shapes import last_used_shape, profile_shape, whole_role_shape
from skyglobe.services.iam.shapes import group_shape, whole_user_shape

_LISTS = ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")


class _Row(NamedTuple):
    """Something to show: the list it belongs to, and where it stands among all."""

    position: str
    shown_in: str
    entity: User | Group | Role | ManagedPolicy


@iam.operation
def get_account_authorization_details(
    call: Call,
    filter: list[str] | None = None,
    marker: str | None = None,
    max_items: int | None = None,
) -> dict[str, Any]:
    """Return the entities of the types asked for, all by default, one page of them at a time.

    Of AWS's policies, those are shown that are attached or bound somebody.
    """
    listing = "details:" + ",".join(sorted(filter or ()))
    rows, more = page(call, listing, _rows(call, set(filter or ())), lambda row: row.position, marker, max_items)
    answer: dict[str, Any] = {name: [] for name in _LISTS}
    for row in rows:
        answer[row.shown_in].append(_detail(call, row.entity))
    return {**answer, **more}


def _rows(call: Call, types: set[str]) -> Iterator[_Row]:
    """Yield what there is of ``types``, by kind and name."""
    if not types or "User" in types:
        yield from (_Row("1" + user.name_key, "UserDetailList", user) for user in users.scan(call))
    if not types or "Group" in types:
        yield from (_Row("2" + group.name_key, "GroupDetailList", group) for group in groups.scan(call))
    if not types or "Role" in types:
        yield from (_Row("3" + role.name_key, "RoleDetailList", role) for role in roles.scan(call))
    if not types or "LocalManagedPolicy" in types:
        yield from (_Row("4" + policy.name_key, "Policies", policy) for policy in policies.scan(call))
    if not types or "AWSManagedPolicy" in types:
        yield from (_Row("5" + policy.arn, "Policies", policy) for policy in _aws_policies_in_use(call))


def _aws_policies_in_use(call: Call) -> Iterator[ManagedPolicy]:
    attached = {attachment.policy_arn for attachment in attachments.scan(call)}
    bounding = {boundary.policy_arn for boundary in boundaries.scan(call)}
    for arn in sorted(attached | bounding):
        policy = find_policy(call, arn)
        if policy is not None and policy.is_ours:
            yield policy


def _detail(call: Call, entity: User | Group | Role | ManagedPolicy) -> dict[str, Any]:
    if isinstance(entity, User):
        return _user_detail(call, entity)
    if isinstance(entity, Group):
        return _group_detail(call, entity)
    if isinstance(entity, Role):
        return _role_detail(call, entity)
    return _policy_detail(call, entity)


def _user_detail(call: Call, user: User) -> dict[str, Any]:
    shown = whole_user_shape(call, user)
    return {
        **{name: value for name, value in shown.items() if name != "PasswordLastUsed"},
        "UserPolicyList": inline_shapes(call, "user", user.name_key),
        "GroupList": [group.id for group in groups_of(call, user)],
        "AttachedManagedPolicies": attached_shapes(call, "user", user.name_key),
    }


def _group_detail(call: Call, group: Group) -> dict[str, Any]:
    return {
        **group_shape(group),
        "GroupPolicyList": inline_shapes(call, "group", group.name_key),
        "AttachedManagedPolicies": attached_shapes(call, "group", group.name_key),
    }


def _role_detail(call: Call, role: Role) -> dict[str, Any]:
    profiles = instance_profiles.scan_by(call, "role", role.name_key)
    shown = whole_role_shape(call, role)
    return {
        **{name: value for name, value in shown.items() if name not in ("MaxSessionDuration", "Description")},
        "RoleLastUsed": last_used_shape(call, role),
        "InstanceProfileList": [profile_shape(call, profile) for profile in profiles],
        "RolePolicyList": inline_shapes(call, "role", role.name_key),
        "AttachedManagedPolicies": attached_shapes(call, "role", role.name_key),
    }


def _policy_detail(call: Call, policy: ManagedPolicy) -> dict[str, Any]:
    if policy.is_ours:
        versions = [aws_policy_version(policy)]
    else:
        versions = sorted(policy_versions.scan(call, policy.unique_id), key=lambda version: -version.number)
    described = {"Description": policy.description} if policy.description else {}
    return {
        **policy_shape(call, policy),
        **described,
        "PolicyVersionList": [version_shape(policy, version, whole=True) for version in versions],
    }
