"""The head of a response: status line, headers, framing."""

from __future__ import annotations

import re
from email.utils import formatdate
from enum import Enum
from http import HTTPStatus
from typing import Final

from skyglobe.kernel.wire import Response

KNOWN_NAMES: Final = 1024
"""Header names whose check is remembered; services use some hundred, S3 metadata any number."""

_TOKEN: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_REASONS: Final = {status.value: status.phrase for status in HTTPStatus}


class _Kind(Enum):
    PLAIN = "sent as it is"
    DATE = "replaces the transport's own"
    OWNED = "decided by the transport"


_PLAIN: Final = _Kind.PLAIN
_kinds: Final[dict[str, _Kind]] = {}


class BadHeader(ValueError):
    """A response header that cannot be sent: a name that is no token, a value with a line break, NUL or no latin-1."""


class Heads:
    """Renders response heads; ``Date`` is made once per ``renew``."""

    def __init__(self) -> None:
        self._date = ""
        self._starts: dict[int, str] = {}

    def renew(self) -> None:
        """Take over the current time."""
        date = formatdate(usegmt=True)
        if date != self._date:
            self._date = date
            self._starts.clear()

    def render(self, response: Response, framing: str) -> bytes:
        """Return the head with its empty line. ``framing`` is ready-made header lines. Raises ``BadHeader``."""
        start = self._starts.get(response.status) or self._start(response.status)
        kinds, plain, ending = _kinds, _PLAIN, "\r\n"
        pieces: list[str] = []
        for name, value in response.headers.items():
            kind = kinds.get(name)
            if kind is None:
                kind = _classify(name)
            if kind is plain:
                pieces += (name, ": ", value, ending)
            elif kind is _Kind.DATE:
                start = f"{_status_line(response.status)}{name}: {value}\r\n"
        values = "".join(response.headers.values())
        if "\n" in values or "\r" in values or "\0" in values:
            raise BadHeader("a header value holds a line break or NUL")
        try:
            return f"{start}{''.join(pieces)}{framing}\r\n".encode("latin-1")
        except UnicodeEncodeError as error:
            raise BadHeader(f"a header value is not latin-1: {error.object[error.start : error.end]!r}") from None

    def _start(self, status: int) -> str:
        start = self._starts[status] = f"{_status_line(status)}Date: {self._date}\r\n"
        return start


def declared_length(response: Response) -> int | None:
    """Return the ``Content-Length`` among the response's own headers, None when there is none."""
    for name, value in response.headers.items():
        if name.lower() == "content-length":
            return int(value)
    return None


def wants_close(response: Response) -> bool:
    """Whether the response's own headers ask to close the connection."""
    return "close" in response.headers.get("Connection", "").lower()


def _status_line(status: int) -> str:
    return f"HTTP/1.1 {status} {_REASONS.get(status, 'Unknown')}\r\n"


def _classify(name: str) -> _Kind:
    if _TOKEN.fullmatch(name) is None:
        raise BadHeader(f"not a header name: {name!r}")
    lower = name.lower()
    kind = _Kind.PLAIN
    if lower in ("content-length", "transfer-encoding", "connection"):
        kind = _Kind.OWNED
    elif lower == "date":
        kind = _Kind.DATE
    if len(_kinds) < KNOWN_NAMES:
        _kinds[name] = kind
    return kind
