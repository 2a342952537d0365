"""Vaults."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.kernel.timers import cancel_timer
from skyglobe.services.glacier import glacier, keeping, refusals
from skyglobe.services.glacier.finding import check_name, enter, get_vault, limit_of, vault_arn
from skyglobe.services.glacier.records import (
    Vault,
    account_vaults,
    archives,
    jobs,
    parts,
    uploads,
    vault_count,
    vaults,
)
from skyglobe.services.glacier.rules.times import text_of

MAX_VAULTS = 1_000  # an account and region; CreateVault, API reference
PAGE, MAX_PAGE = 10, 50  # ListVaults, API reference


@glacier.operation
def create_vault(call: Call, account_id: str, vault_name: str) -> dict[str, Any]:
    """Make a vault. Nothing happens when it is there. Raises LimitExceededException, InvalidParameterValueException."""
    scope = enter(call, account_id)
    check_name(vault_name)
    if vaults.find(scope, vault_name) is None:
        if vault_count.get(scope, "") >= MAX_VAULTS:
            raise refusals.limit_exceeded(f"The limit of {MAX_VAULTS} vaults for an account and region was reached.")
        arn = vault_arn(scope, vault_name)
        vaults.insert(scope, Vault(arn=arn, id=vault_name, owner=scope.account, created_at=scope.now))
        vault_count.add(scope, "", 1)
        account_vaults.add(scope, "", 1)
    return {"location": f"/{scope.account}/vaults/{vault_name}"}


@glacier.operation
def describe_vault(call: Call, account_id: str, vault_name: str) -> dict[str, Any]:
    """Describe a vault as its last inventory found it. Raises ResourceNotFoundException."""
    return described(get_vault(call, account_id, vault_name).vault)


@glacier.operation
def list_vaults(call: Call, account_id: str, marker: str | None = None, limit: str | None = None) -> dict[str, Any]:
    """Return a page of vaults by name; a marker is the ARN of the first vault of the page."""
    scope = enter(call, account_id)
    count = limit_of(limit, PAGE, MAX_PAGE)
    start = None
    if marker:
        prefix = vault_arn(scope, "")
        if not marker.startswith(prefix):
            raise refusals.invalid(f"Invalid marker: {marker}")
        start = (marker.removeprefix(prefix),)
    found = list(vaults.scan(scope, start=start, limit=count + 1))
    return {
        "VaultList": [described(vault) for vault in found[:count]],
        "Marker": found[count].arn if len(found) > count else None,
    }


@glacier.operation
def delete_vault(call: Call, account_id: str, vault_name: str) -> None:
    """Delete a vault that was empty at its last inventory and not written to since.

    Nothing happens when there is none. Raises InvalidParameterValueException.
    """
    scope = enter(call, account_id)
    check_name(vault_name)
    vault = vaults.find(scope, vault_name)
    if vault is None:
        return
    if vault.inventoried_archives or vault.archives or vault.written_at > vault.inventoried_at:
        raise refusals.invalid(f"Vault not empty or recently written to: {vault.arn}")
    for upload in list(uploads.scan(scope, vault.id)):
        for part in list(parts.scan(scope, upload.id)):
            keeping.release(scope, part.extents)
            parts.delete(scope, part)
        cancel_timer(scope, "glacier", "upload", f"{vault.id}/{upload.id}")
        uploads.delete(scope, upload)
    for job in list(jobs.scan(scope, vault.id)):
        keeping.release(scope, job.extents)
        cancel_timer(scope, "glacier", "job", f"{vault.id}/{job.order}")
        jobs.delete(scope, job)
    cancel_timer(scope, "glacier", "inventory", vault.id)
    cancel_timer(scope, "glacier", "lock", vault.id)
    archives.clear(scope, vault.id)
    vaults.delete(scope, vault)
    vault_count.add(scope, "", -1)
    account_vaults.add(scope, "", -1)


def described(vault: Vault) -> dict[str, Any]:
    told: dict[str, Any] = {
        "VaultARN": vault.arn,
        "VaultName": vault.id,
        "CreationDate": text_of(vault.created_at),
        "NumberOfArchives": vault.inventoried_archives,
        "SizeInBytes": vault.inventoried_bytes,
    }
    if vault.inventoried_at:
        told["LastInventoryDate"] = text_of(vault.inventoried_at)
    return told
