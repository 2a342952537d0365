"""How each kind of response goes out: what is written at once, and what is left for a task."""

from __future__ import annotations

from collections.abc import AsyncIterator, Coroutine, Iterable
from typing import TYPE_CHECKING, Any, Final, cast

from skyglobe.kernel.file_slices import FileSlice
from skyglobe.kernel.wire import Response
from skyglobe.transport.exchange import Exchange, abandon
from skyglobe.transport.heads import declared_length
from skyglobe.transport.sending import (
    PIECE_BYTES,
    body_length,
    check_first,
    read_whole,
    send_chunked,
    send_parts,
    send_plain,
)

if TYPE_CHECKING:
    from skyglobe.transport.connection import Connection

JOIN_BYTES: Final = 64 * 1024
"""Bodies up to here are joined with their head: copying them costs less than a second buffer in the system call."""
WHOLE_BYTES: Final = 1024 * 1024
"""Bodies up to here are written at once, whether or not the client takes them; larger ones as it takes them."""
NO_BODY: Final = frozenset({204, 304})
"""Statuses whose responses end with their headers (RFC 9110, 6.4.1)."""

Rest = Coroutine[Any, Any, None]


def begin_answer(connection: Connection, exchange: Exchange, response: Response) -> Rest | None:
    """Write ``response``, or its head; return what sends the rest, to be run to its end before the next answer.

    Raises ``BadHeader``, ``BodyBroken``, ``ValueError`` and ``OSError``, in all cases before anything was written.
    """
    body = response.body
    if exchange.request.method == "HEAD" or response.status in NO_BODY:
        _write_head_only(connection, exchange, response)
    elif isinstance(body, bytes) and len(body) <= WHOLE_BYTES:
        _write_whole(connection, exchange, response, body)
    elif hasattr(body, "__aiter__"):
        return _begin_iterator(connection, exchange, response, cast("AsyncIterator[bytes]", body))
    else:
        parts = (body,) if isinstance(body, bytes) else tuple(body)
        length = body_length(parts)
        if length > PIECE_BYTES:
            check_first(parts)
            connection.write(connection.head(exchange, response, f"Content-Length: {length}\r\n"))
            return send_parts(connection, parts)
        _write_whole(connection, exchange, response, read_whole(parts))
    return None


def _write_whole(connection: Connection, exchange: Exchange, response: Response, body: bytes) -> None:
    head = connection.head(exchange, response, f"Content-Length: {len(body)}\r\n")
    if len(body) <= JOIN_BYTES:
        connection.write(head + body)
    else:
        connection.write_lines(head, body)


def _write_head_only(connection: Connection, exchange: Exchange, response: Response) -> None:
    """Write what a GET would have been told about its length, as far as it is known."""
    body = response.body
    length = None
    if exchange.request.method == "HEAD" and response.status not in NO_BODY:
        length = declared_length(response)
        if length is None and isinstance(body, bytes):
            length = len(body)
        elif length is None and not hasattr(body, "__aiter__"):
            length = body_length(cast("Iterable[FileSlice | bytes]", body))
    framing = "" if length is None else f"Content-Length: {length}\r\n"
    connection.write(connection.head(exchange, response, framing))
    abandon(response)


def _begin_iterator(
    connection: Connection, exchange: Exchange, response: Response, pieces: AsyncIterator[bytes]
) -> Rest:
    """Announce the length when the response declares it, chunks otherwise; to HTTP/1.0, the end of the connection."""
    length = declared_length(response)
    if length is not None:
        connection.write(connection.head(exchange, response, f"Content-Length: {length}\r\n"))
        return send_plain(connection, pieces, length)
    if exchange.http10:
        exchange.keep_alive = False
        connection.write(connection.head(exchange, response, ""))
        return send_plain(connection, pieces, None)
    connection.write(connection.head(exchange, response, "Transfer-Encoding: chunked\r\n"))
    return send_chunked(connection, pieces)
