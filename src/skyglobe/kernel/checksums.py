"""The checksums of S3 and its SDKs: streaming digests, and the checksum of a whole from those of its parts.

Names are those of S3's ``ChecksumAlgorithm``; digests are big-endian bytes, shown in base64. What needs a compiled
library beyond Python's own is imported when first asked for.
"""

from __future__ import annotations

import binascii
import hashlib
import zlib
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Final, NamedTuple, Protocol

Buffer = bytes | bytearray | memoryview


class Digest(Protocol):
    """A checksum in the making."""

    def update(self, data: Buffer, /) -> object:
        """Take in the next bytes."""

    def digest(self) -> bytes:
        """Return the checksum of what has been taken in; more may follow."""


class _Crc:
    """A cyclic redundancy check over any function from data and the CRC so far to the next."""

    __slots__ = ("_bytes", "_step", "_value")

    def __init__(self, step: Callable[[Buffer, int], int], size: int) -> None:
        self._step = step
        self._bytes = size
        self._value = 0

    def update(self, data: Buffer) -> None:
        self._value = self._step(data, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(self._bytes, "big")


class _Md5:
    """MD5 by ``cryptography``'s OpenSSL, which is newer than Python's and 5 % faster: S3 waits for it."""

    __slots__ = ("_hash",)

    def __init__(self) -> None:
        from cryptography.hazmat.primitives.hashes import MD5, Hash

        self._hash = Hash(MD5())  # noqa: S303 - an ETag is no signature

    def update(self, data: Buffer) -> None:
        self._hash.update(data)

    def digest(self) -> bytes:
        return self._hash.copy().finalize()


def _crc32() -> Digest:
    try:
        from isal.isal_zlib import crc32  # three times as fast as zlib's: 8 GiB/s
    except ImportError:  # nobody builds it for this processor
        from zlib import crc32

    return _Crc(crc32, 4)


def _crc32c() -> Digest:
    from awscrt.checksums import crc32c

    return _Crc(crc32c, 4)


def _crc64nvme() -> Digest:
    from awscrt.checksums import crc64nvme

    return _Crc(crc64nvme, 8)


def _xxhash64() -> Digest:
    from xxhash import xxh64

    return xxh64()


def _xxhash3() -> Digest:
    from xxhash import xxh3_64

    return xxh3_64()


def _xxhash128() -> Digest:
    from xxhash import xxh3_128

    return xxh3_128()


class Algorithm(NamedTuple):
    """One checksum algorithm."""

    make: Callable[[], Digest]
    digest_bytes: int


ALGORITHMS: Final[dict[str, Algorithm]] = {
    "CRC32": Algorithm(_crc32, 4),
    "CRC32C": Algorithm(_crc32c, 4),
    "CRC64NVME": Algorithm(_crc64nvme, 8),
    "MD5": Algorithm(_Md5, 16),
    "SHA1": Algorithm(lambda: hashlib.sha1(usedforsecurity=False), 20),
    "SHA256": Algorithm(hashlib.sha256, 32),
    "SHA512": Algorithm(hashlib.sha512, 64),
    "XXHASH64": Algorithm(_xxhash64, 8),
    "XXHASH3": Algorithm(_xxhash3, 8),
    "XXHASH128": Algorithm(_xxhash128, 16),
}


def new(algorithm: str) -> Digest:
    """Start a checksum. Raises KeyError for an algorithm S3 does not have."""
    return ALGORITHMS[algorithm].make()


def digest_of(algorithm: str, data: Buffer) -> bytes:
    """Return the checksum of ``data``. Raises KeyError for an unknown algorithm."""
    if algorithm == "CRC32":  # what SDKs choose when nobody else does
        return zlib.crc32(data).to_bytes(4, "big")
    digest = ALGORITHMS[algorithm].make()
    digest.update(data)
    return digest.digest()


def checksum(algorithm: str, data: Buffer) -> str:
    """Return the checksum of ``data`` in base64. Raises KeyError for an unknown algorithm."""
    return as_text(digest_of(algorithm, data))


def as_text(digest: bytes) -> str:
    """Return a digest in base64, as headers and XML carry it."""
    return binascii.b2a_base64(digest, newline=False).decode("ascii")


def from_text(algorithm: str, text: str) -> bytes | None:
    """Return the digest a client wrote, or None when it is not one of ``algorithm``'s in base64."""
    try:
        digest = binascii.a2b_base64(text, strict_mode=True)
    except (binascii.Error, ValueError):
        return None
    return digest if len(digest) == ALGORITHMS[algorithm].digest_bytes else None


def composite(algorithm: str, digests: Iterable[bytes]) -> str:
    """Return a multipart object's COMPOSITE checksum: that of its parts' digests, and how many there are: ``…==-3``."""
    whole, count = new(algorithm), 0
    for digest in digests:
        whole.update(digest)
        count += 1
    return f"{as_text(whole.digest())}-{count}"


class _Field(NamedTuple):
    """Polynomials over GF(2) modulo a CRC's own, in the reflected bit order of these CRCs: x⁰ is the top bit."""

    bits: int
    polynomial: int


_FIELDS: Final = {
    "CRC32": _Field(32, 0xEDB88320),  # ISO-HDLC
    "CRC32C": _Field(32, 0x82F63B78),  # Castagnoli, RFC 3720
    "CRC64NVME": _Field(64, 0x9A6C9329AC4BC9B5),  # NVM Express command set, section 5.2.1.3.4
}

FULL_OBJECT: Final = frozenset(_FIELDS)
"""The algorithms whose FULL_OBJECT checksum follows from those of the parts."""


def full_object(algorithm: str, parts: Iterable[tuple[bytes, int]]) -> str:
    """Return a multipart object's FULL_OBJECT checksum in base64, from each part's digest and size in bytes.

    Raises KeyError when ``algorithm`` is no CRC: the checksum of the whole does not follow from the others' parts.
    """
    field = _FIELDS[algorithm]
    value = 0
    for digest, size in parts:
        value = _multiplied(field, _shift(field, size), value) ^ int.from_bytes(digest, "big")
    return as_text(value.to_bytes(field.bits // 8, "big"))


def _multiplied(field: _Field, a: int, b: int) -> int:
    """Multiply two polynomials."""
    product, bit = 0, 1 << (field.bits - 1)
    while a:
        if a & bit:
            product ^= b
            a ^= bit
        bit >>= 1
        b = (b >> 1) ^ field.polynomial if b & 1 else b >> 1
    return product


@lru_cache(maxsize=1024)
def _shift(field: _Field, size: int) -> int:
    """Return x to the power of 8 · ``size``: what appending ``size`` bytes multiplies a CRC by."""
    result = 1 << (field.bits - 1)
    power = 1 << (field.bits - 9)
    while size:
        if size & 1:
            result = _multiplied(field, result, power)
        power = _multiplied(field, power, power)
        size >>= 1
    return result
