"""Shard iterators: opaque to clients, good for five minutes, and not to be made up."""

from __future__ import annotations

import base64
import hashlib
import struct
from typing import NamedTuple

LASTS_FOR = 300_000  # milliseconds; API reference of GetShardIterator

_FIELDS = struct.Struct(">QIQQQ")  # stream, shard, chunk, order, issued_at
_SEAL_BYTES = 12
_PREFIX = "AAAAAAAAAA"  # what AWS's iterators begin with
MAX_CHARACTERS = 512  # the model's bound


class Position(NamedTuple):
    """A place between two records of a shard."""

    owner: str
    """Account of the stream, twelve digits."""
    name: str
    """Of the stream."""
    stream: int
    """Its number, which no later stream of that name has."""
    shard: int
    chunk: int
    """Nothing before this order need be looked at."""
    order: int
    """The first order that is to be read."""
    issued_at: int


def seal_iterator(position: Position, secret: bytes) -> str:
    """Return the iterator that says ``position``."""
    fields = _FIELDS.pack(position.stream, position.shard, position.chunk, position.order, position.issued_at)
    content = fields + f"{position.owner}{position.name}".encode()
    return _PREFIX + base64.b64encode(_seal(content, secret) + content).decode("ascii")


def open_iterator(text: str, secret: bytes) -> Position | None:
    """Return what an iterator says, or None when it is none of ours."""
    if not text.startswith(_PREFIX) or len(text) > MAX_CHARACTERS:
        return None
    try:
        raw = base64.b64decode(text[len(_PREFIX) :], validate=True)
    except ValueError:
        return None
    content = raw[_SEAL_BYTES:]
    if raw[:_SEAL_BYTES] != _seal(content, secret) or base64.b64encode(raw).decode() != text[len(_PREFIX) :]:
        return None
    stream, shard, chunk, order, issued_at = _FIELDS.unpack_from(content)
    place = content[_FIELDS.size :].decode()
    return Position(place[:12], place[12:], stream, shard, chunk, order, issued_at)


def _seal(content: bytes, secret: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=_SEAL_BYTES, key=secret, person=b"kinesis").digest()
