"""Which checksum a request comes with, and what becomes of checksums when parts are put together.

S3 user guide, "Checking object integrity". Every object has one checksum: what the client chose, else CRC64NVME.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from skyglobe.kernel import checksums

DEFAULT: Final = "CRC64NVME"
COMPOSITE: Final = "COMPOSITE"
FULL_OBJECT: Final = "FULL_OBJECT"
MEMBERS: Final = {algorithm: f"Checksum{algorithm}" for algorithm in checksums.ALGORITHMS}
"""The member of requests and answers that carries each algorithm's value."""
_BY_MEMBER: Final = {member: algorithm for algorithm, member in MEMBERS.items()}
DECLARED_AT_CREATION: Final = frozenset(("SHA512", "MD5", "XXHASH64", "XXHASH3", "XXHASH128"))
"""Algorithms a part may only have when CreateMultipartUpload named them."""

_HEADER: Final = "x-amz-checksum-"


class BadChecksum(Exception):
    """The checksum headers contradict each other or make no sense. The text is S3's message."""


class Declared(NamedTuple):
    """What a client says its bytes come to."""

    algorithm: str
    """Empty when it says nothing."""
    digest: bytes | None = None
    """None when the value is to follow in a trailer, or there is none."""


NOTHING_DECLARED: Final = Declared("")


def declared_checksum(request: Mapping[str, Any], trailer: str) -> Declared:
    """Return the checksum in a request's members, or announced by its ``x-amz-trailer`` header.

    Raises ``BadChecksum``.
    """
    given = [_BY_MEMBER[member] for member in request if member in _BY_MEMBER]
    trailing = [name for name in _names(trailer) if name.startswith(_HEADER)]
    sdk_algorithm = request.get("ChecksumAlgorithm")
    if not (given or trailing or sdk_algorithm):
        return NOTHING_DECLARED
    if len(given) + len(trailing) > 1:
        raise BadChecksum("Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.")
    if not given and not trailing:
        text = (
            "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer "
            "headers were found."
        )
        raise BadChecksum(text)
    algorithm = given[0] if given else trailing[0].removeprefix(_HEADER).upper()
    if algorithm not in MEMBERS:
        raise BadChecksum("The value specified in the x-amz-trailer header is not supported")
    if sdk_algorithm and sdk_algorithm.upper() != algorithm:
        raise BadChecksum("Value for x-amz-sdk-checksum-algorithm header is invalid.")
    return Declared(algorithm, decode_digest(algorithm, request[MEMBERS[algorithm]]) if given else None)


def trailing_digest(algorithm: str, trailers: Mapping[str, str]) -> bytes | None:
    """Return the digest a trailer carries; None when it has none. Raises ``BadChecksum``."""
    text = trailers.get(_HEADER + algorithm.lower())
    return decode_digest(algorithm, text) if text is not None else None


def decode_digest(algorithm: str, text: str) -> bytes:
    """Return the digest a header writes in base64. Raises ``BadChecksum``."""
    digest = checksums.from_text(algorithm, text)
    if digest is None:
        raise BadChecksum(f"Value for {_HEADER}{algorithm.lower()} header is invalid.")
    return digest


def checksum_type_of_upload(algorithm: str, wanted: str | None) -> str:
    """Return how the checksum of a multipart upload is to be made. Raises ``BadChecksum`` for what cannot be.

    CRCs can be of the whole object, CRC64NVME only so; the others are made of the parts' checksums.
    """
    if wanted is None:
        return FULL_OBJECT if algorithm == "CRC64NVME" else COMPOSITE
    if wanted not in (COMPOSITE, FULL_OBJECT):
        raise BadChecksum("Value for x-amz-checksum-type header is invalid.")
    is_possible = algorithm in checksums.FULL_OBJECT if wanted == FULL_OBJECT else algorithm != "CRC64NVME"
    if not is_possible:
        text = f"The {wanted} checksum type cannot be used with the {algorithm.lower()} checksum algorithm."
        raise BadChecksum(text)
    return wanted


def _names(trailer: str) -> list[str]:
    return [name.strip().lower() for name in trailer.split(",")] if trailer else []
