"""Policies: writing, showing, changing and deleting them."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.kernel.scope import Scope
from skyglobe.services.organizations import organizations
from skyglobe.services.organizations.attaching import AWS_POLICIES, get_policy
from skyglobe.services.organizations.finding import get_organization
from skyglobe.services.organizations.paging import page
from skyglobe.services.organizations.records import Policy, attachments, note_change, policies
from skyglobe.services.organizations.refusals import invalid_input, malformed, violates
from skyglobe.services.organizations.rules.ids import make_id
from skyglobe.services.organizations.rules.policy_types import POLICY_TYPES, is_sound
from skyglobe.services.organizations.shapes import policy_shape, policy_summary
from skyglobe.services.organizations.tagging import merged_tags

MAX_POLICIES = 1_000  # of each type; user guide, "Quotas"


@organizations.operation
def create_policy(
    call: Call, content: str, description: str, name: str, type: str, tags: list[dict[str, str]] | None = None
) -> dict[str, Any]:
    """Write a policy. It has no effect until it is attached, and its type enabled."""
    found = get_organization(call)
    there = found.there
    if found.organization.feature_set != "ALL":
        raise organizations.errors.PolicyTypeNotAvailableForOrganizationException(
            "You can't use the specified policy type with the feature set currently enabled for this organization."
        )
    _check_content(type, content)
    _check_name(there, type, name)
    if sum(1 for _ in policies.scan_by(there, "type", type)) >= MAX_POLICIES:
        raise violates("POLICY_NUMBER_LIMIT_EXCEEDED", "You have exceeded the maximum number of policies of this type.")
    id_ = make_id(call.kernel.ids.random, "p-", 8)
    policy = Policy(
        arn=f"arn:aws:organizations::{there.account}:policy/{found.organization.id}/{type.lower()}/{id_}",
        id=id_,
        owner=there.account,
        created_at=call.now,
        tags=merged_tags({}, tags),
        name=name,
        description=description,
        type=type,
        content=content,
        changed_at=call.now,
    )
    policies.insert(there, policy)
    return {"Policy": policy_shape(policy)}


def _check_content(type_: str, content: str) -> None:
    if len(content) > POLICY_TYPES[type_].max_characters:
        raise violates("POLICY_CONTENT_LIMIT_EXCEEDED", "You have exceeded the maximum policy size.")
    if not is_sound(type_, content):
        raise malformed()


def _check_name(there: Scope, type_: str, name: str) -> None:
    is_aws = any(policy.type == type_ and policy.name == name for policy in AWS_POLICIES.values())
    if is_aws or next(policies.scan_by(there, "name", type_, name, limit=1), None) is not None:
        raise organizations.errors.DuplicatePolicyException("A policy with the specified name and type already exists.")


def _changeable(there: Scope, policy_id: str) -> Policy:
    if policy_id in AWS_POLICIES:
        raise invalid_input("IMMUTABLE_POLICY", "You specified a policy that is managed by AWS and can't be modified.")
    return get_policy(there, policy_id)


@organizations.operation
def describe_policy(call: Call, policy_id: str) -> dict[str, Any]:
    """Show a policy and its document."""
    return {"Policy": policy_shape(get_policy(get_organization(call).there, policy_id))}


@organizations.operation
def list_policies(
    call: Call, filter: str, next_token: str | None = None, max_results: int | None = None
) -> dict[str, Any]:
    """List the policies of a type, AWS's own among them."""
    there = get_organization(call).there
    listed = [policy for policy in AWS_POLICIES.values() if policy.type == filter]
    listed += policies.scan_by(there, "type", filter)
    listed.sort(key=lambda policy: policy.id)
    rows, more = page(call, f"policies:{filter}", listed, lambda policy: policy.id, next_token, max_results)
    return {"Policies": [policy_summary(policy) for policy in rows], **more}


@organizations.operation
def update_policy(
    call: Call,
    policy_id: str,
    name: str | None = None,
    description: str | None = None,
    content: str | None = None,
) -> dict[str, Any]:
    """Change a policy's name, description or document; where it hangs, the document counts at once."""
    there = get_organization(call).there
    policy = _changeable(there, policy_id)
    if content is not None:
        _check_content(policy.type, content)
    if name is not None and name != policy.name:
        _check_name(there, policy.type, name)
    changed = replace(
        policy,
        name=policy.name if name is None else name,
        description=policy.description if description is None else description,
        content=policy.content if content is None else content,
        changed_at=call.now,
    )
    policies.replace(there, policy, changed)
    note_change(there, "content", policy.id, changed.content)
    return {"Policy": policy_shape(changed)}


@organizations.operation
def delete_policy(call: Call, policy_id: str) -> None:
    """Delete a policy that hangs nowhere."""
    there = get_organization(call).there
    policy = _changeable(there, policy_id)
    if next(attachments.scan_by(there, "policy", policy_id, limit=1), None) is not None:
        raise organizations.errors.PolicyInUseException(
            "This policy is attached to one or more entities. You must detach it from all roots, OUs, and accounts "
            "before performing this operation."
        )
    policies.delete(there, policy)
