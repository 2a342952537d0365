"""Vault Lock: a policy that can be tried for a day, and once it is completed never changed again."""

from __future__ import annotations

from typing import Any

import msgspec

from skyglobe.kernel.call import Call
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.timers import cancel_timer, set_timer
from skyglobe.services.glacier import glacier, refusals
from skyglobe.services.glacier.finding import get_vault
from skyglobe.services.glacier.operations.policies import checked
from skyglobe.services.glacier.records import IN_PROGRESS, LOCKED, Lock, Vault, vaults
from skyglobe.services.glacier.rules.times import DAY, text_of

COMPLETE_WITHIN = DAY  # InitiateVaultLock, API reference
LOCK_ID_CHARACTERS = 40


@glacier.operation
def initiate_vault_lock(
    call: Call, account_id: str, vault_name: str, policy: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Put a lock policy on a vault, in force at once, to be completed within 24 hours.

    Raises AccessDeniedException when there is one, whatever its state.
    """
    scope, vault = get_vault(call, account_id, vault_name)
    if vault.lock is not None:
        raise refusals.denied(f"The vault lock of {vault.arn} is {vault.lock.state}.")
    expires_at = scope.now + COMPLETE_WITHIN
    lock = Lock(call.kernel.ids.secret(LOCK_ID_CHARACTERS), checked(policy), IN_PROGRESS, scope.now, expires_at)
    vaults.replace(scope, vault, msgspec.structs.replace(vault, lock=lock))
    set_timer(scope, "glacier", "lock", vault.id, expires_at)
    return {"lockId": lock.id}


@glacier.operation
def complete_vault_lock(call: Call, account_id: str, vault_name: str, lock_id: str) -> None:
    """Lock a vault's policy for good. Doing it again with the same id is no error.

    Raises ResourceNotFoundException without a lock, InvalidParameterValueException for another id while one is in
    progress, AccessDeniedException once it is locked.
    """
    scope, vault = get_vault(call, account_id, vault_name)
    lock = vault.lock
    if lock is None:
        raise refusals.invalid(f"No vault lock is in progress for: {vault.arn}")
    if lock_id != lock.id:
        if lock.state == LOCKED:
            raise refusals.denied(f"The vault lock of {vault.arn} is {lock.state}.")
        raise refusals.invalid(f"Invalid lock ID: {lock_id}")
    if lock.state == LOCKED:
        return
    cancel_timer(scope, "glacier", "lock", vault.id)
    locked = msgspec.structs.replace(lock, state=LOCKED, expires_at=0)
    vaults.replace(scope, vault, msgspec.structs.replace(vault, lock=locked))


@glacier.operation
def abort_vault_lock(call: Call, account_id: str, vault_name: str) -> None:
    """Take away a lock policy that is in progress. Nothing happens without one; AccessDeniedException once locked."""
    scope, vault = get_vault(call, account_id, vault_name)
    if vault.lock is not None and vault.lock.state == LOCKED:
        raise refusals.denied(f"The vault lock of {vault.arn} is {vault.lock.state}.")
    cancel_timer(scope, "glacier", "lock", vault.id)
    _unlock(scope, vault)


@glacier.operation
def get_vault_lock(call: Call, account_id: str, vault_name: str) -> dict[str, Any]:
    """Return a vault's lock policy and its state. Raises ResourceNotFoundException when it has none."""
    vault = get_vault(call, account_id, vault_name).vault
    lock = vault.lock
    if lock is None:
        raise refusals.not_found(f"No vault lock policy is set for: {vault.arn}")
    told = {"Policy": lock.policy, "State": lock.state, "CreationDate": text_of(lock.created_at)}
    if lock.expires_at:
        told["ExpirationDate"] = text_of(lock.expires_at)
    return told


@glacier.timer("lock")
def expire(scope: Scope, key: str, payload: dict[str, Any]) -> None:
    """Remove a lock policy that was not completed in time."""
    vault = vaults.find(scope, key)
    if vault is not None and vault.lock is not None and vault.lock.state == IN_PROGRESS:
        _unlock(scope, vault)


def _unlock(scope: Scope, vault: Vault) -> None:
    vaults.replace(scope, vault, msgspec.structs.replace(vault, lock=None))
