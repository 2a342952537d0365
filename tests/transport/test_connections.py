"""How long a connection lives, and in which order its requests are worked on and answered."""

import pytest

from skyglobe.kernel.wire import Response

GET = b"GET /%d HTTP/1.1\r\nHost: a\r\n\r\n"
POST = b"POST /%d HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi"


def test_a_connection_serves_request_after_request(serving, echo):
    wire = serving(echo).connect()
    for i in range(50):
        answer = wire.get(f"/{i}")
        assert answer.body == b"GET /%d" % i
        assert "connection" not in answer.headers


@pytest.mark.parametrize(
    ("request_line", "headers", "connection"),
    [
        ("GET / HTTP/1.1", "Host: a\r\n", None),
        ("GET / HTTP/1.1", "Host: a\r\nConnection: close\r\n", "close"),
        ("GET / HTTP/1.1", "Host: a\r\nConnection: x, Close\r\n", "close"),
        ("GET / HTTP/1.1", "Host: a\r\nConnection: keep-alive\r\n", None),
        ("GET / HTTP/1.0", "", "close"),
        ("GET / HTTP/1.0", "Connection: Keep-Alive\r\n", "keep-alive"),
    ],
)
def test_the_client_decides_whether_the_connection_is_kept(serving, echo, request_line, headers, connection):
    wire = serving(echo).connect().send(f"{request_line}\r\n{headers}\r\n".encode())
    assert wire.answer().headers.get("connection") == connection
    if connection == "close":
        assert wire.closed()
    else:
        assert wire.get("/more").body == b"GET /more"


def test_a_response_may_end_the_connection(serving):
    wire = serving(lambda request, reply: reply(Response(200, {"Connection": "close"}, b"x"))).connect()
    assert wire.get().headers["connection"] == "close"
    assert wire.closed()


def test_pipelined_requests_are_answered_in_order_whatever_order_they_finish_in(serving, held):
    served = serving(held)
    wire = served.connect().send(b"".join(GET % i for i in range(5)))
    replies = {request.path: reply for request, reply in (held.next() for _ in range(5))}
    for path in ("/3", "/1", "/4", "/0", "/2"):
        served.on_loop(lambda path=path: replies[path](Response(200, {}, path.encode())))
    assert [wire.answer().body for _ in range(5)] == [b"/0", b"/1", b"/2", b"/3", b"/4"]


def test_a_pipelined_request_that_changes_something_waits_for_those_before_it_and_lets_none_pass(serving, held):
    served = serving(held)
    wire = served.connect().send(GET % 0 + GET % 1 + POST % 2 + GET % 3)
    (_, reply0), (_, reply1) = held.next(), held.next()
    served.on_loop(lambda: reply1(Response(200, {}, b"1")))
    assert served.on_loop(held.requests.qsize) == 0
    served.on_loop(lambda: reply0(Response(200, {}, b"0")))
    request, reply2 = held.next()
    assert (request.method, request.body) == ("POST", b"hi")
    assert served.on_loop(held.requests.qsize) == 0
    served.on_loop(lambda: reply2(Response(200, {}, b"2")))
    _, reply3 = held.next()
    served.on_loop(lambda: reply3(Response(200, {}, b"3")))
    assert [wire.answer().body for _ in range(4)] == [b"0", b"1", b"2", b"3"]


@pytest.mark.parametrize("kind", [GET, POST])
def test_thousands_of_pipelined_requests_are_all_answered(serving, echo, kind):
    wire = serving(echo).connect().send(b"".join(kind % i for i in range(3000)))
    method = kind.split()[0]
    for i in range(3000):
        assert wire.answer().body == b"%b /%d" % (method, i)


def test_only_so_many_pipelined_requests_are_taken_on_and_the_rest_waits_in_the_socket(serving, held):
    served = serving(held, pipelined_requests=4)
    wire = served.connect().send(b"".join(GET % i for i in range(5000)))
    first = [held.next() for _ in range(4)]
    (connection,) = served.server.connections
    served.until(lambda: not connection.reading)
    waiting = served.on_loop(lambda: len(connection.queue))
    assert waiting < 1000
    pending = first
    for i in range(5000):
        _, reply = pending.pop(0) if pending else held.next()
        served.loop.call_soon_threadsafe(reply, Response(200, {}, b"%d" % i))
    assert [wire.answer().body for _ in range(5000)] == [b"%d" % i for i in range(5000)]


def test_nothing_further_is_started_for_a_client_that_does_not_take_its_answers(serving):
    def large(request, reply):
        started.append(request.path)
        reply(Response(200, {}, bytes(8 << 20)))

    started = []
    served = serving(large)
    wire = served.connect(SO_RCVBUF=65536).send(b"".join(GET % i for i in range(10)))
    wire.until(b"\r\n\r\n")
    for _ in range(100):
        served.until(lambda: True)
    assert len(started) <= 2
    wire.exactly(8 << 20)
    for _ in range(9):
        assert len(wire.answer().body) == 8 << 20
    assert started == [f"/{i}" for i in range(10)]


def test_a_client_that_has_said_all_it_has_to_say_still_gets_its_answers(serving, held):
    served = serving(held)
    wire = served.connect().send(GET % 0 + GET % 1)
    wire.sock.shutdown(1)
    (_, reply0), (_, reply1) = held.next(), held.next()
    served.on_loop(lambda: reply0(Response(200, {}, b"0")))
    served.on_loop(lambda: reply1(Response(200, {}, b"1")))
    assert [wire.answer().body, wire.answer().body] == [b"0", b"1"]
    assert wire.closed()


@pytest.mark.parametrize("resets", [True, False])
def test_an_answer_for_a_client_that_has_gone_is_dropped(serving, held, resets):
    served = serving(held)
    wire = served.connect().send(GET % 0)
    _, reply = held.next()
    wire.leave(resets=resets)
    served.on_loop(lambda: reply(Response(200, {}, b"x")))
    served.until(lambda: not served.server.connections)
    served.connect().send(GET % 1)
    assert held.next()[0].path == "/1"


def test_a_client_that_leaves_in_the_middle_of_anything_leaves_nothing_behind(serving, echo):
    served = serving(echo)
    whole = POST % 0
    for cut in range(len(whole)):
        served.connect().send(whole[:cut]).sock.close()
    served.until(lambda: not served.server.connections)
    assert echo.requests == []
