"""The versions of managed policies: five at most, one of them the default."""

from __future__ import annotations

import re
from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.services.iam import iam, managed
from skyglobe.services.iam.operations.policies import check_managed_document, get_own_policy
from skyglobe.services.iam.paging import page
from skyglobe.services.iam.records.policies import (
    MAX_VERSIONS,
    ManagedPolicy,
    PolicyVersion,
    policies,
    policy_versions,
)
from skyglobe.services.iam.refusals import delete_conflict, no_such_entity
from skyglobe.services.iam.rules.documents import shown_document

_VERSION_ID = re.compile(r"v([1-9][0-9]*)")


@iam.operation
def create_policy_version(
    call: Call, policy_arn: str, policy_document: str, set_as_default: bool = False
) -> dict[str, Any]:
    """Add a version to a policy, as its default if so asked. Raises LimitExceeded when there are five."""
    policy = get_own_policy(call, policy_arn)
    check_managed_document(policy_document)
    if len(list(policy_versions.scan(call, policy.unique_id))) >= MAX_VERSIONS:
        raise iam.errors.LimitExceededException(
            f"A managed policy can have up to {MAX_VERSIONS} versions. "
            "Before you create a new version, you must delete an existing version."
        )
    number = policy.last_version + 1
    version = PolicyVersion(policy_id=policy.unique_id, number=number, document=policy_document, created_at=call.now)
    policy_versions.insert(call, version)
    default = number if set_as_default else policy.default_version
    changed = replace(policy, last_version=number, default_version=default, updated_at=call.now)
    policies.replace(call, policy, changed)
    return {"PolicyVersion": version_shape(changed, version)}


def version_shape(policy: ManagedPolicy, version: PolicyVersion, *, whole: bool = False) -> dict[str, Any]:
    """Return a version as lists show it; ``whole`` adds the document."""
    shown: dict[str, Any] = {
        "VersionId": f"v{version.number}",
        "IsDefaultVersion": version.number == policy.default_version,
        "CreateDate": version.created_at // 1000,
    }
    if whole:
        shown["Document"] = shown_document(version.document)
    return shown


@iam.operation
def get_policy_version(call: Call, policy_arn: str, version_id: str) -> dict[str, Any]:
    """Return a version of a policy, with its document."""
    policy = managed.get_policy(call, policy_arn)
    return {"PolicyVersion": version_shape(policy, _get_version(call, policy, version_id), whole=True)}


def _get_version(call: Call, policy: ManagedPolicy, version_id: str) -> PolicyVersion:
    match = _VERSION_ID.fullmatch(version_id)
    version = managed.find_version(call, policy, int(match[1])) if match and len(match[1]) < 10 else None
    if version is None:
        raise no_such_entity(f"Policy {policy.arn} version {version_id} does not exist or is not attachable.")
    return version


@iam.operation
def list_policy_versions(
    call: Call, policy_arn: str, marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    """List the versions of a policy, the newest first."""
    policy = managed.get_policy(call, policy_arn)
    if policy.is_ours:
        rows = [managed.find_version(call, policy, policy.default_version)]
    else:
        rows = list(policy_versions.scan(call, policy.unique_id, reverse=True))
    known = [version for version in rows if version is not None]
    found, more = page(call, f"versions:{policy.arn}", known, _position_of, marker, max_items)
    return {"Versions": [version_shape(policy, version) for version in found], **more}


def _position_of(version: PolicyVersion) -> str:
    """Return where a version stands in a list whose newest is first."""
    return f"{10**9 - version.number:010}"


@iam.operation
def set_default_policy_version(call: Call, policy_arn: str, version_id: str) -> None:
    """Make another version of a policy the one that counts."""
    policy = get_own_policy(call, policy_arn)
    version = _get_version(call, policy, version_id)
    policies.replace(call, policy, replace(policy, default_version=version.number, updated_at=call.now))


@iam.operation
def delete_policy_version(call: Call, policy_arn: str, version_id: str) -> None:
    """Delete a version that is not the default. Raises DeleteConflict."""
    policy = get_own_policy(call, policy_arn)
    version = _get_version(call, policy, version_id)
    if version.number == policy.default_version:
        raise delete_conflict("Cannot delete the default version of a policy.")
    policy_versions.delete(call, version)
