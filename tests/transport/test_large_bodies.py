"""Large bodies are read past the event loop's transport: nobody can tell, whatever becomes of them."""

import asyncio
import os

import pytest

from skyglobe.kernel.wire import ClientGone, Response
from skyglobe.transport.receiving import DIRECT_BYTES, LEAST_BYTES
from tests.transport.conftest import PATIENCE

MIB = 1 << 20
HEAD = b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n"


async def read_all(stream):
    pieces = []
    while piece := await stream.read():
        pieces.append(piece)
    return b"".join(pieces)


@pytest.fixture
def begun(serving, held):
    """A body that has begun to arrive, and lacks more than the transport would be left to read."""
    served = serving(held)
    wire = served.connect().send(HEAD % (4 * MIB) + bytes(MIB))
    request, reply = held.next()
    served.until(lambda: served.server.inlets == 1)
    yield served, wire, request, reply
    served.until(lambda: served.server.inlets == 0)


@pytest.mark.parametrize("size", [DIRECT_BYTES, 3 * MIB + 17])
def test_it_arrives_whole_and_leaves_what_follows_it_alone(serving, held, size):
    served, body = serving(held), os.urandom(size)
    wire = served.connect().send(HEAD % size)
    request, reply = held.next()
    reading = asyncio.run_coroutine_threadsafe(read_all(request.stream), served.loop)
    served.until(lambda: served.server.inlets == 1)
    wire.send(body + b"GET /next HTTP/1.1\r\nHost: a\r\n\r\n")
    assert reading.result(PATIENCE) == body
    assert served.server.inlets == 0
    served.on_loop(lambda: reply(Response()))
    assert wire.answer().status == 200
    request, reply_to_next = held.next()
    assert (request.method, request.path) == ("GET", "/next")
    served.on_loop(lambda: reply_to_next(Response(200, {}, b"next")))
    assert wire.answer().body == b"next"


def test_a_client_that_waits_to_be_asked_is_asked(serving, held):
    served = serving(held)
    wire = served.connect().send((HEAD % MIB)[:-2] + b"Expect: 100-continue\r\n\r\n")
    request, reply = held.next()
    reading = asyncio.run_coroutine_threadsafe(read_all(request.stream), served.loop)
    assert wire.until(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
    wire.send(bytes(MIB))
    assert reading.result(PATIENCE) == bytes(MIB)
    served.on_loop(lambda: reply(Response()))
    assert wire.answer().status == 200


@pytest.mark.parametrize("resets", [False, True])
def test_its_reader_learns_that_the_client_has_gone(begun, resets):
    served, wire, request, reply = begun
    reading = asyncio.run_coroutine_threadsafe(read_all(request.stream), served.loop)
    wire.leave(resets=resets)
    with pytest.raises(ClientGone):
        reading.result(PATIENCE)
    served.on_loop(lambda: reply(Response()))
    served.until(lambda: not served.server.connections)


def test_a_client_that_stalls_is_told(begun):
    served, wire, request, reply = begun
    reading = asyncio.run_coroutine_threadsafe(read_all(request.stream), served.loop)
    served.until(lambda: request.stream.waiting_bytes == 0)
    served.pass_time(served.server.limits.body_stall_for)
    with pytest.raises(ClientGone):
        reading.result(PATIENCE)
    assert wire.answer().status == 408
    served.on_loop(lambda: reply(Response()))
    assert wire.send(bytes(MIB)).closed()


def test_one_that_was_answered_before_it_came_is_given_up(begun):
    served, wire, _, reply = begun
    served.on_loop(lambda: reply(Response(403)))
    answer = wire.answer()
    assert (answer.status, answer.headers["connection"]) == (403, "close")
    served.pass_time(served.server.limits.linger_for)


def test_the_more_there_are_the_less_of_each_lies_unread(serving, held):
    served = serving(held)
    whole = served.server.stream_buffer_bytes
    wires = [served.connect().send(HEAD % (4 * MIB)) for _ in range(70)]
    served.until(lambda: served.server.inlets == len(wires))
    assert served.server.stream_buffer_bytes == 2 * LEAST_BYTES < whole
    requests = [held.next()[0] for _ in wires]
    wires[0].send(bytes(MIB))
    served.until(lambda: any(request.stream.waiting_bytes for request in requests))
    served.until(lambda: not all(connection.reading for connection in served.server.connections))
    assert sum(request.stream.waiting_bytes for request in requests) <= 3 * LEAST_BYTES
