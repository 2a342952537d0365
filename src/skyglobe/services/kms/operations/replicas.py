"""ReplicateKey, UpdatePrimaryRegion."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.kernel.scope import partition_of
from skyglobe.kernel.timers import cancel_timer, find_timer, set_timer
from skyglobe.services.kms import kms, refusals
from skyglobe.services.kms.describing import described
from skyglobe.services.kms.finding import Found, check_enabled, get_living_key
from skyglobe.services.kms.managing import keep_key, plan_key
from skyglobe.services.kms.policing import check_policy
from skyglobe.services.kms.records import Family, families, keys, materials
from skyglobe.services.kms.rules.policies import default_policy
from skyglobe.services.kms.tagging import checked_tags


@kms.operation
def replicate_key(
    call: Call,
    key_id: str,
    replica_region: str,
    policy: str | None = None,
    bypass_policy_lockout_safety_check: bool | None = None,
    description: str = "",
    tags: list[dict[str, str]] | None = None,
) -> dict[str, Any]:
    """Make a replica of a primary key in another region: same id and material, with a policy and tags of its own."""
    scope, key, _ = _get_primary(call, key_id)
    check_enabled(key)
    family = _family_of(call, key.id)
    if partition_of(replica_region) != call.partition:
        raise kms.errors.UnsupportedOperationException(f"{replica_region} is in another partition than the key.")
    there = scope.within(region=replica_region)
    if keys.find(there, key.id) is not None or replica_region == call.region:
        raise kms.errors.AlreadyExistsException(f"A key {key.id} already exists in {replica_region}.")
    planned = plan_key(
        there,
        key.id,
        policy=default_policy(call.partition, call.account),
        spec=key.spec,
        usage=key.usage,
        origin=key.origin,
        state="PendingImport" if key.origin == "EXTERNAL" else "Enabled",
        description=description,
        tags=checked_tags(tags),
        multi_region="REPLICA",
        material=key.material if key.origin != "EXTERNAL" else "",
    )
    if policy is not None:
        checked = check_policy(call, policy, planned.arn, bypass=bypass_policy_lockout_safety_check)
        planned = replace(planned, policy=checked)
    made = keep_key(there, planned, None)
    if key.origin != "EXTERNAL":
        for material in list(materials.scan(scope, key.id)):
            materials.put(there, material)
    families.put(call, replace(family, replicas=(*family.replicas, replica_region)))
    return {
        "ReplicaKeyMetadata": described(there, made),
        "ReplicaPolicy": made.policy,
        "ReplicaTags": [{"TagKey": name, "TagValue": value} for name, value in made.tags.items()],
    }


def _get_primary(call: Call, key_id: str) -> Found:
    found = get_living_key(call, key_id)
    if found.key.multi_region != "PRIMARY":
        raise kms.errors.UnsupportedOperationException(f"{found.key.arn} is not a multi-Region primary key.")
    return found


def _family_of(call: Call, key_id: str) -> Family:
    family = families.find(call, key_id)
    assert family is not None, "every multi-Region key has a family"
    return family


@kms.operation
def update_primary_region(call: Call, key_id: str, primary_region: str) -> None:
    """Make a replica the primary key, and the primary a replica. Rotation goes on as it was."""
    scope, key, _ = _get_primary(call, key_id)
    check_enabled(key)
    family = _family_of(call, key.id)
    there = scope.within(region=primary_region)
    heir = keys.find(there, key.id)
    if primary_region not in family.replicas or heir is None:
        raise kms.errors.NotFoundException(f"Key '{key.id}' has no replica in {primary_region}")
    if heir.state in ("PendingDeletion", "PendingReplicaDeletion"):
        raise refusals.is_pending_deletion(heir.arn)
    check_enabled(heir)
    promoted = replace(
        heir,
        multi_region="PRIMARY",
        rotation_days=key.rotation_days,
        rotates_at=key.rotates_at,
        on_demand_rotations=key.on_demand_rotations,
    )
    keys.replace(there, heir, promoted)
    keys.replace(scope, key, replace(key, multi_region="REPLICA", rotation_days=0, rotates_at=None))
    others = tuple(region for region in family.replicas if region != primary_region)
    families.put(call, replace(family, primary=primary_region, replicas=(*others, call.region)))
    if find_timer(scope, "kms", "rotate", key.id) is not None and key.rotates_at is not None:
        cancel_timer(scope, "kms", "rotate", key.id)
        set_timer(there, "kms", "rotate", key.id, key.rotates_at)
