"""A small HTTP/1.1 server for what engines say to the cloud on loopback, such as runtimes of functions.

It answers each request in one write, which delayed acknowledgements would make 40 ms slower otherwise, and reads
trailers. There is no TLS, and requests of one connection are handled one after the other.
"""

from __future__ import annotations

import asyncio
import socket
from collections import deque
from collections.abc import AsyncIterator, Callable
from http import HTTPStatus
from typing import cast

from httptools import HttpParserError, HttpRequestParser

MAX_WAITING = 16
"""Requests of one connection that may wait for the one before."""
MAX_HEAD_BYTES = 64 * 1024
STREAM_AHEAD_BYTES = 256 * 1024
"""How much of a streamed body may wait to be read before its sender is held back."""


class BodyStream:
    """The body of a request that is read as it arrives."""

    def __init__(self, connection: _Connection) -> None:
        self.trailers: dict[str, str] = {}
        """Complete at the body's end."""
        self.was_cut_off = False
        """Whether the connection was lost before that."""
        self._connection = connection
        self._pieces: deque[bytes] = deque()
        self._waiting_bytes = 0
        self._has_ended = False
        self._arrival: asyncio.Future[None] | None = None

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._iterate()

    async def _iterate(self) -> AsyncIterator[bytes]:
        while True:
            while self._pieces:
                piece = self._pieces.popleft()
                self._waiting_bytes -= len(piece)
                if self._waiting_bytes < STREAM_AHEAD_BYTES:
                    self._connection.read_on()
                yield piece
            if self._has_ended:
                return
            self._arrival = asyncio.get_running_loop().create_future()
            await self._arrival

    def discard(self) -> None:
        """Read on without keeping anything: nobody wants it any more."""
        self._pieces.clear()
        self._waiting_bytes = -(1 << 62)
        self._connection.read_on()

    def feed(self, piece: bytes) -> None:
        if self._waiting_bytes < 0:
            return
        self._pieces.append(piece)
        self._waiting_bytes += len(piece)
        if self._waiting_bytes >= STREAM_AHEAD_BYTES:
            self._connection.hold()
        self._wake()

    def end(self, *, cut_off: bool) -> None:
        if not self._has_ended:
            self._has_ended = True
            self.was_cut_off = cut_off
            self._wake()

    def _wake(self) -> None:
        if self._arrival is not None and not self._arrival.done():
            self._arrival.set_result(None)


class HttpRequest:
    """One request, and the way to answer it."""

    __slots__ = ("_connection", "body", "headers", "is_too_large", "method", "path", "stream", "when_gone")

    def __init__(self, connection: _Connection, method: str, path: str, headers: dict[str, str]) -> None:
        self._connection = connection
        self.method = method
        self.path = path
        """Without the query."""
        self.headers = headers
        """By names in lower case."""
        self.body = b""
        self.is_too_large = False
        """Whether the body was longer than the server takes; it is empty then."""
        self.stream: BodyStream | None = None
        """The body, where the server was told to stream it."""
        self.when_gone: Callable[[], None] | None = None
        """Called when the client closed before it was answered."""

    def reply(self, status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
        """Answer. The type is JSON unless ``headers`` name another. Harmless when the client has gone."""
        self._connection.answer(self, status, body, headers or {})

    @property
    def is_open(self) -> bool:
        """Whether an answer would still reach the client."""
        return not self._connection.is_lost


Handle = Callable[[HttpRequest], None]


class HttpServer:
    """One listener. ``handle`` answers each request at once or later; it must not raise."""

    def __init__(
        self, handle: Handle, *, max_body_bytes: int, streams: Callable[[HttpRequest], bool] | None = None
    ) -> None:
        self.handle = handle
        self.max_body_bytes = max_body_bytes
        self.streams = streams
        """Tells by a request's head whether its body is to be handed on as it arrives."""
        self.address = ("", 0)
        self.connections: set[_Connection] = set()
        self._server: asyncio.Server | None = None

    async def listen(self, host: str, port: int = 0) -> None:
        """Begin to listen; ``address`` says where. Raises ``OSError``."""
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: _Connection(self), host, port, family=socket.AF_INET, backlog=128)
        self._server = server
        self.address = server.sockets[0].getsockname()[:2]

    def close(self) -> None:
        """Stop listening and drop all connections."""
        if self._server is not None:
            self._server.close()
        for connection in list(self.connections):
            connection.transport.abort()


class _Connection(asyncio.Protocol):
    def __init__(self, server: HttpServer) -> None:
        self.server = server
        self.transport = cast(asyncio.Transport, None)
        self.is_lost = False
        self._parser = HttpRequestParser(self)
        self._url = b""
        self._headers: dict[str, str] = {}
        self._head_bytes = 0
        self._body: list[bytes] = []
        self._body_bytes = 0
        self._arriving: HttpRequest | None = None
        self._waiting: deque[HttpRequest] = deque()
        """The first is with the handler."""
        self._closes = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.server.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_lost = True
        self.server.connections.discard(self)
        if self._arriving is not None and self._arriving.stream is not None:
            self._arriving.stream.end(cut_off=True)
        waiting, self._waiting = self._waiting, deque()
        for request in waiting:
            if request.when_gone is not None:
                request.when_gone()

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except HttpParserError:
            self.transport.write(_answer(400, b"", {}, closes=True))
            self.transport.close()

    # httptools' callbacks

    def on_message_begin(self) -> None:
        self._url = b""
        self._headers = {}
        self._head_bytes = 0
        self._body = []
        self._body_bytes = 0

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self._head_bytes += len(name) + len(value)
        if self._head_bytes > MAX_HEAD_BYTES + self.server.max_body_bytes:
            self.transport.abort()
            return
        headers = self._headers
        if self._arriving is not None:
            if self._arriving.stream is None:
                return
            headers = self._arriving.stream.trailers
        headers[name.decode("latin-1").lower()] = value.decode("utf-8", "replace")

    def on_headers_complete(self) -> None:
        path = self._url.decode("latin-1").partition("?")[0]
        request = HttpRequest(self, self._parser.get_method().decode(), path, self._headers)
        self._arriving = request
        if self.server.streams is not None and self.server.streams(request):
            request.stream = BodyStream(self)
            self._take(request)
        elif self._headers.get("expect", "").lower() == "100-continue":
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, body: bytes) -> None:
        request = self._arriving
        assert request is not None
        if request.stream is not None:
            request.stream.feed(body)
            return
        self._body_bytes += len(body)
        if self._body_bytes > self.server.max_body_bytes:
            request.is_too_large = True
            self._body = []
        else:
            self._body.append(body)

    def on_message_complete(self) -> None:
        request, self._arriving = self._arriving, None
        assert request is not None
        self._closes = not self._parser.should_keep_alive()
        if request.stream is not None:
            request.stream.end(cut_off=False)
            return
        request.body = b"".join(self._body)
        self._body = []
        self._take(request)

    def _take(self, request: HttpRequest) -> None:
        self._waiting.append(request)
        if len(self._waiting) == 1:
            self.server.handle(request)
        elif len(self._waiting) > MAX_WAITING:
            self.transport.abort()

    def answer(self, request: HttpRequest, status: int, body: bytes, headers: dict[str, str]) -> None:
        if self.is_lost or not self._waiting or self._waiting[0] is not request:
            return
        self._waiting.popleft()
        self.transport.write(_answer(status, body, headers, closes=self._closes))
        if self._closes:
            self.transport.close()
        elif self._waiting:
            self.server.handle(self._waiting[0])

    def hold(self) -> None:
        self.transport.pause_reading()

    def read_on(self) -> None:
        if not self.is_lost:
            self.transport.resume_reading()


def _answer(status: int, body: bytes, headers: dict[str, str], *, closes: bool) -> bytes:
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}"]
    if "Content-Type" not in headers:
        lines.append("Content-Type: application/json")
    lines += [f"{name}: {value}" for name, value in headers.items()]
    lines.append(f"Content-Length: {len(body)}")
    if closes:
        lines.append("Connection: close")
    head = "\r\n".join(lines) + "\r\n\r\n"
    return head.encode() + body
