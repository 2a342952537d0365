"""What a process prints: read as it comes, its last part kept."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Iterator

KEPT_BYTES = 64 * 1024
_READ_BYTES = 64 * 1024


class Output:
    """The last 64 KB of what a process, and those that replaced it, printed."""

    def __init__(self) -> None:
        self._data = bytearray()

    def feed(self, data: bytes) -> None:
        self._data += data
        if len(self._data) > 2 * KEPT_BYTES:
            del self._data[:-KEPT_BYTES]

    def text(self) -> str:
        return bytes(self._data[-KEPT_BYTES:]).decode("utf-8", "replace")

    @contextlib.contextmanager
    def pipe(self) -> Iterator[int]:
        """Read from a new pipe until the end of the context; give its other end, which is whose it is given to."""
        loop = asyncio.get_running_loop()
        reader, writer = os.pipe()
        os.set_blocking(reader, False)
        is_open = True

        def read() -> int:
            nonlocal is_open
            try:
                data = os.read(reader, _READ_BYTES)
            except BlockingIOError:
                return 0
            if data:
                self.feed(data)
            elif is_open:
                is_open = False
                loop.remove_reader(reader)
            return len(data)

        loop.add_reader(reader, read)
        try:
            yield writer
        finally:
            while is_open and read():
                pass
            if is_open:
                loop.remove_reader(reader)
            os.close(reader)
