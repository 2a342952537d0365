"""A recorded request taken apart, so that it can be put together wrongly."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field
from hashlib import sha256

from skyglobe.kernel.wire import ClientGone, Request
from tests.fuzz.recording import Recorded

_TOKEN = re.compile(r"[a-z0-9!#$%&'*+.^_`|~-]+")
_CONTROLS = dict.fromkeys((*range(9), *range(10, 32), 127))
"""What the transport refuses in a request's head."""


def _latin(text: str) -> str:
    """Return ``text``, sent as UTF-8, as the transport reads it."""
    return text.encode("utf-8", "surrogatepass").decode("latin-1")


@dataclass
class Draft:
    """What will be sent. Headers may be there twice, and need not describe the body."""

    origin: Recorded
    method: str
    path: str
    query: str
    headers: list[tuple[str, str]]
    body: bytes
    steps: list[str] = field(default_factory=list)
    """What was done to the request, for the report of a failure."""

    @classmethod
    def of(cls, recorded: Recorded) -> Draft:
        return cls(recorded, recorded.method, recorded.path, recorded.query, list(recorded.headers), recorded.body)

    @property
    def content_type(self) -> str:
        return self.get("content-type")

    def get(self, name: str) -> str:
        return next((value for known, value in self.headers if known == name), "")

    def put(self, name: str, value: str) -> None:
        """Set a header, in place of all of that name."""
        self.headers = [(known, kept) for known, kept in self.headers if known != name]
        self.headers.append((name, value))

    def drop(self, name: str) -> None:
        self.headers = [(known, value) for known, value in self.headers if known != name]

    def vouch(self) -> None:
        """Let the headers tell the truth of the body, so that it is not refused before anybody reads it."""
        if self.get("content-length"):
            self.put("content-length", str(len(self.body)))
        declared = self.get("x-amz-content-sha256")
        if declared and not declared.startswith("STREAMING-"):
            self.put("x-amz-content-sha256", sha256(self.body).hexdigest())
            for name, _ in list(self.headers):
                if name == "content-md5" or name.startswith(("x-amz-checksum-", "x-amz-sdk-checksum-")):
                    self.drop(name)

    def whole(self) -> Request:
        """Return the request as it is, its body in one piece."""
        return Request(self.method, self.path, self.query, dict(self.headers), self.body)

    def request(self, rng: random.Random) -> Request:
        """Return the request as the transport would hand it on: now and then with the body still arriving."""
        headers: dict[str, str] = {}
        for name, value in self.headers:
            if not _TOKEN.fullmatch(name):  # the transport refuses it
                continue
            value = _latin(value).translate(_CONTROLS).strip()
            headers[name] = f"{headers[name]},{value}" if name in headers else value
        path, query = (_latin(part).translate(_CONTROLS).replace(" ", "") for part in (self.path, self.query))
        request = Request(self.method, path or "/", query, headers, self.body)
        if self.body and rng.random() < 0.3:
            request.stream = Arriving(self.body, rng)
            request.body = b""
        return request

    def wire(self) -> bytes:
        """Return the request in HTTP/1.1, mistakes and all."""
        target = f"{self.path}?{self.query}" if self.query else self.path
        lines = [f"{self.method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in self.headers)]
        return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace") + self.body

    def __str__(self) -> str:
        target = f"{self.path}?{self.query}"[:300]
        changed = dict(set(self.headers) - set(self.origin.headers))
        headers = {name: value[:200] for name, value in list(changed.items())[:10]}
        steps = ", ".join(self.steps)
        return f"{self.origin.name} [{steps}]: {self.method} {target!r}, headers {headers}, body {self.body[:300]!r}"


class Arriving:
    """A body that comes in pieces; one in ten breaks off before its end."""

    def __init__(self, body: bytes, rng: random.Random) -> None:
        self.length: int | None = len(body)
        cuts = sorted(rng.randrange(len(body) + 1) for _ in range(rng.choice([0, 1, 5])))
        pieces = [body[start:stop] for start, stop in zip([0, *cuts], [*cuts, len(body)], strict=True)]
        self._pieces = [piece for piece in pieces if piece]
        self.breaks_off = rng.random() < 0.1

    async def read(self) -> bytes:
        if self._pieces:
            return self._pieces.pop(0)
        if self.breaks_off:
            raise ClientGone
        return b""
