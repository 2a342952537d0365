"""The same mutants as bytes on a connection, some broken further: an answer or a closed connection, and never harm."""

from __future__ import annotations

import logging
import random
import socket
from collections.abc import Callable, Iterator

import pytest

from skyglobe.kernel.config import Config
from skyglobe.kernel.wire import Response
from skyglobe.testing import TestCloud
from tests.fuzz.conftest import KEYS, ROOT_KEY, Serving
from tests.fuzz.judging import Wrong, judge
from tests.fuzz.mutating import mutant
from tests.fuzz.recording import record

PATIENCE = 60  # seconds
GOOD = (
    b"POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    b"Authorization: AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/sts/aws4_request, SignedHeaders=host, "
    b"Signature=0\r\n"
    b"Content-Length: 43\r\n\r\nAction=GetCallerIdentity&Version=2011-06-15"
)


def spoil_bytes(data: bytes, rng: random.Random) -> bytes:
    """Break what is left of HTTP: a byte here, a line there, or the end."""
    at = rng.randrange(len(data))
    head = data.find(b"\r\n\r\n") + 4
    match rng.randrange(8):
        case 0:
            return data[:at] + bytes([rng.randrange(256)]) + data[at + 1 :]
        case 1:
            return data[:at]
        case 2:
            return data[:at] + rng.choice([b"\r\n", b"\n", b"\0", b" ", b"\r\n\r\n", b"\r\n folded"]) + data[at:]
        case 3:
            return data[: head - 2] + b"X: " + b"x" * rng.choice([10, 70_000]) + b"\r\n\r\n" + data[head:]
        case 4:
            return data[: head - 2] + b"Transfer-Encoding: chunked\r\n\r\n" + data[head:]
        case 5:
            return data + data
        case _:
            return data


def say(port: int, data: bytes, rng: random.Random) -> bytes:
    """Send ``data`` in up to four pieces, say that nothing more comes, and return all that comes back."""
    cuts = sorted(rng.randrange(len(data) + 1) for _ in range(rng.choice([0, 0, 1, 3])))
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as client:
        try:
            for start, stop in zip([0, *cuts], [*cuts, len(data)], strict=True):
                client.sendall(data[start:stop])
            client.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # it closed first, which is its right
        said = b""
        try:
            while piece := client.recv(1 << 16):
                said += piece
        except ConnectionError:
            pass
    return said


def first_answer(said: bytes) -> Response | None:
    """Return the first final answer in ``said``; None when it does not hold one in full."""
    while said.startswith(b"HTTP/1.1 100 "):
        said = said.partition(b"\r\n\r\n")[2]
    head, end, body = said.partition(b"\r\n\r\n")
    if not end:
        return None
    start, *lines = head.decode("latin-1").split("\r\n")
    version, status, _ = start.split(" ", 2)
    if version != "HTTP/1.1":
        raise Wrong(f"not HTTP: {start!r}")
    headers = dict(line.split(": ", 1) for line in lines)
    headers.pop("Connection", None)
    length = int(headers.pop("Content-Length", "0"))
    return Response(int(status), headers, body[:length]) if len(body) >= length else None


def examine(said: bytes, method: str) -> None:
    response = first_answer(said)
    if response is None or response.headers.get("Content-Type") == "text/plain":  # HTTP itself was broken
        assert b" 500 " not in said[:20]
        return
    judge(response, "HEAD" if response.body == b"" else method)


@pytest.mark.parametrize("key", KEYS)
def test_a_mutant_on_a_connection_is_answered_or_cut_off(
    serving: Serving, seeds: Callable[[int], Iterator[int]], caplog: pytest.LogCaptureFixture, key: str
):
    caplog.set_level(logging.ERROR)
    elsewhere = TestCloud(Config(root_key=ROOT_KEY))
    corpus = record(elsewhere, KEYS[key])
    elsewhere.close()
    for seed in seeds(250):
        draft, rng = mutant(corpus, seed)
        data = draft.wire()
        if not seed % 3:
            data = spoil_bytes(data, rng)
        try:
            examine(say(serving.port, data, rng), draft.method)
            assert not caplog.records, caplog.text
            assert b"HTTP/1.1 200 OK" in say(serving.port, GOOD, random.Random(0))
        except Exception as error:
            pytest.fail(f"seed {seed}: {draft}\n{data[:3000]!r}\n{type(error).__name__}: {error}")
