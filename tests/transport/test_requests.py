"""What a handler is given for the bytes a client sends."""

import pytest


def test_the_target_is_split_at_the_first_question_mark_and_kept_as_sent(serving, echo):
    serving(echo).connect().get("/b%2Fc/../d//e?x=%20y?z&q")
    request = echo.requests[0]
    assert (request.path, request.query) == ("/b%2Fc/../d//e", "x=%20y?z&q")


def test_a_request_knows_its_method_client_and_that_it_came_in_the_clear(serving, echo):
    serving(echo).connect().send(b"DELETE / HTTP/1.1\r\nHost: h:1\r\n\r\n").answer()
    request = echo.requests[0]
    assert (request.method, request.client, request.secure, request.host) == ("DELETE", "127.0.0.1", False, "h:1")


def test_header_names_are_lower_case_values_stripped_and_repeats_joined(serving, echo):
    serving(echo).connect().get(extra="X-One:  a b \t\r\nx-ONE:c\r\nX-Empty:\r\nX-Latin: \xe9\r\n".replace("\xe9", "e"))
    headers = echo.requests[0].headers
    assert headers == {"host": "a", "x-one": "a b,c", "x-empty": "", "x-latin": "e"}


def test_header_values_are_latin_1(serving, echo):
    serving(echo).connect().send(b"GET / HTTP/1.1\r\nHost: a\r\nX: \xe9\xa0\r\n\r\n").answer()
    assert echo.requests[0].headers["x"] == "\xe9\xa0"


def test_a_request_in_single_bytes_is_the_same_request(serving, echo):
    wire = serving(echo).connect()
    for byte in b"POST /p?q HTTP/1.1\r\nHost: abc\r\nContent-Length: 3\r\n\r\nxyz":
        wire.send(bytes([byte]))
    assert wire.answer().body == b"POST /p"
    request = echo.requests[0]
    assert (request.query, request.host, request.body, request.stream) == ("q", "abc", b"xyz", None)


@pytest.mark.parametrize(
    ("target", "host", "path", "query"),
    [
        ("http://bucket.s3.localhost:4566/k?v", "bucket.s3.localhost:4566", "/k", "v"),
        ("HTTPS://h", "h", "/", ""),
        ("http://h?q=/", "h", "/", "q=/"),
    ],
)
def test_an_absolute_target_names_the_host(serving, echo, target, host, path, query):
    serving(echo).connect().send(f"GET {target} HTTP/1.1\r\nHost: other\r\n\r\n".encode()).answer()
    request = echo.requests[0]
    assert (request.host, request.headers["host"], request.path, request.query) == (host, host, path, query)


def test_options_may_ask_about_the_server_as_a_whole(serving, echo):
    serving(echo).connect().send(b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n").answer()
    assert echo.requests[0].path == "*"


def test_an_offer_to_upgrade_is_ignored_and_its_body_still_read(serving, echo):
    upgrade = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n"
    wire = serving(echo).connect()
    wire.send(b"POST /1 HTTP/1.1\r\nHost: a\r\n" + upgrade + b"Content-Length: 3\r\n\r\nab")
    assert wire.send(b"c").answer().body == b"POST /1"
    assert echo.requests[0].body == b"abc"
    wire.send(b"GET /2 HTTP/1.1\r\nHost: a\r\n" + upgrade + b"\r\n")
    assert wire.answer().body == b"GET /2"
    assert wire.get("/3").body == b"GET /3"


def test_empty_lines_before_a_request_are_skipped(serving, echo):
    assert serving(echo).connect().send(b"\r\n\r\n").get("/x").body == b"GET /x"
