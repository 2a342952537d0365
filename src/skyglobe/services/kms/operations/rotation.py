"""EnableKeyRotation, DisableKeyRotation, GetKeyRotationStatus, RotateKeyOnDemand, ListKeyRotations."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.timers import cancel_timer
from skyglobe.services.kms import kms, refusals
from skyglobe.services.kms.describing import page
from skyglobe.services.kms.finding import Found, check_enabled, get_customer_key, get_key, get_own_key
from skyglobe.services.kms.managing import DAY, YEAR_DAYS
from skyglobe.services.kms.records import Key, Material, families, keys, materials
from skyglobe.services.kms.rotating import plan_rotation, promote, rotate

MAX_ON_DEMAND = 25  # a key; developer guide, "Resource quotas"


def _get_rotatable(call: Call, key_id: str) -> Found:
    """Return a key whose rotation customers decide on: a symmetric one, no replica, with material of KMS's."""
    found = get_customer_key(call, key_id)
    key = found.key
    _check_symmetric(key)
    if key.origin != "AWS_KMS":
        raise refusals.wrong_origin(key.arn, key.origin)
    _check_primary(key)
    check_enabled(key)
    return found


def _check_symmetric(key: Key) -> None:
    if not key.is_symmetric:
        raise refusals.wrong_spec(key.arn, key.spec)


def _check_primary(key: Key) -> None:
    if key.multi_region == "REPLICA":
        raise kms.errors.UnsupportedOperationException(
            f"{key.arn} is a replica key: rotation is decided on at the primary key."
        )


@kms.operation
def enable_key_rotation(call: Call, key_id: str, rotation_period_in_days: int | None = None) -> None:
    """Rotate a key every so many days, beginning that long from now; 365 unless it has another period already."""
    scope, key, _ = _get_rotatable(call, key_id)
    days = rotation_period_in_days or key.rotation_days or YEAR_DAYS
    if days == key.rotation_days:
        return
    changed = replace(key, rotation_days=days)
    keys.replace(scope, key, changed)
    plan_rotation(scope, changed, call.now + days * DAY)


@kms.operation
def disable_key_rotation(call: Call, key_id: str) -> None:
    """Rotate a key no more by itself."""
    scope, key, _ = _get_rotatable(call, key_id)
    keys.replace(scope, key, replace(key, rotation_days=0, rotates_at=None))
    cancel_timer(scope, "kms", "rotate", key.id)


@kms.operation
def get_key_rotation_status(call: Call, key_id: str) -> dict[str, Any]:
    """Tell whether and when a key is rotated; of a replica, what its primary says."""
    found = get_key(call, key_id)
    key = found.key
    _check_symmetric(key)
    told: dict[str, Any] = {"KeyId": key.arn, "KeyRotationEnabled": False}
    family = families.find(found.scope, key.id) if key.multi_region == "REPLICA" else None
    leading = keys.find(found.scope.within(region=family.primary), key.id) if family is not None else key
    if leading is None or not leading.rotation_days or key.state in ("PendingDeletion", "PendingReplicaDeletion"):
        return told
    told |= {"KeyRotationEnabled": True, "RotationPeriodInDays": leading.rotation_days}
    if leading.rotates_at is not None:
        told["NextRotationDate"] = leading.rotates_at / 1000
    return told


@kms.operation
def rotate_key_on_demand(call: Call, key_id: str) -> dict[str, Any]:
    """Rotate a key now: to new material, or to what was imported for it. At most 25 times a key."""
    scope, key, _ = get_customer_key(call, key_id)
    _check_symmetric(key)
    _check_primary(key)
    check_enabled(key)
    if key.on_demand_rotations >= MAX_ON_DEMAND:
        raise kms.errors.LimitExceededException(f"{key.arn} was rotated on demand {MAX_ON_DEMAND} times already.")
    keys.replace(scope, key, replace(key, on_demand_rotations=key.on_demand_rotations + 1))
    if key.origin == "EXTERNAL":
        promote(scope, key, _waiting(scope, key))
    else:
        rotate(scope, key, "ON_DEMAND")
    return {"KeyId": key.arn}


def _waiting(scope: Scope, key: Key) -> Material:
    for one in materials.scan(scope, key.id):
        if one.state == "PENDING_ROTATION" and one.is_there:
            return one
    raise kms.errors.KMSInvalidStateException(f"{key.arn} has no key material in the PENDING_ROTATION state.")


@kms.operation
def list_key_rotations(
    call: Call,
    key_id: str,
    include_key_material: str = "ROTATIONS_ONLY",
    limit: int = 100,
    marker: str | None = None,
) -> dict[str, Any]:
    """List a key's completed rotations, or all of its materials, the oldest first."""
    scope, key, _ = get_own_key(call, key_id)
    _check_symmetric(key)
    everything = include_key_material == "ALL_KEY_MATERIAL"

    def rows(past: tuple[str, ...] | None, most: int) -> list[Material]:
        # A key has as many as it was rotated: 25 times on demand, and once in 90 days at the most.
        listed = [one for one in materials.scan(scope, key.id) if everything or one.rotated_at is not None]
        return sorted((one for one in listed if past is None or _place(one) > past), key=_place)[:most]

    found, more = page(call, f"rotations:{key.id}:{everything}", rows, _place, marker, limit)
    return {"Rotations": [_listed(key, one) for one in found], **more}


def _place(material: Material) -> tuple[str, ...]:
    return (f"{material.rotated_at or material.made_at:016d}", material.id)


def _listed(key: Key, material: Material) -> dict[str, Any]:
    told: dict[str, Any] = {"KeyId": key.arn, "KeyMaterialId": material.id, "KeyMaterialState": material.state}
    if material.rotated_at is not None:
        told |= {"RotationDate": material.rotated_at / 1000, "RotationType": material.rotation_type}
    if key.origin == "EXTERNAL":
        told["ImportState"] = "IMPORTED" if material.is_there else "PENDING_IMPORT"
        if material.description:
            told["KeyMaterialDescription"] = material.description
        if material.is_there:
            expires = material.valid_to is not None
            told["ExpirationModel"] = "KEY_MATERIAL_EXPIRES" if expires else "KEY_MATERIAL_DOES_NOT_EXPIRE"
        if material.valid_to is not None:
            told["ValidTo"] = material.valid_to / 1000
    return told
