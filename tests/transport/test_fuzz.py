"""Whatever bytes arrive, in whatever pieces: the server answers or closes, forgets the client, and serves the next."""

import contextlib
import random
import re
import socket

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from skyglobe.kernel.file_slices import FileSlice
from skyglobe.kernel.wire import ClientGone, Response
from skyglobe.transport import new_event_loop
from tests.transport.conftest import Echo, Served

SEEDS = [
    b"GET /a?b=c HTTP/1.1\r\nHost: a\r\nX-Amz-Date: 20260101T000000Z\r\n\r\n",
    b"HEAD / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
    b"PUT /b/k HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 40\r\n\r\n" + b"x" * 40,
    b"PUT /b/k HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"5\r\nhello\r\n14;e=f\r\n" + b"y" * 20 + b"\r\n0\r\nT: 1\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n",
    b"GET http://host/stream HTTP/1.1\r\nHost: b\r\n\r\n",
    b"GET /file HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
]
LAST = b"GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
WORDS = [
    *(b"\r\n", b"\n", b"\r", b"\0", b" ", b":", b"\xff\xfe", b"-1", b"ffffffffffffffff", b"0\r\n\r\n"),
    *(b"GET / ", b"HTTP/1.1", b"HTTP/1.0", b"Host: a\r\n", b"Upgrade: x\r\n", b"Expect: 100-continue\r\n"),
    *(b"Content-Length: 3\r\n", b"Transfer-Encoding: chunked\r\n", b"Connection: close\r\n"),
]


class Everything(Echo):
    """Answers in every way there is, by path; a body the same whether it was collected or streamed."""

    def __init__(self, file: str) -> None:
        super().__init__()
        self.file = file

    def __call__(self, request, reply):
        if request.path == "/stream":
            reply(Response(200, {}, self.pieces_of_three()))
        elif request.path == "/file":
            reply(Response(200, {}, [FileSlice(self.file, 0, 300_000)]))
        elif request.stream is None:
            reply(self.answer(request, len(request.body)))
        else:
            super().__call__(request, reply)

    async def _read(self, request, reply):
        size = 0
        with contextlib.suppress(ClientGone):
            while piece := await request.stream.read():
                size += len(piece)
        reply(self.answer(request, size))

    @staticmethod
    def answer(request, size):
        return Response(200, {}, f"{request.method} {request.path} {size}".encode())

    async def pieces_of_three(self):
        for piece in (b"a", b"b", b"c"):
            yield piece


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    path = tmp_path_factory.mktemp("fuzz") / "file"
    path.write_bytes(bytes(300_000))
    served = Served(
        Everything(str(path)), new_event_loop, None, buffered_body_bytes=16, drain_bytes=32, header_bytes=600
    )
    yield served
    served.stop()


@st.composite
def hostile_bytes(draw):
    """One to four recorded requests, cut, swapped, sprinkled and spliced."""
    rng = random.Random(draw(st.integers(0, 2**32)))
    data = bytearray(b"".join(rng.choice(SEEDS) for _ in range(rng.randint(1, 4))))
    for _ in range(draw(st.integers(0, 6))):
        at = rng.randrange(len(data) + 1)
        match rng.randrange(5):
            case 0:
                data[at : at + 1] = bytes([rng.randrange(256)])
            case 1:
                data[at:at] = rng.choice(WORDS)
            case 2:
                del data[at : at + rng.randint(1, 20)]
            case 3:
                data[at:at] = data[rng.randrange(len(data) + 1) :][: rng.randint(1, 60)]
            case 4:
                data[at:] = data[at : rng.randint(at, len(data))]
    cuts = sorted(rng.randrange(len(data) + 1) for _ in range(rng.choice([0, 1, 3, 10])))
    return [bytes(data[a:b]) for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True)]


def say(served, pieces, *, half_close=True):
    """Send ``pieces`` and return all that comes back before the server closes."""
    wire = served.connect()
    try:
        for piece in pieces:
            wire.send(piece)
        if half_close:
            wire.sock.shutdown(socket.SHUT_WR)
    except OSError:
        pass  # it closed first, which is its right
    answer = wire.rest()
    wire.sock.close()
    served.wires.remove(wire)
    return answer


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(hostile_bytes())
@example([b"POST /HTTP/1.1 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"])
def test_hostile_bytes_are_answered_or_closed_and_harm_nobody(served, pieces):
    answer = say(served, pieces)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 ")
    # A status has three digits and a reason; what a body repeats of a path has no space after it.
    assert set(re.findall(rb"HTTP/1\.1 (5\d\d) ", answer)) <= {b"505"}
    wire = served.connect()
    assert wire.get("/after").body == b"GET /after 0"
    wire.sock.close()
    served.wires.remove(wire)
    served.until(lambda: not served.server.connections)
    assert not served.failures


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(SEEDS[:7]), min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_how_the_bytes_are_cut_makes_no_difference(served, requests, rng):
    data = b"".join(requests) + LAST
    cuts = sorted(rng.randrange(len(data) + 1) for _ in range(rng.choice([1, 5, 50])))
    pieces = [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True)]
    whole = say(served, [data], half_close=False)
    assert without_hints(say(served, pieces, half_close=False)) == without_hints(whole)
    assert whole.endswith(b"GET /last 0")


def without_hints(answer):
    """Leave out what may depend on timing: the date, and 100 Continue, which is not sent to who does not wait."""
    lines = answer.replace(b"HTTP/1.1 100 Continue\r\n\r\n", b"").split(b"\r\n")
    return b"\r\n".join(line for line in lines if not line.startswith(b"Date: "))
