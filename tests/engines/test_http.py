"""The small server for engines: one request after the other, bodies within bounds, streams with trailers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from skyglobe.engines.http import HttpRequest, HttpServer

Say = Callable[[bytes], Coroutine[Any, Any, bytes]]


async def told(server: HttpServer, *pieces: bytes, answers: int = 1) -> bytes:
    """Send pieces, one packet each, and return what is answered."""
    await server.listen("127.0.0.1")
    reader, writer = await asyncio.open_connection(*server.address)
    for piece in pieces:
        writer.write(piece)
        await writer.drain()
        await asyncio.sleep(0)
    found = b""
    while found.count(b"HTTP/1.1") < answers or not found.endswith(b"."):
        piece = await reader.read(65536)
        if not piece:
            break
        found += piece
    writer.close()
    server.close()
    return found


def test_requests_of_a_connection_are_answered_in_order() -> None:
    async def tell() -> None:
        held: list[HttpRequest] = []

        def handle(request: HttpRequest) -> None:
            if request.path == "/slow":
                held.append(request)
                asyncio.get_running_loop().call_later(0.05, request.reply, 200, b"slow.")
            else:
                assert held, "the second was handled before the first was answered"
                request.reply(202, request.body + b".", {"Content-Type": "text/plain"})

        server = HttpServer(handle, max_body_bytes=100)
        two = b"GET /slow?x=1 HTTP/1.1\r\nHost: a\r\n\r\nPOST /b HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi"
        found = await told(server, two[:30], two[30:], answers=2)
        assert found == (
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 5\r\n\r\nslow."
            b"HTTP/1.1 202 Accepted\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\nhi."
        )

    asyncio.run(tell())


def test_long_bodies_are_not_kept() -> None:
    async def tell() -> None:
        def handle(request: HttpRequest) -> None:
            request.reply(413 if request.is_too_large else 200, str(len(request.body)).encode() + b".")

        server = HttpServer(handle, max_body_bytes=10)
        found = await told(server, b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n", b"x" * 11)
        assert found.startswith(b"HTTP/1.1 413")
        assert found.endswith(b"0.")

    asyncio.run(tell())


def test_nonsense_is_refused() -> None:
    async def tell() -> None:
        server = HttpServer(lambda request: request.reply(200), max_body_bytes=10)
        assert (await told(server, b"nonsense\r\n\r\n")).startswith(b"HTTP/1.1 400")

    asyncio.run(tell())


def test_streams_hold_their_sender_back_and_end_with_trailers() -> None:
    async def tell() -> None:
        async def read(request: HttpRequest) -> None:
            assert request.stream is not None
            size = 0
            async for piece in request.stream:
                size += len(piece)
                await asyncio.sleep(0)
            trailer = request.stream.trailers.get("x-trailer", "")
            request.reply(200, f"{size} {trailer} {request.stream.was_cut_off}.".encode())

        tasks = []
        server = HttpServer(
            lambda request: tasks.append(asyncio.ensure_future(read(request))),
            max_body_bytes=10,
            streams=lambda request: request.headers.get("x-mode") == "stream",
        )
        chunk = b"10000\r\n" + b"y" * 0x10000 + b"\r\n"
        head = b"POST / HTTP/1.1\r\nHost: a\r\nX-Mode: stream\r\nTransfer-Encoding: chunked\r\n\r\n"
        found = await told(server, head, *[chunk] * 20, b"0\r\nX-Trailer: done\r\n\r\n")
        assert found.endswith(f"{20 * 0x10000} done False.".encode())

    asyncio.run(tell())


def test_a_stream_that_is_cut_off_says_so() -> None:
    async def tell() -> None:
        seen: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

        async def read(request: HttpRequest) -> None:
            assert request.stream is not None
            async for _ in request.stream:
                pass
            seen.set_result(request.stream.was_cut_off)

        tasks = []
        server = HttpServer(
            lambda request: tasks.append(asyncio.ensure_future(read(request))),
            max_body_bytes=10,
            streams=lambda _: True,
        )
        await server.listen("127.0.0.1")
        _, writer = await asyncio.open_connection(*server.address)
        writer.write(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nonly this")
        await writer.drain()
        writer.close()
        assert await seen
        server.close()

    asyncio.run(tell())
