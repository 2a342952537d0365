"""One connection of a DAX client: a greeting, then calls and their answers in order."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, cast

from skyglobe.services.dax.calling import Caller
from skyglobe.services.dax.rules.framing import Framer, Malformed
from skyglobe.services.dax.rules.methods import GREETING, GREETING_VALUES, METHODS, SERVICE
from skyglobe.services.dax.rules.values import decode_all

if TYPE_CHECKING:
    from skyglobe.services.dax.serving import Server

MAX_REQUEST_BYTES = 17 << 20  # 25 items of 400 KB, or a transaction's 4 MB, and what is around them
HOLD_BYTES = 1 << 20
"""How much may arrive while a call is under way before the client is held back."""
MAX_CONNECTIONS = 10_000  # of one port


class Connection(asyncio.Protocol):
    """Reads calls, has them answered one after the other, and writes the answers."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._transport = cast(asyncio.Transport, None)
        self._framer = Framer(MAX_REQUEST_BYTES)
        self._is_greeted = False
        self._is_busy = False
        self._is_held = False
        self._is_lost = False
        self._caller = Caller(server)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._server.connections.add(self)
        if len(self._server.connections) > MAX_CONNECTIONS:
            self.cut()

    def connection_lost(self, exc: Exception | None) -> None:
        self._is_lost = True
        self._server.connections.discard(self)

    def data_received(self, data: bytes) -> None:
        try:
            self._framer.feed(data)
            self._advance()
        except Malformed:
            self.cut()  # where the next call begins is not known
            return
        if self._is_busy and self._framer.waiting_bytes > HOLD_BYTES and not self._is_held:
            self._is_held = True
            self._transport.pause_reading()

    def cut(self) -> None:
        """End the connection now."""
        self._is_lost = True
        self._transport.abort()

    def _advance(self) -> None:
        """Begin what is whole, as long as nothing is under way."""
        framer = self._framer
        if not self._is_greeted:
            if framer.has(1) and decode_all(framer.peek(1)) != [GREETING]:
                raise Malformed("The client does not speak DAX's protocol.")
            if not framer.has(GREETING_VALUES):
                return
            framer.take(GREETING_VALUES)
            self._is_greeted = True
        while not self._is_busy and not self._is_lost and framer.has(2):
            service, number = decode_all(framer.peek(2))
            method = METHODS.get(number) if isinstance(number, int) else None
            if service != SERVICE or method is None:
                raise Malformed("The method is not known.")
            if not framer.has(2 + method.arguments):
                return
            taken = framer.take(2 + method.arguments)
            self._is_busy = True
            self._caller.begin(method.name, taken, self._finish, self._go_on)

    def _go_on(self, work: Coroutine[Any, Any, bytes]) -> None:
        """Answer with what ``work`` returns, which does not raise."""

        async def answered() -> None:
            self._finish(await work)

        self._server.kernel.spawn(answered())

    def _finish(self, answer: bytes) -> None:
        self._is_busy = False
        if self._is_lost:
            return
        if answer:
            self._transport.write(answer)
        if self._is_held:
            self._is_held = False
            self._transport.resume_reading()
        if self._framer.waiting_bytes:
            # Not from within: the calls that wait may be many.
            asyncio.get_running_loop().call_soon(self._advance_again)

    def _advance_again(self) -> None:
        if self._is_busy or self._is_lost:
            return
        try:
            self._advance()
        except Malformed:
            self.cut()
