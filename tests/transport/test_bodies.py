"""Request bodies: collected when small, streamed when large, drained or cut off when nobody reads them."""

import asyncio
import random

import pytest

from skyglobe.kernel.wire import ClientGone, Response
from tests.transport.conftest import PATIENCE

KIB = 1024
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


def put(headers: str, body: bytes = b"") -> bytes:
    return f"PUT /o HTTP/1.1\r\nHost: a\r\n{headers}\r\n\r\n".encode() + body


def chunked(*chunks: bytes) -> bytes:
    return b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in (*chunks, b""))


def test_a_small_body_is_collected_whatever_pieces_it_comes_in(serving, echo):
    body = random.Random(1).randbytes(200 * KIB)
    wire = serving(echo).connect().send(put(f"Content-Length: {len(body)}"))
    for at in range(0, len(body), 7001):
        wire.send(body[at : at + 7001])
    assert wire.answer().status == 200
    assert echo.requests[0].body == body


def test_a_small_chunked_body_is_collected_and_its_trailers_dropped(serving, echo):
    raw = put("Transfer-Encoding: Chunked", b"3;sig=x\r\nabc\r\n2\r\nde\r\n0\r\nX-Trailer: 1\r\n\r\n")
    wire = serving(echo).connect().send(raw)
    assert wire.answer().status == 200
    assert (echo.requests[0].body, echo.requests[0].stream) == (b"abcde", None)
    assert "x-trailer" not in echo.requests[0].headers
    assert wire.get("/next").body == b"GET /next"


def test_a_body_over_the_bound_is_streamed_with_its_length(serving, echo):
    body = random.Random(2).randbytes(3 << 20)
    wire = (
        serving(echo).connect().send(put(f"Content-Length: {len(body)}", body) + b"GET /n HTTP/1.1\r\nHost: a\r\n\r\n")
    )
    assert wire.answer().body == b"streamed %d" % len(body)
    assert wire.answer().body == b"GET /n"
    assert (b"".join(echo.pieces), echo.requests[0].stream.length) == (body, len(body))


def test_a_chunked_body_over_the_bound_is_streamed_without_length(serving, echo):
    body = random.Random(3).randbytes(1 << 20)
    chunks = [body[at : at + 5000] for at in range(0, len(body), 5000)]
    wire = (
        serving(echo)
        .connect()
        .send(put("Transfer-Encoding: chunked", chunked(*chunks)) + b"GET /n HTTP/1.1\r\nHost: a\r\n\r\n")
    )
    assert wire.answer().body == b"streamed %d" % len(body)
    assert wire.answer().body == b"GET /n"
    assert (b"".join(echo.pieces), echo.requests[0].stream.length) == (body, None)


def test_a_stream_is_handed_on_before_its_body_has_arrived(serving, held):
    serving(held, buffered_body_bytes=10).connect().send(put("Content-Length: 11", b"abc"))
    request, _ = held.next()
    assert request.body == b""
    assert request.stream.length == 11


def test_the_socket_is_not_read_while_a_streamed_body_waits_to_be_read(serving, held):
    served = serving(held)
    wire = served.connect(SO_SNDBUF=64 * KIB)
    wire.send(put("Content-Length: 100000000"))
    request, _ = held.next()
    wire.sock.setblocking(False)
    sent = 0
    (connection,) = served.server.connections
    while connection.reading:
        try:
            sent += wire.sock.send(bytes(64 * KIB))
        except BlockingIOError:
            served.until(lambda: True)
    assert served.on_loop(lambda: request.stream.waiting_bytes) <= (1 << 20) + 256 * KIB
    served.wait(request.stream.read())
    served.wait(request.stream.read())
    while not connection.reading:
        served.wait(request.stream.read())


def test_many_small_pieces_are_read_as_one(serving, held):
    served = serving(held, buffered_body_bytes=10)
    wire = served.connect().send(put("Transfer-Encoding: chunked", chunked(*[b"abc"] * 1000)[:-5]))
    request, reply = held.next()
    assert served.wait(request.stream.read()) == b"abc" * 1000
    wire.send(b"0\r\n\r\n")
    assert served.wait(request.stream.read()) == b""
    served.on_loop(lambda: reply(Response()))
    assert wire.answer().status == 200


@pytest.mark.parametrize("framing", ["Content-Length: 300000", "Transfer-Encoding: chunked"])
def test_a_reader_learns_that_the_client_has_gone(serving, held, framing):
    served = serving(held, buffered_body_bytes=10)
    wire = served.connect().send(put(framing, b"64\r\n" + bytes(100)))
    request, reply = held.next()

    async def read_all():
        while await request.stream.read():
            pass

    reading = asyncio.run_coroutine_threadsafe(read_all(), served.loop)
    wire.sock.close()
    with pytest.raises(ClientGone):
        reading.result(PATIENCE)
    served.on_loop(lambda: reply(Response()))  # nobody is there; nothing happens


def test_a_reader_learns_of_broken_chunks_and_the_client_is_told_400(serving, held):
    served = serving(held, buffered_body_bytes=10)
    wire = served.connect().send(put("Transfer-Encoding: chunked", b"14\r\n" + bytes(20) + b"\r\n"))
    request, reply = held.next()
    wire.send(b"nonsense\r\n")

    async def read_all():
        while await request.stream.read():
            pass

    with pytest.raises(ClientGone):
        served.wait(read_all())
    assert wire.answer().status == 400
    served.on_loop(lambda: reply(Response()))
    assert wire.closed()


def test_a_small_body_is_asked_for_at_once(serving, echo):
    wire = serving(echo).connect().send(put("Content-Length: 3\r\nExpect: 100-Continue"))
    assert wire.until(b"\r\n\r\n") == CONTINUE
    assert wire.send(b"abc").answer().status == 200
    assert echo.requests[0].body == b"abc"


def test_even_an_empty_body_is_asked_for(serving, echo):
    # Without it botocore takes the answer's status for that of the next answer on the connection.
    wire = serving(echo).connect().send(put("Content-Length: 0\r\nExpect: 100-continue"))
    assert wire.until(b"\r\n\r\n") == CONTINUE
    assert wire.answer().status == 200
    assert wire.get("/next").status == 200


@pytest.mark.parametrize("framing", ["Content-Length: 300000", "Transfer-Encoding: chunked"])
def test_a_streamed_body_is_asked_for_when_it_is_first_read(serving, held, framing):
    served = serving(held)
    wire = served.connect().send(put(framing + "\r\nExpect: 100-continue"))
    request, _ = held.next()
    reading = asyncio.run_coroutine_threadsafe(request.stream.read(), served.loop)
    assert wire.until(b"\r\n\r\n") == CONTINUE
    wire.send(b"3\r\nabc\r\n")
    assert reading.result(PATIENCE)[-3:] in (b"abc", b"c\r\n")


def test_a_body_may_be_refused_before_it_is_sent(serving, held):
    served = serving(held)
    wire = served.connect().send(put("Content-Length: 300000\r\nExpect: 100-continue"))
    _, reply = held.next()
    served.on_loop(lambda: reply(Response(403)))
    answer = wire.answer()
    assert (answer.status, answer.headers["connection"]) == (403, "close")
    assert wire.closed()


def test_a_client_that_does_not_wait_for_100_continue_is_not_sent_one(serving, echo):
    wire = serving(echo).connect().send(put("Content-Length: 3\r\nExpect: 100-continue", b"abc"))
    assert wire.answer().status == 200


def test_100_continue_waits_for_the_answers_before_it(serving, held):
    served = serving(held)
    wire = served.connect().send(
        b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" + put("Content-Length: 3\r\nExpect: 100-continue")
    )
    _, reply = held.next()
    served.on_loop(lambda: reply(Response(201)))
    assert wire.answer().status == 201
    assert wire.until(b"\r\n\r\n") == CONTINUE
    wire.send(b"abc")
    request, reply = held.next()
    assert request.body == b"abc"
    served.on_loop(lambda: reply(Response(202)))
    assert wire.answer().status == 202


def test_http_1_0_knows_no_100_continue(serving, echo):
    raw = b"PUT / HTTP/1.0\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n"
    wire = serving(echo).connect().send(raw)
    assert wire.send(b"abc").answer().status == 200


def test_a_little_of_an_unread_body_is_thrown_away_and_the_connection_kept(serving, held):
    served = serving(held)
    wire = served.connect().send(put("Content-Length: 500000", bytes(1000)))
    request, reply = held.next()
    served.on_loop(lambda: reply(Response(403)))
    answer = wire.answer()
    assert answer.status == 403
    assert "connection" not in answer.headers
    wire.send(bytes(499000) + b"GET /next HTTP/1.1\r\nHost: a\r\n\r\n")
    request, reply = held.next()
    assert request.path == "/next"
    served.on_loop(lambda: reply(Response(204)))
    assert wire.answer().status == 204


def test_much_of_an_unread_body_ends_the_connection_after_the_answer(serving, held):
    served = serving(held)
    wire = served.connect().send(put("Content-Length: 50000000"))
    _, reply = held.next()
    served.on_loop(lambda: reply(Response(403)))
    for _ in range(48):
        wire.send(bytes(1 << 20))  # never reset: the client can finish, and read its answer
    answer = wire.answer()
    assert (answer.status, answer.headers["connection"]) == (403, "close")
    assert wire.closed()


def test_an_unread_chunked_body_is_drained_up_to_the_bound_and_no_further(serving, held):
    served = serving(held, drain_bytes=100_000, buffered_body_bytes=10)
    wire = served.connect().send(put("Transfer-Encoding: chunked", chunked(bytes(50_000))[:-5]))
    _, reply = held.next()
    served.on_loop(lambda: reply(Response(403)))
    assert wire.answer().status == 403
    wire.send(chunked(bytes(90_000)) + b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    _, reply = held.next()
    served.on_loop(lambda: reply(Response()))
    assert wire.answer().status == 200
    wire.send(put("Transfer-Encoding: chunked", chunked(bytes(50_000))[:-5]))
    _, reply = held.next()
    served.on_loop(lambda: reply(Response(403)))
    assert wire.answer().status == 403
    wire.send(chunked(bytes(50_000), bytes(90_000)))
    assert wire.closed()


def test_reading_a_body_after_its_request_was_answered_fails(serving, held):
    served = serving(held, buffered_body_bytes=10)
    wire = served.connect().send(put("Content-Length: 20", bytes(11)))
    request, reply = held.next()
    served.on_loop(lambda: reply(Response()))
    assert wire.answer().status == 200
    with pytest.raises(ClientGone):
        served.wait(request.stream.read())
