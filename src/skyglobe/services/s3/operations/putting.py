"""PutObject."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

import msgspec

from skyglobe.kernel.call import Call
from skyglobe.kernel.scope import Scope
from skyglobe.services.s3 import (
    aging,
    appending,
    describing,
    directories,
    encrypting,
    events,
    locking,
    places,
    replicating,
    s3,
    versions,
    writing,
)
from skyglobe.services.s3.answers import written
from skyglobe.services.s3.envelopes import Envelope
from skyglobe.services.s3.guards import keeping_of
from skyglobe.services.s3.records import Details, Home, Object, objects, pack_details
from skyglobe.services.s3.rules.checksums import DEFAULT, FULL_OBJECT
from skyglobe.services.s3.rules.parts import MAX_PUT_BYTES
from skyglobe.services.s3.writing import Expected, Received


class Draft(msgspec.Struct, frozen=True):
    """An object that is being put: what is known before its bytes are."""

    scope: Scope
    home: Home
    storage_class: str
    details: Details
    envelope: Envelope
    expected: Expected
    algorithm: str
    before: Object | None
    """What was at the key when the request came."""


@s3.operation
def put_object(call: Call, request: dict[str, Any]) -> dict[str, Any] | Coroutine[Any, Any, dict[str, Any]]:
    """Store an object. Small bodies are stored on the spot, larger ones as they arrive.

    The answer leaves when the object would survive the death of the process.
    """
    if "WriteOffsetBytes" in request:
        return appending.append(call, request)
    draft = _draft(call, request)
    if writing.is_small(call, request):
        received = writing.take(call, request, draft.expected, (draft.algorithm,))
        return _publish(call, draft.scope, request, draft, received, draft.before)
    return _put_large(call, request, draft)


async def _put_large(call: Call, request: dict[str, Any], draft: Draft) -> dict[str, Any]:
    received = await writing.receive(call, request, draft.expected, (draft.algorithm,), MAX_PUT_BYTES, draft.envelope)

    def publish(call: Call) -> dict[str, Any]:
        home, scope = places.visit(call, request)
        existing = objects.find(scope, request["Bucket"], request["Key"])
        versions.check_late_write(request, draft.before, existing)
        return _publish(call, scope, request, msgspec.structs.replace(draft, home=home), received, existing)

    try:
        return await call.transact(publish)
    except BaseException:
        writing.forget(call, received)
        raise


def _draft(call: Call, request: dict[str, Any]) -> Draft:
    """Check all that can be checked before the body is read."""
    home, scope = places.visit_object(call, request, writes=True)
    expected = writing.expected_body(call, request, MAX_PUT_BYTES)
    if home.access is not None and home.access.keeping.has_lock:
        is_checked = expected.md5 is not None or bool(expected.checksum.algorithm)
        locking.check_sent_whole(request, home.access.keeping, is_checked)
    before = objects.find(scope, request["Bucket"], request["Key"])
    versions.check_write(request, before)
    envelope = encrypting.for_new(call, home, request, request["Key"])
    return Draft(
        scope,
        home,
        describing.storage_class_of(request),
        describing.details_for(call, scope, home, request, envelope.encryption),
        envelope,
        expected,
        expected.checksum.algorithm or DEFAULT,
        before,
    )


def _publish(
    call: Call, scope: Scope, request: dict[str, Any], draft: Draft, received: Received, existing: Object | None
) -> dict[str, Any]:
    details = msgspec.structs.replace(
        draft.details,
        spans=writing.keep(scope, received, draft.envelope),
        checksum=writing.checksum_text(received, draft.algorithm),
    )
    home = draft.home
    keeping, order = keeping_of(home.access), scope.kernel.next_order()
    if keeping.has_lock:
        details = locking.with_default(details, keeping, scope.now)
    version = versions.new_version(scope, keeping, order)
    if keeping.has_replication:
        size_bytes = received.size_bytes
        details = replicating.begin(scope, home, request["Key"], version, draft.storage_class, details, size_bytes)
    new = Object(
        bucket=request["Bucket"],
        key=request["Key"],
        order=order,
        modified_at=scope.now,
        size_bytes=received.size_bytes,
        etag=directories.etag_in(
            scope, home.name, encrypting.etag_of(scope.kernel.ids, details.encryption, received.etag)
        ),
        storage_class=draft.storage_class,
        algorithm=draft.algorithm,
        checksum_type=FULL_OBJECT,
        details=pack_details(details),
        version=version,
    )
    versions.publish(scope, existing, new, keeping)
    event = "ObjectCreated:Post" if is_form(call) else "ObjectCreated:Put"
    events.emit(scope, home, event, call, new.key, found=new, version_id=new.version)
    result = written(new, details, request)
    if home.access is not None:
        result |= versions.told(keeping, new) | aging.expiration_members(scope, home, new, details)
    return result


def is_form(call: Call) -> bool:
    """Whether a browser's form asks for the object; services that call in process send no headers."""
    return call.request.method == "POST" and bool(call.request.headers)
