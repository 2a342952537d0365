"""What each call to Organizations needs to be allowed, and whose resources it works on."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.access import Need
from skyglobe.kernel.arns import parse_arn
from skyglobe.kernel.call import Call
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.standing import Standing, find_membership
from skyglobe.services.organizations import organizations
from skyglobe.services.organizations.attaching import find_policy
from skyglobe.services.organizations.operations.resource_policy import find_resource_policy
from skyglobe.services.organizations.operations.tags import find_tagged
from skyglobe.services.organizations.records import delegations, handshakes, transfers
from skyglobe.services.organizations.transferring import direction_of

_OF_ANY_ACCOUNT = frozenset(
    # API reference: the operations without "can be called only from the organization's management account"
    {
        *("CreateOrganization", "DescribeOrganization", "LeaveOrganization", "ListHandshakesForAccount"),
        *("AcceptHandshake", "DeclineHandshake", "CancelHandshake", "DescribeHandshake"),
    }
)
_BILLING = "BILLING"  # the one type of transfers there is
_NAMED = (
    # The members that name a call's resource; the first that is there counts.
    *("PolicyId", "OrganizationalUnitId", "AccountId", "ParentId", "ChildId", "RootId", "TargetId", "ResourceId"),
)


@organizations.needs
def find_needs(call: Call, operation: str, params: dict[str, Any]) -> list[Need]:
    """List what a call needs.

    What only the management account may do is done to its resources: a member needs its leave, given by the
    organization's resource policy, like any other account. Delegated administrators may read what it may read.
    """
    membership = find_membership(call, call.account)
    owner = _owner(call, membership, operation, params)
    context = _context(call, membership, params)
    action = f"organizations:{operation}"
    resources = _resources(call, membership, params)
    return [Need(action, resource, owner, context) for resource in resources]


def _owner(call: Call, membership: Standing | None, operation: str, params: dict[str, Any]) -> str:
    if membership is None or membership.is_management or operation in _OF_ANY_ACCOUNT:
        return call.account
    if operation == "DescribeEffectivePolicy" and params.get("TargetId", call.account) == call.account:
        return call.account
    there = call.within(membership.management)
    is_reading = operation.startswith(("Describe", "List"))
    if is_reading and next(delegations.scan(there, call.account, limit=1), None) is not None:
        return call.account
    return membership.management


def _resources(call: Call, membership: Standing | None, params: dict[str, Any]) -> list[str]:
    """Return the ARNs a call is about; ``*`` where there is none, or nothing of that name."""
    if handshake_id := params.get("HandshakeId"):
        handshake = handshakes.find(call, handshake_id)
        return [handshake.arn if handshake is not None else "*"]
    if membership is None:
        return ["*"]
    there = call.within(membership.management)
    if transfer_id := params.get("Id"):
        return [_transfer_arn(there, membership, transfer_id)]
    name = next((params[member] for member in _NAMED if member in params), "")
    named = [name] if name else []
    if "PolicyId" in params and "TargetId" in params:
        named.append(params["TargetId"])
    return [_arn_of(there, each) for each in named] or ["*"]


def _direction(call: Call, membership: Standing | None, params: dict[str, Any]) -> str:
    """Return which way the transfer goes that a call is about; empty where it is about none."""
    operation = call.operation.name
    if "ResponsibilityTransfer" not in operation and operation != "InviteOrganizationToTransferResponsibility":
        return ""
    transfer = transfers.find(call, params["Id"]) if "Id" in params else None
    if transfer is not None and membership is not None:
        return direction_of(transfer, membership.management)
    return "outbound" if "Outbound" in operation else "inbound"


def _transfer_arn(there: Scope, membership: Standing, transfer_id: str) -> str:
    transfer = transfers.find(there, transfer_id)
    direction = direction_of(transfer, there.account) if transfer is not None else ""
    if transfer is None or not direction:
        return "*"
    place = f"transfer/{membership.organization_id}/{transfer.type.lower()}/{direction}/{transfer.id}"
    return f"arn:aws:organizations::{there.account}:{place}"


def _arn_of(there: Scope, id_: str) -> str:
    if id_.startswith("p-"):
        policy = find_policy(there, id_)
        return policy.arn if policy is not None else "*"
    resource = find_tagged(there, id_)
    return resource.arn if resource is not None else "*"


def _context(call: Call, membership: Standing | None, params: dict[str, Any]) -> dict[str, str | list[str]]:
    """Return Organizations' own condition keys."""
    context: dict[str, str | list[str]] = {}
    if service := params.get("ServicePrincipal"):
        context["organizations:serviceprincipal"] = service
    if direction := _direction(call, membership, params):
        context |= {"organizations:transferdirection": direction, "organizations:transfertype": _BILLING}
    type_ = params.get("PolicyType") or params.get("Type") or params.get("Filter")
    if isinstance(type_, str) and type_ != _BILLING:
        context["organizations:policytype"] = type_
    elif membership is not None and "PolicyId" in params:
        policy = find_policy(call.within(membership.management), params["PolicyId"])
        if policy is not None:
            context["organizations:policytype"] = policy.type
    return context


@organizations.resource_policies
def delegation_policy(scope: Scope, arn: str) -> str | None:
    """Return the delegation policy that rules a member's call; the management account itself needs none."""
    owner = _owner_of(arn)
    membership = find_membership(scope, scope.account)
    if membership is None or membership.is_management or owner not in ("", "aws", membership.management):
        return None
    policy = find_resource_policy(scope.within(membership.management))
    return policy.content if policy is not None else None


def _owner_of(arn: str) -> str:
    try:
        return parse_arn(arn).account
    except ValueError:
        return ""
