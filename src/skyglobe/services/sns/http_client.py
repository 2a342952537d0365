"""One HTTP request to a subscriber, on the event loop: nothing here blocks it but the machine's own resolver thread."""

from __future__ import annotations

import asyncio
import base64
import ssl
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import SplitResult, unquote, urlsplit

import httptools

TIMEOUT = 15.0  # seconds of real time; developer guide, "Fanout to HTTP/S endpoints"
MAX_ANSWER_BYTES = 65_536  # what an answer says does not matter; more is not read
AGENT = "Amazon Simple Notification Service Agent"


class Outcome(NamedTuple):
    """What came of a request: a status, or the reason why there is none."""

    status: int
    """0 when nobody answered."""
    reason: str = ""

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300

    @property
    def is_permanent(self) -> bool:
        """Whether trying again is no use: the receiver's 4xx, but for 429."""
        return 400 <= self.status < 500 and self.status != 429


async def post(url: str, headers: dict[str, str], body: bytes) -> Outcome:
    """Post ``body`` to ``url`` and return what came of it; never raises for what the other side does."""
    try:
        async with asyncio.timeout(TIMEOUT):
            return await _exchange(urlsplit(url), headers, body)
    except TimeoutError:
        return Outcome(0, f"The endpoint did not answer within {TIMEOUT:.0f} seconds")
    except (OSError, ValueError, httptools.HttpParserError) as error:
        return Outcome(0, f"{type(error).__name__}: {error}"[:500])


async def _exchange(url: SplitResult, headers: dict[str, str], body: bytes) -> Outcome:
    secure = url.scheme == "https"
    port = url.port or (443 if secure else 80)
    context = _trusting(_is_loopback(url.hostname or "")) if secure else None
    reader, writer = await asyncio.open_connection(url.hostname, port, ssl=context)
    try:
        writer.write(_head(url, headers, len(body)) + body)
        await writer.drain()
        return await _read(reader)
    finally:
        writer.close()


def _is_loopback(host: str) -> bool:
    return host in ("localhost", "::1") or host.startswith("127.")


@lru_cache(maxsize=2)
def _trusting(is_loopback: bool) -> ssl.SSLContext:
    """Return whom to believe: the machine's authorities and those of ``SSL_CERT_FILE``; on this machine everybody.

    A server that listens on the loopback interface has nobody to vouch for it. Reading the authorities takes a while.
    """
    context = ssl.create_default_context()
    if is_loopback:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _head(url: SplitResult, headers: dict[str, str], length: int) -> bytes:
    target = (url.path or "/") + (f"?{url.query}" if url.query else "")
    lines = {
        **headers,
        "Content-Length": str(length),
        "Host": url.netloc.rpartition("@")[2],
        "Connection": "close",
        "User-Agent": AGENT,
    }
    if url.username is not None:
        user = f"{unquote(url.username)}:{unquote(url.password or '')}"
        lines["Authorization"] = f"Basic {base64.b64encode(user.encode()).decode()}"
    head = [f"POST {target} HTTP/1.1", *(f"{name}: {value}" for name, value in lines.items())]
    return ("\r\n".join(head) + "\r\n\r\n").encode("latin-1", "replace")


class _Answer:
    """What httptools calls while it parses."""

    def __init__(self) -> None:
        self.has_head = False

    def on_headers_complete(self) -> None:
        self.has_head = True


async def _read(reader: asyncio.StreamReader) -> Outcome:
    """Return the status; the body is left to whoever wrote it."""
    answer = _Answer()
    parser = httptools.HttpResponseParser(answer)
    received = 0
    while not answer.has_head or parser.get_status_code() < 200:
        piece = await reader.read(4_096)
        received += len(piece)
        if not piece or received > MAX_ANSWER_BYTES:
            raise ValueError("the endpoint sent no HTTP answer")
        parser.feed_data(piece)
    status: int = parser.get_status_code()
    return Outcome(status, f"The endpoint answered {status}")
