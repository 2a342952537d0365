"""Large request bodies, read from the socket past the event loop's transport: into memory that need not be copied."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable

IS_POSSIBLE = sys.platform != "win32"  # where sockets are no files
DIRECT_BYTES = 512 * 1024
"""What is left of a body when it is worth a descriptor of its own."""
MOST_BYTES = 512 * 1024
"""Read at a time: some 0.1 ms, in which nobody else has a turn."""
LEAST_BYTES = 128 * 1024
"""Read at a time however many bodies arrive at once."""
ALL_BYTES = 8 * 1024 * 1024
"""Read at a time by all connections together, as long as there are not so many that each does with the least."""


class Inlet:
    """Reads a connection's socket while a large body arrives; the transport, which then must not, is at rest.

    A transport reads into its own memory and copies what came; this reads into what is passed on. To be used on the
    loop's thread. Begins at rest.
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop, descriptor: int, wanted: Callable[[], int], take: Callable[[bytes], None]
    ) -> None:
        """Read a duplicate of ``descriptor``: a transport's own can be watched by nobody else.

        ``wanted`` says how many bytes to read at most, ``take`` is given them; ``b""`` when the socket has ended or
        failed, which the transport is to find out for itself.
        """
        self._loop = loop
        self._descriptor = os.dup(descriptor)
        self._wanted = wanted
        self._take = take

    def resume_reading(self) -> None:
        self._loop.add_reader(self._descriptor, self._read)

    def pause_reading(self) -> None:
        self._loop.remove_reader(self._descriptor)

    def close(self) -> None:
        """Read no more. Harmless when it has been closed."""
        if self._descriptor >= 0:
            self._loop.remove_reader(self._descriptor)
            os.close(self._descriptor)
            self._descriptor = -1

    def _read(self) -> None:
        try:
            data = os.read(self._descriptor, self._wanted())
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            data = b""
        self._take(data)
