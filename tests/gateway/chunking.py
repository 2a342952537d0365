"""A client that cuts bodies into signed chunks, written from S3's documentation, with no code of the cloud's."""

from __future__ import annotations

import hashlib
import hmac
import random
from collections.abc import Callable

SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
Sign = Callable[[str], str]


def hmac_signer(secret: str, date: str, region: str, service: str) -> Sign:
    key = ("AWS4" + secret).encode()
    for part in (date, region, service, "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return lambda text: hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def framed(
    data: bytes,
    chunk_bytes: int,
    *,
    sign: Sign,
    seed: str,
    instant: str,
    scope: str,
    trailers: dict[str, str] | None = None,
    algorithm: str = "AWS4-HMAC-SHA256",
    pad: int = 0,
) -> bytes:
    """Return ``data`` as signed chunks, with signed ``trailers`` if any."""
    previous, body = seed, b""
    chunks = [data[at : at + chunk_bytes] for at in range(0, len(data), chunk_bytes)]
    empty = hashlib.sha256(b"").hexdigest()
    for chunk in [*chunks, b""]:
        digest = hashlib.sha256(chunk).hexdigest()
        previous = sign("\n".join([f"{algorithm}-PAYLOAD", instant, scope, previous, empty, digest]))
        body += f"{len(chunk):x};chunk-signature={previous.ljust(pad, '*')}\r\n".encode() + chunk
        body += b"\r\n" if chunk else b""
    if trailers:
        lines = "".join(f"{name}:{value}\n" for name, value in trailers.items())
        digest = hashlib.sha256(lines.encode()).hexdigest()
        signature = sign("\n".join([f"{algorithm}-TRAILER", instant, scope, previous, digest]))
        body += lines.replace("\n", "\r\n").encode() + f"x-amz-trailer-signature:{signature}\r\n".encode()
    return body + b"\r\n"


class Arriving:
    """A body stream whose pieces are of random sizes."""

    def __init__(self, body: bytes, seed: int = 0, most: int = 5000) -> None:
        self.length: int | None = len(body)
        self._body = body
        self._random = random.Random(seed)
        self._most = most

    async def read(self) -> bytes:
        size = self._random.randint(1, self._most)
        piece, self._body = self._body[:size], self._body[size:]
        return piece
