"""Reading ``multipart/form-data`` in pieces: small fields first, then one file, which is handed on as it arrives.

RFC 7578. Only what comes before the file counts, as S3's forms have it.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.wire import BodyStream

MAX_FIELD_BYTES = 20 * 1024
"""Of all that comes before the file; S3 API reference, "POST Object": form data up to 20 KB."""
_BOUNDARY = re.compile(r"""boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))""", re.IGNORECASE)
_PARAMETER = re.compile(r';\s*(name|filename)="((?:[^"\\]|\\.)*)"', re.IGNORECASE)


class Field(NamedTuple):
    """A field of a form."""

    name: str
    value: str


class WholeBody:
    """A body that is already here, read like one that arrives."""

    def __init__(self, body: bytes) -> None:
        self.length: int | None = len(body)
        self._left = [body] if body else []

    async def read(self) -> bytes:
        return self._left.pop() if self._left else b""


class FormReader:
    """Reads one form. ``fields`` first; then ``read`` is the body stream of its file."""

    def __init__(self, source: BodyStream, content_type: str) -> None:
        """Raises MalformedPOSTRequest when ``content_type`` names no boundary."""
        match = _BOUNDARY.search(content_type)
        if match is None:
            raise malformed()
        self._source = source
        self._delimiter = b"\r\n--" + (match[1] or match[2]).encode("latin-1")
        self._buffer = b"\r\n"  # so that the first delimiter looks like all others
        self._before = 0
        self._has_ended = False
        self.filename = ""
        """What the client calls its file."""
        self.length: int | None = None

    async def fields(self) -> list[Field]:
        """Return the fields before the file.

        Raises MaxPostPreDataLengthExceeded, MalformedPOSTRequest, InvalidArgument when there is no file, ClientGone.
        """
        found: list[Field] = []
        await self._until(self._delimiter)
        while True:
            if await self._ends():
                text = "POST requires exactly one file upload per request."
                raise ServiceError(text, code="InvalidArgument", fields={"ArgumentName": "file", "ArgumentValue": "0"})
            name, filename = _disposition(await self._until(b"\r\n\r\n"))
            if name == "file":
                self.filename = filename or ""
                return found
            value = await self._until(self._delimiter)
            try:
                found.append(Field(name, value.decode()))
            except UnicodeDecodeError:
                raise malformed() from None

    async def read(self) -> bytes:
        """Return the next piece of the file, ``b""`` at its end. Raises MalformedPOSTRequest and ClientGone."""
        while not self._has_ended:
            at = self._buffer.find(self._delimiter)
            if at >= 0:
                self._has_ended = True
                piece, self._buffer = self._buffer[:at], b""
                await self._drain()
                return piece
            safe = len(self._buffer) - len(self._delimiter) + 1
            if safe > 0:
                piece, self._buffer = self._buffer[:safe], self._buffer[safe:]
                return piece
            await self._fill()
        return b""

    async def _until(self, mark: bytes) -> bytes:
        while (at := self._buffer.find(mark)) < 0:
            if self._before + len(self._buffer) > MAX_FIELD_BYTES:
                raise _too_long()
            await self._fill()
        found, self._buffer = self._buffer[:at], self._buffer[at + len(mark) :]
        self._before += at + len(mark)
        if self._before > MAX_FIELD_BYTES:
            raise _too_long()
        return found

    async def _ends(self) -> bool:
        """Whether the delimiter just read was the last; one that is not ends its line."""
        while len(self._buffer) < 2:
            await self._fill()
        head = self._buffer[:2]
        if head not in (b"--", b"\r\n"):
            raise malformed()
        return head == b"--"

    async def _fill(self) -> None:
        piece = await self._source.read()
        if not piece:
            raise malformed()
        self._buffer += piece

    async def _drain(self) -> None:
        while await self._source.read():
            pass


def _disposition(head: bytes) -> tuple[str, str | None]:
    """Return the name a part's headers give it, and its file's."""
    for line in head.decode("utf-8", "replace").split("\r\n"):
        header, _, value = line.partition(":")
        if header.strip().lower() == "content-disposition":
            named = {key.lower(): text.replace('\\"', '"') for key, text in _PARAMETER.findall(value)}
            if "name" in named:
                return named["name"], named.get("filename")
    raise malformed()


def malformed() -> ServiceError:
    text = "The body of your POST request is not well-formed multipart/form-data."
    return ServiceError(text, code="MalformedPOSTRequest")


def _too_long() -> ServiceError:
    text = "Your POST request fields preceding the upload file were too large."
    return ServiceError(
        text, code="MaxPostPreDataLengthExceeded", fields={"MaxPostPreDataLengthBytes": MAX_FIELD_BYTES}
    )
