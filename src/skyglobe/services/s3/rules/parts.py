"""What may become of the parts of an upload: S3 user guide, "Amazon S3 multipart upload limits"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import md5
from itertools import pairwise
from typing import NamedTuple, Protocol

GIB = 1024**3
MIN_PART_BYTES = 5 * 1024**2  # of every part but the last
MAX_PART_BYTES = 5 * GIB
MAX_PART_NUMBER = 10_000
MAX_PUT_BYTES = 5 * GIB
"""Of an object put in one piece: "Uploading objects"."""
MAX_COPY_BYTES = 5 * GIB
"""Of an object copied in one piece: CopyObject."""
MAX_OBJECT_BYTES = MAX_PART_NUMBER * MAX_PART_BYTES
"""Of an object: "the actual maximum object size is 53.7 TB (48.8 TiB) … determined by multipart upload constraints".

S3 user guide, "Amazon S3 objects overview", which else speaks of 50 TB.
"""


class Stored(Protocol):
    """A part as it was uploaded."""

    @property
    def etag(self) -> str: ...

    @property
    def size_bytes(self) -> int: ...

    @property
    def checksum(self) -> str: ...


class Listed(NamedTuple):
    """A part as a client lists it at completion."""

    number: int
    etag: str
    checksum: str | None = None


class Refused(Exception):
    """Why an upload cannot be completed: S3's code, and the part it is about."""

    def __init__(self, code: str, part: Listed | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.part = part


def check_completion(listed: Sequence[Listed], stored: Mapping[int, Stored], *, needs_checksums: bool) -> None:
    """Raise ``Refused`` unless the parts can be put together as listed.

    ``needs_checksums`` for composite checksums, whose parts must all be listed with theirs.
    """
    if not 1 <= len(listed) <= MAX_PART_NUMBER:
        raise Refused("MalformedXML")
    if any(second.number <= first.number for first, second in pairwise(listed)):
        raise Refused("InvalidPartOrder")
    for part in listed:
        found = stored.get(part.number)
        if found is None or found.etag != part.etag:
            raise Refused("InvalidPart", part)
        if part.checksum is None and needs_checksums:
            raise Refused("MissingChecksum", part)
        if part.checksum is not None and found.checksum and part.checksum != found.checksum:
            raise Refused("InvalidPart", part)
    for part in listed[:-1]:
        if stored[part.number].size_bytes < MIN_PART_BYTES:
            raise Refused("EntityTooSmall", part)
    if sum(stored[part.number].size_bytes for part in listed) > MAX_OBJECT_BYTES:
        raise Refused("EntityTooLarge", listed[-1])


def multipart_etag(etags: Sequence[str]) -> str:
    """Return the ETag of an object made of parts: the MD5 of their MD5s, and how many they are."""
    digest = md5(b"".join(bytes.fromhex(etag) for etag in etags), usedforsecurity=False).hexdigest()
    return f"{digest}-{len(etags)}"


def ends_of(sizes: Sequence[int]) -> list[int]:
    """Return where each part ends, in bytes from the beginning of the object."""
    ends, at = [], 0
    for size in sizes:
        at += size
        ends.append(at)
    return ends
