"""The HTTP/1.1 server: a handler, some addresses, and the connections between them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import ssl
from collections.abc import Callable, Sequence

from skyglobe.transport.connection import Connection, plain_response
from skyglobe.transport.exchange import Exchange, Handler
from skyglobe.transport.heads import Heads
from skyglobe.transport.limits import Limits
from skyglobe.transport.listening import Listener, bind
from skyglobe.transport.receiving import ALL_BYTES, LEAST_BYTES, MOST_BYTES
from skyglobe.transport.sweeping import Sweeper

Tls = ssl.SSLContext | Callable[[], ssl.SSLContext]

log = logging.getLogger("skyglobe.transport")

BUSY = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class HttpServer:
    """Serves one handler on any number of addresses, all on the loop it is made on.

    ``handler(request, reply)`` is called on the loop's thread for every request, and calls ``reply(response)`` once,
    at once or later, on the same thread. With ``tls``, every address speaks both HTTP and HTTPS; a function is
    called in a thread by the first HTTPS connection, because certificates cost time and memory that many never need.
    """

    def __init__(self, handler: Handler, *, tls: Tls | None = None, limits: Limits | None = None) -> None:
        self.loop = asyncio.get_running_loop()
        self.limits = limits or Limits()
        self.heads = Heads()
        self.closing = False
        self.connections: set[Connection] = set()
        self.inlets = 0
        """How many large bodies are arriving."""
        self._handler = handler
        self._tls = tls
        self._making_tls: asyncio.Future[ssl.SSLContext] | None = None
        self._listeners: list[Listener] = []
        self._sweeper = Sweeper()
        self._arrived: list[Connection] = []
        self._opening: dict[Connection, asyncio.Task[None]] = {}
        self._empty = asyncio.Event()
        self._empty.set()
        self._timer: asyncio.TimerHandle
        self._tick()

    @property
    def addresses(self) -> list[tuple[str, int]]:
        """The addresses listened on, as (host, port)."""
        return [listener.address for listener in self._listeners]

    @property
    def piece_bytes(self) -> int:
        """What to read of a large body at a time: the less, the more there are."""
        return max(LEAST_BYTES, min(MOST_BYTES, ALL_BYTES // (self.inlets or 1)))

    @property
    def stream_buffer_bytes(self) -> int:
        """How much of a streamed body may lie unread before its socket is no longer read."""
        return min(self.limits.stream_buffer_bytes, 2 * self.piece_bytes)

    def listen(self, host: str, port: int) -> None:
        """Accept connections on every address of ``host``; port 0 takes a free one. Raises ``CannotListen``."""
        for bound in bind(host, port):
            self._listeners.append(Listener(bound, self.loop, self._accepted, sniff=self._tls is not None))

    async def close(self, grace_for: float | None = None) -> None:
        """Stop accepting, let running requests finish for up to ``grace_for`` seconds, then cut what is left.

        Closing again does no harm.
        """
        self.closing = True
        while self._listeners:
            self._listeners.pop().close()
        for task in list(self._opening.values()):
            task.cancel()
        for connection in list(self.connections):
            if connection.owes_nothing:
                connection.close()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._empty.wait(), self.limits.grace_for if grace_for is None else grace_for)
        for connection in list(self.connections):
            connection.transport.abort()
        await self._empty.wait()
        self._timer.cancel()

    def arrived(self, connection: Connection) -> None:
        """Have ``connection`` start its requests in this turn of the loop, after all that has arrived was read.

        Reading sockets and answering what they brought take turns, not requests: each runs while the processor has
        its code at hand, which takes 4 to 8 % off a request at 16 connections.
        """
        if not self._arrived:
            self.loop.call_soon(self._start_requests)
        self._arrived.append(connection)

    def _start_requests(self) -> None:
        arrived, self._arrived = self._arrived, []
        for connection in arrived:
            connection.start_requests()

    def handle(self, exchange: Exchange) -> None:
        """Call the handler. Whatever it raises is a fault of the program: it is logged, and the client told 500."""
        try:
            self._handler(exchange.request, exchange.reply)
        except Exception:
            log.exception("the handler failed on %s %s", exchange.request.method, exchange.request.path)
            if not exchange.replied:
                exchange.reply(plain_response(500, "internal error"))

    # what connections report

    def opened(self, connection: Connection) -> None:
        """Count a connection in."""
        self._opening.pop(connection, None)
        self.connections.add(connection)
        self._empty.clear()

    def closed(self, connection: Connection) -> None:
        """Count a connection out."""
        self.connections.discard(connection)
        self._sweeper.forget(connection)
        if not self.connections:
            self._empty.set()

    # accepting

    def _accepted(self, client: socket.socket, address: str, secure: bool) -> None:
        if len(self.connections) + len(self._opening) >= self.limits.connections:
            with contextlib.suppress(OSError):
                client.send(BUSY)
            client.close()
            return
        connection = Connection(self, address, secure)
        self._opening[connection] = self.loop.create_task(self._open(connection, client))

    async def _open(self, connection: Connection, client: socket.socket) -> None:
        """Make a connection of an accepted socket; TLS that fails to shake hands is closed without a word."""
        try:
            await self.loop.connect_accepted_socket(
                lambda: connection,
                client,
                ssl=await self._context() if connection.secure else None,
                ssl_handshake_timeout=self.limits.header_read_for if connection.secure else None,
            )
        except (OSError, ssl.SSLError) as error:
            log.debug("a connection from %s did not come about: %s", connection.parser.client, error)
            client.close()
        finally:
            self._opening.pop(connection, None)

    async def _context(self) -> ssl.SSLContext:
        """Return the TLS context, made when it is first needed. Raises OSError where it cannot be made."""
        if isinstance(self._tls, ssl.SSLContext):
            return self._tls
        assert self._tls is not None
        if self._making_tls is None or self._making_tls.done():
            self._making_tls = self.loop.run_in_executor(None, self._tls)
        try:
            self._tls = await asyncio.shield(self._making_tls)
        except OSError as error:
            log.warning("there is no certificate for HTTPS: %s", error)
            raise
        return self._tls

    # time

    def sweep(self, now: float) -> None:
        """Renew the ``Date`` header and end the connections that are overdue at ``now``, in seconds of loop time."""
        self.heads.renew()
        self._sweeper.sweep(list(self.connections), now)
        for listener in self._listeners:
            listener.resume()
            listener.drop_silent(now - self.limits.idle_for)

    def _tick(self) -> None:
        self.sweep(self.loop.time())
        self._timer = self.loop.call_later(self.limits.sweep_every, self._tick)


async def serve(
    handler: Handler,
    host: str | Sequence[str],
    port: int,
    *,
    tls: Tls | None = None,
    limits: Limits | None = None,
) -> HttpServer:
    """Start a server on the running loop, on every address of ``host`` (one name or several).

    Raises ``CannotListen``; nothing stays open then.
    """
    server = HttpServer(handler, tls=tls, limits=limits)
    try:
        for name in [host] if isinstance(host, str) else host:
            server.listen(name, port)
    except OSError:
        await server.close(0)
        raise
    return server
