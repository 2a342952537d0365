"""Parts of files that are sent as they are. Apart from ``wire``, which wheels carry compiled: kinds of them are not."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class FileSlice:
    """Bytes of a file to send: ``length`` bytes from ``offset``. The file is opened when the response is written."""

    path: str
    offset: int
    length: int

    @property
    def end_in_file(self) -> int:
        """How long the file is at the least."""
        return self.offset + self.length

    def plain_file(self) -> PlainFile | None:
        """Return a file that holds the bytes as they are, at their offset; None when there is none. Raises OSError."""
        return PlainFile(os.open(self.path, os.O_RDONLY))

    def rest(self, sent: int) -> FileSlice:
        """Return what is left when ``sent`` bytes are gone."""
        return FileSlice(self.path, self.offset + sent, self.length - sent)

    def pieces(self, piece_bytes: int = 1024 * 1024) -> Iterator[bytes]:
        """Yield the bytes, some at a time. Blocks. Raises OSError, also when the file ends too early."""
        with open(self.path, "rb", buffering=0) as file:
            file.seek(self.offset)
            left = self.length
            while left:
                piece = file.read(min(piece_bytes, left))
                if not piece:
                    raise OSError(f"{self.path} ends {left} bytes too early")
                left -= len(piece)
                yield piece


class PlainFile:
    """An open file that is closed when nobody refers to it any more."""

    __slots__ = ("number",)

    def __init__(self, number: int) -> None:
        self.number = number
        """The descriptor."""

    def __del__(self) -> None:
        os.close(self.number)
