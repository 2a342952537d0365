"""GetKeyPolicy, PutKeyPolicy, ListKeyPolicies."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.services.kms import kms, refusals
from skyglobe.services.kms.describing import page
from skyglobe.services.kms.finding import get_customer_key, get_own_key
from skyglobe.services.kms.policing import check_policy
from skyglobe.services.kms.records import keys

_NAME = "default"  # the only name of a key policy; API reference of PutKeyPolicy


@kms.operation
def get_key_policy(call: Call, key_id: str, policy_name: str = _NAME) -> dict[str, Any]:
    """Return a key's policy as it was put."""
    key = get_own_key(call, key_id).key
    if policy_name != _NAME:
        raise kms.errors.NotFoundException("No such policy exists")
    return {"Policy": key.policy, "PolicyName": _NAME}


@kms.operation
def put_key_policy(
    call: Call,
    key_id: str,
    policy: str,
    policy_name: str = _NAME,
    bypass_policy_lockout_safety_check: bool | None = None,
) -> None:
    """Give a key another policy. It counts from the next call on."""
    scope, key, _ = get_customer_key(call, key_id)
    if policy_name != _NAME:
        raise refusals.invalid(f"The only valid PolicyName is {_NAME}; it is {policy_name}.")
    checked = check_policy(call, policy, key.arn, bypass=bypass_policy_lockout_safety_check)
    keys.replace(scope, key, replace(key, policy=checked))


@kms.operation
def list_key_policies(call: Call, key_id: str, limit: int = 100, marker: str | None = None) -> dict[str, Any]:
    """List the names of a key's policies: there is one."""
    key = get_own_key(call, key_id).key

    def rows(past: tuple[str, ...] | None, most: int) -> list[str]:
        return [_NAME] if past is None else []

    found, more = page(call, f"policies:{key.id}", rows, lambda name: (name,), marker, limit)
    return {"PolicyNames": found, **more}
