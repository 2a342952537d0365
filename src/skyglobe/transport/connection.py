"""One client connection: requests out of the parser into the handler, answers back in order, flow held both ways."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from typing import TYPE_CHECKING, Final, cast

from skyglobe.kernel.wire import Request, Response
from skyglobe.transport.answers import Rest, begin_answer
from skyglobe.transport.exchange import SAFE_METHODS, Exchange, abandon
from skyglobe.transport.heads import wants_close
from skyglobe.transport.parsing import BadRequest, RequestParser
from skyglobe.transport.receiving import DIRECT_BYTES, IS_POSSIBLE, LEAST_BYTES, Inlet

if TYPE_CHECKING:
    from skyglobe.transport.server import HttpServer

log = logging.getLogger("skyglobe.transport")

CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"
SLICE_BYTES: Final = 16 * 1024
"""Fed to the parser at a time, so that one read full of tiny pipelined requests cannot become thousands in memory."""


class Connection(asyncio.Protocol):
    """The protocol of one accepted connection. All of it runs on the loop's thread.

    ``queue`` holds the exchanges not yet answered in full, oldest first; the first ``started`` of them are with the
    handler. Requests with safe methods run beside each other, any other waits until it is the only one (RFC 9112,
    9.3.2), so that pipelining never reorders effects.
    """

    def __init__(self, server: HttpServer, client: str, secure: bool) -> None:
        self.server = server
        self.secure = secure
        self.transport: asyncio.Transport = cast(asyncio.Transport, None)
        self.parser = RequestParser(server.limits, client, secure, self._body_read)
        self.queue: deque[Exchange] = deque()
        self.started = 0
        self.over = False
        """Whether everything is said: what still arrives is thrown away until the client closes."""
        self.sent_bytes = 0
        self.is_blocked = False
        """Whether bytes that the transport knows nothing of wait for the client to take those before them."""
        self.reading = True
        """Whether the socket is read; not while what has arrived waits to be worked on."""
        self._refused = False
        self._held = b""
        self._inlet: Inlet | None = None
        self._starting = False
        self._unsafe_running = False
        self.at_eof = False
        self._sender: asyncio.Task[None] | None = None
        self._write_paused = False
        self._drain_waiter: asyncio.Future[None] | None = None

    # asyncio's callbacks

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.server.opened(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.server.closed(self)
        self.over = True
        if self._sender is not None:
            self._sender.cancel()
        self._drop_all()
        self.parser.close()

    def data_received(self, data: bytes) -> None:
        if self.over or self._refused:
            return
        if self._held:
            self._held += data
        elif len(data) <= SLICE_BYTES:
            self._feed(data)
        else:
            self._feed_slices(data)
        if self.parser.body_left and IS_POSSIBLE:
            self._read_directly()

    def eof_received(self) -> bool:
        """Keep a half-closed connection open as long as it is owed answers, unless an endless one is under way."""
        self.at_eof = True
        if self.parser.open is not None:
            self.parser.open.settle()
            return False
        if self.over or self.secure or not self.queue:
            return False
        return self._sender is None or not self._is_endless(self.queue[0].response)

    def pause_writing(self) -> None:
        self._write_paused = True

    def resume_writing(self) -> None:
        self._write_paused = False
        if self._drain_waiter is not None and not self._drain_waiter.done():
            self._drain_waiter.set_result(None)
        self._flush()

    # requests

    def _feed_slices(self, data: bytes) -> None:
        at = 0
        while at < len(data) and not (self.over or self._refused):
            if self._is_full():
                self._held = data[at:]
                break
            room = max(SLICE_BYTES, self.parser.body_left)
            piece = data if not at and len(data) <= room else data[at : at + room]  # a slice is a copy, when compiled
            at += len(piece)
            self._feed(piece)
        self._adjust_reading()

    def _feed(self, data: bytes) -> None:
        parser = self.parser
        try:
            parser.feed(data)
        except BadRequest as error:
            self._take_ready()
            self.refuse(error.status, error.reason)
            return
        if parser.ready:
            self._take_ready()
        if parser.open is not None:
            self._hold_open_body(parser.open)

    def _read_directly(self) -> None:
        """Have an inlet read what is left of a streamed body, where one can."""
        exchange = self.parser.open
        if exchange is None or exchange.body is None or self.parser.body_left < DIRECT_BYTES:
            return
        if self.secure or self.over or self._refused or self._held:
            return
        client = self.transport.get_extra_info("socket")
        try:
            self._inlet = Inlet(self.server.loop, client.fileno(), self._wanted_bytes, self._take_directly)
        except OSError:  # no descriptor is left: the transport goes on as it does with small bodies
            return
        self.server.inlets += 1
        if self.reading:
            self.transport.pause_reading()
            self._inlet.resume_reading()

    def _wanted_bytes(self) -> int:
        """Return what to read of the body next: as much as may lie unread, and always something."""
        exchange, server = self.parser.open, self.server
        waiting = exchange.body.waiting_bytes if exchange is not None and exchange.body is not None else 0
        room = max(LEAST_BYTES, min(server.piece_bytes, server.stream_buffer_bytes - waiting))
        return min(self.parser.body_left, room)

    def _take_directly(self, data: bytes) -> None:
        if data:
            self._feed(data)
        if not data or not self.parser.body_left:
            self._end_inlet()

    def _end_inlet(self) -> None:
        """Let the transport read again."""
        if self._inlet is not None:
            self._inlet.close()
            self._inlet = None
            self.server.inlets -= 1
            if self.reading and not self.transport.is_closing():
                self.transport.resume_reading()

    def _take_ready(self) -> None:
        for exchange in self.parser.ready:
            exchange.connection = self
            self.queue.append(exchange)
        self.parser.ready.clear()
        self.server.arrived(self)
        if self._is_full():
            self._adjust_reading()

    def start_requests(self) -> None:
        """Hand on what may run now; nothing as long as the client has yet to take an answer."""
        if self._starting:  # called by an answer given on the spot: the loop below goes on with it
            return
        self._starting = True
        queue = self.queue
        while self.started < len(queue) and self._sender is None and not self._write_paused:
            exchange = queue[self.started]
            safe = exchange.request.method in SAFE_METHODS
            if self.started and (self._unsafe_running or not safe):
                break
            self._unsafe_running = not safe
            self.started += 1
            if exchange.response is None:
                self.server.handle(exchange)
            else:
                self.answered(exchange)
        self._starting = False

    def _hold_open_body(self, exchange: Exchange) -> None:
        """See to a body that is still arriving: the client may wait for a word, the reader may be behind."""
        if exchange.awaits_continue:
            self._offer_continue(exchange)
        elif exchange.settled:
            if self.parser.body_bytes - exchange.answered_at > self.server.limits.drain_bytes:
                self._linger()
        elif exchange.body is not None and exchange.body.waiting_bytes > self.server.stream_buffer_bytes:
            self._adjust_reading()

    def _offer_continue(self, exchange: Exchange) -> None:
        """Ask for a body the client holds back, once it is wanted and every answer before it is out."""
        if exchange.body is None:
            wanted = not self.queue
        else:
            wanted = exchange.body.is_awaited and bool(self.queue) and self.queue[0] is exchange
        if wanted:
            exchange.awaits_continue = False
            self.write(CONTINUE)

    def _body_read(self) -> None:
        """Called by a streamed body when its reader waits or has taken something."""
        exchange = self.parser.open
        if exchange is not None and exchange.awaits_continue:
            self._offer_continue(exchange)
        if not self.reading:
            self._adjust_reading()

    def _is_full(self) -> bool:
        return len(self.queue) >= self.server.limits.pipelined_requests

    def _adjust_reading(self) -> None:
        """Read from the socket, or not, by what waits to be worked on."""
        body = self.parser.open.body if self.parser.open is not None else None
        behind = body is not None and body.waiting_bytes > self.server.stream_buffer_bytes // 2
        wanted = self.over or not (behind or self._held or self._is_full())
        if wanted != self.reading:
            self.reading = wanted
            source = self._inlet or self.transport
            if wanted:
                source.resume_reading()
            else:
                source.pause_reading()

    def refuse(self, status: int, reason: str) -> None:
        """Answer the request that is arriving with an error, after those before it, and close."""
        self._refused = True
        self._end_inlet()
        exchange, self.parser.open = self.parser.open, None
        if exchange is None:
            exchange = Exchange(Request("GET", "/"), False, False)
        elif exchange.settled:  # answered already, and only its unread body was still to come
            self.close()
            return
        exchange.keep_alive = False
        if exchange.body is not None:
            exchange.body.fail()
        if exchange.connection is None:
            exchange.connection = self
            self.queue.append(exchange)
        if exchange.response is None:
            exchange.response = plain_response(status, reason)
            exchange.settled = True
            self.start_requests()
            self.answered(exchange)

    # answers

    def answered(self, exchange: Exchange) -> None:
        """Take note that ``exchange`` has its response."""
        if self.queue and self.queue[0] is exchange:
            self._flush()

    def _flush(self) -> None:
        """Send the answers whose turn has come, and go on with what waited for them."""
        queue = self.queue
        while self.started and self._sender is None and not self._write_paused:
            exchange = queue[0]
            if exchange.response is None:
                break
            if self.at_eof and self._is_endless(exchange.response):
                self.close()
                break
            rest = self._begin_answer(exchange, exchange.response)
            if rest is None:
                self._finish(exchange)
            else:
                self._sender = self.server.loop.create_task(self._send_rest(exchange, exchange.response, rest))
        if len(queue) > self.started:
            self.start_requests()
        if self.parser.open is not None and self.parser.open.awaits_continue:
            self._offer_continue(self.parser.open)
        if not self.reading and not self._is_full():
            held, self._held = self._held, b""
            self._feed_slices(held)

    @staticmethod
    def _is_endless(response: Response | None) -> bool:
        """Whether an answer may go on for as long as the client listens, and so needs one that does."""
        return response is not None and hasattr(response.body, "__aiter__")

    def _begin_answer(self, exchange: Exchange, response: Response) -> Rest | None:
        try:
            return begin_answer(self, exchange, response)
        except Exception:  # a missing file, a header that would split the response: nothing has been written yet
            log.exception("the answer to %s %s cannot be sent", exchange.request.method, exchange.request.path)
            abandon(response)
            return begin_answer(self, exchange, plain_response(500, "the answer could not be sent"))

    async def _send_rest(self, exchange: Exchange, response: Response, rest: Rest) -> None:
        """Send what is left of an answer; when that fails, cut the connection, so that nobody takes it for whole."""
        try:
            await rest
        except Exception:
            log.exception("the answer to %s %s broke off", exchange.request.method, exchange.request.path)
            self.transport.abort()
            return
        finally:
            abandon(response)
        self._sender = None
        self._finish(exchange)
        self._flush()

    def head(self, exchange: Exchange, response: Response, framing: str) -> bytes:
        """Return the head of an answer, and decide whether the connection goes on after it."""
        if exchange.keep_alive:
            exchange.keep_alive = self._may_go_on(exchange, response)
        if not exchange.keep_alive:
            framing += "Connection: close\r\n"
        elif exchange.http10:
            framing += "Connection: keep-alive\r\n"
        head = self.server.heads.render(response, framing)
        return CONTINUE + head if exchange.is_owed_continue else head

    def _may_go_on(self, exchange: Exchange, response: Response) -> bool:
        if (self.server.closing and len(self.queue) == 1) or wants_close(response):
            return False
        if exchange is not self.parser.open:
            return True
        return not exchange.awaits_continue and self.parser.body_left <= self.server.limits.drain_bytes

    def _finish(self, exchange: Exchange) -> None:
        """Let go of the oldest exchange, which has been answered in full."""
        self.queue.popleft()
        self.started -= 1
        exchange.settled = True
        exchange.connection = None
        unread = exchange is self.parser.open
        if exchange.body is not None:
            exchange.body.discard()
            exchange.answered_at = self.parser.body_bytes
        if exchange.keep_alive and not (self.at_eof and not self.queue):
            return
        if unread or self._refused:
            self._linger()
        else:
            self.close()

    # writing

    def write(self, data: bytes | memoryview) -> None:
        """Write, unless the connection is closing."""
        if not self.transport.is_closing():
            self.sent_bytes += len(data)
            self.transport.write(data)

    def write_lines(self, *lines: bytes) -> None:
        """Write several buffers without joining them, where the loop can."""
        if not self.transport.is_closing():
            self.sent_bytes += sum(map(len, lines))
            self.transport.writelines(lines)

    async def drained(self) -> None:
        """Return when there is room to write more; let others have a turn in any case."""
        if not self._write_paused:
            await asyncio.sleep(0)
            return
        self._drain_waiter = self.server.loop.create_future()
        try:
            await self._drain_waiter
        finally:
            self._drain_waiter = None

    # the end

    def close(self) -> None:
        """Close once everything written has been sent; what was asked and not answered is dropped."""
        self.over = True
        self._drop_all()
        self.transport.close()

    def _linger(self) -> None:
        """Say that nothing more will come, and read on, so that the client is not reset before it has read why."""
        self.over = True
        self._drop_all()
        if self.at_eof:
            self.transport.close()
            return
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self._adjust_reading()

    def _drop_all(self) -> None:
        self._held = b""
        self._end_inlet()
        if self.parser.open is not None:
            self.parser.open.settle()
            self.parser.open = None
        for exchange in self.queue:
            exchange.settle()
        self.queue.clear()
        self.started = 0

    @property
    def owes_nothing(self) -> bool:
        """Whether no request is being worked on."""
        return not self.queue


def plain_response(status: int, reason: str) -> Response:
    """Return a response of one line of text, for what the protocol itself refuses."""
    return Response(status, {"Content-Type": "text/plain"}, f"{reason}\n".encode())
