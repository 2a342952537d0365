"""Lifecycle rules at work: at midnight UTC, over each bucket that has some, in batches that can be repeated."""

from __future__ import annotations

import json
from email.utils import formatdate
from functools import lru_cache
from typing import Any
from urllib.parse import quote

import msgspec

from skyglobe.kernel.scope import Scope
from skyglobe.kernel.timers import cancel_timer, set_timer
from skyglobe.services.s3 import access_logs, events, s3, versions
from skyglobe.services.s3.archives import TIERING
from skyglobe.services.s3.guards import document_of, keeping_of
from skyglobe.services.s3.records import (
    Details,
    Home,
    Object,
    details_of,
    homes,
    objects,
    pack_details,
    past,
    uploads,
)
from skyglobe.services.s3.rules import lifecycle
from skyglobe.services.s3.rules.access_logs import TRANSITIONS
from skyglobe.services.s3.rules.archiving import DAY
from skyglobe.services.s3.rules.lifecycle import Expiry, Policy, Subject
from skyglobe.services.s3.rules.locks import holds
from skyglobe.services.s3.rules.replication import FAILED, PENDING

BATCH = 500
"""Records looked at between two commits."""
_TIMER = "lifecycle"
_PHASES = ("current", "past", "uploads")


def begin(scope: Scope, bucket: str) -> None:
    """Have a bucket's rules applied from the next midnight on, until it has none any more."""
    set_timer(scope, s3.name, _TIMER, bucket, (scope.now // DAY + 1) * DAY)


def end(scope: Scope, bucket: str) -> None:
    cancel_timer(scope, s3.name, _TIMER, bucket)


def policy_of(scope: Scope, bucket: str) -> Policy:
    """Return the enabled rules of a bucket."""
    return _parsed(document_of(scope, bucket, "lifecycle"))


@lru_cache(maxsize=256)  # documents in use
def _parsed(text: str) -> Policy:
    return lifecycle.parse_policy(json.loads(text)) if text else Policy((), lifecycle.ALL_128K)


def expiration_members(scope: Scope, home: Home, found: Object, details: Details) -> dict[str, str]:
    """Return the member of an answer that tells when a current object expires, and by which rule."""
    expiry = find_expiry(scope, home, found, details)
    if expiry is None:
        return {}
    date = formatdate(expiry.at // 1000, usegmt=True)
    return {"Expiration": f'expiry-date="{date}", rule-id="{quote(expiry.rule)}"'}


def find_expiry(scope: Scope, home: Home, found: Object, details: Details) -> Expiry | None:
    """Return when a current object expires, and by which rule; None when it does not."""
    if not keeping_of(home.access).has_lifecycle:
        return None
    return lifecycle.find_expiry(policy_of(scope, home.name), _subject(found, details), found.modified_at)


@s3.timer(_TIMER)
def apply_rules(scope: Scope, bucket: str, payload: dict[str, Any]) -> None:
    """Apply a bucket's rules to the next batch of what it holds; go on at once, or tomorrow when that was the last."""
    home = homes.find(scope, scope.partition, bucket)
    if home is None or not keeping_of(home.access).has_lifecycle:
        return
    policy = policy_of(scope, bucket)
    phase, position = payload.get("phase", 0), payload.get("position")
    walk = (_age_current, _age_past, _age_uploads)[phase]
    reached = walk(scope, home, policy, position)
    if reached is not None:
        set_timer(scope, s3.name, _TIMER, bucket, scope.now, {"phase": phase, "position": reached})
    elif phase + 1 < len(_PHASES):
        set_timer(scope, s3.name, _TIMER, bucket, scope.now, {"phase": phase + 1})
    else:
        begin(scope, bucket)


def _age_current(scope: Scope, home: Home, policy: Policy, position: list[str] | None) -> list[str] | None:
    """Expire and move current objects. Returns where to go on, None at the end."""
    batch = list(objects.scan(scope, home.name, past=tuple(position) if position else None, limit=BATCH))
    keeping = keeping_of(home.access)
    for found in batch:
        details = details_of(found)
        if _is_unreplicated(details):
            continue
        plan = lifecycle.plan_current(
            policy, _subject(found, details), found.modified_at, scope.now, bool(keeping.versioning)
        )
        if plan == "expire" and keeping.versioning:
            marker = versions.hide(scope, found.bucket, found.key, found, keeping)
            access_logs.note_own(scope, home, "S3.CREATE.DELETEMARKER", found.key)
            event = "LifecycleExpiration:DeleteMarkerCreated"
            events.emit(scope, home, event, None, found.key, version_id=marker.version)
        elif plan == "expire":
            versions.remove(scope, found)
            access_logs.note_own(scope, home, "S3.EXPIRE.OBJECT", found.key)
            events.emit(scope, home, "LifecycleExpiration:Delete", None, found.key)
        elif plan:
            objects.replace(scope, found, _moved(found, details, plan, scope.now))
            access_logs.note_own(scope, home, TRANSITIONS[plan], found.key)
            events.emit(scope, home, "LifecycleTransition", None, found.key, found=found, version_id=found.version)
    return [batch[-1].key] if len(batch) == BATCH else None


def _age_past(scope: Scope, home: Home, policy: Policy, position: list[Any] | None) -> list[Any] | None:
    """Expire and move noncurrent versions, and remove markers that hide nothing.

    The position tells, besides key and place, how many noncurrent versions were newer and since when the next is one.
    """
    key, rank, newer, since = position or ("", "", 0, 0)
    batch = list(past.scan(scope, home.name, past=(key, rank) if position else None, limit=BATCH))
    for found in batch:
        if found.key != key:
            key, newer = found.key, 0
            current = objects.find(scope, home.name, key)
            if current is None:
                since = found.modified_at
                _age_marker(scope, home, policy, found)
                continue
            since = current.modified_at
        details = details_of(found)
        plan = ""
        if not _is_unreplicated(details):
            plan = lifecycle.plan_past(policy, _subject(found, details), since, newer, scope.now)
        if plan == "expire":
            if not _is_locked(details, scope.now):
                versions.remove_version(scope, found)
                access_logs.note_own(scope, home, "S3.EXPIRE.OBJECT", found.key)
                event = "LifecycleExpiration:Delete"
                events.emit(scope, home, event, None, found.key, version_id=found.version)
        elif plan and not found.is_marker:
            past.replace(scope, found, _moved(found, details, plan, scope.now))
            access_logs.note_own(scope, home, TRANSITIONS[plan], found.key)
            events.emit(scope, home, "LifecycleTransition", None, found.key, found=found, version_id=found.version)
        newer, since = newer + 1, found.modified_at
    return [key, batch[-1].rank, newer, since] if len(batch) == BATCH else None


def _age_marker(scope: Scope, home: Home, policy: Policy, marker: Object) -> None:
    """Remove the newest version of a key, a marker, when it is the only one left and a rule says so."""
    is_alone = len(list(past.scan(scope, marker.bucket, marker.key, limit=2))) == 1
    if is_alone and lifecycle.plan_lone_marker(policy, marker.key, marker.modified_at, scope.now):
        versions.remove_version(scope, marker)
        access_logs.note_own(scope, home, "S3.EXPIRE.OBJECT", marker.key)


def _age_uploads(scope: Scope, home: Home, policy: Policy, position: list[str] | None) -> list[str] | None:
    """Abort uploads that were begun too long ago."""
    batch = list(uploads.scan(scope, home.name, past=tuple(position) if position else None, limit=BATCH))
    for upload in batch:
        if lifecycle.plan_upload(policy, upload.key, upload.initiated_at, scope.now):
            versions.release_upload(scope, upload.id)
            uploads.delete(scope, upload)
            access_logs.note_own(scope, home, "S3.DELETE.UPLOAD", upload.key)
    return [batch[-1].key, batch[-1].id] if len(batch) == BATCH else None


def _subject(found: Object, details: Details) -> Subject:
    return Subject(found.key, found.size_bytes, details.tags, found.storage_class)


def _is_unreplicated(details: Details) -> bool:
    """Whether rules leave a version alone because a replica of it is still to come.

    S3 user guide, "Getting replication status information": no actions on objects that are PENDING or FAILED.
    """
    return details.replication is not None and details.replication.status in (PENDING, FAILED)


def _is_locked(details: Details, now: int) -> bool:
    lock = details.lock
    return lock is not None and bool(holds(lock.mode, lock.until, lock.hold, now))


def _moved(found: Object, details: Details, storage_class: str, now: int) -> Object:
    """Return an object in another class. Its copy in the old one is gone; tiering begins with frequent access."""
    accessed_at = now if storage_class == TIERING else 0
    changed = msgspec.structs.replace(details, restoral=None, accessed_at=accessed_at)
    return msgspec.structs.replace(found, storage_class=storage_class, details=pack_details(changed))
