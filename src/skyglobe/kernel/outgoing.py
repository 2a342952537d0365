"""HTTP requests that leave the cloud for endpoints that users name: one request, one answer, on the event loop."""

from __future__ import annotations

import asyncio
import ssl
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

import httptools

MAX_ANSWER_BYTES = 1 << 20  # more is not read, and the answer counts as broken


class Answer(NamedTuple):
    """What came back."""

    status: int
    body: bytes


class NoAnswer(Exception):
    """Nobody answered, or nothing that is HTTP; the message tells why."""


async def request(method: str, url: str, headers: dict[str, str], body: bytes, within: float) -> Answer:
    """Send a request and return its answer. ``within`` is in seconds of real time. Raises NoAnswer."""
    try:
        async with asyncio.timeout(within):
            return await _exchange(method, urlsplit(url), headers, body)
    except TimeoutError as error:
        raise NoAnswer(f"The endpoint did not answer within {within:.0f} seconds") from error
    except (OSError, ValueError, httptools.HttpParserError) as error:
        raise NoAnswer(f"{type(error).__name__}: {error}"[:500]) from error


def is_loopback(host: str) -> bool:
    """Whether a host is this machine."""
    return host in ("localhost", "::1") or host.startswith("127.")


async def _exchange(method: str, url: SplitResult, headers: dict[str, str], body: bytes) -> Answer:
    is_secure = url.scheme == "https"
    context = _trusting(is_loopback(url.hostname or "")) if is_secure else None
    reader, writer = await asyncio.open_connection(url.hostname, url.port or (443 if is_secure else 80), ssl=context)
    try:
        writer.write(_head(method, url, headers, len(body)) + body)
        await writer.drain()
        return await _read(reader, method)
    finally:
        writer.close()


@lru_cache(maxsize=2)
def _trusting(is_on_loopback: bool) -> ssl.SSLContext:
    """Return whom to believe: whom authorities vouch for; on this machine, where nobody does, everybody."""
    context = ssl.create_default_context()
    if is_on_loopback:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _head(method: str, url: SplitResult, headers: dict[str, str], length: int) -> bytes:
    target = (url.path or "/") + (f"?{url.query}" if url.query else "")
    lines = {**headers, "Content-Length": str(length), "Host": url.netloc.rpartition("@")[2], "Connection": "close"}
    head = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in lines.items())]
    if any("\r" in line or "\n" in line for line in head):
        raise ValueError("a header has a line break")
    return ("\r\n".join(head) + "\r\n\r\n").encode("latin-1", "replace")


class _Reading:
    """What httptools calls while it parses."""

    def __init__(self) -> None:
        self.has_head = False
        self.has_ended = False
        self.body = bytearray()

    def on_headers_complete(self) -> None:
        self.has_head = True

    def on_body(self, piece: bytes) -> None:
        self.body += piece

    def on_message_complete(self) -> None:
        self.has_ended = True


async def _read(reader: asyncio.StreamReader, method: str) -> Answer:
    reading = _Reading()
    parser = httptools.HttpResponseParser(reading)
    received = 0
    while not reading.has_ended:
        piece = await reader.read(65_536)
        received += len(piece)
        if received > MAX_ANSWER_BYTES:
            raise ValueError("the answer is too long")
        if not piece:
            break  # an answer without a length ends with its connection
        parser.feed_data(piece)
        if reading.has_head and method == "HEAD":
            break
    if not reading.has_head:
        raise ValueError("the endpoint sent no HTTP answer")
    return Answer(parser.get_status_code(), bytes(reading.body))
