"""The sandbox of an environment, with the pipes by which it is heard."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
from collections.abc import Callable
from typing import Protocol

from skyglobe.engines.sandboxes.client import Launcher, Pipes, Plan, Running

READ_BYTES = 64 * 1024
MAX_DRAIN_BYTES = 1 << 20
"""How much is read in one go of what was printed before an invocation ended."""
_SET_PIPE_SIZE = getattr(fcntl, "F_SETPIPE_SZ", None)
PIPE_BYTES = 64 * 1024


class Listener(Protocol):
    """Who is told what comes out of a sandbox."""

    def printed(self, data: bytes) -> None:
        """Bytes came on the main process's standard output or error."""

    def printed_aside(self, data: bytes) -> None:
        """The same of the other processes."""

    def framed(self, data: bytes) -> None:
        """Bytes came on the pipe for framed logs."""

    def exited(self, name: str, status: int) -> None:
        """A process that matters ended, with this wait status."""

    def ended(self, *, ran_out: bool) -> None:
        """All processes are gone, perhaps for want of memory."""


class Box:
    """One sandbox that runs. ``listener`` hears of it until ``abandon``."""

    def __init__(self, listener: Listener) -> None:
        self.running: Running | None = None
        self._listener: Listener | None = listener
        self._loop = asyncio.get_running_loop()
        self._readers: dict[int, Callable[[bytes], None]] = {}
        self._log_pipes: list[int] = []
        self._gate = -1
        self._reports = b""
        self._is_held = False

    async def start(self, launcher: Launcher, plan: Plan) -> None:
        """Start the sandbox. Raises ``NotStarted`` and ``NoLauncher``."""
        assert self._listener is not None
        asides = self._open(self._listener.printed_aside) if plan.others else -1  # heard first: they begin first
        output = self._open(self._listener.printed)
        frames = self._open(self._listener.framed)
        self._log_pipes = list(self._readers)
        reports = self._open(self._report)
        gate = -1
        if plan.others:
            gate, self._gate = os.pipe()
        try:
            self.running = await launcher.launch(plan, Pipes(output, frames, reports, gate, asides))
        except BaseException:
            self._close()
            raise
        self.running.ended.add_done_callback(self._end)

    def open_gate(self) -> None:
        """Let the main process start: those that come first are ready."""
        if self._gate >= 0:
            with contextlib.suppress(OSError):
                os.write(self._gate, b"\0")
            os.close(self._gate)
            self._gate = -1

    def drain(self) -> None:
        """Take what is in the pipes already."""
        for fd in self._log_pipes:
            left = MAX_DRAIN_BYTES
            while left > 0 and fd in self._readers:
                count = self._read(fd)
                if count <= 0:
                    break
                left -= count

    def hold(self) -> None:
        """Read no more of what it prints; it is held up when its pipes are full."""
        if not self._is_held:
            self._is_held = True
            for fd in self._log_pipes:
                if fd in self._readers:
                    self._loop.remove_reader(fd)

    def read_on(self) -> None:
        if self._is_held:
            self._is_held = False
            for fd in self._log_pipes:
                if fd in self._readers:
                    self._loop.add_reader(fd, self._read, fd)

    def kill(self) -> None:
        if self.running is not None:
            self.running.kill()

    def warn(self) -> None:
        if self.running is not None:
            self.running.warn()

    def peak_bytes(self) -> int:
        return self.running.peak_bytes() if self.running is not None else 0

    def abandon(self) -> None:
        """End it, and hear no more of it."""
        self._listener = None
        self.kill()
        self._close()

    def _open(self, take: Callable[[bytes], None]) -> int:
        """Return the writing end of a new pipe whose other end ``take`` is given the bytes of."""
        reader, writer = os.pipe()
        os.set_blocking(reader, False)
        self._readers[reader] = take
        self._loop.add_reader(reader, self._read, reader)
        return writer

    def _read(self, fd: int) -> int:
        """Read once. Returns how many bytes came: 0 at the end, -1 when there are none now."""
        try:
            data = os.read(fd, READ_BYTES)
        except BlockingIOError:
            return -1
        if not data:
            self._forget(fd)
            return 0
        if self._listener is not None:
            self._readers[fd](data)
        return len(data)

    def _report(self, data: bytes) -> None:
        *lines, self._reports = (self._reports + data).split(b"\n")
        for line in lines:
            name, _, status = line.decode().rpartition(" ")
            if self._listener is not None:
                self._listener.exited(name, int(status))

    def _end(self, ended: asyncio.Future[bool]) -> None:
        if self._listener is None:
            return
        self.drain()
        for fd in [fd for fd in self._readers if fd not in self._log_pipes]:
            while self._read(fd) > 0:
                pass
        listener, self._listener = self._listener, None
        self._close()
        if listener is not None:
            listener.ended(ran_out=ended.result())

    def _forget(self, fd: int) -> None:
        if self._readers.pop(fd, None) is not None:
            self._loop.remove_reader(fd)
            os.close(fd)

    def _close(self) -> None:
        for fd in list(self._readers):
            self._forget(fd)
        if self._gate >= 0:
            os.close(self._gate)
            self._gate = -1
