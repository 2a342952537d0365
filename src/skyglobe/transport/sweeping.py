"""Time-outs: one look at every connection a second, instead of a timer for every request."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from skyglobe.transport.connection import Connection


class Phase(Enum):
    """What a connection waits for."""

    IDLE = "the client's next request"
    HEAD = "the rest of a request's head"
    BODY = "more of a body"
    WORK = "the handler"
    WRITE = "the client to take its answer"
    LINGER = "a refused client to go"


class Sweeper:
    """Notices connections that wait in one phase without progress for longer than it may take."""

    def __init__(self) -> None:
        self._seen: dict[Connection, tuple[Phase, object, float]] = {}

    def forget(self, connection: Connection) -> None:
        """Drop a connection that has closed."""
        self._seen.pop(connection, None)

    def sweep(self, connections: list[Connection], now: float) -> None:
        """Compare every connection with what it was at earlier sweeps and end those overdue at ``now`` (seconds)."""
        for connection in connections:
            phase, progress = look_at(connection)
            before = self._seen.get(connection)
            if before is None or before[0] is not phase or before[1] != progress:
                self._seen[connection] = phase, progress, now
            elif now - before[2] >= _patience(connection, phase):
                end(connection, phase)


def look_at(connection: Connection) -> tuple[Phase, object]:
    """Return what ``connection`` waits for, and a value that changes with every progress that counts there."""
    parser = connection.parser
    unsent = connection.transport.get_write_buffer_size()
    if unsent or connection.is_blocked:
        return Phase.WRITE, (connection.sent_bytes, unsent)
    if connection.over:
        return Phase.LINGER, None
    if parser.open is not None and connection.reading and not parser.open.awaits_continue:
        return Phase.BODY, parser.body_bytes
    if connection.queue:
        return Phase.WORK, None
    if parser.in_head:
        return Phase.HEAD, parser.requests
    return Phase.IDLE, parser.requests


def end(connection: Connection, phase: Phase) -> None:
    """End a connection that has waited too long: tell the client where it is to blame, else just close."""
    if phase is Phase.HEAD:
        connection.refuse(408, "the request's headers took too long")
    elif phase is Phase.BODY:
        connection.refuse(408, "the request's body took too long")
    elif phase is Phase.IDLE:
        connection.close()
    elif phase is not Phase.WORK:
        connection.transport.abort()


def _patience(connection: Connection, phase: Phase) -> float:
    limits = connection.server.limits
    if phase is Phase.HEAD:
        return limits.header_read_for
    if phase is Phase.BODY:
        return limits.body_stall_for
    if phase is Phase.WRITE:
        return limits.write_stall_for
    if phase is Phase.LINGER:
        return limits.linger_for
    return limits.idle_for
