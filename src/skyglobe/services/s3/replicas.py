"""Replicas: the same version in another bucket, with the same bytes, and later the same tags, list and lock."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from skyglobe.kernel.blob_uses import use_blob
from skyglobe.kernel.scope import Scope
from skyglobe.services.s3 import deciding, locking, reading, versions
from skyglobe.services.s3.envelopes import Envelope, moved
from skyglobe.services.s3.guards import keeping_of
from skyglobe.services.s3.records import (
    Chunk,
    Details,
    Home,
    Layout,
    Object,
    ObjectAcl,
    Replication,
    Span,
    chunks,
    details_of,
    layouts,
    pack_details,
    parts,
)
from skyglobe.services.s3.rules.replication import Rule


class Side(msgspec.Struct, frozen=True):
    """One of the two buckets of a replication: where it is, and the same work there."""

    home: Home
    scope: Scope


class Keys(NamedTuple):
    """The envelopes of an object encrypted with a key of KMS, and of its replica."""

    source: Envelope
    replica: Envelope


def make(source: Side, found: Object, details: Details, there: Side, rule: Rule, keys: Keys | None) -> Object:
    """Write the replica of a version: its id, instant, bytes and metadata are those of the source.

    Without ``keys`` it is encrypted as its source is, and whoever can read that one can read it.
    """
    kept = _with_bytes(source.scope, there.scope, details, keys)
    if keys is not None:
        kept = msgspec.structs.replace(kept, encryption=keys.replica.encryption)
    kept = msgspec.structs.replace(
        kept,
        acl=_acl(source.home, details, there.home, rule),
        lock=details.lock if keeping_of(there.home.access).has_lock else None,
        restoral=None,
        accessed_at=0,
        replication=Replication(is_replica=True),
    )
    kept = locking.with_default(kept, keeping_of(there.home.access), there.scope.now)
    replica = msgspec.structs.replace(
        found,
        bucket=there.home.name,
        storage_class=rule.storage_class or found.storage_class,
        details=pack_details(kept),
    )
    versions.place(there.scope, replica)
    return replica


def make_marker(found: Object, there: Side) -> Object:
    """Write the replica of a delete marker."""
    details = Details(spans=[], replication=Replication(is_replica=True))
    replica = msgspec.structs.replace(found, bucket=there.home.name, details=pack_details(details))
    versions.place(there.scope, replica)
    return replica


def adapt(source: Home, details: Details, there: Side, replica: Object, rule: Rule, *, takes_tags: bool) -> None:
    """Give a replica the tags, list and lock its source has now."""
    old = details_of(replica)
    new = msgspec.structs.replace(
        old,
        tags=details.tags if takes_tags else old.tags,
        acl=old.acl if rule.owns else _acl(source, details, there.home, rule),
        lock=details.lock if details.lock is not None and keeping_of(there.home.access).has_lock else old.lock,
    )
    versions.replace(there.scope, replica, msgspec.structs.replace(replica, details=pack_details(new)))


def _acl(source: Home, details: Details, there: Home, rule: Rule) -> ObjectAcl | None:
    """Return the list of a replica: the source's, whose owner keeps it, unless the rule gives replicas away."""
    owner, grants = deciding.owner_of_object(source, details), deciding.grants_of_object(source, details)
    if rule.owns or (owner == there.owner and details.acl is None):
        return None
    return ObjectAcl(owner, grants)


def _with_bytes(source: Scope, there: Scope, details: Details, keys: Keys | None) -> Details:
    """Return details that name the same bytes once more: files are shared, what lies in the store is copied."""
    if details.spans is not None:
        return msgspec.structs.replace(details, spans=_shared(source, there, details.spans, keys))
    layout = reading.get_layout(source, details)
    upload = there.kernel.ids.hex(f"{there.kernel.next_order():016x}", 64)
    for part in list(parts.scan(source, details.upload)):
        spans = _shared(source, there, part.spans, keys)
        parts.insert(there, msgspec.structs.replace(part, upload=upload, spans=spans))
    layouts.insert(there, Layout(upload=upload, numbers=layout.numbers, ends=layout.ends))
    return msgspec.structs.replace(details, upload=upload)


def _shared(source: Scope, there: Scope, spans: list[Span], keys: Keys | None) -> list[Span]:
    """Let a replica have bytes as they are, encrypted; only the keys they are encrypted with may go under another."""
    shared: list[Span] = []
    for span in spans:
        if span.blob:
            use_blob(there, span.blob)
            kept = span
        else:
            chunk = chunks.find(source, span.chunk)
            assert chunk is not None, f"no chunk {span.chunk}"
            copied = Chunk(id=there.kernel.next_order(), data=chunk.data)
            chunks.insert(there, copied)
            kept = msgspec.structs.replace(span, chunk=copied.id)
        if keys is not None and span.key:
            kept = moved(there.kernel.ids, kept, keys.source, keys.replica)
        shared.append(kept)
    return shared
