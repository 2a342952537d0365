"""Response bodies that do not go out in one write: parts of files, and pieces made as they go."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import TYPE_CHECKING

from skyglobe.kernel.wire import FileSlice

if TYPE_CHECKING:
    from skyglobe.transport.connection import Connection

PIECE_BYTES = 256 * 1024
"""Read and written at a time: fits the second-level cache, so that the copy is nearly free. Measured faster than
larger pieces, mmap and sendfile: docs/decisions/transport.md."""


class BodyBroken(Exception):
    """The body cannot be sent as announced: a file is missing or too short, an iterator gave too much or too little."""


def body_length(parts: Iterable[FileSlice | bytes]) -> int:
    """Return the bytes that ``parts`` will come to."""
    return sum(part.length if isinstance(part, FileSlice) else len(part) for part in parts)


def read_whole(parts: Iterable[FileSlice | bytes]) -> bytes:
    """Return all of ``parts``. Raises ``BodyBroken`` and ``OSError``."""
    return b"".join(b"".join(_pieces(part)) for part in parts)


def _pieces(part: FileSlice | bytes) -> Iterator[bytes | memoryview]:
    """Cut ``part`` into pieces that are written at a time."""
    if not isinstance(part, FileSlice):
        for at in range(0, len(part), PIECE_BYTES):
            yield memoryview(part)[at : at + PIECE_BYTES]
        return
    with open(part.path, "rb", buffering=0) as file:
        file.seek(part.offset)
        left = part.length
        while left:
            piece = file.read(min(PIECE_BYTES, left))
            if not piece:
                raise BodyBroken(f"{part.path} ends {left} bytes too early")
            left -= len(piece)
            yield piece


def check_first(parts: Iterable[FileSlice | bytes]) -> None:
    """Raise ``BodyBroken`` or ``OSError`` when the first file cannot give its part, while the client can be told."""
    for part in parts:
        if isinstance(part, FileSlice):
            if os.stat(part.path).st_size < part.offset + part.length:
                raise BodyBroken(f"{part.path} is shorter than {part.offset + part.length} bytes")
            return


async def send_parts(connection: Connection, parts: Iterable[FileSlice | bytes]) -> None:
    """Write ``parts`` as fast as the client takes them, in constant memory. Raises ``BodyBroken`` and ``OSError``.

    Files are read on the loop's thread: they are nearly always in the page cache, and 256 KiB from a cold disk take
    less than the turns of a thread.
    """
    for part in parts:
        for piece in _pieces(part):
            connection.write(piece)
            await connection.drained()


async def send_chunked(connection: Connection, pieces: AsyncIterator[bytes]) -> None:
    """Write ``pieces`` in chunked transfer coding, each as it comes."""
    async for piece in pieces:
        if piece:
            connection.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            await connection.drained()
    connection.write(b"0\r\n\r\n")


async def send_plain(connection: Connection, pieces: AsyncIterator[bytes], length: int | None) -> None:
    """Write ``pieces`` as they are, up to the end of the connection or of exactly ``length`` bytes.

    Raises ``BodyBroken`` when ``pieces`` come to another length.
    """
    sent = 0
    async for piece in pieces:
        sent += len(piece)
        if length is not None and sent > length:
            raise BodyBroken(f"more than the {length} bytes announced")
        connection.write(piece)
        await connection.drained()
    if length is not None and sent != length:
        raise BodyBroken(f"{sent} bytes instead of the {length} announced")
