"""Every bound: a client just within it is served, one beyond it is told so and let go."""

import pytest

from skyglobe.kernel.file_slices import FileSlice
from skyglobe.kernel.wire import Response
from skyglobe.transport.sweeping import Phase, look_at


def head(line: str = "GET / HTTP/1.1", *headers: str) -> bytes:
    return "\r\n".join([line, "Host: a", *headers, "", ""]).encode()


@pytest.mark.parametrize(
    ("limits", "within", "beyond", "status"),
    [
        ({"request_line_bytes": 50}, head(f"GET /{'x' * 49} HTTP/1.1"), head(f"GET /{'x' * 50} HTTP/1.1"), 414),
        ({"header_bytes": 100}, head("GET / HTTP/1.1", "X:" + "x" * 94), head("GET / HTTP/1.1", "X:" + "x" * 95), 431),
        ({"headers": 5}, head("GET / HTTP/1.1", *["X: 1"] * 4), head("GET / HTTP/1.1", *["X: 1"] * 5), 431),
        ({"body_bytes": 50}, head("POST / HTTP/1.1", "Content-Length: 50") + bytes(50),
         head("POST / HTTP/1.1", "Content-Length: 51"), 413),
        ({"body_bytes": 4}, head("POST / HTTP/1.1", "Transfer-Encoding: chunked") + b"4\r\nabcd\r\n0\r\n\r\n",
         head("POST / HTTP/1.1", "Transfer-Encoding: chunked") + b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", 413),
    ],
    ids=["request line", "header bytes", "headers", "declared body", "chunked body"],
)  # fmt: skip
def test_a_bound_is_exact(serving, echo, limits, within, beyond, status):
    served = serving(echo, **limits)
    wire = served.connect().send(within)
    assert wire.answer().status == 200
    assert wire.send(beyond).answer().status == status
    assert wire.closed()
    assert served.connect().get().status == 200


@pytest.mark.parametrize(
    ("start", "drip", "status"),
    [
        (b"GET /", b"x" * 1000, 414),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: ", b"x" * 1000, 431),
        (b"GET / HTTP/1.1\r\nHost: a\r\n" + b"x" * 10, b"x" * 1000, 431),
        (b"GET / HTTP/1.1\r\nHost: a\r\n", b"X: 1\r\n" * 100, 431),
        (b"", b"\r\n" * 500, 431),
        (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"X: 1\r\n" * 100, 431),
        (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: ", b"x" * 1000, 431),
        (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1;x=", b"x" * 1000, 431),
    ],
    ids=["target", "value", "name", "headers", "empty lines", "trailers", "trailer", "chunk extension"],
)
def test_a_head_without_end_is_cut_off(serving, echo, start, drip, status):
    wire = serving(echo).connect().send(start)
    wire.sock.settimeout(0.001)
    for _ in range(200):
        try:
            wire.send(drip)
            wire.more()
        except TimeoutError:
            continue
        except ConnectionError:
            break
        if wire.buffer:
            break
    wire.sock.settimeout(20)
    assert wire.answer().status == status
    assert echo.requests == []


def test_connections_beyond_the_bound_are_told_to_come_back(serving, echo):
    served = serving(echo, connections=3)
    wires = [served.connect() for _ in range(3)]
    assert [wire.get().status for wire in wires] == [200] * 3
    refused = served.connect()
    assert refused.answer().status == 503
    assert refused.closed()
    wires[0].sock.close()
    served.until(lambda: len(served.server.connections) == 2)
    assert served.connect().get().status == 200


@pytest.mark.parametrize(
    ("sent", "limit", "status"),
    [
        (b"", "idle_for", None),
        (b"GET / HT", "header_read_for", 408),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: 1", "header_read_for", 408),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc", "body_stall_for", 408),
        (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n", "body_stall_for", 408),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 999999\r\n\r\nabc", "body_stall_for", 408),
    ],
)
def test_a_client_that_falls_silent_is_let_go_when_its_time_is_up(serving, echo, sent, limit, status):
    served = serving(echo, **{limit: 50.0})
    wire = served.connect()
    assert wire.get().status == 200
    wire.send(sent)
    (connection,) = served.server.connections
    parser = connection.parser
    served.until(lambda: not sent or parser.in_head or parser.open is not None)
    served.pass_time(49)
    assert len(served.server.connections) == 1
    served.pass_time(2)
    if status is not None:
        answer = wire.answer()
        assert (answer.status, answer.headers["connection"]) == (status, "close")
    assert wire.closed()


def test_dripping_headers_do_not_buy_time(serving, echo):
    served = serving(echo, header_read_for=50.0)
    wire = served.connect().send(b"GET / HTTP/1.1\r\nHost: a\r\n")
    served.until(lambda: any(connection.parser.in_head for connection in served.server.connections))
    for _ in range(6):
        wire.send(b"X: 1\r\n")
        served.pass_time(10)
    assert wire.answer().status == 408
    assert wire.closed()


def test_dripping_a_body_does_buy_time(serving, echo):
    served = serving(echo, body_stall_for=50.0)
    wire = served.connect().send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n")
    connection = only_connection(served)
    for i, byte in enumerate(b"abcd", 1):
        wire.send(bytes([byte]))
        served.until(lambda i=i: connection.parser.body_bytes == i)
        served.pass_time(40)
    assert wire.answer().status == 200


def only_connection(served):
    served.until(lambda: len(served.server.connections) == 1)
    (connection,) = served.server.connections
    return connection


def test_a_request_may_be_worked_on_for_as_long_as_it_takes(serving, held):
    served = serving(held)
    wire = served.connect().send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    _, reply = held.next()
    served.pass_time(86400)
    served.on_loop(lambda: reply(Response(200)))
    assert wire.answer().status == 200


def test_a_body_the_handler_is_slow_to_ask_for_is_not_the_clients_fault(serving, held):
    served = serving(held)
    head_bytes = b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 999999\r\nExpect: 100-continue\r\n\r\n"
    wire = served.connect().send(head_bytes)
    _, reply = held.next()
    served.pass_time(86400)
    served.on_loop(lambda: reply(Response(200)))
    assert wire.answer().status == 200


@pytest.fixture(params=["bytes", "a file"])
def large(request, tmp_path):
    """Return what makes a body of so many bytes."""

    def make(size):
        if request.param == "bytes":
            return bytes(size)
        with (tmp_path / "file").open("wb") as file:
            file.truncate(size)
        return [FileSlice(str(tmp_path / "file"), 0, size)]

    return make


def awaits_its_client(connection):
    return look_at(connection)[0] is Phase.WRITE


def test_a_client_that_does_not_take_its_answer_is_cut_off(serving, large):
    served = serving(lambda request, reply: reply(Response(200, {}, large(50 << 20))), write_stall_for=50.0)
    wire = served.connect(SO_RCVBUF=4096).send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    connection = only_connection(served)
    served.until(lambda: awaits_its_client(connection))
    served.pass_time(51)
    served.until(lambda: not served.server.connections)
    assert len(wire.rest()) < 50 << 20


def test_a_client_that_takes_its_answer_slowly_is_not_cut_off(serving, large):
    served = serving(lambda request, reply: reply(Response(200, {}, large(24 << 20))), write_stall_for=50.0)
    wire = served.connect(SO_RCVBUF=128 * 1024).send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    wire.until(b"\r\n\r\n")
    (connection,) = served.server.connections
    for _ in range(3):
        served.until(lambda: awaits_its_client(connection))
        before = connection.sent_bytes
        wire.exactly(6 << 20)
        served.until(lambda before=before: connection.sent_bytes > before)
        served.pass_time(40)
    wire.exactly(6 << 20)
    assert len(wire.get().body) == 24 << 20


def test_a_refused_client_that_never_leaves_is_cut_off(serving, echo):
    served = serving(echo, linger_for=5.0)
    wire = served.connect().send(b"nonsense\r\n\r\n")
    assert wire.answer().status == 400
    assert wire.closed()
    assert len(served.server.connections) == 1
    served.pass_time(6)
    served.until(lambda: not served.server.connections)
