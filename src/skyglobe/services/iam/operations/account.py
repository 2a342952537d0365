"""The account's alias, and its figures."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.kernel.mfa import mfa_devices
from skyglobe.kernel.scope import Scope
from skyglobe.services.iam import iam
from skyglobe.services.iam.operations.access_keys import MAX_KEYS
from skyglobe.services.iam.operations.attachments import MAX_ATTACHED
from skyglobe.services.iam.operations.groups import MAX_GROUPS
from skyglobe.services.iam.paging import page
from skyglobe.services.iam.records.access_keys import access_keys
from skyglobe.services.iam.records.account import Alias, accounts, aliases, change_account
from skyglobe.services.iam.records.counts import GROUPS_QUOTA, USERS_QUOTA, counts
from skyglobe.services.iam.records.policies import MAX_POLICIES, MAX_VERSIONS, policy_versions
from skyglobe.services.iam.records.providers import (
    MAX_SERVER_CERTIFICATES,
    oidc_providers,
    saml_providers,
    server_certificates,
)
from skyglobe.services.iam.records.roles import MAX_INSTANCE_PROFILES, MAX_ROLES
from skyglobe.services.iam.records.user_credentials import MAX_SIGNING_CERTIFICATES
from skyglobe.services.iam.refusals import no_such_entity
from skyglobe.services.iam.rules.documents import MAX_INLINE, MAX_MANAGED, MAX_TRUST

MAX_POLICY_VERSIONS = 10_000  # of all policies together, "PolicyVersionsInUseQuota"; API reference, GetAccountSummary


@iam.operation
def create_account_alias(call: Call, account_alias: str) -> None:
    """Give the account an alias in place of the one it has. Raises EntityAlreadyExists when another account has it."""
    taken = aliases.find(call, account_alias)
    if taken is not None and taken.account != call.account:
        raise iam.errors.EntityAlreadyExistsException(f"The account alias {account_alias} already exists.")
    present = _present_alias(call)
    if present:
        aliases.drop(call, present)
    aliases.insert(call, Alias(alias=account_alias, account=call.account))
    change_account(call, alias=account_alias)


@iam.operation
def delete_account_alias(call: Call, account_alias: str) -> None:
    """Take the account's alias away."""
    if _present_alias(call) != account_alias:
        raise no_such_entity(f"The account alias {account_alias} cannot be found.")
    aliases.drop(call, account_alias)
    change_account(call, alias="")


@iam.operation
def list_account_aliases(call: Call, marker: str | None = None, max_items: int | None = None) -> dict[str, Any]:
    """List the account's alias, if it has one."""
    present = _present_alias(call)
    shown, more = page(call, "aliases", [present] if present else [], lambda alias: alias, marker, max_items)
    return {"AccountAliases": shown, **more}


def _present_alias(scope: Scope) -> str:
    known = accounts.find(scope, "")
    return known.alias if known is not None else ""


@iam.operation
def get_account_summary(call: Call) -> dict[str, Any]:
    """Return how many there are of each kind, and how many there may be."""
    return {"SummaryMap": {**_figures(call), **_QUOTAS}}


def _figures(scope: Scope) -> dict[str, int]:
    devices = [device.user_id for device in mfa_devices.scan(scope)]
    counted = {kind: counts.get(scope, kind) for kind in ("Users", "Groups", "Policies", "Roles", "InstanceProfiles")}
    return {
        **counted,
        "ServerCertificates": sum(1 for _ in server_certificates.scan(scope)),
        "Providers": sum(1 for _ in saml_providers.scan(scope)) + sum(1 for _ in oidc_providers.scan(scope)),
        "PolicyVersionsInUse": sum(1 for _ in policy_versions.scan(scope)),
        "MFADevices": len(devices),
        "MFADevicesInUse": sum(user_id is not None for user_id in devices),
        "AccountAccessKeysPresent": int(next(access_keys.scan(scope, scope.account, limit=1), None) is not None),
        # Only the console could give these to the root user, and there is none.
        "AccountMFAEnabled": 0,
        "AccountPasswordPresent": 0,
        "AccountSigningCertificatesPresent": 0,
        "GlobalEndpointTokenVersion": _token_version(scope),
    }


_TOKEN_VERSIONS = ("v1Token", "v2Token")


def _token_version(scope: Scope) -> int:
    known = accounts.find(scope, "")
    return known.token_version if known is not None else 1


@iam.operation
def set_security_token_service_preferences(call: Call, global_endpoint_token_version: str) -> None:
    """Choose the version that ``GetAccountSummary`` tells. Tokens of both are good in every region here."""
    change_account(call, token_version=_TOKEN_VERSIONS.index(global_endpoint_token_version) + 1)


_QUOTAS = {
    "UsersQuota": USERS_QUOTA,
    "GroupsQuota": GROUPS_QUOTA,
    "RolesQuota": MAX_ROLES,
    "PoliciesQuota": MAX_POLICIES,
    "InstanceProfilesQuota": MAX_INSTANCE_PROFILES,
    "ServerCertificatesQuota": MAX_SERVER_CERTIFICATES,
    "GroupsPerUserQuota": MAX_GROUPS,
    "AccessKeysPerUserQuota": MAX_KEYS,
    "SigningCertificatesPerUserQuota": MAX_SIGNING_CERTIFICATES,
    "AttachedPoliciesPerUserQuota": MAX_ATTACHED,
    "AttachedPoliciesPerGroupQuota": MAX_ATTACHED,
    "AttachedPoliciesPerRoleQuota": MAX_ATTACHED,
    "UserPolicySizeQuota": MAX_INLINE["user"],
    "GroupPolicySizeQuota": MAX_INLINE["group"],
    "RolePolicySizeQuota": MAX_INLINE["role"],
    "PolicySizeQuota": MAX_MANAGED,
    "AssumeRolePolicySizeQuota": MAX_TRUST,
    "VersionsPerPolicyQuota": MAX_VERSIONS,
    "PolicyVersionsInUseQuota": MAX_POLICY_VERSIONS,
}
