"""Bytes in, requests out: httptools' callbacks, the framing rules and the bounds of a request's head."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from httptools import HttpParserCallbackError, HttpParserError, HttpParserUpgrade, HttpRequestParser

from skyglobe.kernel.wire import Request
from skyglobe.transport.exchange import Exchange
from skyglobe.transport.incoming import IncomingBody
from skyglobe.transport.limits import Limits

KNOWN_NAMES: Final = 1024
"""Header names kept in decoded form; clients use about a hundred, an attacker may invent any number."""

_names: Final[dict[bytes, str]] = {}


class BadRequest(Exception):
    """The request breaks the protocol or a bound. The connection answers ``status`` and closes."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


class RequestParser:
    """Cuts one connection's bytes into exchanges.

    A body of declared length that outlasts the bytes at hand bypasses httptools: it needs no parsing, and so it is
    not copied. ``ready`` collects the exchanges to be handed on, in order; the connection empties it.
    """

    __deletable__ = ("_llhttp",)  # for mypyc, whose attributes else always have a value

    def __init__(self, limits: Limits, client: str, secure: bool, on_read: Callable[[], None]) -> None:
        self.limits = limits
        self.client = client
        self.secure = secure
        self.on_read = on_read
        self.ready: list[Exchange] = []
        self.open: Exchange | None = None
        """The exchange whose body has not ended."""
        self.body_left = 0
        """Bytes of a body of declared length still to come."""
        self.body_bytes = 0
        """Bytes of the open body so far."""
        self.requests = 0
        """Requests begun; the sweep compares it to see whether the client moves on."""
        self.last = False
        """Whether a request said that it is the connection's last; whatever follows it is ignored."""
        self._pieces: list[bytes] = []
        self._chunked = False
        self._url = b""
        self._raw_headers: list[tuple[bytes, bytes]] = []
        self._fed = 0
        """Bytes fed to httptools, at most, since it last came to the end of a head or found some body."""
        self._llhttp = HttpRequestParser(self)

    @property
    def in_head(self) -> bool:
        """Whether a request has begun and its headers have not ended."""
        return self._fed > 0

    def feed(self, data: bytes) -> None:
        """Take in bytes. Raises ``BadRequest``; the parser is of no use afterwards."""
        while data and not self.last:
            if self.body_left:
                data = self._feed_body(data)
                continue
            data = self._feed_parser(data)
        if self.open is not None:
            self._stream_if_large(self.open)

    def close(self) -> None:
        """Let go of httptools' parser, which holds this object in a cycle."""
        del self._llhttp

    def _feed_body(self, data: bytes) -> bytes:
        """Take what belongs to the open body and return the rest."""
        left = self.body_left
        if len(data) <= left:
            self.body_left = left - len(data)
            self._add(data)
            if not self.body_left:
                self._complete()
            return b""
        self.body_left = 0
        self._add(data[:left])
        self._complete()
        return data[left:]

    def _feed_parser(self, data: bytes) -> bytes:
        """Let httptools have ``data`` and return what it left over."""
        self._fed += len(data)
        before = self.requests, self.body_bytes
        try:
            self._llhttp.feed_data(data)
        except HttpParserUpgrade as upgrade:  # refused by being ignored: the request goes on as if it had not asked
            self._llhttp = HttpRequestParser(self)
            return data[upgrade.args[0] :]
        except HttpParserError as error:
            if self.last:  # bytes after the connection's last request
                return b""
            if isinstance(error, HttpParserCallbackError) and error.__context__ is not None:
                raise error.__context__ from None
            raise BadRequest(400, f"malformed request: {error}") from None
        if self.body_left:
            self._llhttp = HttpRequestParser(self)  # the old one would wait for the body that it is not to see
        if before != (self.requests, self.body_bytes):
            self._fed = len(data) if self._url else 0
        elif self._fed > self.limits.request_line_bytes + self.limits.header_bytes:
            raise BadRequest(431, "headers too long")
        return b""

    # httptools' callbacks

    def on_url(self, url: bytes) -> None:
        self._url += url
        if len(self._url) > self.limits.request_line_bytes:
            raise BadRequest(414, "request line too long")

    def on_header(self, name: bytes, value: bytes) -> None:
        self._raw_headers.append((name, value))

    def on_headers_complete(self) -> None:
        parser = self._llhttp
        headers = self._take_headers()
        method = parser.get_method().decode("ascii")
        keep_alive = parser.should_keep_alive()
        http10 = False
        if not keep_alive or "connection" in headers:
            http10 = self._check_version(parser.get_http_version())
        path, _, query = self._target(method, headers, not http10)
        request = Request(method, path, query, headers, b"", None, self.client, self.secure)
        exchange = self.open = Exchange(request, keep_alive, http10)
        self._url = b""
        self._fed = self.body_bytes = 0
        if "content-length" in headers:
            self._declare_length(int(headers["content-length"]))
        elif "transfer-encoding" in headers:
            self._declare_chunked(headers["transfer-encoding"], http10)
        if "expect" in headers and not http10:
            self._expect(exchange, headers["expect"])
        if parser.should_upgrade() and (self._chunked or method == "CONNECT"):
            raise BadRequest(400, "this server neither tunnels nor upgrades")

    def on_body(self, piece: bytes) -> None:
        if self.body_left:
            self.body_left -= len(piece)
        self._add(piece)

    def on_message_complete(self) -> None:
        if not self.body_left:  # else an ignored upgrade, whose body is still to come
            self._complete()

    # the head

    def _take_headers(self) -> dict[str, str]:
        raw = self._raw_headers
        self._raw_headers = []
        names = _names
        headers: dict[str, str] = {}
        for raw_name, raw_value in raw:
            name = names.get(raw_name)
            if name is None:
                name = _decode_name(raw_name)
            headers[name] = raw_value.decode("latin-1").strip(" \t")
        if len(headers) != len(raw):
            headers = _joined(raw)
        if len(raw) > self.limits.headers:
            raise BadRequest(431, "too many headers")
        if self._fed > self.limits.header_bytes:  # else they cannot be too long
            size = sum(len(name) + len(value) for name, value in raw)
            if size > self.limits.header_bytes:
                raise BadRequest(431, "headers too long")
        return headers

    def _check_version(self, version: str) -> bool:
        """Return whether the request speaks HTTP/1.0."""
        if version not in ("1.0", "1.1"):
            raise BadRequest(505, "only HTTP/1.0 and HTTP/1.1 are spoken here")
        return version == "1.0"

    def _target(self, method: str, headers: dict[str, str], needs_host: bool) -> tuple[str, str, str]:
        """Split the request target at its first ``?``; an absolute one names the host (RFC 9112, 3.2.2)."""
        target = self._url.decode("latin-1")
        if target[:1] != "/" and not (target == "*" and method == "OPTIONS"):
            scheme, colon, rest = target.partition("://")
            if not colon or scheme.lower() not in ("http", "https"):
                raise BadRequest(400, "malformed request target")
            cut = min((at for at in (rest.find("/"), rest.find("?")) if at >= 0), default=len(rest))
            headers["host"] = rest[:cut]
            target = rest[cut:] if rest[cut : cut + 1] == "/" else "/" + rest[cut:]
        elif needs_host and "host" not in headers:
            raise BadRequest(400, "a Host header is required")
        return target.partition("?")

    def _declare_length(self, length: int) -> None:
        if length > self.limits.body_bytes:
            raise BadRequest(413, "body too large")
        self.body_left = length

    def _declare_chunked(self, coding: str, http10: bool) -> None:
        if http10 or coding.lower() != "chunked":
            raise BadRequest(400, "the only transfer coding is chunked, and only in HTTP/1.1")
        self._chunked = True

    def _expect(self, exchange: Exchange, expectation: str) -> None:
        if expectation.lower() != "100-continue":
            raise BadRequest(417, "the only expectation met is 100-continue")
        exchange.awaits_continue = bool(self.body_left) or self._chunked
        exchange.is_owed_continue = not exchange.awaits_continue

    # the body

    def _add(self, piece: bytes) -> None:
        exchange = self.open
        assert exchange is not None
        self.body_bytes += len(piece)
        exchange.awaits_continue = False  # the client did not wait
        if exchange.body is not None:
            exchange.body.feed(piece)
        else:
            self._pieces.append(piece)
        if self.body_bytes > self.limits.body_bytes:
            raise BadRequest(413, "body too large")

    def _complete(self) -> None:
        exchange = self.open
        assert exchange is not None
        self.requests += 1
        self.open = None
        self._chunked = False
        self._raw_headers = []  # trailers, if any: nobody asked for them
        self._fed = 0
        self.last = not exchange.keep_alive
        if exchange.body is not None:
            exchange.body.end()
            return
        if self._pieces:
            exchange.request.body = self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
            self._pieces = []
        self.ready.append(exchange)

    def _stream_if_large(self, exchange: Exchange) -> None:
        """Hand an exchange on before its body has ended, when the body is too large to wait for."""
        if exchange.body is not None:
            return
        bound = self.limits.buffered_body_bytes
        if self._chunked:
            large = self.body_bytes > bound or exchange.awaits_continue
        else:
            large = self.body_bytes + self.body_left > bound
        if not large:
            return
        length = None if self._chunked else self.body_bytes + self.body_left
        exchange.body = IncomingBody(length, self.on_read)
        exchange.request.stream = exchange.body
        for piece in self._pieces:
            exchange.body.feed(piece)
        self._pieces = []
        self.ready.append(exchange)


def _joined(raw_headers: list[tuple[bytes, bytes]]) -> dict[str, str]:
    """Return headers with those of one name joined by commas; two hosts are refused (RFC 9112, 3.2)."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in raw_headers:
        name, value = _decode_name(raw_name), raw_value.decode("latin-1").strip(" \t")
        if name in headers and name == "host":
            raise BadRequest(400, "more than one Host header")
        headers[name] = f"{headers[name]},{value}" if name in headers else value
    return headers


def _decode_name(raw_name: bytes) -> str:
    name = raw_name.decode("latin-1").lower()
    if len(_names) < KNOWN_NAMES:
        _names[raw_name] = name
    return name
