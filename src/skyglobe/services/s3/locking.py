"""Object Lock on objects: what requests and buckets give new versions, and what stands against deleting them."""

from __future__ import annotations

from typing import Any

import msgspec

from skyglobe.kernel.call import Call
from skyglobe.kernel.errors import ServiceError
from skyglobe.services.s3 import errors, needs, s3
from skyglobe.services.s3.guards import Keeping, keeping_of
from skyglobe.services.s3.records import Details, Home, Lock, Object, details_of
from skyglobe.services.s3.rules.locks import MODES, holds, retained_until

_MEMBERS = frozenset(("ObjectLockMode", "ObjectLockRetainUntilDate", "ObjectLockLegalHoldStatus"))
_HOLD_HEADER = "x-amz-object-lock-legal-hold"


def lock_of_new(call: Call, request: dict[str, Any], keeping: Keeping) -> Lock | None:
    """Return the lock a request gives its object. The bucket's default is added by ``with_default``.

    Raises InvalidRequest where the bucket has no lock, InvalidArgument for what makes none.
    """
    if _MEMBERS.isdisjoint(request):
        return None
    if not keeping.has_lock:
        raise errors.invalid_request("Bucket is missing Object Lock Configuration")
    mode, until = request.get("ObjectLockMode"), request.get("ObjectLockRetainUntilDate")
    if (mode is None) != (until is None):
        text = "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied"
        missing = "x-amz-object-lock-mode" if mode is None else "x-amz-object-lock-retain-until-date"
        raise errors.invalid_argument(text, missing, "null")
    if mode is not None and mode not in MODES:
        raise errors.invalid_argument("Unknown wormMode directive.", "x-amz-object-lock-mode", mode)
    hold = request.get("ObjectLockLegalHoldStatus", "")
    if hold not in ("", "ON", "OFF"):
        raise errors.invalid_argument("Legal Hold must be either of 'ON' or 'OFF'", _HOLD_HEADER, hold)
    return Lock(mode or "", instant_of(call, until) if until is not None else 0, hold)


def instant_of(call: Call, until: Any) -> int:
    """Return the end of a retention, which must lie ahead. Raises InvalidArgument."""
    instant: int = round(until.timestamp() * 1000)
    if instant <= call.now:
        text = "The retain until date must be in the future!"
        raise errors.invalid_argument(text, "x-amz-object-lock-retain-until-date", until.isoformat())
    return instant


def with_default(details: Details, keeping: Keeping, now: int) -> Details:
    """Return what a new version is given, with its bucket's default retention unless it has one of its own."""
    lock = details.lock or Lock()
    if not keeping.lock_mode or lock.mode:
        return details
    until = retained_until(now, keeping.lock_days, keeping.lock_years)
    return msgspec.structs.replace(details, lock=Lock(keeping.lock_mode, until, lock.hold))


def check_sent_whole(request: dict[str, Any], keeping: Keeping, is_checked: bool) -> None:
    """Raise InvalidRequest for a PutObject that would be retained but says nothing to check its bytes by."""
    if not is_checked and (keeping.lock_mode or not _MEMBERS.isdisjoint(request)):
        text = (
            "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock parameters"
        )
        raise errors.invalid_request(text)


def check_may_delete(call: Call, home: Home, found: Object, bypasses: bool) -> None:
    """Raise AccessDenied when a lock keeps a version from being deleted by this caller now."""
    if not keeping_of(home.access).has_lock:
        return
    lock = details_of(found).lock
    held = holds(lock.mode, lock.until, lock.hold, call.now) if lock is not None else ""
    if not held or (held == "GOVERNANCE" and bypasses and _may_bypass(call, home, found)):
        return
    raise protected()


def check_encryption(lock: Lock | None, now: int) -> None:
    """Raise AccessDenied when a lock keeps a version's encryption from being changed, whoever asks."""
    if lock is not None and holds(lock.mode, lock.until, lock.hold, now):
        text = (
            "The encryption type for the specified object can't be updated because that object is protected by S3 "
            "Object Lock."
        )
        raise s3.error("AccessDenied", text, status=403)


def check_may_bypass(call: Call, home: Home, found: Object, bypasses: bool) -> None:
    """Raise AccessDenied unless the caller asks to pass by governance and is allowed to."""
    if not (bypasses and _may_bypass(call, home, found)):
        raise protected()


def _may_bypass(call: Call, home: Home, found: Object) -> bool:
    return needs.refusal(call, needs.bypass(call, home, found.key, found.version or None)) is None


def protected() -> ServiceError:
    return s3.error("AccessDenied", "Access Denied because object protected by object lock.", status=403)


def lock_members(call: Call, home: Home, found: Object, lock: Lock) -> dict[str, Any]:
    """Return the members of an answer that tell of a lock, as far as the caller may know; HeadObject, "Permissions"."""
    told: dict[str, Any] = {}
    if lock.mode and needs.refusal(call, needs.seeing(call, home, "GetObjectRetention", found.key)) is None:
        told |= {"ObjectLockMode": lock.mode, "ObjectLockRetainUntilDate": lock.until / 1000}
    if lock.hold and needs.refusal(call, needs.seeing(call, home, "GetObjectLegalHold", found.key)) is None:
        told["ObjectLockLegalHoldStatus"] = lock.hold
    return told
