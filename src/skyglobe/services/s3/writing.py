"""Bytes on their way in: hashed and checked as they come, small ones into the store, large ones into a blob."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from hashlib import md5
from typing import Any, NamedTuple

from skyglobe.kernel import checksums
from skyglobe.kernel.blob_uses import release_blob, use_blob
from skyglobe.kernel.blobs import INLINE_BYTES, BlobWriter, Lease
from skyglobe.kernel.call import Call
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.frames import WRAPPED_BYTES, FrameCipher, FrameWriter, sealed_value
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.wire import BodyStream, CheckedStream
from skyglobe.services.s3 import errors, reading, s3
from skyglobe.services.s3.envelopes import Envelope, moved, new_keys
from skyglobe.services.s3.lanes import pour
from skyglobe.services.s3.records import Chunk, Span, chunks
from skyglobe.services.s3.rules.checksums import (
    BadChecksum,
    Declared,
    declared_checksum,
    trailing_digest,
)


class Expected(NamedTuple):
    """What the headers say of a body."""

    length: int | None
    md5: bytes | None
    checksum: Declared


UNDECLARED = Expected(None, None, Declared("", None))
"""Of a body of which nothing is said."""


class Received(NamedTuple):
    """A body that arrived whole and as it was declared."""

    size_bytes: int
    etag: str
    """MD5, in hexadecimal."""
    digests: dict[str, bytes]
    """By algorithm."""
    data: bytes = b""
    blob: str = ""
    """Empty when ``data`` is all of it."""
    keys: tuple[bytes, ...] = ()
    """What the blob is encrypted with."""


def expected_body(call: Call, request: dict[str, Any], limit: int) -> Expected:
    """Read what the headers say of the body. Raises S3's errors for what they cannot mean, and EntityTooLarge."""
    headers, stream = call.request.headers, call.request.stream
    if "transfer-encoding" in headers and "x-amz-decoded-content-length" not in headers:
        raise errors.not_implemented("Transfer-Encoding")
    length = stream.length if stream is not None else len(request.get("Body", b""))
    if length is not None and length > limit:
        raise errors.entity_too_large(length, limit)
    content_md5 = None
    if "ContentMD5" in request:
        content_md5 = checksums.from_text("MD5", request["ContentMD5"])
        if content_md5 is None:
            text = "The Content-MD5 you specified was invalid."
            raise ServiceError(text, code="InvalidDigest", fields={"Content-MD5": request["ContentMD5"]})
    try:
        return Expected(length, content_md5, declared_checksum(request, headers.get("x-amz-trailer", "")))
    except BadChecksum as error:
        raise errors.invalid_request(str(error)) from error


class Hashing:
    """The MD5 of a body and its checksums by some algorithms."""

    def __init__(self, algorithms: Iterable[str]) -> None:
        self._md5 = checksums.new("MD5")
        self._checksums = {algorithm: checksums.new(algorithm) for algorithm in algorithms}
        self.size_bytes = 0

    def update(self, pieces: Sequence[bytes]) -> None:
        self.update_md5(pieces)
        self.update_checksums(pieces)

    def update_md5(self, pieces: Sequence[bytes]) -> None:
        for piece in pieces:
            self._md5.update(piece)

    def update_checksums(self, pieces: Sequence[bytes]) -> None:
        for piece in pieces:
            self.size_bytes += len(piece)
            for checksum in self._checksums.values():
                checksum.update(piece)

    def result(self) -> Received:
        digests = {algorithm: checksum.digest() for algorithm, checksum in self._checksums.items()}
        return Received(self.size_bytes, self._md5.digest().hex(), digests)


def check(call: Call, expected: Expected, received: Received) -> None:
    """Raise IncompleteBody, BadDigest or InvalidRequest unless the body is what was declared."""
    if expected.length is not None and expected.length != received.size_bytes:
        text = "You did not provide the number of bytes specified by the Content-Length HTTP header"
        raise s3.error("IncompleteBody", text)
    if expected.md5 is not None and expected.md5.hex() != received.etag:
        text = "The Content-MD5 you specified did not match what we received."
        calculated = checksums.as_text(bytes.fromhex(received.etag))
        raise s3.error("BadDigest", text, ExpectedDigest=expected.md5.hex(), CalculatedDigest=calculated)
    algorithm, digest = expected.checksum
    if not algorithm:
        return
    if digest is None:
        try:
            digest = trailing_digest(algorithm, call.request.trailers)
        except BadChecksum as error:
            raise errors.invalid_request(str(error)) from error
    if digest != received.digests[algorithm]:
        raise s3.error("BadDigest", f"The {algorithm} you specified did not match the calculated checksum.")


def is_small(call: Call, request: dict[str, Any]) -> bool:
    """Whether the body is at hand and small enough for the store."""
    return call.request.stream is None and len(request.get("Body", b"")) <= INLINE_BYTES


def take(call: Call, request: dict[str, Any], expected: Expected, algorithms: Iterable[str]) -> Received:
    """Hash and check a small body, on the spot."""
    body: bytes = request.get("Body", b"")
    digests = {algorithm: checksums.digest_of(algorithm, body) for algorithm in algorithms}
    received = Received(len(body), md5(body, usedforsecurity=False).hexdigest(), digests, body)
    check(call, expected, received)
    return received


async def receive(
    call: Call, request: dict[str, Any], expected: Expected, algorithms: Iterable[str], limit: int, envelope: Envelope
) -> Received:
    """Encrypt and write a body to a blob while it is hashed, in constant memory, and check it.

    The blob is finished but not yet named in the store: ``keep`` or ``discard`` it. Nothing is left when this raises:
    S3's errors, ServiceUnavailable when the disk is full, ClientGone.
    """
    writer = open_blob(call)
    keys = new_keys(call.kernel.ids, envelope.layers)
    frames = FrameWriter(writer, FrameCipher(keys))
    try:
        hashing = Hashing(algorithms)
        stream = call.request.stream or _Whole(request.get("Body", b""))
        await _take_in(call, stream, hashing, frames, limit)
        received = hashing.result()
        check(call, expected, received)
        await asyncio.to_thread(frames.finish)
    except OSError as error:
        discard(call, writer)
        raise errors.no_room(error.strerror or error) from error
    except BaseException:  # whatever it was, and cancellation too: the bytes are nobody's
        discard(call, writer)
        raise
    return received._replace(blob=writer.blob, keys=tuple(keys))


async def _take_in(call: Call, stream: BodyStream, hashing: Hashing, frames: FrameWriter, limit: int) -> None:
    """Hash, encrypt and write all of ``stream``. MD5 has a thread of its own: it takes as long as all the rest.

    Raises EntityTooLarge, OSError, and what the stream raises.
    """
    checked = stream if isinstance(stream, CheckedStream) else None

    def arrived(size_bytes: int) -> None:
        if size_bytes > limit:
            raise errors.entity_too_large(size_bytes, limit)

    def write(pieces: Sequence[bytes]) -> None:
        if checked is not None:
            for piece in pieces:
                checked.take_in(piece)
        hashing.update_checksums(pieces)
        frames.write(pieces)

    source = stream if checked is None else checked.source
    await pour(source, (hashing.update_md5, write), arrived, lambda: call.kernel.blobs.writers)
    if checked is not None:
        checked.check()


def open_blob(call: Call) -> BlobWriter:
    """Start a blob. Raises ServiceUnavailable when the disk is full."""
    try:
        return call.kernel.blobs.create()
    except OSError as error:
        raise errors.no_room(error.strerror or error) from error


async def rewrite(call: Call, held: Lease, algorithms: Iterable[str], envelope: Envelope) -> Received:
    """Write bytes that are there anew, to be encrypted otherwise. ``keep`` or ``forget`` what is returned.

    Raises ServiceUnavailable when the disk is full.
    """
    writer = open_blob(call)
    keys = new_keys(call.kernel.ids, envelope.layers)
    frames, hashing = FrameWriter(writer, FrameCipher(keys)), Hashing(algorithms)

    def work() -> Received:
        for piece in reading.pieces(held):
            hashing.update((piece,))
            frames.write((piece,))
        frames.finish()
        return hashing.result()

    try:
        received = await asyncio.to_thread(work)
    except OSError as error:
        discard(call, writer)
        raise errors.no_room(error.strerror or error) from error
    except BaseException:
        discard(call, writer)
        raise
    return received._replace(blob=writer.blob, keys=tuple(keys))


def discard(call: Call, writer: BlobWriter) -> None:
    """Throw away what was written, finished or not."""
    writer.discard()
    call.kernel.blobs.delete(writer.blob)


def forget(call: Call, received: Received) -> None:
    """Throw away a body that arrived whole but is not to be kept."""
    if received.blob:
        call.kernel.blobs.delete(received.blob)


def keep(scope: Scope, received: Received, envelope: Envelope) -> list[Span]:
    """Name the bytes in the store; return where they are."""
    if received.blob:
        use_blob(scope, received.blob)
        return [Span(received.size_bytes, received.blob, 0, 0, envelope.wrap(scope.kernel.ids, received.keys))]
    return keep_data(scope, received.data, envelope)


def keep_data(scope: Scope, data: bytes, envelope: Envelope) -> list[Span]:
    """Put few bytes into the store, encrypted; return where they are."""
    if not data:
        return []
    ids, chunk = scope.kernel.ids, scope.kernel.next_order()
    keys = new_keys(ids, envelope.layers)
    chunks.insert(scope, Chunk(id=chunk, data=sealed_value(keys, data)))
    return [Span(len(data), "", 0, chunk, envelope.wrap(ids, keys))]


def is_shareable(span: Span, envelope: Envelope) -> bool:
    """Whether bytes can stay as they are in another envelope: encrypted, and as often."""
    return len(span.key) == envelope.layers * WRAPPED_BYTES


def share(source: Scope, target: Scope, spans: Iterable[Span], opened: Envelope, envelope: Envelope) -> list[Span]:
    """Let an object that lives where ``target`` stands have the bytes of another too, in an envelope of its own.

    What is in the store, or cannot be shared, is read and written: to be asked for few bytes only.
    """
    shared: list[Span] = []
    for span in spans:
        if span.blob and is_shareable(span, envelope):
            use_blob(target, span.blob)
            shared.append(moved(target.kernel.ids, span, opened, envelope))
        else:
            data = b"".join(reading.pieces(reading.lease(source, [span], opened)))
            shared += keep_data(target, data, envelope)
    return shared


def release(scope: Scope, spans: Iterable[Span]) -> None:
    """Give up bytes that one object had. Blobs nobody has any more are deleted after the commit."""
    for span in spans:
        if span.blob:
            release_blob(scope, span.blob)
        else:
            chunks.drop(scope, span.chunk)


def checksum_text(received: Received, algorithm: str) -> str:
    """Return the body's checksum as headers and records have it."""
    return checksums.as_text(received.digests[algorithm])


class _Whole:
    """A body at hand, read like one that arrives."""

    length: int | None

    def __init__(self, body: bytes) -> None:
        self.length = len(body)
        self._left = [body]

    async def read(self) -> bytes:
        return self._left.pop() if self._left else b""
