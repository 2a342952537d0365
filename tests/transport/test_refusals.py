"""Requests that break the protocol: refused with a plain answer, and never understood in two ways."""

import pytest

from skyglobe.kernel.wire import Response

GOOD = b"GET /next HTTP/1.1\r\nHost: a\r\n\r\n"


def post(headers: bytes, body: bytes = b"") -> bytes:
    return b"POST / HTTP/1.1\r\nHost: a\r\n" + headers + b"\r\n" + body


MALFORMED = {
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "two hosts": b"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
    "unknown method": b"BREW / HTTP/1.1\r\nHost: a\r\n\r\n",
    "lower-case method": b"get / HTTP/1.1\r\nHost: a\r\n\r\n",
    "tunnel": b"CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n",
    "asterisk for GET": b"GET * HTTP/1.1\r\nHost: a\r\n\r\n",
    "foreign scheme": b"GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n",
    "bytes above ASCII in the target": b"GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n",
    "control character in the target": b"GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n",
    "folded header": b"GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n 2\r\n\r\n",
    "space before the colon": b"GET / HTTP/1.1\r\nHost : a\r\n\r\n",
    "header without colon": b"GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n",
    "header without name": b"GET / HTTP/1.1\r\nHost: a\r\n: 1\r\n\r\n",
    "NUL in a header": b"GET / HTTP/1.1\r\nHost: a\r\nX: \0\r\n\r\n",
    "lone line feeds": b"GET / HTTP/1.1\nHost: a\n\n",
    "lone carriage return": b"GET / HTTP/1.1\r\nHost: a\r\nX: 1\r2\r\n\r\n",
    "length and chunks": post(b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n"),
    "chunks and length": post(b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", b"0\r\n\r\n"),
    "two lengths": post(b"Content-Length: 1\r\nContent-Length: 1\r\n", b"a"),
    "list of lengths": post(b"Content-Length: 1, 1\r\n", b"a"),
    "signed length": post(b"Content-Length: +1\r\n", b"a"),
    "hexadecimal length": post(b"Content-Length: 0x1\r\n", b"a"),
    "empty length": post(b"Content-Length: \r\n"),
    "length beyond 64 bits": post(b"Content-Length: 99999999999999999999\r\n"),
    "other coding": post(b"Transfer-Encoding: gzip\r\n"),
    "coding before chunked": post(b"Transfer-Encoding: gzip, chunked\r\n", b"0\r\n\r\n"),
    "coding after chunked": post(b"Transfer-Encoding: chunked, gzip\r\n", b"0\r\n\r\n"),
    "chunked twice": post(b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n"),
    "nearly chunked": post(b"Transfer-Encoding: xchunked\r\n", b"0\r\n\r\n"),
    "chunks in HTTP/1.0": b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunk size that is none": post(b"Transfer-Encoding: chunked\r\n", b"g\r\n"),
    "negative chunk size": post(b"Transfer-Encoding: chunked\r\n", b"-1\r\n"),
    "space after the chunk size": post(b"Transfer-Encoding: chunked\r\n", b"1 \r\na\r\n0\r\n\r\n"),
    "chunk longer than said": post(b"Transfer-Encoding: chunked\r\n", b"1\r\nab\r\n0\r\n\r\n"),
    "chunks with lone line feeds": post(b"Transfer-Encoding: chunked\r\n", b"1\na\n0\n\n"),
    "upgrade with chunks": post(b"Connection: upgrade\r\nUpgrade: x\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n"),
    "no HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
}


@pytest.mark.parametrize("raw", MALFORMED.values(), ids=MALFORMED.keys())
def test_a_malformed_request_is_answered_400_and_the_connection_closed(serving, echo, raw):
    served = serving(echo)
    wire = served.connect().send(raw + GOOD)
    answer = wire.answer()
    assert (answer.status, answer.headers["connection"]) == (400, "close")
    assert wire.closed()
    assert echo.requests == []
    assert served.connect().get("/again").body == b"GET /again"


@pytest.mark.parametrize("version", [b" HTTP/2.0", b" HTTP/0.9", b""])
def test_other_versions_are_answered_505(serving, echo, version):
    wire = serving(echo).connect().send(b"GET /" + version + b"\r\nHost: a\r\n\r\n")
    assert wire.answer().status == 505
    assert wire.closed()
    assert echo.requests == []


def test_an_expectation_other_than_100_continue_is_answered_417(serving, echo):
    wire = serving(echo).connect().send(post(b"Expect: a-miracle\r\nContent-Length: 1\r\n"))
    assert wire.answer().status == 417
    assert wire.closed()


def test_requests_before_a_malformed_one_are_answered_first(serving, held):
    served = serving(held)
    wire = served.connect().send(GOOD + GOOD + b"nonsense\r\n\r\n")
    for _ in range(2):
        _, reply = held.next()
        served.loop.call_soon_threadsafe(reply, Response(201))
    assert [wire.answer().status for _ in range(3)] == [201, 201, 400]
    assert wire.closed()


def test_a_refused_client_that_goes_on_sending_can_still_read_why(serving, echo):
    wire = serving(echo).connect().send(post(b"Content-Length: x\r\n"))
    wire.send(bytes(1 << 20)).send(bytes(1 << 20))
    assert wire.answer().status == 400
    assert wire.closed()


def test_what_follows_the_last_request_is_ignored(serving, echo):
    wire = serving(echo).connect().send(b"GET /1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" + GOOD + b"nonsense")
    assert wire.answer().body == b"GET /1"
    assert wire.closed()
    assert len(echo.requests) == 1
