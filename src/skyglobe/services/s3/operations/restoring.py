"""RestoreObject: archived bytes become readable after hours on the cloud's clock, for some days."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

import msgspec

from skyglobe.kernel.call import Call
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.timers import set_timer
from skyglobe.services.s3 import archive_queries, archives, documents, errors, events, finding, places, s3, versions
from skyglobe.services.s3.records import Details, Object, Restoral, details_of, homes, pack_details
from skyglobe.services.s3.rules.archive_queries import QUERYING
from skyglobe.services.s3.rules.archiving import DAY, TAKES, TIERS, midnight_from

MAX_DAYS = 36_500
"""Of a restored copy; S3 states no bound, and this one keeps dates within what clients can read."""
ACCEPTED = 202


@s3.operation
def restore_object(call: Call, request: dict[str, Any]) -> dict[str, Any] | Coroutine[Any, Any, dict[str, Any]]:
    """Fetch an archived object: 202 when that begins or a faster tier is taken, 200 when a copy is kept for longer.

    Objects in an archive tier of Intelligent-Tiering come back for good. Raises InvalidObjectState for what is not
    archived, RestoreAlreadyInProgress (409), InvalidArgument, MalformedXML, and for the fault
    ``expedited-capacity`` GlacierExpeditedRetrievalNotAvailable (503). A query over the archive restores nothing: see
    ``archive_queries``.
    """
    home, scope = places.visit_object(call, request, writes=True)
    documents.check_document(call, request)
    asked = request.get("RestoreRequest")
    if asked is None:
        raise errors.malformed_xml()
    if not QUERYING.isdisjoint(asked):
        tier, _ = _tier(asked, archive_queries.ARCHIVE)
        _check_capacity(call, tier)
        return archive_queries.begin(call, home, scope, request, asked, tier)
    found = finding.get_object(call, scope, request)
    details = details_of(found)
    running = archives.current_restoral(details, call.now)
    archive = archives.archive_of(scope, home, found, details)
    if not archive:
        text = "Restore is not allowed for the object's current storage class"
        raise s3.error("InvalidObjectState", text, status=403, StorageClass=found.storage_class)
    tier, named = _tier(asked, archive)
    if running is not None and running.ready_at > call.now:
        _check_faster(asked, running, tier, named)
    days = _days(asked, archive, running)
    _check_capacity(call, tier)
    changed = _restored(details, archive, running, tier, days, call.now)
    versions.replace(scope, found, msgspec.structs.replace(found, details=pack_details(changed)))
    _expect(scope, found, changed)
    if running is None or running.ready_at > call.now:
        call.request.answer_status = ACCEPTED
        events.emit(scope, home, "ObjectRestore:Post", call, found.key, found=found, version_id=found.version)
    return {}


def _tier(asked: dict[str, Any], archive: str) -> tuple[str, bool]:
    """Return the retrieval tier, and whether the request names one."""
    parameters = asked.get("GlacierJobParameters") or {}
    named = parameters.get("Tier") or asked.get("Tier")
    tier = named or "Standard"
    if tier not in TIERS:
        raise errors.malformed_xml()
    if tier not in TAKES[archive]:
        text = f"{tier} retrieval is not supported by {archive} storage class"
        raise errors.invalid_argument(text, "Tier", tier)
    return tier, named is not None


def _check_capacity(call: Call, tier: str) -> None:
    if tier == "Expedited" and call.kernel.faults.get("s3", "expedited-capacity"):
        text = "Glacier expedited retrievals are currently not available, please try again later"
        raise s3.error("GlacierExpeditedRetrievalNotAvailable", text, status=503)


def _check_faster(asked: dict[str, Any], running: Restoral, tier: str, named: bool) -> None:
    """Refuse a second restoral while one is under way, unless it is to go on faster."""
    if not named or TIERS.index(tier) >= TIERS.index(running.tier):
        text = "Object restore is already in progress"
        raise s3.error("RestoreAlreadyInProgress", text, status=409)


def _days(asked: dict[str, Any], archive: str, running: Restoral | None) -> int:
    """Return for how many days the copy is to stay; 0 with Intelligent-Tiering, which takes no days."""
    days = asked.get("Days")
    if archive not in ("GLACIER", "DEEP_ARCHIVE"):
        if days is not None:
            text = "Days must not be specified for objects in the INTELLIGENT_TIERING storage class"
            raise errors.invalid_argument(text, "Days", days)
        return 0
    if days is None:
        if running is None:
            raise errors.malformed_xml()
        return running.days
    if not 1 <= days <= MAX_DAYS:
        text = f"restoration days should be at least 1 and at most {MAX_DAYS}"
        raise errors.invalid_argument(text, "Days", days)
    return int(days)


def _restored(details: Details, archive: str, running: Restoral | None, tier: str, days: int, now: int) -> Details:
    """Return details with the restoral as it is from now on."""
    if running is not None and running.ready_at <= now:
        restoral = msgspec.structs.replace(running, days=days, expires_at=midnight_from(now + days * DAY))
    else:
        ready_at = now + TAKES[archive][tier]
        if running is not None:
            ready_at = min(ready_at, running.ready_at)
        expires_at = midnight_from(ready_at + days * DAY) if days else 0
        restoral = Restoral(tier, ready_at, days, expires_at)
    return msgspec.structs.replace(details, restoral=restoral)


def _expect(scope: Scope, found: Object, details: Details) -> None:
    """Have it told when a restoral is done and, once it is, when its copy goes."""
    restoral = details.restoral
    assert restoral is not None
    is_running = restoral.ready_at > scope.now
    due_at = restoral.ready_at if is_running else restoral.expires_at
    payload = {
        "bucket": found.bucket,
        "key": found.key,
        "version": found.version or versions.NULL_VERSION,
        "is_running": is_running,
    }
    set_timer(scope, s3.name, "restoral", str(found.order), due_at, payload)


@s3.timer("restoral")
def tell_of_restoral(scope: Scope, order: str, payload: dict[str, Any]) -> None:
    """Tell that a restoral is done, or that its copy is gone. What the object says counts, not what was expected."""
    home = homes.find(scope, scope.partition, payload["bucket"])
    found = versions.find_version(scope, payload["bucket"], payload["key"], payload["version"])
    if home is None or found is None or str(found.order) != order:
        return
    details = details_of(found)
    restoral = details.restoral
    if restoral is None:
        return
    if payload["is_running"] and restoral.ready_at <= scope.now:
        event = "ObjectRestore:Completed"
        events.emit(scope, home, event, None, found.key, found=found, version_id=found.version)
    elif not payload["is_running"] and restoral.expires_at <= scope.now:
        events.emit(scope, home, "ObjectRestore:Delete", None, found.key, version_id=found.version)
    if scope.now < max(restoral.ready_at, restoral.expires_at):
        _expect(scope, found, details)
