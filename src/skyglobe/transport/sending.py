"""Response bodies that do not go out in one write: parts of files, and pieces made as they go."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import TYPE_CHECKING

from skyglobe.kernel.file_slices import FileSlice, PlainFile
from skyglobe.kernel.sealed_files import SealedSlice

if TYPE_CHECKING:
    from skyglobe.transport.connection import Connection

PIECE_BYTES = 256 * 1024
"""Read and written at a time where the kernel cannot do it alone: fits the second-level cache."""
TURN_BYTES = 1024 * 1024
"""Handed to the kernel before other connections have a turn; some 0.2 ms."""
SOCKET_BYTES = 512 * 1024
"""The socket's buffer for files, which the kernel doubles: what is on its way to the client stays in the cache."""


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
    if isinstance(part, FileSlice):
        yield from part.pieces(PIECE_BYTES)
        return
    for at in range(0, len(part), PIECE_BYTES):
        yield memoryview(part)[at : at + PIECE_BYTES]


def check_first(parts: Iterable[FileSlice | bytes]) -> None:
    """Raise ``BodyBroken`` or ``OSError`` when the first file cannot give its part, while the client can be told."""
    for part in parts:
        if isinstance(part, FileSlice):
            if os.stat(part.path).st_size < part.end_in_file:
                raise BodyBroken(f"{part.path} is shorter than {part.end_in_file} bytes")
            return


async def send_parts(connection: Connection, parts: Iterable[FileSlice | bytes]) -> None:
    """Write ``parts`` as fast as the client takes them, in constant memory. Raises ``BodyBroken`` and ``OSError``.

    Files are read on the loop's thread: they are nearly always in the page cache, and 1 MiB from a cold disk takes
    hardly more than the turns of a thread.
    """
    for part in parts:
        if isinstance(part, FileSlice) and part.length > PIECE_BYTES and not connection.secure:
            sent = await _send_directly(connection, part)
            if sent == part.length:
                continue
            part = part.rest(sent)
        for piece in _pieces(part):
            connection.write(piece)
            await connection.drained()


async def _send_directly(connection: Connection, part: FileSlice) -> int:
    """Put ``part`` into the socket past the transport, as far as that can be; return how many bytes that was.

    It cannot where nothing but the transport may write: behind bytes that are still held back there.
    """
    await connection.drained()  # the head goes first
    client = connection.transport.get_extra_info("socket")
    if client is None:
        return 0
    client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SOCKET_BYTES)
    outlet = os.dup(client.fileno())  # a transport's own descriptor can be watched by nobody else
    try:
        file = part.plain_file()
        if file is None and isinstance(part, SealedSlice):
            return await _send_opened(connection, part, outlet)
        if file is None or not hasattr(os, "sendfile"):
            return 0
        return await _send_by_kernel(connection, part, file, outlet)
    finally:
        os.close(outlet)


async def _send_by_kernel(connection: Connection, part: FileSlice, file: PlainFile, outlet: int) -> int:
    """Let the kernel copy from file to socket."""
    transport = connection.transport
    sent = 0
    while sent < part.length and not transport.get_write_buffer_size() and not transport.is_closing():
        try:
            taken = os.sendfile(outlet, file.number, part.offset + sent, min(part.length - sent, TURN_BYTES))
        except BlockingIOError:
            await _room(connection, outlet)
            continue
        if not taken:
            raise BodyBroken(f"{part.path} ends {part.length - sent} bytes too early")
        sent += taken
        connection.sent_bytes += taken
        await asyncio.sleep(0)
    return sent


async def _send_opened(connection: Connection, part: SealedSlice, outlet: int) -> int:
    """Decrypt into one buffer that stays in the cache, and send from there; what is read often is kept plain."""
    transport = connection.transport
    copy = part.begin_copy()
    sent = since_turn = 0
    for piece in part.views():
        if copy is not None and not _took(copy, piece):
            copy = None
        while piece:
            if transport.get_write_buffer_size() or transport.is_closing():
                return sent
            try:
                taken = os.write(outlet, piece)
            except BlockingIOError:
                await _room(connection, outlet)
                continue
            piece = piece[taken:]
            sent += taken
            since_turn += taken
            connection.sent_bytes += taken
        if since_turn >= TURN_BYTES:
            since_turn = 0
            await asyncio.sleep(0)
    if copy is not None:
        part.keep_copy(copy)
    return sent


def _took(copy: PlainFile, piece: memoryview) -> bool:
    """Whether a copy has taken a piece: not when memory is short, which is no reason not to answer."""
    try:
        return os.write(copy.number, piece) == len(piece)
    except OSError:
        return False


async def _room(connection: Connection, outlet: int) -> None:
    """Return when the client has taken something."""
    loop = connection.server.loop
    room: asyncio.Future[None] = loop.create_future()

    def give() -> None:
        if not room.done():
            room.set_result(None)

    connection.is_blocked = True
    loop.add_writer(outlet, give)
    try:
        await room
    finally:
        loop.remove_writer(outlet)
        connection.is_blocked = False


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
