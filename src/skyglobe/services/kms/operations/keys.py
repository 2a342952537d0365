"""CreateKey, DescribeKey, ListKeys, UpdateKeyDescription."""

from __future__ import annotations

import asyncio
from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.arns import make_arn
from skyglobe.kernel.call import Call
from skyglobe.services.kms import kms
from skyglobe.services.kms.describing import described, page
from skyglobe.services.kms.finding import get_key, get_living_key
from skyglobe.services.kms.granting import check_tokens
from skyglobe.services.kms.managing import keep_key, plan_key
from skyglobe.services.kms.materials import new_plain
from skyglobe.services.kms.policing import check_policy
from skyglobe.services.kms.records import Family, Key, families, key_count, keys
from skyglobe.services.kms.refusals import invalid
from skyglobe.services.kms.rules import pairs
from skyglobe.services.kms.rules.policies import default_policy
from skyglobe.services.kms.rules.specs import SPECS, is_pair
from skyglobe.services.kms.tagging import checked_tags

MAX_KEYS = 100_000  # customer managed, of an account in a Region; developer guide, "Resource quotas"


@kms.operation
def create_key(
    call: Call,
    policy: str | None = None,
    description: str = "",
    key_usage: str | None = None,
    customer_master_key_spec: str | None = None,
    key_spec: str | None = None,
    origin: str = "AWS_KMS",
    custom_key_store_id: str | None = None,
    bypass_policy_lockout_safety_check: bool | None = None,
    tags: list[dict[str, str]] | None = None,
    multi_region: bool | None = None,
    xks_key_id: str | None = None,
) -> Any:
    """Make a key, with material unless that is to be imported."""
    if key_spec and customer_master_key_spec:
        raise invalid("You cannot specify KeySpec and CustomerMasterKeySpec in the same request.")
    spec = key_spec or customer_master_key_spec or "SYMMETRIC_DEFAULT"
    _check_origin(origin, custom_key_store_id, xks_key_id)
    usage = _usage_of(spec, key_usage)
    identity = call.kernel.ids.uuid()
    if multi_region:
        identity = "mrk-" + identity.replace("-", "")
    planned = plan_key(
        call,
        identity,
        policy=_policy_for(call, identity, policy, bypass=bypass_policy_lockout_safety_check),
        spec=spec,
        usage=usage,
        origin=origin,
        state="PendingImport" if origin == "EXTERNAL" else "Enabled",
        description=description,
        tags=checked_tags(tags),
        multi_region="PRIMARY" if multi_region else "",
    )
    if origin == "EXTERNAL":
        return _kept(call, planned, None)
    if spec.startswith("RSA_"):
        return _kept_later(call, planned)
    ids = call.kernel.ids
    return _kept(call, planned, pairs.generate(spec, ids.token) if is_pair(spec) else new_plain(call, spec))


async def _kept_later(call: Call, planned: Key) -> dict[str, Any]:
    """RSA keys take up to seconds to find: others are served meanwhile."""
    private = await asyncio.to_thread(pairs.generate, planned.spec, call.kernel.ids.token)
    return await call.transact(lambda call: _kept(call, planned, private))


def _kept(call: Call, planned: Key, plain: bytes | None) -> dict[str, Any]:
    if key_count.get(call, "keys") >= MAX_KEYS:
        raise kms.errors.LimitExceededException(f"The account has {MAX_KEYS} KMS keys in this Region already.")
    key = keep_key(call, planned, plain)
    if key.multi_region:
        families.insert(call, Family(key_id=key.id, primary=call.region))
    return {"KeyMetadata": described(call, key)}


def _policy_for(call: Call, key_id: str, policy: str | None, *, bypass: bool | None) -> str:
    if policy is None:
        return default_policy(call.partition, call.account)
    return check_policy(call, policy, make_arn(call, "kms", f"key/{key_id}"), bypass=bypass)


def _check_origin(origin: str, store: str | None, external_key: str | None) -> None:
    """Custom key stores cannot be made here, so that none is ever found."""
    if store is not None:
        raise kms.errors.CustomKeyStoreNotFoundException(f"Custom key store {store} does not exist.")
    if origin in ("AWS_CLOUDHSM", "EXTERNAL_KEY_STORE"):
        raise invalid(f"You must specify a CustomKeyStoreId value when the Origin is {origin}.")
    if external_key is not None:
        raise invalid("You can specify an XksKeyId value only when the Origin is EXTERNAL_KEY_STORE.")


def _usage_of(spec: str, usage: str | None) -> str:
    if spec not in SPECS:
        raise kms.errors.UnsupportedOperationException(f"KeySpec {spec} is not supported in this Region.")
    if usage is None:
        if spec != "SYMMETRIC_DEFAULT":
            raise invalid("You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.")
        return "ENCRYPT_DECRYPT"
    if not SPECS[spec].algorithms(usage):
        raise invalid(f"KeyUsage {usage} is not compatible with KeySpec {spec}.")
    return usage


@kms.operation
def describe_key(call: Call, key_id: str, grant_tokens: list[str] | None = None) -> dict[str, Any]:
    """Return what a key is. Naming the alias of a service that has no key yet makes it."""
    check_tokens(call, grant_tokens)
    found = get_key(call, key_id)
    return {"KeyMetadata": described(found.scope, found.key)}


@kms.operation
def list_keys(call: Call, limit: int = 100, marker: str | None = None) -> dict[str, Any]:
    """List the keys of this account and region by id, those that AWS manages too."""
    found, more = page(
        call, "keys", lambda past, most: keys.scan(call, past=past, limit=most), lambda key: (key.id,), marker, limit
    )
    return {"Keys": [{"KeyId": key.id, "KeyArn": key.arn} for key in found], **more}


@kms.operation
def update_key_description(call: Call, key_id: str, description: str) -> None:
    """Describe a key otherwise."""
    scope, key, _ = get_living_key(call, key_id)
    keys.replace(scope, key, replace(key, description=description))
