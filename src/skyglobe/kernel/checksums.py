"""Checksums of every algorithm AWS's SDKs know, under AWS's names."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable
from typing import Protocol

from awscrt import checksums as crt


class Checksum(Protocol):
    """A checksum in the making."""

    def update(self, data: bytes, /) -> None: ...

    def digest(self) -> bytes: ...


class Crc:
    """A cyclic redundancy check, big-endian as AWS sends it."""

    __slots__ = ("_compute", "_size", "_value")

    def __init__(self, compute: Callable[[bytes, int], int], size: int) -> None:
        self._compute = compute
        self._size = size
        self._value = 0

    def update(self, data: bytes) -> None:
        self._value = self._compute(data, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(self._size, "big")


_CRCS: dict[str, tuple[Callable[[bytes, int], int], int, Callable[[int, int, int], int]]] = {
    "CRC32": (zlib.crc32, 4, crt.combine_crc32),
    "CRC32C": (crt.crc32c, 4, crt.combine_crc32c),
    "CRC64NVME": (crt.crc64nvme, 8, crt.combine_crc64nvme),
}
_HASHES = {"SHA1": 20, "SHA256": 32, "SHA512": 64, "MD5": 16}
_XXHASHES = {"XXHASH64": ("xxh64", 8), "XXHASH3": ("xxh3_64", 8), "XXHASH128": ("xxh3_128", 16)}

DIGEST_BYTES: dict[str, int] = {
    **{name: size for name, (_, size, _) in _CRCS.items()},
    **_HASHES,
    **{name: size for name, (_, size) in _XXHASHES.items()},
}
"""Every algorithm's name, and how long its digests are."""


def new(algorithm: str) -> Checksum:
    """Return a new checksum. Raises KeyError for an algorithm AWS does not know."""
    crc = _CRCS.get(algorithm)
    if crc is not None:
        return Crc(crc[0], crc[1])
    if algorithm in _HASHES:
        return hashlib.new(algorithm.lower(), usedforsecurity=False)
    import xxhash  # seldom asked for

    made: Checksum = getattr(xxhash, _XXHASHES[algorithm][0])()
    return made


def is_combinable(algorithm: str) -> bool:
    """Whether the checksum of a whole follows from those of its parts: true of the CRCs only."""
    return algorithm in _CRCS


def combine(algorithm: str, first: bytes, second: bytes, second_bytes: int) -> bytes:
    """Return the CRC of two pieces of data put together, from their CRCs and the length of the second.

    Raises KeyError for algorithms that cannot do this.
    """
    _, size, join = _CRCS[algorithm]
    return join(int.from_bytes(first, "big"), int.from_bytes(second, "big"), second_bytes).to_bytes(size, "big")
