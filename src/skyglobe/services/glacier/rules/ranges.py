"""Ranges of bytes: of parts, of retrievals, of outputs."""

from __future__ import annotations

import re
from typing import NamedTuple

MIB = 1024 * 1024
MIN_PART_BYTES, MAX_PART_BYTES = MIB, 4096 * MIB  # InitiateMultipartUpload: a megabyte times a power of two
MAX_PARTS = 10_000  # developer guide, "Quick facts" of uploading in parts

_CONTENT_RANGE = re.compile(r"bytes (\d{1,15})-(\d{1,15})/\*")
_BYTE_RANGE = re.compile(r"(\d{1,15})-(\d{1,15})")
_RANGE = re.compile(r"bytes=(\d{1,15})-(\d{0,15})")


class Span(NamedTuple):
    """Some bytes."""

    start: int
    length: int

    @property
    def last(self) -> int:
        return self.start + self.length - 1


def is_part_size(size: int) -> bool:
    return MIN_PART_BYTES <= size <= MAX_PART_BYTES and size & (size - 1) == 0


def content_range(text: str) -> Span | None:
    """Return what ``Content-Range`` says: ``bytes 0-1048575/*``."""
    return _span(_CONTENT_RANGE.fullmatch(text))


def retrieval_range(text: str, size: int) -> Span | None:
    """Return the bytes to retrieve: they begin on a megabyte, and end before one or with the archive."""
    span = _span(_BYTE_RANGE.fullmatch(text))
    if span is None or span.start % MIB or span.last >= size:
        return None
    return span if (span.last + 1) % MIB == 0 or span.last == size - 1 else None


def output_range(text: str, size: int) -> Span | None:
    """Return the bytes of an output that ``Range`` asks for: ``bytes=0-1023``."""
    match = _RANGE.fullmatch(text)
    if match is None:
        return None
    start = int(match[1])
    last = min(int(match[2]) if match[2] else size - 1, size - 1)
    return Span(start, last - start + 1) if start <= last else None


def _span(match: re.Match[str] | None) -> Span | None:
    if match is None or int(match[1]) > int(match[2]):
        return None
    return Span(int(match[1]), int(match[2]) - int(match[1]) + 1)
