"""Data protection policies of log groups."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.services.logs import logs
from skyglobe.services.logs.finding import get_identified
from skyglobe.services.logs.protecting import check_protection
from skyglobe.services.logs.records import groups
from skyglobe.services.logs.refusals import invalid, not_found


@logs.operation
def put_data_protection_policy(call: Call, log_group_identifier: str, policy_document: str) -> dict[str, Any]:
    """Have sensitive data masked in what a group takes in from now on."""
    scope, group = get_identified(call, log_group_identifier)
    if group.kind == "DELIVERY":
        raise invalid("Data protection policies are not supported on log groups of the DELIVERY log class.")
    check_protection(policy_document)
    changed = replace(group, protection=policy_document, protection_at=call.now, was_protected=True)
    groups.replace(scope, group, changed)
    return _shown(log_group_identifier, policy_document, call.now)


@logs.operation
def get_data_protection_policy(call: Call, log_group_identifier: str) -> dict[str, Any]:
    """Return a group's policy; without one only what it was asked for."""
    _, group = get_identified(call, log_group_identifier)
    if not group.protection:
        return {"logGroupIdentifier": log_group_identifier}
    return _shown(log_group_identifier, group.protection, group.protection_at)


@logs.operation
def delete_data_protection_policy(call: Call, log_group_identifier: str) -> None:
    """Stop masking. What was masked stays so. Raises ResourceNotFoundException without a policy."""
    scope, group = get_identified(call, log_group_identifier)
    if not group.protection:
        raise not_found("data protection policy")
    groups.replace(scope, group, replace(group, protection="", protection_at=call.now))


def _shown(identifier: str, document: str, at: int) -> dict[str, Any]:
    return {"logGroupIdentifier": identifier, "policyDocument": document, "lastUpdatedTime": at}
