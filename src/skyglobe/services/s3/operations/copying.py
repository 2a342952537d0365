"""CopyObject: bytes are shared with the source, and read only when a hash of them is not known yet."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, NamedTuple

import msgspec

from skyglobe.kernel.blobs import INLINE_BYTES, Lease
from skyglobe.kernel.call import Call
from skyglobe.kernel.scope import Scope
from skyglobe.services.s3 import (
    accelerating,
    aging,
    archives,
    describing,
    directories,
    encrypting,
    errors,
    events,
    locking,
    places,
    reading,
    replicating,
    s3,
    versions,
    writing,
)
from skyglobe.services.s3.answers import checksum_members, quoted, seconds
from skyglobe.services.s3.copy_sources import CopySource, find_source
from skyglobe.services.s3.envelopes import Envelope
from skyglobe.services.s3.guards import keeping_of
from skyglobe.services.s3.records import Details, Home, Object, objects, pack_details
from skyglobe.services.s3.rules import encryption
from skyglobe.services.s3.rules.checksums import DEFAULT, FULL_OBJECT, MEMBERS
from skyglobe.services.s3.rules.directories import is_directory
from skyglobe.services.s3.rules.parts import MAX_COPY_BYTES
from skyglobe.services.s3.writing import Received

_CHANGES = frozenset(("StorageClass", "WebsiteRedirectLocation")) | encryption.MEMBERS
"""What makes a copy of an object onto itself more than nothing."""

ATTEMPTS = 8
"""How often a copy begins again because its source was replaced while its bytes were being hashed."""


class Draft(msgspec.Struct, frozen=True):
    """A copy that is being made."""

    source: CopySource
    scope: Scope
    home: Home
    bucket: str
    key: str
    existing: Object | None
    storage_class: str
    details: Details
    algorithm: str
    envelope: Envelope


@s3.operation
def copy_object(call: Call, request: dict[str, Any]) -> dict[str, Any] | Coroutine[Any, Any, dict[str, Any]]:
    """Copy an object within or between buckets, with its metadata and tags or new ones."""
    draft = _draft(call, request)
    is_small = draft.source.found.size_bytes <= INLINE_BYTES
    if _is_known(draft) and (is_small or draft.source.can_share(draft.envelope)):
        return _publish(call, request, draft, None)
    if is_small:
        return _publish(call, request, draft, _hash(draft.source.lease(), draft.algorithm))
    return _copy_reading(call, request, draft.existing, draft.envelope)


async def _copy_reading(
    call: Call, request: dict[str, Any], before: Object | None, envelope: Envelope
) -> dict[str, Any]:
    """Hash the source's bytes outside of any transaction, and write them anew if they must be encrypted otherwise.

    Then copy what is still the same object.
    """
    for _ in range(ATTEMPTS):
        held = await call.transact(lambda call: _hold(call, request, envelope))
        if held.can_share:
            received = await asyncio.to_thread(_hash, held.lease, held.algorithm)
        else:
            received = await writing.rewrite(call, held.lease, (held.algorithm,), envelope)

        def publish(call: Call, held: Held = held, received: Received = received) -> dict[str, Any] | None:
            scope = places.enter_object(call, request, writes=True)
            versions.check_late_write(request, before, objects.find(scope, request["Bucket"], request["Key"]))
            draft = _draft(call, request, envelope)
            return _publish(call, request, draft, received) if draft.source.found.order == held.order else None

        try:
            result = await call.transact(publish)
        except BaseException:
            writing.forget(call, received)
            raise
        if result is not None:
            return result
        writing.forget(call, received)
    raise s3.error("SlowDown", "Please reduce your request rate.", status=503)


class Held(NamedTuple):
    """The bytes of a source as it was."""

    order: int
    algorithm: str
    lease: Lease
    can_share: bool


def _hold(call: Call, request: dict[str, Any], envelope: Envelope) -> Held:
    draft = _draft(call, request, envelope)
    source = draft.source
    return Held(source.found.order, draft.algorithm, source.lease(), source.can_share(envelope))


def _hash(held: Any, algorithm: str) -> Received:
    hashing = writing.Hashing((algorithm,))
    for piece in reading.pieces(held):
        hashing.update((piece,))
    return hashing.result()


def _draft(call: Call, request: dict[str, Any], envelope: Envelope | None = None) -> Draft:
    """Check everything about a copy and say what it will be: encrypted in ``envelope``, when that is known already."""
    home, scope = places.visit_object(call, request, writes=True)
    source = find_source(call, request)
    accelerating.check_copy(call, source.scope.region, home.region)
    found = source.found
    replaces_metadata = _directive(request, "MetadataDirective", "x-amz-metadata-directive")
    replaces_tags = _directive(request, "TaggingDirective", "x-amz-tagging-directive")
    storage_class = describing.storage_class_of(request)
    existing = objects.find(scope, request["Bucket"], request["Key"])
    is_itself = existing is not None and found.order == existing.order and found.key == existing.key
    unchanged = not replaces_metadata and not request.keys() & _CHANGES
    if is_itself and unchanged:
        text = (
            "This copy request is illegal because it is trying to copy an object to itself without changing the "
            "object's metadata, storage class, website redirect location or encryption attributes."
        )
        raise errors.invalid_request(text)
    if found.size_bytes > MAX_COPY_BYTES:
        text = "The specified copy source is larger than the maximum allowable size for a copy source"
        raise errors.invalid_request(f"{text}: {MAX_COPY_BYTES}")
    versions.check_write(request, existing)
    algorithm = request.get("ChecksumAlgorithm") or found.algorithm or DEFAULT
    if algorithm not in MEMBERS:
        raise errors.invalid_request("Checksum algorithm provided is unsupported.")
    envelope = envelope or encrypting.for_new(call, home, request, request["Key"])
    details = _details(call, scope, home, request, source, replaces_metadata, replaces_tags, envelope)
    bucket, key = request["Bucket"], request["Key"]
    return Draft(source, scope, home, bucket, key, existing, storage_class, details, algorithm, envelope)


def _directive(request: dict[str, Any], member: str, header: str) -> bool:
    """Return whether a directive says REPLACE. Raises InvalidArgument when it says neither that nor COPY."""
    value = request.get(member, "COPY")
    if value not in ("COPY", "REPLACE"):
        raise errors.invalid_argument(f"Unknown {header.removeprefix('x-amz-').replace('-', ' ')}.", header, value)
    return bool(value == "REPLACE")


def _details(
    call: Call,
    scope: Scope,
    home: Home,
    request: dict[str, Any],
    source: CopySource,
    replaces_metadata: bool,
    replaces_tags: bool,
    envelope: Envelope,
) -> Details:
    """Return what the copy is to be given. The redirect and the access control list are never copied, only named."""
    old, new = source.details, describing.details_for(call, scope, home, request, envelope.encryption)
    entity = new.entity
    if not replaces_metadata:
        entity = {name: value for name, value in old.entity.items() if name != "WebsiteRedirectLocation"}
        if "WebsiteRedirectLocation" in new.entity:
            entity["WebsiteRedirectLocation"] = new.entity["WebsiteRedirectLocation"]
    copied = Details(
        entity=entity,
        metadata=new.metadata if replaces_metadata else old.metadata,
        tags=new.tags if replaces_tags else old.tags,
        acl=new.acl,
        lock=new.lock,
        encryption=new.encryption,
    )
    return locking.with_default(copied, keeping_of(home.access), call.now)


def _is_known(draft: Draft) -> bool:
    """Whether the copy's ETag and checksum are known from its source: not when they were made of parts."""
    found = draft.source.found
    if encrypting.has_md5(draft.details.encryption) and not encrypting.has_md5(draft.source.details.encryption):
        return False
    if is_directory(found.bucket) and not is_directory(draft.bucket):
        return False  # its ETag is no hash
    return "-" not in found.etag and draft.algorithm == found.algorithm and found.checksum_type == FULL_OBJECT


def _publish(call: Call, request: dict[str, Any], draft: Draft, received: Received | None) -> dict[str, Any]:
    found = draft.source.found
    checksum = draft.source.details.checksum
    if received is not None:
        checksum = writing.checksum_text(received, draft.algorithm)
    if received is not None and received.blob:
        spans = writing.keep(draft.scope, received, draft.envelope)
    else:
        spans = draft.source.share_into(draft.scope, draft.envelope)
    details = msgspec.structs.replace(draft.details, spans=spans, checksum=checksum)
    keeping, order = keeping_of(draft.home.access), call.kernel.next_order()
    version = versions.new_version(draft.scope, keeping, order)
    if keeping.has_replication:
        details = replicating.begin(
            draft.scope, draft.home, draft.key, version, draft.storage_class, details, found.size_bytes
        )
    new = Object(
        bucket=draft.bucket,
        key=draft.key,
        order=order,
        modified_at=call.now,
        size_bytes=found.size_bytes,
        etag=directories.etag_in(
            draft.scope,
            draft.bucket,
            encrypting.etag_of(
                call.kernel.ids, details.encryption, received.etag if received is not None else found.etag
            ),
        ),
        storage_class=draft.storage_class,
        algorithm=draft.algorithm,
        checksum_type=FULL_OBJECT,
        details=pack_details(details),
        version=version,
    )
    if found.storage_class == archives.TIERING and (found.bucket, found.key) != (new.bucket, new.key):
        archives.note_access(draft.source.scope, found, draft.source.details)
    versions.publish(draft.scope, draft.existing, new, keeping)
    events.emit(draft.scope, draft.home, "ObjectCreated:Copy", call, new.key, found=new, version_id=new.version)
    told = {"ETag": quoted(new.etag), "LastModified": seconds(new.modified_at)}
    result = {"CopyObjectResult": {**told, **checksum_members(new.algorithm, checksum, FULL_OBJECT)}}
    expiration = aging.expiration_members(draft.scope, draft.home, new, details)
    result.update(encrypting.told_of_new(details.encryption, request))
    return result | versions.told(keeping, new) | draft.source.version_told() | expiration
