"""Hash keys: 128-bit numbers, and how a stream's shards share them."""

from __future__ import annotations

import hashlib
from itertools import pairwise
from typing import Any, NamedTuple

_md5: Any = hashlib.md5
try:
    import _md5 as _own  # type: ignore[import-not-found]
except ImportError:  # a Python that was built without it
    pass
else:
    _md5 = _own.md5  # for the few bytes of a key OpenSSL's takes longer to begin than to do

SPACE = 1 << 128  # API reference of PutRecord: partition keys are mapped to 128-bit integers


class Span(NamedTuple):
    """A range of hash keys, both ends included."""

    start: int
    end: int


def even_spans(count: int) -> list[Span]:
    """Return ``count`` spans that cover all hash keys, as equal as can be."""
    bounds = [SPACE * place // count for place in range(count + 1)]
    return [Span(start, stop - 1) for start, stop in pairwise(bounds)]


def hash_of(partition_key: str) -> bytes:
    """Return the hash key of a partition key, sixteen bytes, big-endian."""
    text = partition_key.encode() if partition_key.isascii() else partition_key.encode("utf-8", "surrogatepass")
    digest: bytes = _md5(text).digest()
    return digest


def packed(hash_key: int) -> bytes:
    """Return a hash key as bytes that compare as the numbers do."""
    return hash_key.to_bytes(16, "big")
