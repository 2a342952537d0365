"""What of an object is archived: by its class or by Intelligent-Tiering, and whether a restored copy can be read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from email.utils import formatdate
from functools import lru_cache
from typing import Any

import msgspec

from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.scope import Scope
from skyglobe.services.s3 import s3, versions
from skyglobe.services.s3.guards import document_of, keeping_of
from skyglobe.services.s3.records import Details, Home, Object, Restoral, details_of, pack_details
from skyglobe.services.s3.rules.archiving import DAY, TAKES, tier_of

TIERING = "INTELLIGENT_TIERING"


def archive_of(scope: Scope, home: Home, found: Object, details: Details) -> str:
    """Return the archive an object lies in: a class or, with Intelligent-Tiering, a tier. Empty when in none."""
    if found.storage_class in TAKES:
        return found.storage_class
    if found.storage_class != TIERING or not keeping_of(home.access).has_tiering:
        return ""
    tier = tier_in(scope, home, found, details)
    return tier if tier in TAKES else ""


def tier_in(scope: Scope, home: Home, found: Object, details: Details) -> str:
    """Return the tier that Intelligent-Tiering has an object in; empty for one of another class."""
    if found.storage_class != TIERING:
        return ""
    archiving = _archiving(scope, home, found, details) if keeping_of(home.access).has_tiering else {}
    return tier_of(found.size_bytes, idle_for(found, details, scope.now), archiving)


def is_readable(archive: str, details: Details, now: int) -> bool:
    """Whether the bytes can be read: they are in no archive, or there is a restored copy."""
    restoral = details.restoral
    return not archive or (restoral is not None and restoral.ready_at <= now < restoral.expires_at)


def refusal(found: Object, archive: str) -> ServiceError:
    """Return InvalidObjectState, for who reads what must be restored first."""
    text = "The operation is not valid for the object's storage class"
    tier = {"AccessTier": archive} if found.storage_class == TIERING else {}
    return s3.error("InvalidObjectState", text, status=403, StorageClass=found.storage_class, **tier)


def archive_members(found: Object, archive: str, details: Details, now: int) -> dict[str, str]:
    """Return the members of an answer that tell of archive and restored copy."""
    members = {"ArchiveStatus": archive} if archive and found.storage_class == TIERING else {}
    restoral = current_restoral(details, now)
    if restoral is not None:
        if restoral.ready_at > now:
            members["Restore"] = 'ongoing-request="true"'
        elif restoral.expires_at:
            until = formatdate(restoral.expires_at // 1000, usegmt=True)
            members["Restore"] = f'ongoing-request="false", expiry-date="{until}"'
    return members


def current_restoral(details: Details, now: int) -> Restoral | None:
    """Return the restoral that is under way or whose copy is there, or None."""
    restoral = details.restoral
    if restoral is None or now < restoral.ready_at:
        return restoral
    return restoral if restoral.expires_at > now else None


def restore_status(found: Object, now: int) -> dict[str, Any]:
    """Return what listings tell of a restoral when they are asked to."""
    if found.storage_class not in TAKES and found.storage_class != TIERING:
        return {}
    restoral = current_restoral(details_of(found), now)
    if restoral is None:
        return {}
    if restoral.ready_at > now:
        return {"RestoreStatus": {"IsRestoreInProgress": True}}
    return {"RestoreStatus": {"IsRestoreInProgress": False, "RestoreExpiryDate": restoral.expires_at // 1000}}


def note_access(scope: Scope, found: Object, details: Details) -> None:
    """Remember that an object in Intelligent-Tiering was read: to the day, so that most reads write nothing."""
    if idle_for(found, details, scope.now) >= DAY:
        noted = msgspec.structs.replace(details, accessed_at=scope.now)
        versions.replace(scope, found, msgspec.structs.replace(found, details=pack_details(noted)))


def idle_for(found: Object, details: Details, now: int) -> int:
    """Return for how long an object was not read, nor fetched out of an archive tier, nor written. Milliseconds."""
    used_at = max(found.modified_at, details.accessed_at)
    restoral = details.restoral
    if restoral is not None and restoral.ready_at <= now:
        used_at = max(used_at, restoral.ready_at)
    return now - used_at


def _archiving(scope: Scope, home: Home, found: Object, details: Details) -> Mapping[str, int]:
    """Return after how many days the optional tiers take an object: the fewest any configuration says."""
    days: dict[str, int] = {}
    for prefix, tags, tierings in _configurations(document_of(scope, home.name, "tiering")):
        if found.key.startswith(prefix) and tags.items() <= details.tags.items():
            for tier, after in tierings.items():
                days[tier] = min(after, days.get(tier, after))
    return days


@lru_cache(maxsize=256)  # documents in use
def _configurations(text: str) -> list[tuple[str, dict[str, str], dict[str, int]]]:
    found = []
    for configuration in json.loads(text or "{}").values():
        if configuration["Status"] == "Enabled":
            chosen = configuration.get("Filter") or {}
            both = chosen.get("And") or chosen
            tags = both.get("Tags") or ([both["Tag"]] if "Tag" in both else [])
            tierings = {tiering["AccessTier"]: tiering["Days"] for tiering in configuration["Tierings"]}
            found.append((both.get("Prefix", ""), {tag["Key"]: tag["Value"] for tag in tags}, tierings))
    return found
