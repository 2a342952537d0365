"""How keys are told of: KeyMetadata, and pages of lists."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from skyglobe.kernel.arns import make_arn
from skyglobe.kernel.call import Call
from skyglobe.kernel.pagination import InvalidToken, seal, unseal
from skyglobe.kernel.scope import Scope
from skyglobe.services.kms import kms
from skyglobe.services.kms.materials import earliest_end
from skyglobe.services.kms.records import Key, families
from skyglobe.services.kms.rules.specs import ALGORITHMS_IN, SPECS

T = TypeVar("T")


def described(scope: Scope, key: Key) -> dict[str, Any]:
    """Return a key's KeyMetadata."""
    told: dict[str, Any] = {
        "AWSAccountId": key.owner,
        "KeyId": key.id,
        "Arn": key.arn,
        "CreationDate": key.created_at / 1000,
        "Enabled": key.state == "Enabled",
        "Description": key.description,
        "KeyUsage": key.usage,
        "KeyState": key.state,
        "Origin": key.origin,
        "KeyManager": key.manager,
        "CustomerMasterKeySpec": key.spec,
        "KeySpec": key.spec,
        ALGORITHMS_IN[key.usage]: list(SPECS[key.spec].algorithms(key.usage)),
        "MultiRegion": bool(key.multi_region),
    }
    if key.is_symmetric and key.material:
        told["CurrentKeyMaterialId"] = key.material
    if key.deletion_at is not None:
        told["DeletionDate"] = key.deletion_at / 1000
    elif key.state == "PendingReplicaDeletion":
        told["PendingDeletionWindowInDays"] = key.pending_days
    if key.origin == "EXTERNAL" and key.state != "PendingImport":
        end = earliest_end(scope, key)
        told["ExpirationModel"] = "KEY_MATERIAL_DOES_NOT_EXPIRE" if end is None else "KEY_MATERIAL_EXPIRES"
        if end is not None:
            told["ValidTo"] = end / 1000
    if key.multi_region:
        told["MultiRegionConfiguration"] = _relatives(scope, key)
    return told


def _relatives(scope: Scope, key: Key) -> dict[str, Any]:
    family = families.find(scope, key.id)
    assert family is not None, "every multi-Region key has a family"

    def named(region: str) -> dict[str, str]:
        return {"Arn": make_arn(scope.within(region=region), "kms", f"key/{key.id}"), "Region": region}

    return {
        "MultiRegionKeyType": key.multi_region,
        "PrimaryKey": named(family.primary),
        "ReplicaKeys": [named(region) for region in family.replicas],
    }


def page(
    call: Call,
    listing: str,
    rows: Callable[[tuple[str, ...] | None, int], Iterable[T]],
    position_of: Callable[[T], tuple[str, ...]],
    marker: str | None,
    limit: int,
) -> tuple[list[T], dict[str, Any]]:
    """Return one page of a list and what tells of the next.

    ``rows`` yields at most so many rows past a position. Raises InvalidMarkerException.
    """
    past: tuple[str, ...] | None = None
    if marker is not None:
        try:
            past = tuple(map(str, unseal(call, listing, marker)))
        except InvalidToken as error:
            raise kms.errors.InvalidMarkerException("The marker is not valid.") from error
    found = list(rows(past, limit + 1))
    if len(found) <= limit:
        return found, {"Truncated": False}
    return found[:limit], {"Truncated": True, "NextMarker": seal(call, listing, position_of(found[limit - 1]))}
