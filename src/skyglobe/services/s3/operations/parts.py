"""UploadPart and UploadPartCopy."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from skyglobe.kernel import checksums
from skyglobe.kernel.blobs import INLINE_BYTES
from skyglobe.kernel.call import Call
from skyglobe.kernel.scope import Scope
from skyglobe.services.s3 import encrypting, errors, pending, places, reading, s3, writing
from skyglobe.services.s3.answers import quoted, seconds
from skyglobe.services.s3.copy_sources import CopySource, find_source
from skyglobe.services.s3.envelopes import Envelope
from skyglobe.services.s3.records import Part, Span, Upload, parts
from skyglobe.services.s3.rules import ranges
from skyglobe.services.s3.rules.checksums import COMPOSITE, DECLARED_AT_CREATION, DEFAULT, FULL_OBJECT, MEMBERS
from skyglobe.services.s3.rules.directories import is_directory
from skyglobe.services.s3.rules.parts import MAX_COPY_BYTES, MAX_PART_BYTES
from skyglobe.services.s3.writing import Expected, Received

ATTEMPTS = 8
"""How often a copy begins again because its source was replaced while its bytes were being hashed."""


@s3.operation
def upload_part(call: Call, request: dict[str, Any]) -> dict[str, Any] | Coroutine[Any, Any, dict[str, Any]]:
    """Store a part of an upload; one of the same number is replaced."""
    upload, expected, envelope = _check_part(call, request)
    algorithms = _algorithms(upload, expected)
    if writing.is_small(call, request):
        received = writing.take(call, request, expected, algorithms)
        return _publish(call, request, expected, received, envelope)
    return _upload_large(call, request, expected, algorithms, envelope)


async def _upload_large(
    call: Call, request: dict[str, Any], expected: Expected, algorithms: frozenset[str], envelope: Envelope
) -> dict[str, Any]:
    received = await writing.receive(call, request, expected, algorithms, MAX_PART_BYTES, envelope)
    try:
        return await call.transact(lambda call: _publish(call, request, expected, received, envelope))
    except BaseException:
        writing.forget(call, received)
        raise


def _check_part(call: Call, request: dict[str, Any]) -> tuple[Upload, Expected, Envelope]:
    """Check all that can be checked before the body is read."""
    scope = places.enter_object(call, request, writes=True)
    pending.check_part_number(request)
    upload = pending.get_upload(scope, request)
    expected = writing.expected_body(call, request, MAX_PART_BYTES)
    sent = expected.checksum.algorithm
    if _is_mismatch(upload, sent):
        wanted, found = upload.algorithm.lower() or "null", sent.lower() or "null"
        text = f"Checksum Type mismatch occurred, expected checksum Type: {wanted}, actual checksum Type: {found}"
        raise errors.invalid_request(text)
    return upload, expected, encrypting.for_part(call, scope.region, upload, request)


def _is_mismatch(upload: Upload, sent: str) -> bool:
    """Whether a part comes with another checksum than its upload wants.

    Composite checksums are made of what clients send; whole ones S3 can make itself.
    """
    if not upload.algorithm:
        return sent in DECLARED_AT_CREATION
    if not sent:
        return upload.checksum_type == COMPOSITE
    return sent != upload.algorithm


def _algorithms(upload: Upload, expected: Expected | None) -> frozenset[str]:
    """Return what to compute of a part: what its client and its upload ask for."""
    wanted = {upload.algorithm or DEFAULT}
    if expected is not None and expected.checksum.algorithm:
        wanted.add(expected.checksum.algorithm)
    return frozenset(wanted)


def _publish(
    call: Call, request: dict[str, Any], expected: Expected, received: Received, envelope: Envelope
) -> dict[str, Any]:
    scope = places.enter(call, request)
    upload = pending.get_upload(scope, request)
    part = _part(call, upload, request["PartNumber"], received, writing.keep(scope, received, envelope))
    _put(scope, part)
    told = {"ETag": quoted(part.etag), **encrypting.told(envelope.encryption, request)}
    sent = expected.checksum.algorithm or upload.algorithm
    if sent:
        told[MEMBERS[sent]] = writing.checksum_text(received, sent)
    return told


def _part(call: Call, upload: Upload, number: int, received: Received, spans: list[Span]) -> Part:
    return Part(
        upload=upload.id,
        number=number,
        size_bytes=received.size_bytes,
        etag=encrypting.etag_of(call.kernel.ids, upload.details.encryption, received.etag),
        modified_at=call.now,
        spans=spans,
        checksum=writing.checksum_text(received, upload.algorithm) if upload.algorithm else "",
        crc64=received.digests[DEFAULT] if not upload.algorithm else b"",
    )


def _put(scope: Scope, part: Part) -> None:
    old = parts.find(scope, part.upload, part.number)
    if old is not None:
        writing.release(scope, old.spans)
    parts.insert(scope, part)


@s3.operation
def upload_part_copy(call: Call, request: dict[str, Any]) -> dict[str, Any] | Coroutine[Any, Any, dict[str, Any]]:
    """Make a part of the bytes of an object, or of a range of them. The bytes are shared, not copied.

    Unless they are to be encrypted otherwise than by another key.
    """
    source, span, upload, envelope = _check_copy(call, request)
    if span.length <= INLINE_BYTES:
        received = _hash(source.lease(span.start, span.length), _algorithms(upload, None))
        return _publish_copy(call, request, source, span, received, envelope)
    known = _known(source, span, _algorithms(upload, None))
    if known is not None and source.can_share(envelope):
        return _publish_copy(call, request, source, span, known, envelope)
    return _copy_hashing(call, request)


def _known(source: CopySource, span: ranges.Span, algorithms: frozenset[str]) -> Received | None:
    """Return what reading a source would tell, where its record tells it: of one that was put whole, copied whole."""
    found, details = source.found, source.details
    is_whole = span.length == found.size_bytes and "-" not in found.etag and found.checksum_type == FULL_OBJECT
    if not is_whole or is_directory(found.bucket) or not encrypting.has_md5(details.encryption):
        return None
    digest = checksums.from_text(found.algorithm, details.checksum)
    if digest is None or not algorithms <= {found.algorithm}:
        return None
    return Received(found.size_bytes, found.etag, {found.algorithm: digest})


async def _copy_hashing(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Hash the bytes outside of any transaction, then share those of what is still the same object."""

    def hold(call: Call) -> tuple[int, frozenset[str], Any, bool, Envelope]:
        source, span, upload, envelope = _check_copy(call, request)
        can_share = source.can_share(envelope, span.start, span.length)
        held = source.lease(span.start, span.length)
        return source.found.order, _algorithms(upload, None), held, can_share, envelope

    for _ in range(ATTEMPTS):
        order, algorithms, held, can_share, envelope = await call.transact(hold)
        if can_share:
            received = await asyncio.to_thread(_hash, held, algorithms)
        else:
            received = await writing.rewrite(call, held, algorithms, envelope)

        def publish(
            call: Call, order: int = order, received: Received = received, envelope: Envelope = envelope
        ) -> dict[str, Any] | None:
            source, span, _, _ = _check_copy(call, request, envelope)
            if source.found.order != order:
                return None
            return _publish_copy(call, request, source, span, received, envelope)

        try:
            result = await call.transact(publish)
        except BaseException:
            writing.forget(call, received)
            raise
        if result is not None:
            return result
        writing.forget(call, received)
    raise s3.error("SlowDown", "Please reduce your request rate.", status=503)


def _hash(held: Any, algorithms: frozenset[str]) -> Received:
    hashing = writing.Hashing(algorithms)
    for piece in reading.pieces(held):
        hashing.update((piece,))
    return hashing.result()


def _check_copy(
    call: Call, request: dict[str, Any], envelope: Envelope | None = None
) -> tuple[CopySource, ranges.Span, Upload, Envelope]:
    scope = places.enter_object(call, request, writes=True)
    pending.check_part_number(request)
    upload = pending.get_upload(scope, request)
    source = find_source(call, request)
    envelope = envelope or encrypting.for_part(call, scope.region, upload, request)
    return source, _copied_range(request, source.found.size_bytes), upload, envelope


def _copied_range(request: dict[str, Any], size: int) -> ranges.Span:
    """Return the bytes to copy. Raises InvalidArgument, InvalidRange or InvalidRequest."""
    text = request.get("CopySourceRange")
    span = ranges.Span(0, size)
    if text is not None:
        parsed = ranges.parse_copy_range(text)
        if parsed is None:
            message = (
                "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the "
                "zero-based offsets of the first and last bytes to copy"
            )
            raise errors.invalid_argument(message, "x-amz-copy-source-range", text)
        if parsed.start + parsed.length > size:
            message = f"Range specified is not valid for source object of size: {size}"
            raise errors.invalid_argument(message, "x-amz-copy-source-range", text)
        span = parsed
    if span.length > MAX_COPY_BYTES:
        message = "The specified copy source is larger than the maximum allowable size for a copy source"
        raise errors.invalid_request(f"{message}: {MAX_COPY_BYTES}")
    return span


def _publish_copy(
    call: Call,
    request: dict[str, Any],
    source: CopySource,
    span: ranges.Span,
    received: Received,
    envelope: Envelope,
) -> dict[str, Any]:
    scope = places.enter(call, request)
    upload = pending.get_upload(scope, request)
    if received.blob:
        shared = writing.keep(scope, received, envelope)
    else:
        shared = source.share_into(scope, envelope, span.start, span.length)
    part = _part(call, upload, request["PartNumber"], received, shared)
    _put(scope, part)
    told: dict[str, Any] = {"ETag": quoted(part.etag), "LastModified": seconds(part.modified_at)}
    if upload.algorithm:
        told[MEMBERS[upload.algorithm]] = part.checksum
    return {"CopyPartResult": told, **source.version_told(), **encrypting.told(envelope.encryption, request)}
