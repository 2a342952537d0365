"""Receipt handles: opaque to clients, and not to be made up."""

from __future__ import annotations

import base64
import binascii
import hashlib
import struct
from typing import NamedTuple

_FIELDS = struct.Struct(">QQQI")  # queue, order, until, receives
_SEAL_BYTES = 8  # 36 bytes in all, so that base64 needs no padding and has one spelling only
_HANDLE_BYTES = _FIELDS.size + _SEAL_BYTES
_PREFIX = "AQEB"  # what AWS's handles begin with; it reads as base64 like the rest


class Receipt(NamedTuple):
    """What a handle says: which receiving of which message."""

    queue: int
    order: int
    until: int
    """When the flight was to end at the time of receiving, milliseconds since the epoch."""
    receives: int


def seal_receipt(receipt: Receipt, secret: bytes) -> str:
    """Return the handle that says ``receipt``."""
    content = _FIELDS.pack(*receipt)
    seal = hashlib.blake2b(content, digest_size=_SEAL_BYTES, key=secret).digest()
    return _PREFIX + binascii.b2a_base64(content + seal, newline=False).decode("ascii")


def open_receipt(handle: str, secret: bytes) -> Receipt | None:
    """Return what ``handle`` says, or None when it is none of ours."""
    if not handle.startswith(_PREFIX) or len(handle) > 200:
        return None
    try:
        raw = base64.b64decode(handle[len(_PREFIX) :], validate=True)
    except ValueError:
        return None
    if len(raw) != _HANDLE_BYTES:
        return None
    content = raw[: _FIELDS.size]
    if hashlib.blake2b(content, digest_size=_SEAL_BYTES, key=secret).digest() != raw[_FIELDS.size :]:
        return None
    return Receipt(*_FIELDS.unpack(content))
