"""Object Lock: the configuration of buckets, retention and legal holds of versions."""

from __future__ import annotations

from typing import Any

import msgspec

from skyglobe.kernel.call import Call
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.scope import Scope
from skyglobe.services.s3 import documents, errors, finding, locking, places, replicating, s3, settings, versions
from skyglobe.services.s3.guards import keeping_of
from skyglobe.services.s3.records import Home, Lock, Object, details_of, pack_details
from skyglobe.services.s3.rules.locks import MAX_DAYS, MAX_YEARS, MODES, plan_change


@s3.operation
def get_object_lock_configuration(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Return a bucket's lock and default retention. Raises ObjectLockConfigurationNotFoundError when it has no lock."""
    keeping = keeping_of(settings.enter(call, request).access)
    if not keeping.has_lock:
        text = "Object Lock configuration does not exist for this bucket"
        raise s3.error("ObjectLockConfigurationNotFoundError", text, status=404, BucketName=request["Bucket"])
    configuration: dict[str, Any] = {"ObjectLockEnabled": "Enabled"}
    if keeping.lock_mode:
        lasts = {"Days": keeping.lock_days} if keeping.lock_days else {"Years": keeping.lock_years}
        configuration["Rule"] = {"DefaultRetention": {"Mode": keeping.lock_mode, **lasts}}
    return {"ObjectLockConfiguration": configuration}


@s3.operation(unused=("Token",))
def put_object_lock_configuration(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Give a bucket with versions a lock, which it keeps for ever, and a default retention, or none.

    Raises InvalidBucketState without versioning, MalformedXML, InvalidArgument.
    """
    home = settings.enter(call, request)
    documents.check_document(call, request)
    asked = request.get("ObjectLockConfiguration") or {}
    if asked.get("ObjectLockEnabled") != "Enabled":
        raise errors.malformed_xml()
    mode, days, years = _default(asked)
    keeping = keeping_of(home.access)
    if keeping.versioning != versions.ENABLED:
        text = "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration"
        raise s3.error("InvalidBucketState", text, status=409)
    new = msgspec.structs.replace(keeping, has_lock=True, lock_mode=mode, lock_days=days, lock_years=years)
    settings.change(call, home, keeping=new)
    return {}


def _default(asked: dict[str, Any]) -> tuple[str, int, int]:
    """Return mode, days and years of a default retention; nothing when there is no rule."""
    if "Rule" not in asked:
        return "", 0, 0
    default = (asked["Rule"] or {}).get("DefaultRetention") or {}
    if default.get("Mode") not in MODES or ("Days" in default) == ("Years" in default):
        raise errors.malformed_xml()
    days, years = default.get("Days", 0), default.get("Years", 0)
    if days + years <= 0:
        text = "Default retention period must be a positive integer value."
        raise errors.invalid_argument(text, "Days" if "Days" in default else "Years", days + years)
    if days > MAX_DAYS or years > MAX_YEARS:
        text = f"Default retention period is too large: at most {MAX_DAYS} days or {MAX_YEARS} years."
        raise errors.invalid_argument(text, "Days" if "Days" in default else "Years", days + years)
    return default["Mode"], days, years


@s3.operation
def get_object_retention(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Return how long a version is retained. Raises NoSuchObjectLockConfiguration when it never was."""
    _, _, _, lock = _enter(call, request, writes=False)
    if not lock.mode:
        raise _no_such_lock()
    return {"Retention": {"Mode": lock.mode, "RetainUntilDate": lock.until / 1000}}


@s3.operation
def put_object_retention(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Retain a version, or longer. To retain it less, or not at all, governance must be bypassed.

    Raises AccessDenied, MalformedXML, and InvalidArgument for a date that has passed.
    """
    scope, home, found, lock = _enter(call, request, writes=True)
    documents.check_document(call, request)
    asked = request.get("Retention") or {}
    mode, date = asked.get("Mode", ""), asked.get("RetainUntilDate")
    if bool(mode) != (date is not None) or mode not in ("", *MODES):
        raise errors.malformed_xml()
    until = locking.instant_of(call, date) if date is not None else 0
    change = plan_change(lock.mode, lock.until, mode, until, call.now)
    if change == "refused":
        raise locking.protected()
    if change == "bypass":
        locking.check_may_bypass(call, home, found, request.get("BypassGovernanceRetention", False))
    _write(scope, home, found, Lock(mode, until, lock.hold))
    return {}


@s3.operation
def get_object_legal_hold(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Return whether a version is held. Raises NoSuchObjectLockConfiguration when that was never said."""
    _, _, _, lock = _enter(call, request, writes=False)
    if not lock.hold:
        raise _no_such_lock()
    return {"LegalHold": {"Status": lock.hold}}


@s3.operation
def put_object_legal_hold(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Hold a version until further notice, or no longer, whatever its retention."""
    scope, home, found, lock = _enter(call, request, writes=True)
    documents.check_document(call, request)
    status = (request.get("LegalHold") or {}).get("Status")
    if status not in ("ON", "OFF"):
        raise errors.malformed_xml()
    _write(scope, home, found, msgspec.structs.replace(lock, hold=status))
    return {}


def _enter(call: Call, request: dict[str, Any], *, writes: bool) -> tuple[Scope, Home, Object, Lock]:
    """Return the version a request is about and its lock. Raises InvalidRequest where the bucket has none."""
    home, scope = places.visit_object(call, request, writes=writes)
    if not keeping_of(home.access).has_lock:
        raise errors.invalid_request("Bucket is missing Object Lock Configuration")
    found = finding.get_object(call, scope, request)
    return scope, home, found, details_of(found).lock or Lock()


def _write(scope: Scope, home: Home, found: Object, lock: Lock) -> None:
    details = replicating.changed(scope, home, found, msgspec.structs.replace(details_of(found), lock=lock))
    versions.replace(scope, found, msgspec.structs.replace(found, details=pack_details(details)))


def _no_such_lock() -> ServiceError:
    text = "The specified object does not have a ObjectLock configuration"
    return s3.error("NoSuchObjectLockConfiguration", text, status=404)
