"""Byte ranges of RFC 9110 as S3 serves them: one range, whole object when the header makes no sense."""

from __future__ import annotations

import re
from typing import NamedTuple

_RANGE = re.compile(r"bytes=\s*([0-9]*)\s*-\s*([0-9]*)\s*")
_COPY_RANGE = re.compile(r"bytes=([0-9]+)-([0-9]+)")
_MAX_DIGITS = 20  # more than any size has


class Span(NamedTuple):
    """``length`` bytes from ``start``."""

    start: int
    length: int

    def content_range(self, size: int) -> str:
        """Return the header that describes this part of an object of ``size`` bytes."""
        return f"bytes {self.start}-{self.start + self.length - 1}/{size}"


class Unsatisfiable(Exception):
    """No byte of the object is in the range."""


def parse_range(header: str | None, size: int) -> Span | None:
    """Return what a ``Range`` header asks of an object of ``size`` bytes; None for the whole.

    A header that is malformed, in other units or asks for several ranges is ignored, as S3 does.
    Raises ``Unsatisfiable``.
    """
    match = _RANGE.fullmatch(header) if header else None
    if match is None or len(match[1]) > _MAX_DIGITS or len(match[2]) > _MAX_DIGITS:
        return None
    first, last = match.groups()
    if not first and not last:
        return None
    if not first:
        length = min(int(last), size)
        if not length:
            raise Unsatisfiable
        return Span(size - length, length)
    start = int(first)
    if last and int(last) < start:
        return None
    if start >= size:
        raise Unsatisfiable
    stop = min(int(last) + 1, size) if last else size
    return Span(start, stop - start)


def parse_copy_range(text: str) -> Span | None:
    """Return what ``x-amz-copy-source-range`` asks for; None when it is not ``bytes=first-last``."""
    match = _COPY_RANGE.fullmatch(text)
    if match is None or max(len(match[1]), len(match[2])) > _MAX_DIGITS or int(match[2]) < int(match[1]):
        return None
    return Span(int(match[1]), int(match[2]) - int(match[1]) + 1)
