"""The policy in effect for an account, merged from all it inherits."""

from __future__ import annotations

import json
from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.services.organizations import organizations
from skyglobe.services.organizations.attaching import list_attached
from skyglobe.services.organizations.finding import (
    find_parent,
    get_node,
    get_organization,
    get_root,
    nodes_of,
    path_of,
)
from skyglobe.services.organizations.records import Account, attachments
from skyglobe.services.organizations.refusals import invalid_input
from skyglobe.services.organizations.rules.inheritance import merge_policies
from skyglobe.services.organizations.shapes import seconds


@organizations.operation
def describe_effective_policy(call: Call, policy_type: str, target_id: str | None = None) -> dict[str, Any]:
    """Return the policy of a type that is in effect for an account: the caller's own, or a member's."""
    found = get_organization(call)
    there = found.there
    account = get_node(there, target_id or call.account)
    if not isinstance(account, Account):
        raise invalid_input("TARGET_NOT_SUPPORTED", "You can't perform the specified operation on that target entity.")
    parent = find_parent(there, account.parent_id)
    assert parent is not None
    nodes = nodes_of(path_of(found.organization.id, parent), account.id)
    is_enabled = policy_type in get_root(found).policy_types
    levels = [list_attached(there, node, policy_type) for node in nodes] if is_enabled else []
    if not any(levels):
        raise organizations.errors.EffectivePolicyNotFoundException(
            "If you ran this action on the management account, this policy type is not enabled. If you ran the action "
            "on a member account, the account doesn't have an effective policy of this type. Contact the administrator "
            "of your organization about attaching a policy of this type to the account."
        )
    merged = merge_policies([json.loads(policy.content) for policy in level] for level in levels)
    changed_at = max(policy.changed_at for level in levels for policy in level)
    hung_at = max(each.attached_at for node in nodes for each in attachments.scan(there, node, policy_type))
    shape = {
        "PolicyContent": json.dumps(merged, separators=(",", ":")),
        "LastUpdatedTimestamp": seconds(max(changed_at, hung_at)),
        "TargetId": account.id,
        "PolicyType": policy_type,
    }
    return {"EffectivePolicy": shape}
