"""Replication at work: what a rule means is marked and posted with the write, and done from the outbox.

A letter names a version and a destination. Doing it makes the version there like the one here, whatever happened in
between, in one transaction with the end of the letter: it may come twice, late or out of order.
"""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import msgspec

from skyglobe.kernel.call import Call
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.outbox import post
from skyglobe.kernel.principals import Principal
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.timers import cancel_timer, set_timer
from skyglobe.kernel.wire import Request
from skyglobe.services.s3 import data_keys, encrypting, events, lagging, needs, replicas, role_sessions, s3, versions
from skyglobe.services.s3.access import bucket_arn
from skyglobe.services.s3.guards import document_of, keeping_of
from skyglobe.services.s3.records import (
    Details,
    Home,
    Object,
    Replicating,
    Replication,
    details_of,
    homes,
    pack_details,
    past,
)
from skyglobe.services.s3.replicas import Keys, Side
from skyglobe.services.s3.rules.encryption import WITH_KMS
from skyglobe.services.s3.rules.event_documents import instant
from skyglobe.services.s3.rules.replication import (
    COMPLETED,
    FAILED,
    NOT_REPLICATED,
    PENDING,
    THRESHOLD_FOR,
    Plan,
    Rule,
    plan_in,
    rules_for,
)

HELD_FOR = 60_000
"""Milliseconds until a replication that the fault ``replication`` holds up is tried again."""
PUT, DELETE, CHANGE = "OBJECT_PUT", "OBJECT_DELETE", "OBJECT_METADATA"
"""What was done to the source, as events tell it."""

_SESSION = "s3-replication"


class Refused(Exception):
    """A replication that cannot be done; S3 user guide, "Amazon S3 replication failure reasons"."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Throttled(Exception):
    """KMS takes no more requests for now."""


def plan_of(scope: Scope, bucket: str) -> Plan:
    """Return the rules of a bucket."""
    return plan_in(document_of(scope, bucket, "replication"))


def begin(
    scope: Scope, home: Home, key: str, version: str, storage_class: str, details: Details, size_bytes: int
) -> Details:
    """Have a version that is about to be written replicated, as far as the bucket's rules ask for it.

    Returns its details, which tell of it. To be called in the transaction of the write.
    """
    if storage_class in NOT_REPLICATED:
        return details
    rules = rules_for(plan_of(scope, home.name), key, details.tags, has_kms_key=has_kms_key(details))
    return _sent(scope, home, key, version, details, rules, PUT, size_bytes)


def begin_marker(scope: Scope, home: Home, marker: Object) -> None:
    """Have a delete marker that somebody just made replicated, if a rule takes those."""
    rules = rules_for(plan_of(scope, home.name), marker.key, {}, is_marker=True)
    details = _sent(scope, home, marker.key, marker.version, details_of(marker), rules, DELETE)
    past.replace(scope, marker, msgspec.structs.replace(marker, details=pack_details(details)))


def changed(scope: Scope, home: Home, found: Object, details: Details) -> Details:
    """Have new tags, a new list or lock replicated where the version was; return the details to be written.

    What is changed of a replica goes to the buckets whose rule syncs modifications.
    """
    before = details.replication
    if before is None or not keeping_of(home.access).has_replication:
        return details
    plan = plan_of(scope, home.name)
    if before.is_replica:
        rules = [rule for rule in rules_for(plan, found.key, details.tags) if rule.takes_modifications]
    else:
        rules = [rule for one in before.to if (rule := plan.find_rule(one.rule, one.bucket)) is not None]
    return _sent(scope, home, found.key, found.version, details, rules, CHANGE)


def _sent(
    scope: Scope,
    home: Home,
    key: str,
    version: str,
    details: Details,
    rules: list[Rule],
    operation: str,
    size_bytes: int = 0,
) -> Details:
    """``size_bytes`` is what there is to carry over: none for a change or a delete marker."""
    if not rules:
        return details
    for rule in rules:
        payload: dict[str, Any] = {"bucket": home.name, "key": key, "version": version, "to": rule.bucket}
        payload["operation"] = operation
        lagging.began(scope, home, rule, payload, size_bytes)
        post(scope.within(home.owner, home.region), "s3", "replica", payload)
        if rule.is_timed:
            set_timer(scope, "s3", "replication-threshold", _name(payload), scope.now + THRESHOLD_FOR, payload)
    return _pending(details, rules, scope.now)


def _pending(details: Details, rules: list[Rule], now: int) -> Details:
    """Return details that tell of replication under way by ``rules``, besides what they tell of other buckets."""
    before = details.replication or Replication()
    buckets = {rule.bucket for rule in rules}
    others = tuple(one for one in before.to if one.bucket not in buckets)
    begun = tuple(Replicating(rule.bucket, rule.id, now) for rule in rules)
    return msgspec.structs.replace(details, replication=msgspec.structs.replace(before, to=others + begun))


def _name(payload: dict[str, Any]) -> str:
    """Return what the timers of one replication are called."""
    return f"{payload['to']}/{payload['bucket']}/{payload['version']}/{payload['key']}"


@s3.consumer("replica")
def deliver(scope: Scope, payload: dict[str, Any]) -> None:
    """Replicate one version to one bucket, or try again in a minute while the fault ``replication`` holds it up."""
    if scope.kernel.faults.get("s3", "replication"):
        set_timer(scope, "s3", "replica", _name(payload), scope.now + HELD_FOR, payload)
        return
    home = homes.find(scope, scope.partition, payload["bucket"])
    if home is None or replicate(scope, home, payload) is not None:
        lagging.ended(scope, payload)


@s3.timer("replica")
def deliver_again(scope: Scope, key: str, payload: dict[str, Any]) -> None:
    post(scope, "s3", "replica", payload)


@s3.timer("replication-threshold")
def miss(scope: Scope, key: str, payload: dict[str, Any]) -> None:
    """Tell that a version is not replicated within the time that Replication Time Control allows."""
    home = homes.find(scope, scope.partition, payload["bucket"])
    found = _find(scope, payload) if home is not None else None
    one = _find_replicating(found, payload["to"])
    if home is None or found is None or one is None or one.status != PENDING:
        return
    _note(scope, found, msgspec.structs.replace(one, is_late=True))
    _tell(scope, home, "OperationMissedThreshold", found, one, payload, threshold=str(THRESHOLD_FOR // 60_000))


def replicate(scope: Scope, home: Home, payload: dict[str, Any]) -> str | None:
    """Do one replication that is pending, and note its outcome at the source.

    Returns the reason it failed for, empty when it did not, or there was nothing to do any more. None where KMS takes
    no more requests: it is tried again in a minute.
    """
    found = _find(scope, payload)
    one = _find_replicating(found, payload["to"])
    if found is None or one is None or one.status != PENDING:
        return ""
    rule = plan_of(scope, home.name).find_rule(one.rule, one.bucket)
    reason = ""
    try:
        if rule is None:
            raise Refused("SrcBucketReplicationConfigMissing")
        _copy(Side(home, scope), found, rule, payload["operation"])
    except Throttled:
        set_timer(scope, "s3", "replica", _name(payload), scope.now + HELD_FOR, payload)
        return None
    except Refused as refused:
        reason = refused.reason
    cancel_timer(scope, "s3", "replication-threshold", _name(payload))
    if reason:
        _note(scope, found, msgspec.structs.replace(one, status=FAILED))
        if rule is not None and rule.has_metrics:
            lagging.count_failed(scope, home, rule)
            _tell(scope, home, "OperationFailedReplication", found, one, payload, failureReason=reason)
        return reason
    _note(scope, found, msgspec.structs.replace(one, status=COMPLETED))
    assert rule is not None, "it was refused without"
    lagging.count_done(scope, home, rule, scope.now - one.begun_at)
    if one.is_late:
        took = str((scope.now - one.begun_at) // 60_000)
        allowed = str(THRESHOLD_FOR // 60_000)
        event = "OperationReplicatedAfterThreshold"
        _tell(scope, home, event, found, one, payload, threshold=allowed, replicationTime=took)
    return ""


def replicate_existing(scope: Scope, home: Home, found: Object) -> str:
    """Replicate a version there is, a replica too, by the rules of now, as S3 Batch Replication does.

    Returns the reason it failed for; empty when all destinations have it.
    """
    details = details_of(found)
    rules = _rules_now(scope, home, found)
    if not rules:
        return "SrcObjectNotEligible"
    pending = msgspec.structs.replace(found, details=pack_details(_pending(details, rules, scope.now)))
    versions.replace(scope, found, pending)
    operation = DELETE if found.is_marker else PUT
    named = {"bucket": home.name, "key": found.key, "version": found.version, "operation": operation}
    reasons = [replicate(scope, home, {**named, "to": rule.bucket}) for rule in rules]
    return next((reason for reason in reasons if reason), "")


def is_eligible(scope: Scope, home: Home, found: Object) -> bool:
    """Whether a rule of the bucket means a version now."""
    return bool(_rules_now(scope, home, found))


def _rules_now(scope: Scope, home: Home, found: Object) -> list[Rule]:
    """Return the rules that mean a version now."""
    if found.storage_class in NOT_REPLICATED:
        return []
    details, plan = details_of(found), plan_of(scope, home.name)
    is_marker, has_key = found.is_marker, has_kms_key(details)
    return rules_for(plan, found.key, details.tags, is_marker=is_marker, has_kms_key=has_key)


def has_kms_key(details: Details) -> bool:
    """Whether an object is encrypted with a key of KMS, so that rules must ask for it."""
    return details.encryption is not None and details.encryption.algorithm in WITH_KMS


def _find(scope: Scope, payload: dict[str, Any]) -> Object | None:
    version = payload["version"] or versions.NULL_VERSION
    return versions.find_version(scope, payload["bucket"], payload["key"], version)


def _find_replicating(found: Object | None, bucket: str) -> Replicating | None:
    replication = details_of(found).replication if found is not None else None
    return next((one for one in replication.to if one.bucket == bucket), None) if replication is not None else None


def _note(scope: Scope, found: Object, now: Replicating) -> None:
    """Write how far the replication to one bucket is."""
    details = details_of(found)
    assert details.replication is not None
    to = tuple(now if one.bucket == now.bucket else one for one in details.replication.to)
    noted = msgspec.structs.replace(details, replication=msgspec.structs.replace(details.replication, to=to))
    versions.replace(scope, found, msgspec.structs.replace(found, details=pack_details(noted)))


def _tell(
    scope: Scope, home: Home, event: str, found: Object, one: Replicating, payload: dict[str, Any], **more: str
) -> None:
    data = {
        "replicationRuleId": one.rule,
        "destinationBucket": bucket_arn(home.region, one.bucket),
        "s3Operation": payload["operation"],
        "requestTime": instant(one.begun_at),
        **more,
    }
    further = {"replicationEventData": data}
    version = found.version
    events.emit(scope, home, f"Replication:{event}", None, found.key, found=found, version_id=version, further=further)


def _copy(source: Side, found: Object, rule: Rule, operation: str) -> None:
    """Make the version at the destination like the one at the source. Raises Refused, with nothing written."""
    details = details_of(found)
    call = _call(source, rule)
    _check_source(call, source.home, found, details)
    there = _destination(source, rule)
    version = found.version or versions.NULL_VERSION
    existing = versions.find_version(there.scope, there.home.name, found.key, version)
    if found.is_marker:
        _demand(call, there.home, "ReplicateDelete", "DstDelObjNotPermitted", found.key)
        if existing is None:
            marker = replicas.make_marker(found, there)
            event = "ObjectRemoved:DeleteMarkerCreated"
            events.emit(there.scope, there.home, event, call, found.key, version_id=marker.version)
        return
    _check_destination(call, there.home, found, details, rule)
    has_tags = bool(details.tags or (existing is not None and details_of(existing).tags))
    takes_tags = not has_tags or _may_take_tags(call, source.home, there.home, found)
    if not takes_tags:
        details = msgspec.structs.replace(details, tags={})
    if existing is not None and (found.version or operation == CHANGE):
        replicas.adapt(source.home, details, there, existing, rule, takes_tags=takes_tags)
    elif operation != CHANGE:
        keys = _keys(call, source, found, details, there, rule) if has_kms_key(details) else None
        replica = replicas.make(source, found, details, there, rule, keys)
        event = "ObjectCreated:Put"
        events.emit(there.scope, there.home, event, call, found.key, found=replica, version_id=replica.version)
    elif details.replication is not None and not details.replication.is_replica:
        raise Refused("DstObjectHardDeleted")


def _check_throttled(error: ServiceError) -> None:
    """Raise Throttled when KMS takes no more requests for now."""
    if error.code == "ThrottlingException":
        raise Throttled from error


_KEY_FAILURES = {
    "KMS.NotFoundException": "DstKmsKeyNotFound",
    "KMS.DisabledException": "DstKmsKeyInvalidState",
    "KMS.KMSInvalidStateException": "DstKmsKeyInvalidState",
}
"""S3 user guide, "Amazon S3 replication failure reasons"."""


def _keys(call: Call, source: Side, found: Object, details: Details, there: Side, rule: Rule) -> Keys:
    """Return the envelopes to read a version with and to write its replica in, as the role may. Raises Refused.

    S3 user guide, "Replicating encrypted objects": ``kms:Decrypt`` on one key, ``kms:Encrypt`` on the other.
    """
    encryption = details.encryption
    assert encryption is not None
    try:
        opened = encrypting.opened(call, source.home.region, found.bucket, found.key, encryption)
    except ServiceError as error:
        _check_throttled(error)
        raise Refused("SrcGetObjectNotPermitted") from error
    asked = {
        "ServerSideEncryption": encryption.algorithm,
        "SSEKMSKeyId": rule.kms_key,
        "BucketKeyEnabled": encryption.has_bucket_key,
    }
    if encryption.context:
        asked["SSEKMSEncryptionContext"] = b64encode(encryption.context.encode()).decode()
    if not encryption.has_bucket_key:
        del asked["BucketKeyEnabled"]
    try:
        target = encrypting.for_new(call, there.home, asked, found.key, data_keys.issue_for_replica)
        return Keys(opened, target)
    except ServiceError as error:
        _check_throttled(error)
        raise Refused(_KEY_FAILURES.get(error.code, "DstPutObjectNotPermitted")) from error


def _call(source: Side, rule: Rule) -> Call:
    """Return a call in a session of the configuration's role. Raises Refused."""
    scope, home = source.scope, source.home
    role = plan_of(scope, home.name).role
    try:
        principal = role_sessions.assume(scope, role, "s3", bucket_arn(home.region, home.name), _SESSION)
    except ServiceError as error:
        raise Refused("AssumeRoleNotPermitted") from error
    return call_as(scope, principal)


def call_as(scope: Scope, principal: Principal) -> Call:
    """Return a call of S3's own making: what a principal may do is asked of it."""
    return Call(
        scope.kernel,
        scope.writes,
        scope.account,
        scope.region,
        scope.now,
        operation=s3.operations["PutObject"],
        principal=principal,
        request=Request("PUT", "/"),
        request_id=scope.kernel.ids.uuid(),
        protocol="rest-xml",
    )


def _demand(call: Call, home: Home, action: str, reason: str, key: str | None = None, version: str = "") -> None:
    """Raise Refused unless the role, and the bucket's policy, allow an action."""
    if call.refusal(needs.on_bucket(call, home, action, key, version or None)) is not None:
        raise Refused(reason)


def _check_source(call: Call, home: Home, found: Object, details: Details) -> None:
    """Demand what reading a version takes; S3 user guide, "Setting up permissions for live replication"."""
    _demand(call, home, "GetReplicationConfiguration", "SrcBucketReplicationConfigMissing")
    if found.is_marker:
        _demand(call, home, "ListBucket", "SrcHeadObjectNotPermitted")
        return
    _demand(call, home, "GetObjectVersionForReplication", "SrcGetObjectNotPermitted", found.key, found.version)
    _demand(call, home, "GetObjectVersionAcl", "SrcGetAclNotPermitted", found.key, found.version)
    if details.lock is not None:
        for action in ("GetObjectRetention", "GetObjectLegalHold"):
            _demand(call, home, action, "SrcGetObjectNotPermitted", found.key, found.version)


def _may_take_tags(call: Call, source: Home, there: Home, found: Object) -> bool:
    """Whether the role may replicate tags, too: without both permissions they are left out; same page of the guide."""
    reading = needs.on_bucket(call, source, "GetObjectVersionTagging", found.key, found.version or None)
    writing = needs.on_bucket(call, there, "ReplicateTags", found.key)
    return call.refusal(reading) is None and call.refusal(writing) is None


def _destination(source: Side, rule: Rule) -> Side:
    """Return the bucket a rule names, if it can take replicas. Raises Refused."""
    home = homes.find(source.scope, source.scope.partition, rule.bucket)
    if home is None:
        raise Refused("DstBucketNotFound")
    keeping = keeping_of(home.access)
    if keeping.versioning != versions.ENABLED:
        raise Refused("DstBucketUnversioned")
    if keeping_of(source.home.access).has_lock and not keeping.has_lock:
        raise Refused("DstBucketObjectLockConfigMissing")
    return Side(home, source.scope.within(home.owner, home.region))


def _check_destination(call: Call, home: Home, found: Object, details: Details, rule: Rule) -> None:
    """Demand what writing a replica takes. Raises Refused."""
    reason = "DstMultipartInitNotPermitted" if details.parts else "DstPutObjectNotPermitted"
    _demand(call, home, "ReplicateObject", reason, found.key)
    if rule.owns:
        _demand(call, home, "ObjectOwnerOverrideToBucketOwner", "DstPutAclNotPermitted", found.key)
