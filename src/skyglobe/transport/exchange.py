"""One request on its way to one answer."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from skyglobe.kernel.wire import Request, Response
from skyglobe.transport.incoming import IncomingBody

if TYPE_CHECKING:
    from skyglobe.transport.connection import Connection

log = logging.getLogger("skyglobe.transport")

Reply = Callable[[Response], None]
Handler = Callable[[Request, Reply], None]

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
"""Methods that may run beside each other on one connection (RFC 9110, 9.2.1; RFC 9112, 9.3.2)."""

_closings: set[asyncio.Task[None]] = set()


class Exchange:
    """A request, what framing its answer needs, and the answer once it is there."""

    __slots__ = (
        "answered_at",
        "awaits_continue",
        "body",
        "connection",
        "http10",
        "is_owed_continue",
        "keep_alive",
        "replied",
        "request",
        "response",
        "settled",
    )

    def __init__(self, request: Request, keep_alive: bool, http10: bool) -> None:
        self.request = request
        self.keep_alive = keep_alive
        """Whether the client lets the connection live after the answer."""
        self.http10 = http10
        self.awaits_continue = False
        """Whether the client holds its body back until it has read ``100 Continue``."""
        self.is_owed_continue = False
        """Whether the client waits for ``100 Continue`` although its body is empty.

        RFC 9110 (10.1.1) lets a server leave it out, but botocore then reads the next answer on the connection wrongly.
        """
        self.body: IncomingBody | None = None
        """The body when it is streamed; the same object as ``request.stream``."""
        self.response: Response | None = None
        self.replied = False
        """Whether the handler has answered."""
        self.settled = False
        """Whether nothing is owed any more: answered, by the handler or in its stead, or the client is gone."""
        self.answered_at = 0
        """Bytes of the body that had arrived when the answer went out."""
        self.connection: Connection | None = None
        """Where the answer goes, from the moment the exchange is in the connection's queue."""

    def reply(self, response: Response) -> None:
        """Answer. To be called once, on the loop's thread, at any time; nothing happens when the client has gone.

        Raises ``RuntimeError`` when called twice.
        """
        if self.replied:
            raise RuntimeError(f"{self.request.method} {self.request.path} was answered twice")
        self.replied = True
        if self.settled or self.connection is None:
            abandon(response)
        else:
            self.response = response
            self.connection.answered(self)

    def settle(self) -> None:
        """Let a later reply do nothing; an answer that was waiting for its turn is given up."""
        self.settled = True
        self.connection = None
        if self.body is not None:
            self.body.discard()
        if self.response is not None:
            abandon(self.response)


def abandon(response: Response) -> None:
    """Close what ``response`` holds open, because it will not be sent."""
    close = getattr(response.body, "aclose", None)
    if close is None:
        return

    async def closing() -> None:
        try:
            await close()
        except Exception:
            log.exception("closing an answer that nobody waits for failed")

    task = asyncio.get_running_loop().create_task(closing())
    _closings.add(task)
    task.add_done_callback(_closings.discard)
