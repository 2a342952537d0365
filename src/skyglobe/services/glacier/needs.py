"""What each call to Glacier needs to be allowed, after the service authorization reference of Amazon S3 Glacier."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.access import Need
from skyglobe.kernel.arns import parse_arn
from skyglobe.kernel.call import Call
from skyglobe.kernel.scope import Scope
from skyglobe.services.glacier import glacier
from skyglobe.services.glacier.finding import account_of, find_archive, vault_arn
from skyglobe.services.glacier.records import Vault, vaults
from skyglobe.services.glacier.rules.policies import combined
from skyglobe.services.glacier.rules.times import DAY


@glacier.needs
def find_needs(call: Call, operation: str, params: dict[str, Any]) -> list[Need]:
    """List what a call needs: its own action on the vault, whose two policies have their say."""
    account = account_of(call, params.get("accountId", "-"))
    action, name = f"glacier:{operation}", params.get("vaultName")
    if name is None:
        return [Need(action, "*", account)]
    scope = call if account == call.account else call.within(account)
    vault = vaults.find(scope, name)
    if vault is None:
        return [Need(action, vault_arn(scope, name), account, policy="")]
    return [Need(action, vault.arn, account, _context(scope, vault, operation, params), policy_of(vault))]


def _context(scope: Scope, vault: Vault, operation: str, params: dict[str, Any]) -> dict[str, str | list[str]]:
    context: dict[str, str | list[str]] = {
        f"glacier:resourcetag/{key.lower()}": value for key, value in vault.tags.items()
    }
    archive_id = params.get("archiveId") if operation == "DeleteArchive" else None
    if operation == "InitiateJob":
        archive_id = (params.get("jobParameters") or {}).get("ArchiveId")
    archive = find_archive(scope, vault.id, archive_id) if archive_id else None
    if archive is not None:
        context["glacier:archiveageindays"] = str((scope.now - archive.created_at) // DAY)
    return context


def policy_of(vault: Vault) -> str:
    """Return what a vault's access policy and lock policy say together, empty when it has neither."""
    return combined(vault.policy, vault.lock.policy if vault.lock is not None else "")


@glacier.resource_policies
def find_policy(scope: Scope, arn: str) -> str | None:
    """Return the policy of the vault with this ARN, wherever it is; None when it has none."""
    try:
        place = parse_arn(arn)
    except ValueError:
        return None
    vault = vaults.find(scope.within(place.account, place.region), place.resource.removeprefix("vaults/"))
    return (policy_of(vault) or None) if vault is not None else None
