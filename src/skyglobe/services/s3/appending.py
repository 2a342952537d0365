"""Appending to objects of directory buckets, and renaming them."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Coroutine
from typing import Any

from msgspec.structs import replace

from skyglobe.kernel import checksums
from skyglobe.kernel.call import Call
from skyglobe.kernel.scope import Scope
from skyglobe.services.s3 import directories, encrypting, errors, events, places, reading, s3, versions, writing
from skyglobe.services.s3.answers import written
from skyglobe.services.s3.envelopes import BY_S3, Envelope
from skyglobe.services.s3.records import (
    Details,
    Home,
    Layout,
    Object,
    Span,
    details_of,
    layouts,
    objects,
    pack_details,
    parts,
)
from skyglobe.services.s3.rules.checksums import FULL_OBJECT
from skyglobe.services.s3.rules.directories import MAX_APPENDS, is_directory
from skyglobe.services.s3.rules.parts import MAX_OBJECT_BYTES, MAX_PUT_BYTES
from skyglobe.services.s3.writing import Received


def append(call: Call, request: dict[str, Any]) -> dict[str, Any] | Coroutine[Any, Any, dict[str, Any]]:
    """Add a body to the end of an object, which ``WriteOffsetBytes`` must say.

    Raises InvalidWriteOffset when it does not, TooManyParts after 10,000 times, InvalidRequest for objects whose
    checksum cannot go on.
    """
    home, _, found = _check(call, request)
    envelope = _envelope(call, home, found, request)
    expected = writing.expected_body(call, request, MAX_PUT_BYTES)
    algorithm = found.algorithm
    if expected.checksum.algorithm not in ("", algorithm):
        raise errors.invalid_request(f"The object has a {algorithm} checksum: what is appended must have one too.")
    if writing.is_small(call, request):
        return _publish(call, request, home, writing.take(call, request, expected, (algorithm,)), envelope)
    return _append_large(call, request, expected, algorithm, envelope)


async def _append_large(
    call: Call, request: dict[str, Any], expected: writing.Expected, algorithm: str, envelope: Envelope
) -> dict[str, Any]:
    received = await writing.receive(call, request, expected, (algorithm,), MAX_PUT_BYTES, envelope)

    def publish(call: Call) -> dict[str, Any]:
        return _publish(call, request, places.visit(call, request)[0], received, envelope)

    try:
        return await call.transact(publish)
    except BaseException:
        writing.forget(call, received)
        raise


def _check(call: Call, request: dict[str, Any]) -> tuple[Home, Scope, Object]:
    home, scope = places.visit_object(call, request, writes=True)
    if not is_directory(home.name):
        raise errors.not_implemented("x-amz-write-offset-bytes")
    found = objects.find(scope, home.name, request["Key"])
    versions.check_write(request, found)
    if found is None:
        raise errors.no_such_key(request["Key"])
    if request["WriteOffsetBytes"] != found.size_bytes:
        text = "The write offset value that you specified does not match the current object size."
        raise s3.errors.InvalidWriteOffset(text)
    if found.algorithm not in checksums.FULL_OBJECT or found.checksum_type != FULL_OBJECT:
        raise errors.invalid_request("Only objects with a full object CRC checksum can be appended to.")
    return home, scope, found


def _envelope(call: Call, home: Home, found: Object, request: dict[str, Any]) -> Envelope:
    """Return what encrypts the object, and what is appended to it too. Raises what reading the object does."""
    encryption = details_of(found).encryption
    customer_key = encrypting.check_customer_key(call, encryption, request)
    return encrypting.opened(call, home.region, found.bucket, found.key, encryption, customer_key)


def _publish(call: Call, request: dict[str, Any], home: Home, received: Received, envelope: Envelope) -> dict[str, Any]:
    _, scope, found = _check(call, request)
    details = details_of(found)
    if (details.encryption or BY_S3) != envelope.encryption:
        raise errors.conflicting_write("x-amz-write-offset-bytes", found.key)  # another object, of the same size
    spans = [*_own_spans(scope, found, details), *writing.keep(scope, received, envelope)]
    if len(spans) > MAX_APPENDS:
        text = "You have attempted to add more parts than the maximum of 10000 that are allowed for this object."
        raise s3.errors.TooManyParts(text)
    whole = [(b64decode(details.checksum), found.size_bytes)]
    whole.append((received.digests[found.algorithm], received.size_bytes))
    size = found.size_bytes + received.size_bytes
    if size > MAX_OBJECT_BYTES:
        raise errors.entity_too_large(size, MAX_OBJECT_BYTES)
    longer = replace(details, spans=spans, checksum=checksums.full_object(found.algorithm, whole), upload="", parts=0)
    new = Object(
        bucket=found.bucket,
        key=found.key,
        order=call.kernel.next_order(),
        modified_at=scope.now,
        size_bytes=size,
        etag=directories.etag_in(scope, found.bucket, found.etag),
        storage_class=found.storage_class,
        algorithm=found.algorithm,
        checksum_type=FULL_OBJECT,
        details=pack_details(longer),
    )
    objects.replace(scope, found, new)
    events.emit(scope, home, "ObjectCreated:Put", call, new.key, found=new)
    return {**written(new, longer, request), "Size": size}


def _own_spans(scope: Scope, found: Object, details: Details) -> list[Span]:
    """Return where an object's bytes are, taking them over from the parts they were uploaded as."""
    if details.spans is not None:
        return details.spans
    spans = reading.spans_of(scope, details, 0, found.size_bytes)
    parts.clear(scope, details.upload)
    layouts.delete(scope, Layout(upload=details.upload, numbers=[], ends=[]))
    return spans
