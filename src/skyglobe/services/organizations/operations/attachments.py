"""Attaching policies to roots, units and accounts."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.services.organizations import organizations
from skyglobe.services.organizations.attaching import attach, detach, get_policy, list_attached
from skyglobe.services.organizations.finding import get_node, get_organization, get_root
from skyglobe.services.organizations.paging import page
from skyglobe.services.organizations.records import attachments
from skyglobe.services.organizations.refusals import invalid_input, violates
from skyglobe.services.organizations.rules.policy_types import FULL_ACCESS, POLICY_TYPES, RCP, SCP
from skyglobe.services.organizations.shapes import policy_summary, target_shape


@organizations.operation
def attach_policy(call: Call, policy_id: str, target_id: str) -> None:
    """Hang a policy on a root, unit or account. It counts from the next call on."""
    found = get_organization(call)
    there = found.there
    policy = get_policy(there, policy_id)
    get_node(there, target_id)
    if policy.type not in get_root(found).policy_types:
        raise organizations.errors.PolicyTypeNotEnabledException(
            "This operation can be performed only for enabled policy types."
        )
    if attachments.find(there, target_id, policy.type, policy_id) is not None:
        raise organizations.errors.DuplicatePolicyAttachmentException(
            "The selected policy is already attached to the specified target."
        )
    if sum(1 for _ in attachments.scan(there, target_id, policy.type)) >= POLICY_TYPES[policy.type].max_attached:
        raise violates(
            "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED",
            "You have exceeded the number of policies of this type that can be attached to an entity.",
        )
    attach(there, policy, target_id)


@organizations.operation
def detach_policy(call: Call, policy_id: str, target_id: str) -> None:
    """Take a policy off a root, unit or account. One service control policy must stay."""
    there = get_organization(call).there
    policy = get_policy(there, policy_id)
    get_node(there, target_id)
    attachment = attachments.find(there, target_id, policy.type, policy_id)
    if attachment is None:
        raise organizations.errors.PolicyNotAttachedException(
            "The specified policy isn't attached to the specified target."
        )
    if policy_id == FULL_ACCESS[RCP][0]:
        raise invalid_input("NON_DETACHABLE_POLICY", "You can't detach this policy from any entity.")
    if policy.type == SCP and sum(1 for _ in attachments.scan(there, target_id, SCP, limit=2)) < 2:
        raise violates(
            "MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED",
            "You can't detach the last service control policy: an entity must have at least one attached.",
        )
    detach(there, attachment)


@organizations.operation
def list_policies_for_target(
    call: Call, target_id: str, filter: str, next_token: str | None = None, max_results: int | None = None
) -> dict[str, Any]:
    """List the policies of a type that hang on a target itself."""
    there = get_organization(call).there
    get_node(there, target_id)
    hung = sorted(list_attached(there, target_id, filter), key=lambda policy: policy.id)
    listing = f"policies-for:{target_id}:{filter}"
    rows, more = page(call, listing, hung, lambda policy: policy.id, next_token, max_results)
    return {"Policies": [policy_summary(policy) for policy in rows], **more}


@organizations.operation
def list_targets_for_policy(
    call: Call, policy_id: str, next_token: str | None = None, max_results: int | None = None
) -> dict[str, Any]:
    """List the roots, units and accounts a policy hangs on."""
    there = get_organization(call).there
    get_policy(there, policy_id)
    hung = list(attachments.scan_by(there, "policy", policy_id))
    rows, more = page(call, f"targets:{policy_id}", hung, lambda each: each.target_id, next_token, max_results)
    return {"Targets": [target_shape(get_node(there, each.target_id)) for each in rows], **more}
