"""Records as the API shows them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from skyglobe.kernel.clock import Instant
from skyglobe.kernel.scope import Scope
from skyglobe.services.organizations.finding import Found, find_parent, identity_of, path_of
from skyglobe.services.organizations.records import Account, CreateRequest, Handshake, Policy, Root, Unit


def seconds(instant: Instant) -> float:
    """Return an instant as timestamps of the JSON protocol have it."""
    return instant / 1000


def organization_shape(found: Found) -> dict[str, Any]:
    """Return an ``Organization``."""
    organization = found.organization
    management = organization.owner
    is_whole = organization.feature_set == "ALL"
    return {
        "Id": organization.id,
        "Arn": organization.arn,
        "FeatureSet": organization.feature_set,
        "MasterAccountArn": account_arn(organization.id, management, management),
        "MasterAccountId": management,
        "MasterAccountEmail": identity_of(found.there, management).email,
        # Out of use, says the API reference: it tells of service control policies only, enabled or not.
        "AvailablePolicyTypes": [{"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}] if is_whole else [],
    }


def account_arn(organization_id: str, management: str, account: str) -> str:
    """Return the ARN of a member account."""
    return f"arn:aws:organizations::{management}:account/{organization_id}/{account}"


def root_shape(root: Root) -> dict[str, Any]:
    """Return a ``Root``."""
    types = [{"Type": each, "Status": "ENABLED"} for each in root.policy_types]
    return {"Id": root.id, "Arn": root.arn, "Name": "Root", "PolicyTypes": types}


def unit_shape(unit: Unit) -> dict[str, Any]:
    """Return an ``OrganizationalUnit``."""
    return {"Id": unit.id, "Arn": unit.arn, "Name": unit.name, "Path": unit.path}


def account_shape(there: Scope, organization_id: str, account: Account) -> dict[str, Any]:
    """Return an ``Account``."""
    parent = find_parent(there, account.parent_id)
    assert parent is not None
    return {
        **_member_shape(account),
        "Paths": [f"{path_of(organization_id, parent)}{account.id}/"],
    }


def _member_shape(account: Account) -> dict[str, Any]:
    return {
        "Id": account.id,
        "Arn": account.arn,
        "Email": account.email,
        "Name": account.name,
        "Status": account.status,
        "State": "CLOSED" if account.status == "SUSPENDED" else account.status,
        "JoinedMethod": account.joined_method,
        "JoinedTimestamp": seconds(account.joined_at),
    }


def administrator_shape(account: Account, enabled_at: Instant) -> dict[str, Any]:
    """Return a ``DelegatedAdministrator``."""
    return {**_member_shape(account), "DelegationEnabledDate": seconds(enabled_at)}


def create_request_shape(request: CreateRequest) -> dict[str, Any]:
    """Return a ``CreateAccountStatus``."""
    shape: dict[str, Any] = {
        "Id": request.id,
        "AccountName": request.account_name,
        "State": request.state,
        "RequestedTimestamp": seconds(request.requested_at),
    }
    if request.completed_at is not None:
        shape["CompletedTimestamp"] = seconds(request.completed_at)
    if request.state == "SUCCEEDED":
        shape["AccountId"] = request.account_id
    if request.failure:
        shape["FailureReason"] = request.failure
    return shape


def handshake_shape(scope: Scope, handshake: Handshake, feature_set: str) -> dict[str, Any]:
    """Return a ``Handshake`` of an organization with this feature set."""
    master = identity_of(scope, handshake.management)
    offered = [
        {"Type": "MASTER_EMAIL", "Value": master.email},
        {"Type": "MASTER_NAME", "Value": master.name},
        {"Type": "ORGANIZATION_FEATURE_SET", "Value": feature_set},
    ]
    if handshake.transfer_id:
        offered = [
            {"Type": "MANAGEMENT_ACCOUNT", "Value": handshake.management},
            {"Type": "MANAGEMENT_EMAIL", "Value": master.email},
            {"Type": "MANAGEMENT_NAME", "Value": master.name},
        ]
    parties = [{"Id": handshake.organization_id, "Type": "ORGANIZATION"}]
    resources: list[dict[str, Any]] = [
        {"Type": "ORGANIZATION", "Value": handshake.organization_id, "Resources": offered}
    ]
    if handshake.email:
        parties.append({"Id": handshake.email, "Type": "EMAIL"})
        resources.append({"Type": "EMAIL", "Value": handshake.email})
    elif handshake.account is not None and handshake.account != handshake.management:
        parties.append({"Id": handshake.account, "Type": "ACCOUNT"})
        resources.append({"Type": "ACCOUNT", "Value": handshake.account})
    if handshake.notes:
        resources.append({"Type": "NOTES", "Value": handshake.notes})
    if handshake.transfer_id:
        start = datetime.fromtimestamp(handshake.transfer_at // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        resources += [
            {"Type": "RESPONSIBILITY_TRANSFER", "Value": handshake.transfer_id},
            {"Type": "TRANSFER_TYPE", "Value": handshake.transfer_type},
            {"Type": "TRANSFER_START_TIMESTAMP", "Value": start},
        ]
    if handshake.parent_id:
        resources.append({"Type": "PARENT_HANDSHAKE", "Value": handshake.parent_id})
    return {
        "Id": handshake.id,
        "Arn": handshake.arn,
        "Parties": parties,
        "State": handshake.state,
        "RequestedTimestamp": seconds(handshake.requested_at),
        "ExpirationTimestamp": seconds(handshake.expires_at),
        "Action": handshake.action,
        "Resources": resources,
    }


def policy_summary(policy: Policy) -> dict[str, Any]:
    """Return a ``PolicySummary``."""
    return {
        "Id": policy.id,
        "Arn": policy.arn,
        "Name": policy.name,
        "Description": policy.description,
        "Type": policy.type,
        "AwsManaged": policy.owner == "aws",
    }


def policy_shape(policy: Policy) -> dict[str, Any]:
    """Return a ``Policy``."""
    return {"PolicySummary": policy_summary(policy), "Content": policy.content}


def target_shape(node: Root | Unit | Account) -> dict[str, Any]:
    """Return a ``PolicyTargetSummary``."""
    kind = {Root: "ROOT", Unit: "ORGANIZATIONAL_UNIT", Account: "ACCOUNT"}[type(node)]
    name = "Root" if isinstance(node, Root) else node.name
    return {"TargetId": node.id, "Arn": node.arn, "Name": name, "Type": kind}
