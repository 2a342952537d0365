"""Event streams, AWS's binary framing of messages in one body, in both directions.

A message is: total length, headers length, CRC of those eight bytes; the headers; the payload; CRC of all before.
All numbers are big-endian. See https://smithy.io/2.0/aws/amazon-eventstream.html. What goes into a message is the
models' business: ``skyglobe.protocols.serializing.events``.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zlib import crc32

HeaderValue = bool | int | bytes | str | datetime | UUID

CONTENT_TYPE = "application/vnd.amazon.eventstream"
MAX_HEADERS_BYTES = 128 * 1024  # what botocore and the other SDKs refuse to go beyond
MAX_PAYLOAD_BYTES = 24 * 1024 * 1024  # the same

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_PRELUDE = struct.Struct("!III")
_LENGTHS = struct.Struct("!II")
_UINT = struct.Struct("!I")
_USHORT = struct.Struct("!H")
_NUMBERS = {2: struct.Struct("!b"), 3: struct.Struct("!h"), 4: struct.Struct("!i"), 5: struct.Struct("!q")}
_INSTANT = struct.Struct("!q")
_FRAME_BYTES = 16  # prelude and message checksum


class BadEventStream(ValueError):
    """Bytes that are not a whole, intact event stream message."""


@dataclass(slots=True, frozen=True)
class Message:
    """One decoded message."""

    headers: dict[str, HeaderValue]
    payload: bytes


def encode_event(headers: dict[str, HeaderValue], payload: bytes = b"") -> bytes:
    """Return one framed message. Raises ValueError beyond the limits on headers and payload.

    An ``int`` goes as a 32-bit integer when it fits, else as a long; a ``datetime`` must be aware.
    """
    packed = b"".join([_pack_name(name) + _pack_value(value) for name, value in headers.items()])
    if len(packed) > MAX_HEADERS_BYTES or len(payload) > MAX_PAYLOAD_BYTES:
        raise ValueError(f"an event of {len(packed)} header bytes and {len(payload)} payload bytes is too large")
    lengths = _LENGTHS.pack(_FRAME_BYTES + len(packed) + len(payload), len(packed))
    message = b"".join([lengths, _UINT.pack(crc32(lengths)), packed, payload])
    return message + _UINT.pack(crc32(message))


def decode_events(data: bytes) -> Iterator[Message]:
    """Yield the messages ``data`` consists of. Raises ``BadEventStream`` at the first that is broken or cut off."""
    position = 0
    while position < len(data):
        message, position = decode_event(data, position)
        yield message


def decode_event(data: bytes, position: int = 0) -> tuple[Message, int]:
    """Return the message that starts at ``position`` and where the next one starts. Raises ``BadEventStream``."""
    total = event_length(data, position)
    if total is None or len(data) - position < total:
        raise BadEventStream("the stream ends within a message")
    end = position + total
    if crc32(data[position : end - 4]) != _UINT.unpack_from(data, end - 4)[0]:
        raise BadEventStream("the message's checksum does not match")
    split = position + _PRELUDE.size + _UINT.unpack_from(data, position + 4)[0]
    return Message(_unpack_headers(data[position + _PRELUDE.size : split]), bytes(data[split : end - 4])), end


def event_length(data: bytes, position: int = 0) -> int | None:
    """Return the length in bytes of the message that starts at ``position``; None while its prelude is not all there.

    Raises ``BadEventStream`` when the prelude is damaged or claims more than the limits.
    """
    if len(data) - position < _PRELUDE.size:
        return None
    total, headers_length, checksum = _PRELUDE.unpack_from(data, position)
    if crc32(data[position : position + 8]) != checksum:
        raise BadEventStream("the prelude's checksum does not match")
    payload_length = total - headers_length - _FRAME_BYTES
    if headers_length > MAX_HEADERS_BYTES or not 0 <= payload_length <= MAX_PAYLOAD_BYTES:
        raise BadEventStream(f"impossible lengths: {total} bytes with {headers_length} of headers")
    return int(total)


def _pack_name(name: str) -> bytes:
    encoded = name.encode()
    return len(encoded).to_bytes(1, "big") + encoded


def _pack_value(value: HeaderValue) -> bytes:
    match value:
        case bool():
            return b"\x00" if value else b"\x01"
        case int():
            kind = 4 if -(2**31) <= value < 2**31 else 5
            return kind.to_bytes(1, "big") + _NUMBERS[kind].pack(value)
        case bytes():
            return b"\x06" + _USHORT.pack(len(value)) + value
        case str():
            text = value.encode()
            return b"\x07" + _USHORT.pack(len(text)) + text
        case datetime():
            return b"\x08" + _INSTANT.pack((value - _EPOCH) // _MILLISECOND)
        case UUID():
            return b"\x09" + value.bytes
    raise TypeError(f"no event stream header type holds {value!r}")


def _unpack_headers(data: bytes) -> dict[str, HeaderValue]:
    headers: dict[str, HeaderValue] = {}
    position = 0
    try:
        while position < len(data):
            kind_at = position + 1 + data[position]
            name = _take(data, position + 1, data[position]).decode()
            if name in headers:
                raise BadEventStream(f"the header {name!r} appears twice")
            headers[name], position = _unpack_value(data[kind_at], data, kind_at + 1)
    except (IndexError, struct.error, UnicodeDecodeError, OverflowError) as problem:
        raise BadEventStream("the headers are damaged") from problem
    return headers


def _unpack_value(kind: int, data: bytes, at: int) -> tuple[HeaderValue, int]:
    match kind:
        case 0 | 1:
            return kind == 0, at
        case 2 | 3 | 4 | 5:
            return _NUMBERS[kind].unpack_from(data, at)[0], at + _NUMBERS[kind].size
        case 6 | 7:
            (length,) = _USHORT.unpack_from(data, at)
            raw = _take(data, at + 2, length)
            return raw if kind == 6 else raw.decode(), at + 2 + length
        case 8:
            return _EPOCH + _INSTANT.unpack_from(data, at)[0] * _MILLISECOND, at + 8
        case 9:
            return UUID(bytes=_take(data, at, 16)), at + 16
    raise BadEventStream(f"unknown header type {kind}")


def _take(data: bytes, at: int, length: int) -> bytes:
    if at + length > len(data):
        raise IndexError(at)
    return bytes(data[at : at + length])
