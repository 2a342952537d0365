"""GetAccountAuthorizationDetails: everything that decides who may do what in an account, page by page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

from skyglobe.kernel.call import Call
from skyglobe.services.iam import iam
from skyglobe.services.iam.aws_policies import list_aws_policies
from skyglobe.services.iam.finding import groups_of
from skyglobe.services.iam.managed import attachment_count, find_version, policy_shape
from skyglobe.services.iam.operations.attachments import attached_shapes
from skyglobe.services.iam.operations.inline_policies import inline_shapes
from skyglobe.services.iam.operations.policy_versions import version_shape
from skyglobe.services.iam.paging import page
from skyglobe.services.iam.records.attachments import Kind
from skyglobe.services.iam.records.groups import Group, groups
from skyglobe.services.iam.records.policies import ManagedPolicy, policies, policy_versions
from skyglobe.services.iam.records.roles import Role, instance_profiles, roles
from skyglobe.services.iam.records.users import User, users
from skyglobe.services.iam.role_shapes import profile_shape, whole_role_shape
from skyglobe.services.iam.shapes import group_shape, whole_user_shape

_LISTS = {
    "User": "UserDetailList",
    "Role": "RoleDetailList",
    "Group": "GroupDetailList",
    "LocalManagedPolicy": "Policies",
    "AWSManagedPolicy": "Policies",
}


class _Row(NamedTuple):
    filter: str
    position: str
    shown: Callable[[], dict[str, Any]]


@iam.operation
def get_account_authorization_details(
    call: Call,
    filter: list[str] | None = None,  # noqa: A002 (the API calls it so)
    max_items: int | None = None,
    marker: str | None = None,
) -> dict[str, Any]:
    """Return users, groups, roles and policies with all their documents. AWS's policies only where attached."""
    wanted = sorted(set(filter or _LISTS))
    rows = (row for row in _rows(call) if row.filter in wanted)
    found, more = page(call, f"details:{wanted}", rows, lambda row: row.position, marker, max_items)
    answer: dict[str, Any] = {name: [] for name in _LISTS.values()}
    for row in found:
        answer[_LISTS[row.filter]].append(row.shown())
    return {**answer, **more}


def _rows(call: Call) -> Iterator[_Row]:
    """Yield everything there is, in the order of the positions."""
    for group in groups.scan(call):
        yield _Row("Group", f"1{group.name_key}", partial(_group, call, group))
    for policy in policies.scan(call):
        yield _Row("LocalManagedPolicy", f"2{policy.name_key}", partial(_policy, call, policy))
    for policy in list_aws_policies(call.partition):
        if attachment_count(call, policy.arn):
            yield _Row("AWSManagedPolicy", f"3{policy.id}", partial(_policy, call, policy))
    for role in roles.scan(call):
        yield _Row("Role", f"4{role.name_key}", partial(_role, call, role))
    for user in users.scan(call):
        yield _Row("User", f"5{user.name_key}", partial(_user, call, user))


def _user(call: Call, user: User) -> dict[str, Any]:
    shown = whole_user_shape(call, user)
    shown.pop("PasswordLastUsed", None)
    return {
        **shown,
        **_policies_of(call, "user", user.name_key),
        "GroupList": [group.id for group in groups_of(call, user)],
    }


def _group(call: Call, group: Group) -> dict[str, Any]:
    return {**group_shape(group), **_policies_of(call, "group", group.name_key)}


def _role(call: Call, role: Role) -> dict[str, Any]:
    shown = whole_role_shape(call, role)
    shown.pop("MaxSessionDuration", None)
    shown.pop("Description", None)
    profiles = instance_profiles.scan_by(call, "role", role.name_key)
    return {
        **shown,
        **_policies_of(call, "role", role.name_key),
        "InstanceProfileList": [profile_shape(call, profile) for profile in profiles],
    }


def _policies_of(call: Call, kind: Kind, holder: str) -> dict[str, Any]:
    return {
        f"{kind.capitalize()}PolicyList": inline_shapes(call, kind, holder),
        "AttachedManagedPolicies": attached_shapes(call, kind, holder),
    }


def _policy(call: Call, policy: ManagedPolicy) -> dict[str, Any]:
    shown = policy_shape(call, policy, whole=True)
    shown.pop("Tags", None)
    if policy.is_ours:
        versions = [find_version(call, policy, policy.default_version)]
    else:
        versions = list(policy_versions.scan(call, policy.unique_id, reverse=True))
    listed = [version_shape(policy, version, whole=True) for version in versions if version is not None]
    return {**shown, "PolicyVersionList": listed}
