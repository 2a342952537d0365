"""The load: prepared requests written to keep-alive connections, one at a time on each, and their answers timed."""

from __future__ import annotations

import asyncio
import gc
import re
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import cast

WRITE_BYTES = 1 << 20
"""Written at a time: what the socket does not take at once, asyncio copies."""
KEPT_BYTES = 1 << 16
"""Answers longer than this are counted, not kept."""
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d+)", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding:[ \t]*chunked", re.IGNORECASE)
_CLOSES = re.compile(rb"\r\nconnection:[ \t]*close", re.IGNORECASE)

Script = Generator[bytes, bytes, None]
"""Yields requests, and is sent the body of each answer."""


class LoadFailed(Exception):
    """The server did not do its part: errors, or connections that end."""


@dataclass
class Stretch:
    """What one timed stretch recorded."""

    latencies: list[float] = field(default_factory=list)
    seconds: float = 0.0
    errors: int = 0
    first_error: str = ""
    client_cpu: float = 0.0
    server_cpu: float = 0.0

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.latencies) / self.seconds if self.seconds else 0.0


class Lane(asyncio.Protocol):
    """One connection playing one script until it ends or the time is up. Opens another when the server closes."""

    def __init__(self, port: int, script: Script, stretch: Stretch, until: float) -> None:
        self._port, self._script, self._stretch, self._until = port, script, stretch, until
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._request = b""
        self._unsent = memoryview(b"")
        self._is_full = False
        self._sent_at = 0.0
        self._reset()
        self.finished: asyncio.Future[None] = self._loop.create_future()

    def _reset(self) -> None:
        self._head = b""
        self._body = bytearray()
        self._missing: int | None = None  # None: unknown, until the connection ends or the last chunk comes
        self._status = 0
        self._is_chunked = self._closes = False

    async def open(self) -> None:
        """Connect; with a request waiting, send it."""
        try:
            await self._loop.create_connection(lambda: self, "127.0.0.1", self._port)
        except OSError as error:
            self._end(error)

    def start(self) -> None:
        """Send the first request."""
        self._go_on(None)

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._is_full = False
        if self._request:
            self._send(self._transport)

    def pause_writing(self) -> None:
        self._is_full = True

    def resume_writing(self) -> None:
        self._is_full = False
        if self._transport is not None:
            self._send_more(self._transport)

    def _send(self, transport: asyncio.Transport) -> None:
        if len(self._request) <= WRITE_BYTES:
            transport.write(self._request)
            return
        self._unsent = memoryview(self._request)
        self._send_more(transport)

    def _send_more(self, transport: asyncio.Transport) -> None:
        while self._unsent and not self._is_full:
            piece, self._unsent = self._unsent[:WRITE_BYTES], self._unsent[WRITE_BYTES:]
            transport.write(piece)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._unsent = memoryview(b"")
        if self.finished.done():
            return
        if self._status and self._missing is None and not self._is_chunked:
            self._complete()
        elif self._status or self._head:
            self._end(exc or ConnectionError("the connection ended inside an answer"))
        if not self.finished.done():
            self._reopening = self._loop.create_task(self.open())

    def data_received(self, data: bytes) -> None:
        if not self._status:
            data = self._head + data
            end = data.find(b"\r\n\r\n")
            if end < 0:
                self._head = data
                return
            self._read_head(data[: end + 2])
            data = data[end + 4 :]
        if self._is_chunked:
            self._body += data
            if self._body.endswith(b"0\r\n\r\n"):
                self._complete()
            return
        if len(self._body) + len(data) <= KEPT_BYTES:
            self._body += data
        if self._missing is not None:
            self._missing -= len(data)
            if self._missing <= 0:
                self._complete()

    def _read_head(self, head: bytes) -> None:
        self._status = int(head[9:12])
        self._closes = bool(_CLOSES.search(head)) or head.startswith(b"HTTP/1.0")
        length = _LENGTH.search(head)
        if length is not None:
            self._missing = int(length[1])
        elif self._status in (204, 304):
            self._missing = 0
        else:
            self._is_chunked = bool(_CHUNKED.search(head))

    def _complete(self) -> None:
        stretch = self._stretch
        stretch.latencies.append(time.perf_counter() - self._sent_at)
        if not 200 <= self._status < 300:
            stretch.errors += 1
            stretch.first_error = stretch.first_error or f"{self._status} {bytes(self._body[:300])!r}"
        body, closes = bytes(self._body), self._closes
        self._reset()
        self._request = b""
        if closes and self._transport is not None:
            self._transport.abort()
            self._transport = None
        self._go_on(body)

    def _go_on(self, body: bytes | None) -> None:
        if time.perf_counter() >= self._until:
            self._end()
            return
        try:
            self._request = next(self._script) if body is None else self._script.send(body)
        except StopIteration:
            self._end()
            return
        self._sent_at = time.perf_counter()
        if self._transport is not None:
            self._send(self._transport)

    def _end(self, error: BaseException | None = None) -> None:
        if self.finished.done():
            return
        if error is not None:
            self.finished.set_exception(LoadFailed(str(error)))
        else:
            self.finished.set_result(None)


async def play(port: int, scripts: list[Script], seconds: float, cpu: Callable[[], float] = lambda: 0.0) -> Stretch:
    """Play each script on a connection of its own for at most ``seconds``; ``cpu`` reads the server's CPU seconds."""
    stretch = Stretch()
    until = time.perf_counter() + seconds
    lanes = [Lane(port, script, stretch, until) for script in scripts]
    await asyncio.gather(*(lane.open() for lane in lanes))
    gc.collect()
    gc.disable()
    server_before, client_before, began = cpu(), time.process_time(), time.perf_counter()
    for lane in lanes:
        lane._until = began + seconds
        lane.start()
    try:
        await asyncio.wait_for(asyncio.gather(*(lane.finished for lane in lanes)), seconds + 120)
    finally:
        gc.enable()
        stretch.seconds = time.perf_counter() - began
        stretch.client_cpu = time.process_time() - client_before
        stretch.server_cpu = cpu() - server_before
        for lane in lanes:
            lane.abort()
    return stretch
