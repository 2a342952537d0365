"""One environment's log: lines out of pipes, events for the stream, the tail for who asked for it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from skyglobe.kernel.clock import Instant
from skyglobe.kernel.late_writes import LateWrites
from skyglobe.services.lambda_.running.interface import Specification, WriteLogs
from skyglobe.services.lambda_.running.lines import json_line, text_line

MAX_TAIL_BYTES = 4096
"""Of a log that ``LogType=Tail`` returns; Lambda API reference, Invoke."""
MAX_LINE_BYTES = 256 * 1024
"""A longer line is cut into several; CloudWatch Logs takes events of 256 KB from Lambda."""
MAX_UNWRITTEN_BYTES = 4 << 20
"""The most that waits to be written. A function that prints faster is held up."""
WRITE_EVERY = 0.2
"""Seconds between two writes to the stream: what invocations in quick succession log is written together."""
BATCH_EVENTS = 1000
BATCH_BYTES = 512 * 1024
_EVENT_BYTES = 26
"""What CloudWatch Logs counts for an event beside its text."""
_FRAME_HEAD_BYTES = 16
_FRAME_TYPE = 0xA55A0000
MAX_FRAME_BYTES = 16 << 20

Telemetry = Callable[[str, Any, Instant], None]

_log = logging.getLogger(__name__)


class Log:
    """The log of one environment, which is one stream of its function's log group."""

    def __init__(
        self,
        specification: Specification,
        stream: str,
        now: Callable[[], Instant],
        write: WriteLogs,
        tell: Telemetry,
        late: LateWrites,
    ) -> None:
        self.specification = specification
        self.stream = stream
        self.when_roomy: Callable[[], None] | None = None
        """Called when so much is written that more can be taken again."""
        self._now = now
        self._write = write
        self._tell = tell
        self._late = late
        self._loop = asyncio.get_running_loop()
        self._unwritten: list[tuple[Instant, str]] = []
        self._unwritten_bytes = 0
        self._writing: asyncio.Task[None] | None = None
        self._waiting: asyncio.TimerHandle | None = None
        self._next_at = 0.0
        """When it is time to write again."""
        self._tail: bytearray | None = None

    @property
    def is_full(self) -> bool:
        return self._unwritten_bytes >= MAX_UNWRITTEN_BYTES

    def begin_tail(self) -> None:
        """Remember the end of what is logged from here on."""
        self._tail = bytearray()

    def take_tail(self) -> bytes:
        """Return the last 4 KB since ``begin_tail``."""
        tail, self._tail = self._tail, None
        return bytes(tail[-MAX_TAIL_BYTES:]) if tail is not None else b""

    def platform(self, kind: str, record: dict[str, Any]) -> None:
        """Log what happened to the function, and tell telemetry."""
        at = self._now()
        self._tell(kind, record, at)
        if self.specification.log_format == "JSON":
            self._add(json_line(kind, record, at, self.specification.system_level), at)
            return
        for line in text_line(kind, record, at).splitlines(keepends=True):
            self._add(line, at)

    def plain(self, line: str) -> None:
        """Log a line of the platform's own that telemetry does not know."""
        self._add(line, self._now())

    def printed(self, line: str, source: str = "function") -> None:
        """Log what the function, or an extension, wrote."""
        at = self._now()
        self._tell(source, line, at)
        self._add(line, at)

    def _add(self, line: str, at: Instant) -> None:
        if not line:
            return
        self._unwritten.append((at, line))
        self._unwritten_bytes += len(line) + _EVENT_BYTES
        tail = self._tail
        if tail is not None:
            tail += line.encode()
            if not line.endswith("\n"):
                tail += b"\n"
            if len(tail) > 8 * MAX_TAIL_BYTES:
                del tail[:-MAX_TAIL_BYTES]
        if self._unwritten_bytes >= BATCH_BYTES or len(self._unwritten) >= BATCH_EVENTS:
            self.flush()

    def flush_soon(self) -> None:
        """See that what was logged is written: at once, or when it is time to write again."""
        if not self._unwritten or self._writing is not None or self._waiting is not None:
            return
        if self._loop.time() >= self._next_at:
            self.flush()
        else:
            self._waiting = self._loop.call_at(self._next_at, self.flush)
            self._late.expect("logs", self.written)

    def flush(self) -> None:
        """Write what was logged now."""
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None
        if self._unwritten and self._writing is None:
            self._late.expect("logs", self.written)
            self._writing = asyncio.ensure_future(self._write_all())

    async def written(self) -> None:
        """Return when everything logged so far is written, or lost because it may not be."""
        self.flush()
        if self._writing is not None:
            await asyncio.shield(self._writing)

    async def _write_all(self) -> None:
        try:
            while self._unwritten:
                batch = self._next_batch()
                try:
                    await self._write(self.specification, self.stream, batch)
                except Exception as error:
                    _log.debug("%s: log events are lost: %s", self.specification.log_group, error)
                self._unwritten_bytes -= sum(len(line) + _EVENT_BYTES for _, line in batch)
                if self.when_roomy is not None and not self.is_full:
                    self.when_roomy()
        finally:
            self._writing = None
            self._next_at = self._loop.time() + WRITE_EVERY
            self._late.done("logs", self.written)

    def _next_batch(self) -> list[tuple[Instant, str]]:
        size = 0
        for count, (_, line) in enumerate(self._unwritten):
            size += 4 * len(line) + _EVENT_BYTES  # four bytes a character, at worst
            if count and (size > 2 * BATCH_BYTES or count == BATCH_EVENTS):
                break
        else:
            count = len(self._unwritten)
        batch, self._unwritten = self._unwritten[:count], self._unwritten[count:]
        return batch


class Lines:
    """Cuts bytes into lines. What is not UTF-8 is replaced, as AWS does; NULs are kept."""

    def __init__(self, take: Callable[[str], None]) -> None:
        self._take = take
        self._rest = b""

    def feed(self, data: bytes) -> None:
        *lines, rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._cut(line + b"\n")
        while len(rest) > MAX_LINE_BYTES:
            self._take(rest[:MAX_LINE_BYTES].decode("utf-8", "replace"))
            rest = rest[MAX_LINE_BYTES:]
        self._rest = rest

    def end(self) -> None:
        """Take what has no newline yet for a line."""
        rest, self._rest = self._rest, b""
        if rest:
            self._cut(rest)

    def _cut(self, line: bytes) -> None:
        for start in range(0, len(line), MAX_LINE_BYTES):
            self._take(line[start : start + MAX_LINE_BYTES].decode("utf-8", "replace"))


class Frames:
    """Cuts bytes into the messages that runtimes frame, so that several lines stay one event.

    A frame is a type (``a55a00xx``), a length, a time in microseconds and the text, all big-endian. Bytes that are
    none of that are taken for lines.
    """

    def __init__(self, take: Callable[[str], None]) -> None:
        self._take = take
        self._lines = Lines(take)
        self._data = bytearray()

    def feed(self, data: bytes) -> None:
        held = self._data
        held += data
        while len(held) >= _FRAME_HEAD_BYTES:
            kind, length = int.from_bytes(held[:4], "big"), int.from_bytes(held[4:8], "big")
            if kind & 0xFFFFFF00 != _FRAME_TYPE or length > MAX_FRAME_BYTES:
                self._lines.feed(bytes(held))
                held.clear()
                return
            if len(held) < _FRAME_HEAD_BYTES + length:
                return
            text = bytes(held[_FRAME_HEAD_BYTES : _FRAME_HEAD_BYTES + length])
            del held[: _FRAME_HEAD_BYTES + length]
            for start in range(0, length, MAX_LINE_BYTES):
                self._take(text[start : start + MAX_LINE_BYTES].decode("utf-8", "replace"))
