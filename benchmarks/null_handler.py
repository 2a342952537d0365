"""Measure the transport alone: requests a second, and bytes a second up and down, over a handler that does nothing.

    python benchmarks/null_handler.py [--seconds 3] [--connections 16] [--plain-asyncio]

The server runs in this process, the client in a child: prepared bytes, one request at a time on each connection.
The figures are the ceiling of everything built on the transport, on the machine at hand. The bare protocol, which
answers the same bytes without looking at the request, is the ceiling of the event loop and the client themselves.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import os
import resource
import socket
import tempfile
import time
from collections.abc import Callable
from multiprocessing.connection import Connection as Pipe
from typing import cast

from skyglobe.kernel.wire import FileSlice, Request, Response
from skyglobe.transport import Reply, new_event_loop, serve

MIB = 1024 * 1024
OBJECT_BYTES = 16 * MIB
JSON_BODY = (
    b'{"MessageId":"5fea7756-0ea4-451a-a703-a558b933e274","MD5OfMessageBody":"5d41402abc4b2a76b9719d911017c592"}'
)
CALL_BODY = b'{"QueueUrl":"http://localhost:4566/000000000000/orders","MessageBody":"hello, this is a test"}'
CALL = (
    b"POST / HTTP/1.1\r\nHost: localhost:4566\r\nX-Amz-Target: AmazonSQS.SendMessage\r\n"
    b"Content-Type: application/x-amz-json-1.0\r\n"
    b"User-Agent: Boto3/1.40 md/Botocore#1.40 ua/2.1 os/linux lang/python\r\n"
    b"X-Amz-Date: 20260101T000000Z\r\n"
    b"Authorization: AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/sqs/aws4_request, "
    b"SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature=" + b"0" * 64 + b"\r\n"
    b"amz-sdk-invocation-id: 4b1b1d62-9a38-4a52-b0c1-5d3f2f5b8a11\r\namz-sdk-request: attempt=1\r\n"
    b"Content-Length: %d\r\n\r\n%b" % (len(CALL_BODY), CALL_BODY)
)
"""A call as boto3 sends it."""


class Client(asyncio.Protocol):
    """Sends the prepared request as soon as the answer to the one before is complete."""

    def __init__(self, answer_bytes: int) -> None:
        self.answer_bytes = answer_bytes
        self.missing = answer_bytes
        self.answered = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's are no subclasses
        self.transport.write(CALL)

    def data_received(self, data: bytes) -> None:
        self.missing -= len(data)
        if self.missing == 0:
            self.answered += 1
            self.missing = self.answer_bytes
            self.transport.write(CALL)


class Bare(asyncio.Protocol):
    """Answers every read with the same bytes: what loop, sockets and client cost without HTTP."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(JSON_BODY), JSON_BODY))


def measure_calls(port: int, bare_port: int, connections: int, seconds: float) -> str:
    """Return requests a second over keep-alive connections, and what the bare protocol makes of them."""
    ours, bare = (_calls(each, connections, seconds) for each in (port, bare_port))
    return (
        f"{connections} connections, one call at a time: {ours:,.0f} requests/s, {ours / bare:.0%} of a bare protocol"
    )


def _calls(port: int, connections: int, seconds: float) -> float:
    async def load() -> float:
        loop = asyncio.get_running_loop()
        answer_bytes = len(_exchange(port, CALL))
        clients = []
        for _ in range(connections):
            _, client = await loop.create_connection(lambda: Client(answer_bytes), "127.0.0.1", port)
            clients.append(client)
        await asyncio.sleep(0.3)
        before, start = sum(client.answered for client in clients), time.perf_counter()
        await asyncio.sleep(seconds)
        rate = (sum(client.answered for client in clients) - before) / (time.perf_counter() - start)
        for client in clients:
            client.transport.abort()
        return rate

    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        return runner.run(load())


def _exchange(port: int, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(request)
        return client.recv(65536)


def measure_get(port: int, bare_port: int, connections: int, seconds: float) -> str:
    """Return bytes a second of a file of 16 MiB in the page cache, over one connection."""
    buffer = bytearray(MIB)
    total, start = 0, time.perf_counter()
    with socket.create_connection(("127.0.0.1", port)) as client:
        while time.perf_counter() - start < seconds:
            client.sendall(b"GET /file HTTP/1.1\r\nHost: a\r\n\r\n")
            head_and_more = client.recv_into(buffer)
            left = OBJECT_BYTES - (head_and_more - bytes(buffer[:4096]).index(b"\r\n\r\n") - 4)
            while left:
                left -= client.recv_into(buffer)
            total += OBJECT_BYTES
    return f"GET of 16 MiB: {total / MIB / (time.perf_counter() - start):,.0f} MiB/s"


def measure_put(port: int, bare_port: int, connections: int, seconds: float) -> str:
    """Return bytes a second of bodies of 16 MiB, declared length, read and thrown away."""
    return _measure_upload(
        "PUT of 16 MiB", port, b"Content-Length: %d\r\n\r\n" % OBJECT_BYTES, bytes(OBJECT_BYTES), seconds
    )


def measure_chunked(port: int, bare_port: int, connections: int, seconds: float) -> str:
    """Return bytes a second of the same in chunked coding, as botocore sends it: chunks of 1 MiB."""
    body = (b"100000\r\n" + bytes(MIB) + b"\r\n") * 16 + b"0\r\n\r\n"
    return _measure_upload("PUT of 16 MiB, chunked", port, b"Transfer-Encoding: chunked\r\n\r\n", body, seconds)


def _measure_upload(name: str, port: int, framing: bytes, body: bytes, seconds: float) -> str:
    total, start = 0, time.perf_counter()
    with socket.create_connection(("127.0.0.1", port)) as client:
        while time.perf_counter() - start < seconds:
            client.sendall(b"PUT /object HTTP/1.1\r\nHost: a\r\n" + framing)
            client.sendall(body)
            client.recv(65536)
            total += OBJECT_BYTES
    return f"{name}: {total / MIB / (time.perf_counter() - start):,.0f} MiB/s"


MEASUREMENTS: list[Callable[[int, int, int, float], str]] = [measure_calls, measure_get, measure_put, measure_chunked]


def _measure(pipe: Pipe, port: int, bare_port: int, connections: int, seconds: float) -> None:
    for measure in MEASUREMENTS:
        pipe.send(measure(port, bare_port, connections, seconds))
    pipe.close()


class NullHandler:
    """Answers a tiny JSON document, a file, or an upload once it has read it."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.tasks: set[asyncio.Task[None]] = set()

    def __call__(self, request: Request, reply: Reply) -> None:
        if request.stream is not None:
            task = asyncio.get_running_loop().create_task(self.swallow(request, reply))
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)
        elif request.path == "/file":
            reply(Response(200, {}, [FileSlice(self.file, 0, OBJECT_BYTES)]))
        else:
            reply(Response(200, {"Content-Type": "application/x-amz-json-1.0"}, JSON_BODY))

    async def swallow(self, request: Request, reply: Reply) -> None:
        assert request.stream is not None
        while await request.stream.read():
            pass
        reply(Response(200))


async def main(connections: int, seconds: float, file: str) -> None:
    """Serve, let a child measure, print what it reports."""
    server = await serve(NullHandler(file), "127.0.0.1", 0)
    loop = asyncio.get_running_loop()
    bare = await loop.create_server(Bare, "127.0.0.1", 0)
    ports = server.addresses[0][1], bare.sockets[0].getsockname()[1]
    ours, theirs = multiprocessing.Pipe()
    child = multiprocessing.get_context("spawn").Process(target=_measure, args=(theirs, *ports, connections, seconds))
    child.start()
    theirs.close()
    try:
        while True:
            print(await loop.run_in_executor(None, ours.recv), flush=True)
    except EOFError:
        pass
    child.join()
    bare.close()
    await server.close()
    print(f"peak memory of the server: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MiB")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--plain-asyncio", action="store_true", help="the server without uvloop")
    options = parser.parse_args()
    with tempfile.NamedTemporaryFile() as object_file:
        object_file.write(os.urandom(OBJECT_BYTES))
        object_file.flush()
        with asyncio.Runner(loop_factory=asyncio.new_event_loop if options.plain_asyncio else new_event_loop) as runner:
            runner.run(main(options.connections, options.seconds, object_file.name))
