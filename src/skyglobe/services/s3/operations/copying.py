"""CopyObject: bytes are shared with the source, and read only when a hash of them is not known yet."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import msgspec

from skyglobe.kernel.blobs import INLINE_BYTES
from skyglobe.kernel.call import Call
from skyglobe.kernel.scope import Scope
from skyglobe.services.s3 import (
    accelerating,
    aging,
    archives,
    describing,
    errors,
    events,
    locking,
    places,
    reading,
    s3,
    versions,
    writing,
)
from skyglobe.services.s3.answers import checksum_members, quoted, seconds
from skyglobe.services.s3.copy_sources import CopySource, find_source
from skyglobe.services.s3.guards import keeping_of
from skyglobe.services.s3.records import Details, Home, Object, objects, pack_details
from skyglobe.services.s3.rules.checksums import DEFAULT, FULL_OBJECT, MEMBERS
from skyglobe.services.s3.rules.parts import MAX_COPY_BYTES
from skyglobe.services.s3.writing import Received

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


@s3.operation
def copy_object(call: Call, request: dict[str, Any]) -> dict[str, Any] | Coroutine[Any, Any, dict[str, Any]]:
    """Copy an object within or between buckets, with its metadata and tags or new ones."""
    draft = _draft(call, request)
    found = draft.source.found
    if _is_known(draft):
        return _publish(call, draft, None)
    if found.size_bytes <= INLINE_BYTES:
        held = reading.lease(draft.source.scope, draft.source.spans())
        return _publish(call, draft, _hash(held, draft.algorithm))
    return _copy_hashing(call, request, draft.existing)


async def _copy_hashing(call: Call, request: dict[str, Any], before: Object | None) -> dict[str, Any]:
    """Hash the source's bytes outside of any transaction, then copy what is still the same object."""
    for _ in range(ATTEMPTS):
        order, algorithm, held = await call.transact(lambda call: _hold(call, request))
        received = await asyncio.to_thread(_hash, held, algorithm)

        def publish(call: Call, order: int = order, received: Received = received) -> dict[str, Any] | None:
            scope = places.enter_object(call, request, writes=True)
            versions.check_late_write(request, before, objects.find(scope, request["Bucket"], request["Key"]))
            draft = _draft(call, request)
            return _publish(call, draft, received) if draft.source.found.order == order else None

        result = await call.transact(publish)
        if result is not None:
            return result
    raise s3.error("SlowDown", "Please reduce your request rate.", status=503)


def _hold(call: Call, request: dict[str, Any]) -> tuple[int, str, Any]:
    draft = _draft(call, request)
    return draft.source.found.order, draft.algorithm, reading.lease(draft.source.scope, draft.source.spans())


def _hash(held: Any, algorithm: str) -> Received:
    hashing = writing.Hashing((algorithm,))
    for piece in reading.pieces(held):
        hashing.update((piece,))
    return hashing.result()


def _draft(call: Call, request: dict[str, Any]) -> Draft:
    """Check everything about a copy and say what it will be."""
    home, scope = places.visit_object(call, request, writes=True)
    describing.refuse_unbuilt(call, request)
    source = find_source(call, request)
    accelerating.check_copy(call, source.scope.region, home.region)
    found = source.found
    replaces_metadata = _directive(request, "MetadataDirective", "x-amz-metadata-directive")
    replaces_tags = _directive(request, "TaggingDirective", "x-amz-tagging-directive")
    storage_class = describing.storage_class_of(request)
    existing = objects.find(scope, request["Bucket"], request["Key"])
    is_itself = existing is not None and found.order == existing.order and found.key == existing.key
    unchanged = not replaces_metadata and not request.keys() & {"StorageClass", "WebsiteRedirectLocation"}
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
    details = _details(call, scope, home, request, source, replaces_metadata, replaces_tags)
    return Draft(source, scope, home, request["Bucket"], request["Key"], existing, storage_class, details, algorithm)


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
) -> Details:
    """Return what the copy is to be given. The redirect and the access control list are never copied, only named."""
    old, new = source.details, describing.details_for(call, scope, home, request)
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
    )
    return locking.with_default(copied, keeping_of(home.access), call.now)


def _is_known(draft: Draft) -> bool:
    """Whether the copy's ETag and checksum are those of its source: not when they were made of parts."""
    found = draft.source.found
    return "-" not in found.etag and draft.algorithm == found.algorithm and found.checksum_type == FULL_OBJECT


def _publish(call: Call, draft: Draft, received: Received | None) -> dict[str, Any]:
    found = draft.source.found
    checksum = draft.source.details.checksum
    if received is not None:
        checksum = writing.checksum_text(received, draft.algorithm)
    spans = draft.source.share_into(draft.scope)
    details = msgspec.structs.replace(draft.details, spans=spans, checksum=checksum)
    keeping, order = keeping_of(draft.home.access), call.kernel.next_order()
    new = Object(
        bucket=draft.bucket,
        key=draft.key,
        order=order,
        modified_at=call.now,
        size_bytes=found.size_bytes,
        etag=received.etag if received is not None else found.etag,
        storage_class=draft.storage_class,
        algorithm=draft.algorithm,
        checksum_type=FULL_OBJECT,
        details=pack_details(details),
        version=versions.new_version(draft.scope, keeping, order),
    )
    if found.storage_class == archives.TIERING and (found.bucket, found.key) != (new.bucket, new.key):
        archives.note_access(draft.source.scope, found, draft.source.details)
    versions.publish(draft.scope, draft.existing, new, keeping)
    events.emit(draft.scope, draft.home, "ObjectCreated:Copy", call, new.key, found=new, version_id=new.version)
    told = {"ETag": quoted(new.etag), "LastModified": seconds(new.modified_at)}
    result = {"CopyObjectResult": {**told, **checksum_members(new.algorithm, checksum, FULL_OBJECT)}}
    expiration = aging.expiration_members(draft.scope, draft.home, new, details)
    return result | versions.told(keeping, new) | draft.source.version_told() | expiration
