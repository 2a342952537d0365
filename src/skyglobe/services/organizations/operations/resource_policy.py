"""The resource-based policy by which the management account delegates the care of policies to members."""

from __future__ import annotations

import json
from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.kernel.scope import Scope
from skyglobe.policy import MalformedPolicy, parse_policy
from skyglobe.services.organizations import organizations
from skyglobe.services.organizations.finding import get_organization
from skyglobe.services.organizations.records import ResourcePolicy, resource_policies
from skyglobe.services.organizations.refusals import invalid_input
from skyglobe.services.organizations.rules.delegation import find_undelegable
from skyglobe.services.organizations.rules.ids import make_id
from skyglobe.services.organizations.tagging import merged_tags


@organizations.operation
def put_resource_policy(call: Call, content: str, tags: list[dict[str, str]] | None = None) -> dict[str, Any]:
    """Put a delegation policy in place of the one there is. Tags can be given to a new one only."""
    found = get_organization(call)
    _check_content(content)
    known = find_resource_policy(found.there)
    if known is not None:
        if tags:
            raise invalid_input("INPUT_REQUIRED", "You can't specify tags when you update an existing resource policy.")
        changed = replace(known, content=content)
        resource_policies.replace(found.there, known, changed)
        return {"ResourcePolicy": _shape(changed)}
    id_ = make_id(call.kernel.ids.random, "rp-", 8)
    policy = ResourcePolicy(
        arn=f"arn:aws:organizations::{found.there.account}:resourcepolicy/{found.organization.id}/{id_}",
        id=id_,
        owner=found.there.account,
        created_at=call.now,
        tags=merged_tags({}, tags),
        content=content,
    )
    resource_policies.insert(found.there, policy)
    return {"ResourcePolicy": _shape(policy)}


def _check_content(content: str) -> None:
    try:
        parse_policy(content, "resource")
    except MalformedPolicy as reason:
        raise invalid_input("INVALID_RESOURCE_POLICY_JSON", f"The resource policy is not valid: {reason}") from None
    action = find_undelegable(json.loads(content))
    if action is not None:
        text = f"You can't delegate the action {action} in a resource policy."
        raise invalid_input("UNSUPPORTED_ACTION_IN_RESOURCE_POLICY", text)


@organizations.operation
def describe_resource_policy(call: Call) -> dict[str, Any]:
    """Show the delegation policy."""
    return {"ResourcePolicy": _shape(_get(get_organization(call).there))}


@organizations.operation
def delete_resource_policy(call: Call) -> None:
    """Delete the delegation policy; nothing is delegated any more."""
    there = get_organization(call).there
    resource_policies.delete(there, _get(there))


def find_resource_policy(there: Scope) -> ResourcePolicy | None:
    """Return the organization's delegation policy, or None."""
    return next(resource_policies.scan(there, limit=1), None)


def _get(there: Scope) -> ResourcePolicy:
    policy = find_resource_policy(there)
    if policy is None:
        raise organizations.errors.ResourcePolicyNotFoundException("We can't find a resource policy.")
    return policy


def _shape(policy: ResourcePolicy) -> dict[str, Any]:
    return {"ResourcePolicySummary": {"Id": policy.id, "Arn": policy.arn}, "Content": policy.content}
