"""Managed policies: creating, reading, listing, tagging and deleting them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.kernel.errors import ServiceError
from skyglobe.services.iam import iam, managed
from skyglobe.services.iam.aws_policies import list_aws_policies
from skyglobe.services.iam.finding import iam_arn
from skyglobe.services.iam.managed import attachment_count, boundary_count, policy_shape
from skyglobe.services.iam.paging import page, tag_page
from skyglobe.services.iam.records.counts import count_one, counts
from skyglobe.services.iam.records.policies import (
    MAX_POLICIES,
    ManagedPolicy,
    PolicyVersion,
    policies,
    policy_versions,
)
from skyglobe.services.iam.refusals import delete_conflict, over_quota
from skyglobe.services.iam.rules.documents import MAX_MANAGED, check_document, size_of
from skyglobe.services.iam.rules.tags import merge_tags, without_tags


@iam.operation
def create_policy(
    call: Call,
    policy_name: str,
    policy_document: str,
    path: str = "/",
    description: str = "",
    tags: list[dict[str, str]] | None = None,
) -> dict[str, Any]:
    """Create a managed policy; its document becomes version 1, the default."""
    check_managed_document(policy_document)
    if policies.find(call, policy_name.lower()) is not None:
        raise iam.errors.EntityAlreadyExistsException(
            f"A policy called {policy_name} already exists. Duplicate names are not allowed."
        )
    count_one(call, "Policies", MAX_POLICIES, "PoliciesPerAccount")
    policy = ManagedPolicy(
        arn=iam_arn(call, "policy", path, policy_name),
        id=policy_name,
        unique_id=call.kernel.ids.principal("ANPA"),
        owner=call.account,
        created_at=call.now,
        tags=merge_tags({}, tags),
        path=path,
        description=description,
        default_version=1,
        last_version=1,
        updated_at=call.now,
    )
    policies.insert(call, policy)
    first = PolicyVersion(policy_id=policy.unique_id, number=1, document=policy_document, created_at=call.now)
    policy_versions.insert(call, first)
    return {"Policy": policy_shape(call, policy, whole=True)}


def check_managed_document(document: str) -> None:
    """Raise MalformedPolicyDocument, or LimitExceeded for what is larger than a managed policy may be."""
    check_document(document, is_managed=True)
    if size_of(document) > MAX_MANAGED:
        raise over_quota("PolicySize", MAX_MANAGED)


@iam.operation
def get_policy(call: Call, policy_arn: str) -> dict[str, Any]:
    """Return a managed policy, without its document."""
    return {"Policy": policy_shape(call, managed.get_policy(call, policy_arn), whole=True)}


@iam.operation
def list_policies(
    call: Call,
    scope: str = "All",
    only_attached: bool = False,
    path_prefix: str = "/",
    policy_usage_filter: str | None = None,
    marker: str | None = None,
    max_items: int | None = None,
) -> dict[str, Any]:
    """List the account's policies and AWS's, of a path and in use if so asked."""
    rows = (
        policy
        for policy in _all_policies(call, scope)
        if policy.path.startswith(path_prefix) and _is_used(call, policy, only_attached, policy_usage_filter)
    )
    listing = f"policies:{scope}:{only_attached}:{path_prefix}:{policy_usage_filter}"
    found, more = page(call, listing, rows, _position_of, marker, max_items)
    return {"Policies": [policy_shape(call, policy) for policy in found], **more}


def _all_policies(call: Call, scope: str) -> Iterator[ManagedPolicy]:
    """Yield the account's policies, then AWS's; each by name."""
    if scope != "AWS":
        yield from policies.scan(call)
    if scope != "Local":
        yield from list_aws_policies(call.partition)


def _position_of(policy: ManagedPolicy) -> str:
    return f"2{policy.id}" if policy.is_ours else f"1{policy.name_key}"


def _is_used(call: Call, policy: ManagedPolicy, only_attached: bool, usage: str | None) -> bool:
    """Whether a policy is in the use asked for: attached, bounding, or either; always, when none is asked for."""
    if not (only_attached or usage):
        return True
    if usage != "PermissionsBoundary" and attachment_count(call, policy.arn):
        return True
    return usage != "PermissionsPolicy" and boundary_count(call, policy.arn) > 0


@iam.operation
def delete_policy(call: Call, policy_arn: str) -> None:
    """Delete a policy with its default version. Raises DeleteConflict while it is used, or has other versions."""
    policy = get_own_policy(call, policy_arn)
    if attachment_count(call, policy.arn) or boundary_count(call, policy.arn):
        raise delete_conflict("Cannot delete a policy attached to entities.")
    if len(list(policy_versions.scan(call, policy.unique_id))) > 1:
        raise delete_conflict(
            "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. "
            "The default version is deleted with the policy."
        )
    policy_versions.clear(call, policy.unique_id)
    policies.delete(call, policy)
    counts.add(call, "Policies", -1)


def get_own_policy(call: Call, arn: str) -> ManagedPolicy:
    """Return a policy that is about to be changed. Raises AccessDenied (403) for AWS's, whoever asks."""
    policy = managed.get_policy(call, arn)
    if policy.is_ours:
        raise _not_yours(call, arn)
    return policy


def _not_yours(call: Call, arn: str) -> ServiceError:
    text = (
        f"User: {call.principal.arn} is not authorized to perform: iam:{call.operation.name} on resource: policy {arn}"
    )
    return iam.error("AccessDenied", text, status=403)


@iam.operation
def tag_policy(call: Call, policy_arn: str, tags: list[dict[str, str]]) -> None:
    """Put tags on a policy."""
    policy = get_own_policy(call, policy_arn)
    policies.replace(call, policy, replace(policy, tags=merge_tags(policy.tags, tags)))


@iam.operation
def untag_policy(call: Call, policy_arn: str, tag_keys: list[str]) -> None:
    """Take tags off a policy."""
    policy = get_own_policy(call, policy_arn)
    policies.replace(call, policy, replace(policy, tags=without_tags(policy.tags, tag_keys)))


@iam.operation
def list_policy_tags(
    call: Call, policy_arn: str, marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    """List the tags of a policy, by key."""
    policy = managed.get_policy(call, policy_arn)
    return tag_page(call, f"tags:{policy.arn}", policy.tags, marker, max_items)
