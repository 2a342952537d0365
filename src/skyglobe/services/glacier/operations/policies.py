"""Access policies of vaults."""

from __future__ import annotations

from typing import Any

import msgspec

from skyglobe.kernel.call import Call
from skyglobe.policy.documents import MalformedPolicy, parse_policy
from skyglobe.services.glacier import glacier, refusals
from skyglobe.services.glacier.finding import get_vault
from skyglobe.services.glacier.records import vaults
from skyglobe.services.glacier.rules.policies import MAX_POLICY_BYTES


@glacier.operation
def set_vault_access_policy(call: Call, account_id: str, vault_name: str, policy: dict[str, Any] | None = None) -> None:
    """Give a vault a policy, in place of the one it has. Raises InvalidParameterValueException for what is none."""
    scope, vault = get_vault(call, account_id, vault_name)
    vaults.replace(scope, vault, msgspec.structs.replace(vault, policy=checked(policy)))


@glacier.operation
def get_vault_access_policy(call: Call, account_id: str, vault_name: str) -> dict[str, Any]:
    """Return a vault's policy. Raises ResourceNotFoundException when it has none."""
    vault = get_vault(call, account_id, vault_name).vault
    if not vault.policy:
        raise refusals.not_found(f"No vault access policy is set for: {vault.arn}")
    return {"policy": {"Policy": vault.policy}}


@glacier.operation
def delete_vault_access_policy(call: Call, account_id: str, vault_name: str) -> None:
    """Take a vault's policy away. Nothing happens when it has none."""
    scope, vault = get_vault(call, account_id, vault_name)
    vaults.replace(scope, vault, msgspec.structs.replace(vault, policy=""))


def checked(policy: dict[str, Any] | None) -> str:
    """Return the document a request brings. Raises MissingParameterValueException, InvalidParameterValueException."""
    text: str = (policy or {}).get("Policy") or ""
    if not text:
        raise refusals.missing("Policy must be specified.")
    if len(text.encode("utf-8", "surrogatepass")) > MAX_POLICY_BYTES:
        raise refusals.invalid(f"The policy must not be larger than {MAX_POLICY_BYTES} bytes.")
    try:
        parse_policy(text, "resource")
    except MalformedPolicy as reason:
        raise refusals.invalid(f"Invalid policy: {reason}") from reason
    return text
