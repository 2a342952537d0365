"""Rotation: a key's new material, what it had still decrypts; and whether all it needs is there."""

from __future__ import annotations

from msgspec.structs import replace

from skyglobe.kernel.scope import Scope
from skyglobe.kernel.timers import set_timer
from skyglobe.services.kms.managing import DAY
from skyglobe.services.kms.materials import new_plain, sealed_material
from skyglobe.services.kms.records import Key, Material, families, keys, materials


def is_complete(scope: Scope, key: Key) -> bool:
    """Return whether all material a key needs is there; what waits for its rotation is not needed yet."""
    lasting = ("CURRENT", "NON_CURRENT")
    return bool(key.material) and all(one.is_there for one in materials.scan(scope, key.id) if one.state in lasting)


def related(scope: Scope, key: Key) -> list[Scope]:
    """Return where a key and its relatives live: the primary first."""
    family = families.find(scope, key.id) if key.multi_region else None
    if family is None:
        return [scope]
    return [scope.within(region=region) for region in (family.primary, *family.replicas)]


def rotate(scope: Scope, key: Key, kind: str) -> None:
    """Give a key and its relatives new material; ``kind`` is the API's RotationType."""
    made = sealed_material(scope, key.id, new_plain(scope, key.spec), rotated_at=scope.now, rotation_type=kind)
    for there in related(scope, key):
        _exchange(there, key.id, made)


def promote(scope: Scope, key: Key, waiting: Material) -> None:
    """Have a key and its relatives encrypt with material that was imported for it."""
    for there in related(scope, key):
        own = materials.find(there, key.id, waiting.id)
        assert own is not None, "material is rotated to when all relatives have it"
        ready = replace(own, state="CURRENT", rotated_at=scope.now, rotation_type="ON_DEMAND")
        _exchange(there, key.id, ready)


def _exchange(there: Scope, key_id: str, made: Material) -> None:
    key = keys.find(there, key_id)
    assert key is not None, "a family names keys that exist"
    before = materials.find(there, key_id, key.material)
    if before is not None:
        materials.put(there, replace(before, state="NON_CURRENT"))
    materials.put(there, made)
    keys.replace(there, key, replace(key, material=made.id))


def rotate_on_schedule(scope: Scope, key: Key) -> None:
    """Rotate a key and set the next time. One that is disabled waits; one about to be deleted is left alone."""
    if key.state == "Enabled" and key.rotates_at is not None and key.rotates_at <= scope.now:
        rotate(scope, key, "AUTOMATIC")
        rotated = keys.find(scope, key.id)
        assert rotated is not None, "rotation deletes nothing"
        plan_rotation(scope, rotated, scope.now + key.rotation_days * DAY)


def plan_rotation(scope: Scope, key: Key, at: int) -> None:
    """Note when a key is rotated next."""
    keys.replace(scope, key, replace(key, rotates_at=at))
    set_timer(scope, "kms", "rotate", key.id, at)


def catch_up(scope: Scope, key: Key) -> None:
    """Rotate what should have been rotated while the key was disabled."""
    if key.rotation_days:
        rotate_on_schedule(scope, key)
