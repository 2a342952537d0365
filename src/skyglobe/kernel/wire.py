"""HTTP as the rest of the program sees it: a request in, a response out, no sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Protocol

from skyglobe.kernel.file_slices import FileSlice


class BodyStream(Protocol):
    """A request body that is still arriving."""

    length: int | None
    """Declared ``Content-Length`` in bytes; None when the body is chunked."""

    async def read(self) -> bytes:
        """Return the next piece, of whatever size arrived; ``b""`` once the body has ended.

        Raises ``ClientGone`` when the client hung up, stalled or broke the framing before the end.
        """


class CheckedStream:
    """A body held to what its client declared of it: the read that finds the end raises when it is another.

    ``take_in`` is given all bytes in order, ``check`` is called after the last and raises. Whoever reads ``source``
    instead sees to both: the first may happen in any thread.
    """

    __slots__ = ("check", "length", "source", "take_in")

    def __init__(self, source: BodyStream, take_in: Callable[[bytes], object], check: Callable[[], None]) -> None:
        self.length: int | None = source.length
        self.source = source
        self.take_in = take_in
        self.check = check

    async def read(self) -> bytes:
        """Return the next piece, ``b""`` at the end. Raises what ``source`` and ``check`` do."""
        piece = await self.source.read()
        if piece:
            self.take_in(piece)
        else:
            self.check()
        return piece


class ClientGone(Exception):
    """The client left, stalled or broke the framing in the middle of a body. Nobody is there to answer."""


class Request:
    """One HTTP request. The target is kept exactly as sent, because signatures cover it."""

    __slots__ = (
        "answer_headers",
        "answer_status",
        "body",
        "client",
        "headers",
        "host",
        "is_checked",
        "method",
        "path",
        "query",
        "secure",
        "stream",
        "trailers",
        "when_answered",
    )

    def __init__(
        self,
        method: str,
        path: str,
        query: str = "",
        headers: dict[str, str] | None = None,
        body: bytes = b"",
        stream: BodyStream | None = None,
        client: str = "127.0.0.1",
        secure: bool = False,
    ) -> None:
        self.method = method
        """Upper case."""
        self.path = path
        """The part of the target before ``?``, still percent-encoded, latin-1 decoded."""
        self.query = query
        """The part of the target after the first ``?``, still percent-encoded; ``""`` when there is none."""
        self.headers = headers if headers is not None else {}
        """Names in lower case, values latin-1 decoded and stripped; repeated headers joined by ``,``."""
        self.host = self.headers.get("host", "")
        self.body = body
        """The whole body, when it is small enough to have been read before the request was handed on."""
        self.stream = stream
        """The body still to come, else None. Exactly one of ``body`` and ``stream`` is in use."""
        self.client = client
        """The peer's address, without port."""
        self.secure = secure
        """Whether the request came over TLS."""
        self.trailers: dict[str, str] = {}
        """Headers that followed an aws-chunked body; complete once the body has been read to its end."""
        self.is_checked = False
        """Whether reading the body held it to all constraints of the model already."""
        self.answer_headers: dict[str, str] | None = None
        """Headers the answer is to have whatever it says, an error too; None while there are none."""
        self.answer_status: int | None = None
        """Status of an answer that is no error, where the model leaves out that there are two; None for the model's."""
        self.when_answered: Callable[[Response, str], None] | None = None
        """What to do with the answer and its error code before it leaves; None while nobody wants to see it."""


ResponseBody = bytes | Iterable[FileSlice | bytes] | AsyncIterator[bytes]
"""``bytes``: whole. A list or tuple of slices: sent in order, total length known. An async iterator: sent chunked, or
as it is when the response declares ``Content-Length``; closed in any case; when it raises, the connection is cut."""


async def whole_body(body: ResponseBody) -> bytes:
    """Return a body in one piece, for services that read what another answered. Raises what reading it does."""
    if isinstance(body, bytes | bytearray | memoryview):
        return bytes(body)
    if isinstance(body, AsyncIterator):
        return b"".join([piece async for piece in body])
    return await asyncio.to_thread(lambda: b"".join(_bytes_of(part) for part in body))


def _bytes_of(part: FileSlice | bytes) -> bytes:
    return b"".join(part.pieces()) if isinstance(part, FileSlice) else bytes(part)


class Response:
    """One HTTP response."""

    __slots__ = ("body", "headers", "status")

    def __init__(self, status: int = 200, headers: dict[str, str] | None = None, body: ResponseBody = b"") -> None:
        self.status = status
        self.headers = headers if headers is not None else {}
        """Names as they go out. ``Content-Length`` is set by the transport, unless the response to a HEAD or one with
        an async iterator declares it; ``Date`` is, unless the response has one."""
        self.body = body
