"""Tuples as bytes whose order is the tuples' order (the tuple layer of FoundationDB, in our own small form).

Within one position values compare: None < bytes < str (by UTF-8 bytes) < int < float < False < True.
"""

from __future__ import annotations

import struct
from typing import Final

Part = None | bytes | str | int | float | bool
Key = tuple[Part, ...]

_NONE, _BYTES, _STR, _INT_ZERO, _FLOAT, _FALSE, _TRUE = 0x01, 0x02, 0x03, 0x18, 0x30, 0x36, 0x37
_MAX_INT_BYTES: Final = 16
_POSITIVE: Final = [bytes((_INT_ZERO + size,)) for size in range(_MAX_INT_BYTES + 1)]
_NEGATIVE: Final = [bytes((_INT_ZERO - size,)) for size in range(_MAX_INT_BYTES + 1)]


def pack(parts: Key) -> bytes:
    """Return ``parts`` in order-preserving bytes.

    Raises OverflowError for integers beyond 16 bytes, TypeError for other types. A shorter tuple's bytes are a
    prefix of those of every tuple that extends it.
    """
    out = b""
    for part in parts:
        kind = type(part)
        if kind is str:
            out += b"\x03" + part.encode("utf-8", "surrogatepass").replace(b"\0", b"\0\xff") + b"\0"  # type: ignore[union-attr]
        elif kind is int:
            out += _pack_int(part)  # type: ignore[arg-type]
        elif kind is bytes:
            out += b"\x02" + part.replace(b"\0", b"\0\xff") + b"\0"  # type: ignore[union-attr,arg-type,operator]
        elif part is None:
            out += b"\x01"
        elif part is True:
            out += b"\x37"
        elif part is False:
            out += b"\x36"
        elif kind is float:
            out += b"\x30" + _pack_float(part)  # type: ignore[arg-type]
        else:
            raise TypeError(f"{kind.__name__} cannot be part of a key")
    return out


def _pack_int(value: int) -> bytes:
    if value >= 0:
        size = (value.bit_length() + 7) >> 3
        if size > _MAX_INT_BYTES:
            raise OverflowError(f"{value} is too large for a key")
        return _POSITIVE[size] + value.to_bytes(size, "big")
    size = ((-value).bit_length() + 7) >> 3
    if size > _MAX_INT_BYTES:
        raise OverflowError(f"{value} is too small for a key")
    return _NEGATIVE[size] + (value + (1 << 8 * size) - 1).to_bytes(size, "big")


def _pack_float(value: float) -> bytes:
    bits: int = struct.unpack(">Q", struct.pack(">d", value + 0.0))[0]  # + 0.0: -0.0 equals 0.0, and is the same key
    bits ^= 0xFFFFFFFFFFFFFFFF if bits >> 63 else 0x8000000000000000
    return bits.to_bytes(8, "big")


def unpack(packed: bytes) -> Key:
    """Return the tuple that ``pack`` made ``packed`` from. Raises ValueError for bytes no tuple could have."""
    parts: list[Part] = []
    at = 0
    while at < len(packed):
        part, at = _unpack_one(packed, at)
        parts.append(part)
    return tuple(parts)


def _unpack_one(packed: bytes, at: int) -> tuple[Part, int]:
    code = packed[at]
    at += 1
    if code in (_BYTES, _STR):
        raw, at = _unpack_bytes(packed, at)
        return (raw if code == _BYTES else raw.decode("utf-8", "surrogatepass")), at
    if _INT_ZERO - _MAX_INT_BYTES <= code <= _INT_ZERO + _MAX_INT_BYTES:
        size = abs(code - _INT_ZERO)
        value = _unpack_int(packed, at, size)
        return (value if code >= _INT_ZERO else value - (1 << 8 * size) + 1), at + size
    if code == _FLOAT:
        bits = _unpack_int(packed, at, 8)
        bits ^= 0x8000000000000000 if bits >> 63 else 0xFFFFFFFFFFFFFFFF
        return struct.unpack(">d", bits.to_bytes(8, "big"))[0], at + 8
    if code in (_FALSE, _TRUE):
        return code == _TRUE, at
    if code == _NONE:
        return None, at
    raise ValueError(f"no key part starts with byte {code:#x}")


def _unpack_int(packed: bytes, at: int, size: int) -> int:
    if at + size > len(packed):
        raise ValueError("a key ends in the middle of a number")
    return int.from_bytes(packed[at : at + size], "big")


def _unpack_bytes(packed: bytes, at: int) -> tuple[bytes, int]:
    end = at
    while True:
        end = packed.index(b"\0", end)
        if packed[end + 1 : end + 2] != b"\xff":
            return packed[at:end].replace(b"\0\xff", b"\0"), end + 1
        end += 2


def after(prefix: bytes) -> bytes:
    """Return the end of the range of all keys that extend ``prefix``."""
    return prefix + b"\xff"
