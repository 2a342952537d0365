r"""The ``aws-chunked`` content encoding: sized chunks, each perhaps signed, and trailing headers.

Follows "Signature calculations for the Authorization header: transferring payload in multiple chunks" and "… including
trailing headers" in the S3 API reference::

    10000;chunk-signature=ad80…\r\n  <65,536 bytes>\r\n
    0;chunk-signature=b6c6…\r\n
    x-amz-checksum-crc32c:sOO8/Q==\r\n  x-amz-trailer-signature:d81f…\r\n
    \r\n
"""

from __future__ import annotations

from collections import deque
from hashlib import sha256
from typing import NoReturn

from skyglobe.gateway.payload import ChunkSigning, Payload
from skyglobe.gateway.sigv4 import EMPTY_SHA256
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.wire import BodyStream

SMALLEST_CHUNK = 8192  # bytes, of all chunks but the last; S3 "InvalidChunkSizeError"
_LONGEST_LINE = 4096  # bytes of a chunk or trailer line; ours: the longest lawful one is a signature of 144 characters
_MOST_TRAILERS = 16
_TRAILER_SIGNATURE = "x-amz-trailer-signature"

_HEX_DIGITS = frozenset("0123456789abcdefABCDEF")

_SIZE, _DATA, _DATA_END, _TRAILER, _DONE = range(5)


class ChunkDecoder:
    """Decodes an aws-chunked body fed in pieces of any size. Holds back nothing but unfinished lines.

    Data is handed out as it comes, before its chunk's signature can be checked: it counts only once ``finish`` has
    returned.
    """

    __slots__ = (
        "_chunk",
        "_declared",
        "_decoded",
        "_digest",
        "_expected",
        "_last_size",
        "_left",
        "_payload",
        "_pending",
        "_previous",
        "_signature",
        "_state",
        "trailers",
    )

    def __init__(self, payload: Payload, decoded_length: int, declared_trailers: frozenset[str] = frozenset()) -> None:
        self.trailers: dict[str, str] = {}
        """Trailing headers by lower-case name, without their signature; whole once the body has ended."""
        self._payload = payload
        self._expected = decoded_length
        self._declared = declared_trailers
        self._previous = payload.signing.seed_signature if payload.signing else ""
        self._state = _SIZE
        self._pending = b""
        self._decoded = 0
        self._chunk = 0
        self._last_size = SMALLEST_CHUNK
        self._left = 0
        self._signature = ""
        self._digest = sha256()

    def feed(self, data: bytes) -> list[bytes]:
        """Take the next piece of the body and return the data in it. Raises S3's error for what is wrong with it."""
        if self._pending:
            data = self._pending + data
            self._pending = b""
        pieces: list[bytes] = []
        at = 0
        while at < len(data):
            if self._state == _DATA:
                piece = data[at : at + self._left] if at or self._left < len(data) else data
                self._take(piece)
                pieces.append(piece)
                at += len(piece)
                continue
            if self._state == _DONE:
                _incomplete()
            end = data.find(b"\n", at)
            if end < 0:
                self._pending = data[at:]
                if len(self._pending) > _LONGEST_LINE:
                    _incomplete()
                break
            self._line(data[at:end])
            at = end + 1
        return pieces

    def finish(self) -> None:
        """Raise S3's IncompleteBody unless the body came to its proper end."""
        if self._state != _DONE or self._decoded != self._expected:
            _incomplete()

    def _take(self, piece: bytes) -> None:
        self._left -= len(piece)
        if self._payload.signing is not None:
            self._digest.update(piece)
        if not self._left:
            self._state = _DATA_END

    def _line(self, line: bytes) -> None:
        """Take one line, which has lost its line feed."""
        if not line.endswith(b"\r") or len(line) > _LONGEST_LINE:
            _incomplete()
        text = line[:-1].decode("latin-1")
        if self._state == _DATA_END:
            if text:
                _incomplete()
            self._end_chunk()
            self._state = _SIZE
        elif self._state == _SIZE:
            self._start_chunk(text)
        elif text:
            self._trailer(text)
        else:
            self._end_trailers()
            self._state = _DONE

    def _start_chunk(self, line: str) -> None:
        digits, _, extension = line.partition(";")
        size = _chunk_size(digits)
        self._chunk += 1
        if size and self._last_size < SMALLEST_CHUNK:
            raise ServiceError(
                f"Only the last chunk is allowed to have a size less than {SMALLEST_CHUNK} bytes",
                code="InvalidChunkSizeError",
                status=403,
                fields={"Chunk": str(self._chunk), "BadChunkSize": str(self._last_size)},
            )
        self._decoded += size
        if self._decoded > self._expected:
            _incomplete()
        self._signature = extension.removeprefix("chunk-signature=").strip()
        self._left = self._last_size = size
        if size:
            self._state = _DATA
        else:
            self._end_chunk()
            self._state = _TRAILER

    def _end_chunk(self) -> None:
        signing = self._payload.signing
        if signing is not None:
            hashed = f"{EMPTY_SHA256}\n{self._digest.hexdigest()}"
            self._check(signing, f"{signing.algorithm}-PAYLOAD", hashed, self._signature)
            self._digest = sha256()

    def _trailer(self, line: str) -> None:
        name, colon, value = line.partition(":")
        name = name.strip().lower()
        if not colon or name in self.trailers or len(self.trailers) >= _MOST_TRAILERS:
            _malformed_trailer()
        self.trailers[name] = value.strip(" \t")

    def _end_trailers(self) -> None:
        signature = self.trailers.pop(_TRAILER_SIGNATURE, "")
        found = frozenset(self.trailers)
        if self._declared - found:
            _incomplete() if self._payload.signing else _malformed_trailer()
        if found - self._declared:
            _malformed_trailer()
        signing = self._payload.signing
        if signing is not None and self._payload.declared.endswith("-TRAILER"):
            lines = "".join(f"{name}:{value}\n" for name, value in self.trailers.items())
            hashed = sha256(lines.encode("latin-1")).hexdigest()
            self._check(signing, f"{signing.algorithm}-TRAILER", hashed, signature)

    def _check(self, signing: ChunkSigning, kind: str, hashed: str, signature: str) -> None:
        """Hold a chunk or the trailers to their signature, which covers the signature before it."""
        text = f"{kind}\n{signing.instant}\n{signing.credential_scope}\n{self._previous}\n{hashed}"
        if not signing.is_valid(text.encode("latin-1"), signature):
            raise ServiceError(
                "The request signature we calculated does not match the signature you provided. "
                "Check your key and signing method.",
                code="SignatureDoesNotMatch",
                status=403,
                fields={"StringToSign": text, "SignatureProvided": signature},
            )
        self._previous = signature.rstrip("*")


def _chunk_size(digits: str) -> int:
    """Parse a chunk's size: up to 16 hexadecimal digits."""
    if not 1 <= len(digits) <= 16 or not _HEX_DIGITS.issuperset(digits):
        _incomplete()
    return int(digits, 16)


def _incomplete() -> NoReturn:
    raise ServiceError("The request body terminated unexpectedly", code="IncompleteBody")


def _malformed_trailer() -> NoReturn:
    raise ServiceError(
        "The request contained trailing data that was not well-formed or did not conform to our published schema.",
        code="MalformedTrailerError",
    )


class ChunkedBody:
    """The decoded body stream inside an aws-chunked one."""

    __slots__ = ("_decoder", "_has_ended", "_pieces", "_source", "length")

    def __init__(self, source: BodyStream, decoder: ChunkDecoder, decoded_length: int) -> None:
        self.length: int | None = decoded_length
        self._source = source
        self._decoder = decoder
        self._pieces: deque[bytes] = deque()
        self._has_ended = False

    async def read(self) -> bytes:
        """Return the next piece of data; ``b""`` once all of it came, every signature matched and trailers were read.

        Raises IncompleteBody, InvalidChunkSizeError, MalformedTrailerError or SignatureDoesNotMatch; ClientGone as it
        happens underneath.
        """
        while not self._pieces:
            if self._has_ended:
                return b""
            arrived = await self._source.read()
            if arrived:
                self._pieces.extend(self._decoder.feed(arrived))
            else:
                self._decoder.finish()
                self._has_ended = True
        return self._pieces.popleft()
