"""What a client receives for the responses a handler gives."""

import asyncio
import email.utils
import os
import re
import time

import pytest

from skyglobe.kernel.file_slices import FileSlice
from skyglobe.kernel.wire import Response
from skyglobe.transport.sweeping import Phase, look_at

MIB = 1 << 20


def answering(make):
    return lambda request, reply: reply(make())


def test_bytes_go_out_with_their_length_and_date_and_no_server_name(serving):
    answer = serving(answering(lambda: Response(200, {"X-A": "b"}, b"hello"))).connect().get()
    assert answer.body == b"hello"
    assert answer.headers.keys() == {"date", "x-a", "content-length"}
    sent_at = email.utils.parsedate_to_datetime(answer.headers["date"]).timestamp()
    assert abs(sent_at - time.time()) < 60


def test_the_date_is_renewed_with_the_clock(serving, monkeypatch):
    served = serving(answering(Response))
    wire = served.connect()
    before = wire.get().headers["date"]
    monkeypatch.setattr(time, "time", lambda: 86400 * 365.0)
    served.pass_time(1)
    assert before != wire.get().headers["date"] == "Fri, 01 Jan 1971 00:00:00 GMT"


def test_a_response_may_bring_its_own_date_and_server(serving):
    headers = {"date": "Thu, 01 Jan 1970 00:00:00 GMT", "Server": "AmazonS3"}
    answer = serving(answering(lambda: Response(200, headers))).connect().get()
    assert (answer.headers["date"], answer.headers["server"]) == ("Thu, 01 Jan 1970 00:00:00 GMT", "AmazonS3")


@pytest.mark.parametrize(("status", "line"), [(200, "200 OK"), (404, "404 Not Found"), (599, "599 Unknown")])
def test_the_status_line_has_the_usual_phrase(serving, status, line):
    wire = serving(answering(lambda: Response(status))).connect().send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    assert wire.until(b"\r\n") == f"HTTP/1.1 {line}\r\n".encode()


def test_framing_headers_of_a_response_are_the_transports_business(serving):
    wrong = {"content-length": "77", "Transfer-Encoding": "chunked", "Content-Type": "a/b"}
    wire = serving(answering(lambda: Response(200, wrong, b"abc"))).connect()
    answer = wire.get()
    assert (answer.body, answer.headers["content-length"]) == (b"abc", "3")
    assert wire.get().body == b"abc"


@pytest.mark.parametrize("body", [b"abc", [b"a", b"bc"]])
def test_head_is_told_the_length_and_sent_no_body(serving, body):
    wire = serving(answering(lambda: Response(200, {}, body))).connect().send(b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n")
    assert wire.answer(to_head=True).headers["content-length"] == "3"
    assert wire.get().body == b"abc"


def test_head_may_declare_the_length_of_a_body_it_has_not_made(serving):
    response = Response(200, {"Content-Length": "123456789012"})
    wire = serving(answering(lambda: response)).connect().send(b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n" * 2)
    for _ in range(2):
        assert wire.answer(to_head=True).headers["content-length"] == "123456789012"


@pytest.mark.parametrize("status", [204, 304])
def test_statuses_without_body_are_sent_none(serving, status):
    wire = serving(answering(lambda: Response(status, {"ETag": '"x"'}, b"ignored"))).connect()
    for _ in range(2):
        answer = wire.get()
        assert (answer.status, answer.headers.keys()) == (status, {"date", "etag"})


def test_a_large_body_of_bytes_arrives_whole(serving):
    body = bytes(range(256)) * 40_000
    wire = serving(answering(lambda: Response(200, {}, body))).connect()
    assert wire.get().body == body
    assert wire.get().body == body


@pytest.mark.parametrize("size", [0, 1, 1000, 256 * 1024, 256 * 1024 + 1, 5 * MIB + 3])
def test_parts_of_files_and_bytes_are_sent_in_order(serving, tmp_path, size):
    content = bytes(i * 31 % 251 for i in range(1000)) * (size // 1000 + 2)
    (tmp_path / "file").write_bytes(content)
    part = FileSlice(str(tmp_path / "file"), 500, size)
    wire = serving(answering(lambda: Response(200, {}, [b"<", part, b"|", part, b">"]))).connect()
    expected = b"<" + content[500 : 500 + size] + b"|" + content[500 : 500 + size] + b">"
    for _ in range(2):
        answer = wire.get()
        assert answer.body == expected
        assert answer.headers["content-length"] == str(2 * size + 3)


@pytest.mark.parametrize("length", [10, 5 * MIB])
@pytest.mark.parametrize("name", ["missing", "short"])
def test_a_file_that_is_missing_or_short_is_a_500(serving, tmp_path, name, length):
    (tmp_path / "short").write_bytes(b"abc")
    part = FileSlice(str(tmp_path / name), 0, length)
    wire = serving(answering(lambda: Response(200, {}, [part]))).connect()
    answer = wire.get()
    assert answer.status == 500
    assert b"Traceback" not in answer.body
    assert wire.get().status == 500


def test_a_file_that_fails_half_way_cuts_the_connection(serving, tmp_path):
    (tmp_path / "good").write_bytes(bytes(MIB))
    parts = [FileSlice(str(tmp_path / name), 0, MIB) for name in ("good", "missing")]
    wire = serving(answering(lambda: Response(200, {}, parts))).connect().send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    assert len(wire.rest()) < 2 * MIB


def test_a_file_that_is_cut_short_while_it_is_sent_cuts_the_connection(serving, tmp_path):
    (tmp_path / "file").write_bytes(bytes(50 * MIB))
    part = FileSlice(str(tmp_path / "file"), 0, 50 * MIB)
    served = serving(answering(lambda: Response(200, {}, [part])))
    wire = served.connect(SO_RCVBUF=4096).send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    wire.until(b"\r\n\r\n")
    (connection,) = served.server.connections
    served.until(lambda: look_at(connection)[0] is Phase.WRITE)
    os.truncate(tmp_path / "file", MIB)
    assert len(wire.rest()) < 50 * MIB


def test_a_client_that_leaves_in_the_middle_of_a_file_leaves_nothing_open(serving, tmp_path):
    (tmp_path / "file").write_bytes(bytes(50 * MIB))
    part = FileSlice(str(tmp_path / "file"), 0, 50 * MIB)
    served = serving(answering(lambda: Response(200, {}, [part])))
    stayer = served.connect()
    stayer.get()
    before = len(os.listdir("/dev/fd"))
    for _ in range(5):
        wire = served.connect(SO_RCVBUF=4096).send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        wire.until(b"\r\n\r\n")
        served.until(lambda: any(look_at(connection)[0] is Phase.WRITE for connection in served.server.connections))
        wire.leave(resets=True)
        served.until(lambda: len(served.server.connections) == 1)
    assert len(stayer.get().body) == 50 * MIB
    assert len(os.listdir("/dev/fd")) <= before


class Pieces:
    """An async iterator that knows whether it was closed."""

    def __init__(self, *pieces: bytes | Exception) -> None:
        self.pieces = list(pieces)
        self.closed = False
        self.taken = 0

    def __aiter__(self):
        return self

    async def __anext__(self) -> bytes:
        if not self.pieces:
            raise StopAsyncIteration
        piece = self.pieces.pop(0)
        if isinstance(piece, Exception):
            raise piece
        self.taken += 1
        return piece

    async def aclose(self) -> None:
        self.closed = True


def test_an_async_iterator_is_sent_in_chunks(serving):
    wire = serving(answering(lambda: Response(200, {}, Pieces(b"abc", b"", bytes(300_000), b"d")))).connect()
    for _ in range(2):
        answer = wire.get()
        assert answer.body == b"abc" + bytes(300_000) + b"d"
        assert answer.headers["transfer-encoding"] == "chunked"
        assert "content-length" not in answer.headers


def test_an_async_iterator_of_declared_length_is_sent_as_it_is(serving):
    wire = serving(answering(lambda: Response(200, {"Content-Length": "5"}, Pieces(b"abc", b"de")))).connect()
    for _ in range(2):
        answer = wire.get()
        assert answer.body == b"abcde"
        assert "transfer-encoding" not in answer.headers


@pytest.mark.parametrize("pieces", [(b"abc",), (b"abc", b"def")])
def test_an_async_iterator_of_another_length_than_declared_cuts_the_connection(serving, pieces):
    served = serving(answering(lambda: Response(200, {"Content-Length": "5"}, Pieces(*pieces))))
    wire = served.connect().send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    assert wire.rest().partition(b"\r\n\r\n")[2] in (b"", b"abc")


def test_http_1_0_gets_an_async_iterator_up_to_the_end_of_the_connection(serving):
    wire = serving(answering(lambda: Response(200, {}, Pieces(b"abc", b"d")))).connect()
    wire.send(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
    answer = wire.answer()
    assert (answer.body, answer.headers["connection"]) == (b"abcd", "close")
    assert "transfer-encoding" not in answer.headers


def test_an_iterator_that_raises_cuts_the_connection_so_that_nobody_takes_it_for_whole(serving):
    pieces = Pieces(b"abc", RuntimeError("half-way"))
    served = serving(answering(lambda: Response(200, {}, pieces)))
    wire = served.connect().send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    assert not wire.rest().endswith(b"0\r\n\r\n")
    served.until(lambda: pieces.closed)


def test_an_iterator_is_closed_when_its_client_leaves(serving):
    async def endless():
        try:
            while True:
                yield b"x" * 1000
                await asyncio.sleep(0)
        finally:
            closed.append(True)

    closed = []
    served = serving(answering(lambda: Response(200, {}, endless())))
    wire = served.connect().send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    wire.until(b"xxx")
    wire.sock.close()
    served.until(lambda: bool(closed))


def test_an_iterator_that_waits_is_closed_when_its_client_leaves(serving):
    async def silent():
        try:
            yield b"first"
            await asyncio.Event().wait()
        finally:
            closed.append(True)

    closed = []
    served = serving(answering(lambda: Response(200, {}, silent())))
    wire = served.connect().send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    wire.until(b"first")
    wire.sock.close()
    served.until(lambda: bool(closed))


def test_an_iterator_given_to_head_is_closed_unread(serving):
    pieces = Pieces(b"abc")
    served = serving(answering(lambda: Response(200, {}, pieces)))
    wire = served.connect().send(b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n")
    assert "content-length" not in wire.answer(to_head=True).headers
    served.until(lambda: pieces.closed)
    assert pieces.taken == 0


@pytest.mark.parametrize("resets", [True, False])
def test_an_iterator_given_to_nobody_is_closed_unread(serving, held, resets):
    served, pieces = serving(held), Pieces(b"abc")
    wire = served.connect().send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    _, reply = held.next()
    wire.leave(resets=resets)
    if resets:
        served.until(lambda: not served.server.connections)
    else:
        served.until(lambda: all(connection.at_eof for connection in served.server.connections))
    served.on_loop(lambda: reply(Response(200, {}, pieces)))
    served.until(lambda: pieces.closed and not served.server.connections)
    assert pieces.taken == 0


def test_a_slow_reader_does_not_fill_the_memory(serving):
    pieces = Pieces(*[bytes(MIB)] * 100)
    served = serving(answering(lambda: Response(200, {}, pieces)))
    wire = served.connect(SO_RCVBUF=4096).send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    wire.until(b"\r\n\r\n")
    (connection,) = served.server.connections
    served.until(lambda: connection.transport.get_write_buffer_size() > 0)
    for _ in range(100):
        served.until(lambda: True)
    assert pieces.taken < 10
    served.pass_time(0)


@pytest.mark.parametrize(
    "headers",
    [{"X": "a\r\nSet-Cookie: b"}, {"X": "a\nb"}, {"X": "a\0b"}, {"X": "\u20ac"}, {"X Y": "a"}, {"": "a"}, {"X:": "a"}],
)
def test_a_header_that_would_split_the_response_is_not_sent(serving, headers):
    wire = serving(answering(lambda: Response(200, headers, b"body"))).connect()
    answer = wire.get()
    assert answer.status == 500
    assert not re.search("x|set-cookie", " ".join(answer.headers.keys() - {"content-type"}))
    assert wire.get().status == 500


def test_a_handler_that_fails_is_a_500_without_traceback(serving):
    def failing(request, reply):
        raise KeyError("secret")

    wire = serving(failing).connect()
    answer = wire.get()
    assert (answer.status, answer.body) == (500, b"internal error\n")
    assert wire.get().status == 500


def test_answering_twice_is_an_error_of_the_handler(serving):
    def twice(request, reply):
        reply(Response(200))
        try:
            reply(Response(201))
        except RuntimeError as error:
            errors.append(error)

    errors = []
    served = serving(twice)
    served.connect().get()
    served.until(lambda: len(errors) == 1)


def test_a_handler_that_fails_after_its_answer_does_not_spoil_it(serving):
    def answering_then_failing(request, reply):
        reply(Response(200, {}, b"good"))
        raise KeyError("too late")

    wire = serving(answering_then_failing).connect()
    assert [wire.get().body for _ in range(3)] == [b"good"] * 3


def test_a_body_of_a_wrong_type_is_a_500(serving):
    wire = serving(answering(lambda: Response(200, {}, bytearray(b"abc")))).connect()
    assert [wire.get().status for _ in range(2)] == [500, 500]
