"""GetParametersForImport, ImportKeyMaterial, DeleteImportedKeyMaterial."""

from __future__ import annotations

import asyncio
import base64
import json
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.kernel.clock import Instant
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.sealing import decrypted, encrypted
from skyglobe.kernel.timers import cancel_timer, set_timer
from skyglobe.services.kms import kms, refusals
from skyglobe.services.kms.finding import Found, get_customer_key, get_living_key
from skyglobe.services.kms.managing import DAY
from skyglobe.services.kms.materials import sealed_material
from skyglobe.services.kms.records import Key, Material, families, keys, materials
from skyglobe.services.kms.rotating import is_complete, related
from skyglobe.services.kms.rules import pairs
from skyglobe.services.kms.rules.specs import MAC_BYTES, SYMMETRIC_BYTES, is_pair
from skyglobe.services.kms.rules.wrapping import SUPPORTED, unwrapped

TOKEN_FOR = DAY  # API reference of GetParametersForImport: 24 hours
LONGEST_LIFE = 365 * DAY  # API reference of ImportKeyMaterial, ValidTo
_PURPOSE = "kms import token"
_PENDING = ("PENDING_ROTATION", "PENDING_MULTI_REGION_IMPORT_AND_ROTATION")


@kms.operation
def get_parameters_for_import(call: Call, key_id: str, wrapping_algorithm: str, wrapping_key_spec: str) -> Any:
    """Return a public key to wrap key material under, and the token it is imported with."""
    key = _get_importable(get_living_key(call, key_id)).key
    if wrapping_algorithm not in SUPPORTED or wrapping_key_spec == "SM2":
        raise kms.errors.UnsupportedOperationException(
            f"Wrapping with {wrapping_algorithm} under {wrapping_key_spec} is not supported."
        )
    return _parameters(call, key, wrapping_algorithm, wrapping_key_spec)


async def _parameters(call: Call, key: Key, algorithm: str, spec: str) -> dict[str, Any]:
    private = await asyncio.to_thread(pairs.generate, spec, call.kernel.ids.token)
    valid_to = call.now + TOKEN_FOR
    told = {"key": key.arn, "algorithm": algorithm, "until": valid_to, "private": base64.b64encode(private).decode()}
    return {
        "KeyId": key.arn,
        "ImportToken": encrypted(call.kernel, _PURPOSE, json.dumps(told)).encode(),
        "PublicKey": pairs.public_of(pairs.load(private)),
        "ParametersValidTo": valid_to / 1000,
    }


def _get_importable(found: Found) -> Found:
    if found.key.origin != "EXTERNAL":
        raise refusals.wrong_origin(found.key.arn, found.key.origin)
    return found


@kms.operation
def import_key_material(
    call: Call,
    key_id: str,
    import_token: bytes,
    encrypted_key_material: bytes,
    valid_to: datetime | None = None,
    expiration_model: str = "KEY_MATERIAL_EXPIRES",
    import_type: str | None = None,
    key_material_description: str | None = None,
    key_material_id: str | None = None,
) -> dict[str, Any]:
    """Give a key material of its owner's: its first, the same again, or one to rotate to."""
    scope, key, _ = _get_importable(get_living_key(call, key_id))
    if key.state == "Disabled":
        raise refusals.is_disabled(key.arn)
    ends_at = _end_of(call, valid_to, expiration_model)
    plain = _unwrapped(call, key, import_token, encrypted_key_material)
    _check_fits(key, plain)
    made = sealed_material(scope, key.id, plain, valid_to=ends_at, description=key_material_description or "")
    if key_material_id not in (None, made.id):
        raise kms.errors.IncorrectKeyMaterialException("The key material is not the one of that KeyMaterialId.")
    has_material = bool(key.material) or key.multi_region == "REPLICA"
    is_new = (import_type or ("EXISTING_KEY_MATERIAL" if has_material else "NEW_KEY_MATERIAL")) == "NEW_KEY_MATERIAL"
    kept = _placed_new(scope, key, made) if is_new else _placed_again(scope, key, made)
    materials.put(scope, kept)
    if ends_at is not None:
        set_timer(scope, "kms", "expire", f"{key.id} {kept.id}", ends_at)
    else:
        cancel_timer(scope, "kms", "expire", f"{key.id} {kept.id}")
    _settle(scope, key, kept)
    return {"KeyId": key.arn, "KeyMaterialId": kept.id}


def _end_of(call: Call, valid_to: datetime | None, model: str) -> Instant | None:
    if model == "KEY_MATERIAL_DOES_NOT_EXPIRE":
        if valid_to is not None:
            raise refusals.invalid("ValidTo must not be set when the ExpirationModel is KEY_MATERIAL_DOES_NOT_EXPIRE.")
        return None
    if valid_to is None:
        raise refusals.invalid("ValidTo must be set when the ExpirationModel is KEY_MATERIAL_EXPIRES.")
    ends_at = round(valid_to.timestamp() * 1000)
    if not call.now < ends_at <= call.now + LONGEST_LIFE:
        raise refusals.invalid("ValidTo must be in the future, and no more than 365 days from now.")
    return ends_at


def _unwrapped(call: Call, key: Key, token: bytes, wrapped: bytes) -> bytes:
    opened = decrypted(call.kernel, _PURPOSE, token.decode("ascii", "replace"))
    told = json.loads(opened) if opened is not None else {}
    if told.get("key") != key.arn:
        raise kms.errors.InvalidImportTokenException("The import token is not valid for this KMS key.")
    if told["until"] <= call.now:
        raise kms.errors.ExpiredImportTokenException("The import token has expired.")
    plain = unwrapped(pairs.load(base64.b64decode(told["private"])), told["algorithm"], wrapped)
    if plain is None:
        raise kms.errors.InvalidCiphertextException
    return plain


def _check_fits(key: Key, plain: bytes) -> None:
    if is_pair(key.spec):
        try:
            fits = pairs.is_of(pairs.load(plain), key.spec)
        except pairs.Unusable:
            fits = False
    else:
        fits = len(plain) == MAC_BYTES.get(key.spec, SYMMETRIC_BYTES)
    if not fits:
        raise kms.errors.IncorrectKeyMaterialException(f"The key material is none for KeySpec {key.spec}.")


def _placed_new(scope: Scope, key: Key, made: Material) -> Material:
    """Return new material in the state it begins in."""
    if key.multi_region == "REPLICA":
        raise kms.errors.UnsupportedOperationException("New key material is imported into the primary key first.")
    if materials.find(scope, key.id, made.id) is not None:
        raise kms.errors.IncorrectKeyMaterialException("The key material is associated with the KMS key already.")
    if not key.material:
        return made
    if not key.is_symmetric:
        raise kms.errors.IncorrectKeyMaterialException("The key material of this KMS key cannot be changed.")
    if any(one.state in _PENDING for one in materials.scan(scope, key.id)):
        raise kms.errors.KMSInvalidStateException(f"{key.arn} has key material that is pending rotation already.")
    return replace(made, state=_PENDING[1] if len(related(scope, key)) > 1 else _PENDING[0])


def _placed_again(scope: Scope, key: Key, made: Material) -> Material:
    """Return material that the key, or the primary of a replica, knows already, in the state it has there."""
    known = materials.find(scope, key.id, made.id)
    if known is None and key.multi_region == "REPLICA":
        known = materials.find(related(scope, key)[0], key.id, made.id)
    if known is None:
        raise kms.errors.IncorrectKeyMaterialException(
            "The key material does not match what was imported into the KMS key before."
        )
    return replace(known, sealed=made.sealed, valid_to=made.valid_to, description=made.description or known.description)


def _settle(scope: Scope, key: Key, kept: Material) -> None:
    """Have the key use what it has now, and material wait for its rotation once all relatives have it."""
    changed = replace(key, material=kept.id) if kept.state == "CURRENT" else key
    keys.replace(scope, key, changed)
    if changed.state == "PendingImport" and is_complete(scope, changed):
        keys.replace(scope, changed, replace(changed, state="Enabled"))
    if kept.state == _PENDING[1]:
        everywhere = [(there, materials.find(there, key.id, kept.id)) for there in related(scope, key)]
        if all(one is not None and one.is_there for _, one in everywhere):
            for there, one in everywhere:
                assert one is not None
                materials.put(there, replace(one, state=_PENDING[0]))


@kms.operation
def delete_imported_key_material(call: Call, key_id: str, key_material_id: str | None = None) -> dict[str, Any]:
    """Delete imported material: the current one, or another. The key cannot be used until it is imported again."""
    scope, key, _ = _get_importable(get_customer_key(call, key_id))
    wanted = key_material_id or key.material
    material = materials.find(scope, key.id, wanted)
    if material is None and key_material_id is not None:
        raise kms.errors.NotFoundException(f"Key material {key_material_id} does not exist")
    if material is None:
        return {"KeyId": key.arn}
    if material.state in _PENDING:
        is_primary = families.find(scope, key.id) is not None and key.multi_region == "PRIMARY"
        for there in related(scope, key) if is_primary else [scope]:
            materials.drop(there, key.id, wanted)
    else:
        materials.put(scope, replace(material, sealed=b"", valid_to=None))
        if key.state in ("Enabled", "Disabled"):
            keys.replace(scope, key, replace(key, state="PendingImport"))
    cancel_timer(scope, "kms", "expire", f"{key.id} {wanted}")
    return {"KeyId": key.arn, "KeyMaterialId": wanted}
