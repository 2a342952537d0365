"""The body of a request while it is still arriving."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from skyglobe.kernel.wire import ClientGone

SMALL_PIECE_BYTES = 64 * 1024
"""Pieces below this are joined with what waits behind them: few large reads cost less than many small ones."""


class IncomingBody:
    """A ``BodyStream`` fed by the connection. Used on the loop's thread only.

    ``on_read`` is called whenever the reader takes something or begins to wait, so that the connection can ask for
    more (``100 Continue``, resumed reading).
    """

    __slots__ = ("_broken", "_discarding", "_on_read", "_pieces", "_waiter", "ended", "length", "waiting_bytes")

    def __init__(self, length: int | None, on_read: Callable[[], None]) -> None:
        self.length = length
        self.ended = False
        self.waiting_bytes = 0
        """Bytes that have arrived and nobody has read."""
        self._on_read = on_read
        self._pieces: deque[bytes] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._broken = False
        self._discarding = False

    async def read(self) -> bytes:
        """Return the next piece, up to about 1 MiB; ``b""`` after the end.

        Raises ``ClientGone`` when the body will never be whole, or when the request has been answered already.
        """
        while not self._pieces:
            if self._broken:
                raise ClientGone
            if self.ended:
                return b""
            await self._wait()
        if self._broken:
            raise ClientGone
        piece = self._take()
        self.waiting_bytes -= len(piece)
        self._on_read()
        return piece

    def feed(self, piece: bytes) -> None:
        """Add what has arrived."""
        if not self._discarding:
            self._pieces.append(piece)
            self.waiting_bytes += len(piece)
            self._wake()

    def end(self) -> None:
        """Mark the body as complete."""
        self.ended = True
        self._wake()

    def fail(self) -> None:
        """Let every read, present and future, raise ``ClientGone``, unless the body is complete."""
        if not self.ended:
            self._broken = True
            self._wake()

    def discard(self) -> None:
        """Forget what has arrived and what still will; nobody is to read any more."""
        self._discarding = True
        self._broken = True
        self._pieces.clear()
        self.waiting_bytes = 0
        self._wake()

    @property
    def is_awaited(self) -> bool:
        """Whether the reader waits for the next piece."""
        return self._waiter is not None

    async def _wait(self) -> None:
        if self._waiter is not None:
            raise RuntimeError("two tasks read one body")
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            self._on_read()
            await self._waiter
        finally:
            self._waiter = None

    def _take(self) -> bytes:
        if len(self._pieces) == 1 or len(self._pieces[0]) >= SMALL_PIECE_BYTES:
            return self._pieces.popleft()
        whole = b"".join(self._pieces)
        self._pieces.clear()
        return whole

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
