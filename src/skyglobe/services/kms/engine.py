"""What happens to keys as time passes: they are deleted, rotated, and imported material expires."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.scope import Scope
from skyglobe.kernel.timers import cancel_timer, set_timer
from skyglobe.services.kms import kms
from skyglobe.services.kms.managing import DAY
from skyglobe.services.kms.records import aliases, families, grants, key_count, keys, materials, uses
from skyglobe.services.kms.rotating import is_complete, rotate_on_schedule


@kms.timer("delete")
def delete_key(scope: Scope, key_id: str, payload: dict[str, Any]) -> None:
    """Delete a key whose waiting period is over, with all that belongs to it."""
    key = keys.find(scope, key_id)
    if key is None or key.state != "PendingDeletion" or key.deletion_at is None or key.deletion_at > scope.now:
        return
    materials.clear(scope, key_id)
    grants.clear(scope, key_id)
    for name in key.aliases:
        alias = aliases.find(scope, name)
        if alias is not None:
            aliases.delete(scope, alias)
    uses.drop(scope, key_id)
    keys.delete(scope, key)
    key_count.add(scope, "keys", -1)
    cancel_timer(scope, "kms", "rotate", key_id)
    if key.multi_region:
        _leave_family(scope, key_id)


def _leave_family(scope: Scope, key_id: str) -> None:
    """The last replica of a primary key that is to be deleted starts its waiting period."""
    family = families.find(scope, key_id)
    if family is None:
        return
    if family.primary == scope.region:
        families.delete(scope, family)
        return
    left = replace(family, replicas=tuple(region for region in family.replicas if region != scope.region))
    families.put(scope, left)
    there = scope.within(region=family.primary)
    primary = keys.find(there, key_id)
    if primary is not None and primary.state == "PendingReplicaDeletion" and not left.replicas:
        due_at = scope.now + primary.pending_days * DAY
        keys.replace(there, primary, replace(primary, state="PendingDeletion", deletion_at=due_at))
        set_timer(there, "kms", "delete", key_id, due_at)


@kms.timer("rotate")
def rotate_key(scope: Scope, key_id: str, payload: dict[str, Any]) -> None:
    """Rotate a key whose period is over."""
    key = keys.find(scope, key_id)
    if key is not None and key.rotation_days:
        rotate_on_schedule(scope, key)


@kms.timer("expire")
def expire_material(scope: Scope, key: str, payload: dict[str, Any]) -> None:
    """Delete imported material whose time is over; its key waits for it to be imported again."""
    key_id, _, material_id = key.partition(" ")
    material = materials.find(scope, key_id, material_id)
    if material is None or material.valid_to is None or material.valid_to > scope.now or not material.is_there:
        return
    materials.put(scope, replace(material, sealed=b"", valid_to=None))
    held = keys.find(scope, key_id)
    if held is not None and held.state in ("Enabled", "Disabled") and not is_complete(scope, held):
        keys.replace(scope, held, replace(held, state="PendingImport"))
