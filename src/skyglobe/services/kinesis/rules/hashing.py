"""Hash keys: 128-bit numbers, and how a stream's shards share them."""

from __future__ import annotations

from hashlib import md5
from itertools import pairwise
from typing import NamedTuple

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
    return md5(partition_key.encode("utf-8", "surrogatepass")).digest()


def packed(hash_key: int) -> bytes:
    """Return a hash key as bytes that compare as the numbers do."""
    return hash_key.to_bytes(16, "big")
