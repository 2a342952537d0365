"""Bodies of any size pass through in constant memory, measured in a process of its own."""

import socket
import subprocess
import sys

import pytest

SERVER = """
import asyncio, resource, sys
from skyglobe.kernel.file_slices import FileSlice
from skyglobe.kernel.wire import Response
from skyglobe.transport import run, serve

def handler(request, reply):
    if request.path == "/peak":
        reply(Response(200, {}, str(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss).encode()))
    elif request.path == "/file":
        reply(Response(200, {}, [FileSlice(sys.argv[1], 0, 1 << 24)] * 64))
    elif request.path == "/iterator":
        reply(Response(200, {}, pieces()))
    elif request.stream is None:
        reply(Response())
    else:
        tasks.append(asyncio.get_running_loop().create_task(swallow(request, reply)))

async def pieces():
    for _ in range(1024):
        yield bytes(1 << 20)

async def swallow(request, reply):
    size = 0
    while piece := await request.stream.read():
        size += len(piece)
    reply(Response(200, {}, b"%d" % size))

async def main():
    server = await serve(handler, "127.0.0.1", 0)
    print(server.addresses[0][1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    await server.close()

tasks = []
run(main())
"""
GIB = 1 << 30
MIB = 1 << 20


class Child:
    """A server in another process."""

    def __init__(self, file: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", SERVER, file], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline())

    def ask(self, head: bytes, body_pieces: int = 0, piece: bytes = b"", end: bytes = b"") -> tuple[int, bytes]:
        """Return the size of the answer's body, and its last bytes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=60) as sock:
            sock.sendall(head + b"Host: a\r\nConnection: close\r\n\r\n")
            for _ in range(body_pieces):
                sock.sendall(piece)
            sock.sendall(end)
            sock.shutdown(socket.SHUT_WR)
            answer = sock.recv(1 << 16)
            head_bytes = answer.index(b"\r\n\r\n") + 4
            size, buffer, last = len(answer) - head_bytes, bytearray(MIB), answer
            while count := sock.recv_into(buffer):
                size += count
                last = bytes(buffer[max(0, count - 32) : count])
        return size, last

    def peak_bytes(self) -> int:
        kib = int(self.ask(b"GET /peak HTTP/1.1\r\n")[1].rpartition(b"\n")[2])
        return kib * (1 if sys.platform == "darwin" else 1024)


@pytest.fixture
def child(tmp_path):
    (tmp_path / "file").write_bytes(bytes(1 << 24))
    child = Child(str(tmp_path / "file"))
    yield child
    child.process.communicate("")
    assert child.process.returncode == 0


def growth(child, work):
    before = child.peak_bytes()
    work()
    return child.peak_bytes() - before


def test_a_gibibyte_uploaded_and_thrown_away_grows_the_server_by_less_than_20_mib(child):
    def upload():
        _, last = child.ask(b"PUT / HTTP/1.1\r\nContent-Length: %d\r\n" % GIB, 1024, bytes(MIB))
        assert last.endswith(b"\n%d" % GIB)

    assert growth(child, upload) < 20 * MIB


def test_a_gibibyte_in_chunks_grows_the_server_by_less_than_20_mib(child):
    def upload():
        chunk = b"100000\r\n" + bytes(MIB) + b"\r\n"
        _, last = child.ask(b"PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n", 1024, chunk, b"0\r\n\r\n")
        assert last.endswith(b"\n%d" % GIB)

    assert growth(child, upload) < 20 * MIB


def test_a_gibibyte_of_files_grows_the_server_by_less_than_20_mib(child):
    assert growth(child, lambda: child.ask(b"GET /file HTTP/1.1\r\n")) < 20 * MIB
    assert child.ask(b"GET /file HTTP/1.1\r\n")[0] == GIB


def test_a_gibibyte_from_an_iterator_grows_the_server_by_less_than_20_mib(child):
    assert growth(child, lambda: child.ask(b"GET /iterator HTTP/1.0\r\n")) < 20 * MIB
