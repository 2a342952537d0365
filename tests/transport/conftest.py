"""A server on its own thread and loop, and raw sockets to talk to it byte by byte."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import queue
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import pytest

from skyglobe.kernel.wire import ClientGone, Request, Response
from skyglobe.transport import Handler, HttpServer, Limits, Reply, new_event_loop, serve

T = TypeVar("T")
PATIENCE = 60  # seconds before a test that waits for something is called broken


@dataclasses.dataclass
class Answer:
    """One response as a client sees it."""

    status: int
    headers: dict[str, str]
    body: bytes


class Wire:
    """A client that says exactly the bytes it is told to."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.buffer = bytearray()  # bytes would be copied with each piece of a large answer

    def send(self, data: bytes) -> Wire:
        self.sock.sendall(data)
        return self

    def get(self, path: str = "/", extra: str = "") -> Answer:
        return self.send(f"GET {path} HTTP/1.1\r\nHost: a\r\n{extra}\r\n".encode()).answer()

    def more(self) -> bool:
        try:
            data = self.sock.recv(1 << 18)
        except ConnectionError:
            data = b""
        self.buffer += data
        return bool(data)

    def until(self, mark: bytes) -> bytes:
        """Read up to and including ``mark``."""
        while mark not in self.buffer:
            assert self.more(), f"closed before {mark!r}: {self.buffer!r}"
        return self._take(self.buffer.index(mark) + len(mark))

    def exactly(self, size: int) -> bytes:
        while len(self.buffer) < size:
            assert self.more(), f"closed after {len(self.buffer)} of {size} bytes"
        return self._take(size)

    def rest(self) -> bytes:
        """Read until the server closes."""
        while self.more():
            pass
        return self._take(len(self.buffer))

    def _take(self, size: int) -> bytes:
        taken = bytes(memoryview(self.buffer)[:size])
        del self.buffer[:size]
        return taken

    def closed(self) -> bool:
        """Whether the server closes without another byte; waits for it."""
        return self.rest() == b""

    def leave(self, *, resets: bool) -> None:
        """Close; with ``resets``, as a client does that dies, so that the server learns that it is not heard."""
        if resets:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def answer(self, *, to_head: bool = False) -> Answer:
        head = self.until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        status = int(head[0].split()[1])
        headers = {}
        for line in head[1:-2]:
            name, _, value = line.partition(": ")
            assert name.lower() not in headers, f"{name} twice"
            headers[name.lower()] = value
        if to_head or status in (204, 304):
            return Answer(status, headers, b"")
        if headers.get("transfer-encoding") == "chunked":
            return Answer(status, headers, self._chunks())
        if "content-length" in headers:
            return Answer(status, headers, self.exactly(int(headers["content-length"])))
        return Answer(status, headers, self.rest())

    def _chunks(self) -> bytes:
        pieces = []
        while size := int(self.until(b"\r\n"), 16):
            pieces.append(self.exactly(size))
            assert self.exactly(2) == b"\r\n"
        assert self.exactly(2) == b"\r\n"
        return b"".join(pieces)


class Served:
    """A running server."""

    def __init__(
        self, handler: Handler, new_loop: Callable[[], Any], tls: ssl.SSLContext | None, **limits: Any
    ) -> None:
        self.loop = new_loop()
        self.failures: list[dict[str, Any]] = []
        self.loop.set_exception_handler(lambda _, context: self.failures.append(context))
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.wires: list[Wire] = []
        self.now = 1000.0
        bounds = Limits(**{"sweep_every": 3600.0, "grace_for": 5.0, **limits})
        self.server: HttpServer = self.wait(serve(handler, "127.0.0.1", 0, tls=tls, limits=bounds))
        self.port = self.server.addresses[0][1]

    def wait(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(PATIENCE)

    def on_loop(self, work: Callable[[], T]) -> T:
        async def run() -> T:
            return work()

        return self.wait(run())

    def until(self, holds: Callable[[], bool]) -> None:
        """Let the loop turn until ``holds``."""

        async def turn() -> None:
            async with asyncio.timeout(PATIENCE):
                while not holds():  # noqa: ASYNC110 - what is waited for is not the test's to signal
                    await asyncio.sleep(0)

        self.wait(turn())

    def pass_time(self, seconds: float) -> None:
        """Let the server believe that ``seconds`` have passed since it last looked."""
        self.on_loop(lambda: self.server.sweep(self.now))
        self.now += seconds
        self.on_loop(lambda: self.server.sweep(self.now))

    def connect(self, **options: Any) -> Wire:
        sock = socket.socket()
        for option, value in options.items():
            sock.setsockopt(socket.SOL_SOCKET, getattr(socket, option), value)
        sock.settimeout(PATIENCE)
        sock.connect(("127.0.0.1", self.port))
        self.wires.append(Wire(sock))
        return self.wires[-1]

    def stop(self) -> None:
        for wire in self.wires:
            wire.sock.close()
        self.wait(self.server.close(0.2))
        leaked = list(self.server.connections)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        tasks = asyncio.all_tasks(self.loop)
        self.loop.close()
        assert not leaked
        assert not tasks
        assert not self.failures


class Held:
    """A handler that keeps requests until the test answers them."""

    def __init__(self) -> None:
        self.requests: queue.Queue[tuple[Request, Reply]] = queue.Queue()

    def __call__(self, request: Request, reply: Reply) -> None:
        self.requests.put((request, reply))

    def next(self) -> tuple[Request, Reply]:
        return self.requests.get(timeout=PATIENCE)


class Echo:
    """A handler that answers the method and path, and keeps the requests. Streams are read to their end first."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.pieces: list[bytes] = []
        self.tasks: set[asyncio.Task[None]] = set()

    def __call__(self, request: Request, reply: Reply) -> None:
        self.requests.append(request)
        if request.stream is None:
            reply(Response(200, {}, f"{request.method} {request.path}".encode()))
            return
        task = asyncio.get_running_loop().create_task(self._read(request, reply))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _read(self, request: Request, reply: Reply) -> None:
        assert request.stream is not None
        with contextlib.suppress(ClientGone):
            while piece := await request.stream.read():
                self.pieces.append(piece)
        reply(Response(200, {}, b"streamed %d" % sum(map(len, self.pieces))))


@pytest.fixture(params=["uvloop", "asyncio"])
def new_loop(request: pytest.FixtureRequest) -> Callable[[], Any]:
    """Both loops the server is meant for."""
    return new_event_loop if request.param == "uvloop" else asyncio.new_event_loop


@pytest.fixture
def serving(new_loop: Callable[[], Any]) -> Iterator[Callable[..., Served]]:
    """``serving(handler, tls=…, **limits)`` starts a server; it is stopped, and checked for leaks, afterwards."""
    running: list[Served] = []

    def start(handler: Handler, tls: ssl.SSLContext | None = None, **limits: Any) -> Served:
        running.append(Served(handler, new_loop, tls, **limits))
        return running[-1]

    yield start
    for served in running:
        served.stop()


@pytest.fixture
def echo() -> Echo:
    return Echo()


@pytest.fixture
def held() -> Held:
    return Held()
