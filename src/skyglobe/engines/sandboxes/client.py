"""Asking a launcher for sandboxes, from the cloud's event loop."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import subprocess
import sys
from collections import deque
from itertools import count
from pathlib import Path
from typing import Any, Literal

import msgspec

from skyglobe.engines.sandboxes.groups import PREFIX, controllers, sweep

Isolation = Literal["root", "user", "none"]
"""How sandboxes are kept apart: by namespaces made by root, by namespaces made by anybody, or hardly."""

ISOLATIONS: tuple[Isolation, ...] = ("root", "user", "none")
READY_FOR = 20.0
"""Seconds a launcher may take to begin."""
STOP_FOR = 5.0
"""Seconds it may take to end before it is killed."""
MAX_MESSAGE = 256 * 1024

FIRST_UID = 0x4000_0000
"""User ids of sandboxes start here: far from those of the machine's people and containers."""
UIDS = 1 << 20

_PROGRAM = "import sys; sys.path.insert(0, {!r}); from skyglobe.engines.sandboxes import launcher; \
sys.path.pop(0); launcher.main()"
_SOURCE = str(Path(__file__).parents[3])

_log = logging.getLogger(__name__)


class NoLauncher(Exception):
    """No launcher could be started, or it has ended; the message says why."""


class NotStarted(Exception):
    """A sandbox could not be started; the message says why."""


class Shared(msgspec.Struct, kw_only=True):
    """What all sandboxes of a launcher share. Paths of targets are as seen inside; sources are the machine's."""

    binds: list[tuple[str, str]] = []
    folders: list[str] = []
    files: dict[str, str] = {}
    links: list[tuple[str, str]] = []
    """(what it points at, where it is) pairs."""
    preload: list[str] = []
    """Python modules to load while there is nothing else to do."""
    paths: list[str] = []
    """Where they are found, before the standard library, as seen inside."""
    spares: int = 0
    """How many sandboxes to keep ready for who asks next."""
    start: str = ""
    """A Python file whose ``start(process)`` runs processes without a program of their own."""


class Process(msgspec.Struct, kw_only=True):
    """One process of a sandbox."""

    name: str = "main"
    argv: list[str] | msgspec.UnsetType = msgspec.UNSET
    """Without it, the launcher's ``start`` is called in a fork of the launcher."""
    environment: dict[str, str] = {}
    folder: str = "/"
    details: dict[str, Any] = {}
    """Whatever else ``start`` wants to know."""


class Plan(msgspec.Struct, kw_only=True):
    """One sandbox to be."""

    main: Process
    others: list[Process] = []
    """Processes to start first; ``main`` follows when the gate is opened."""
    binds: list[tuple[str, str]] = []
    merged: list[tuple[list[str], str]] = []
    scratch: list[tuple[str, int]] = []
    """(folder, bytes) pairs."""
    memory_bytes: int = 0
    cpu_shares: int = 0
    processes: int = 0
    """How many it may be, threads included, where each sandbox has a user of its own."""
    limits: dict[str, int] = {}
    """Of each process: ``{"nofile": 1024}``, after ``resource.RLIMIT_NOFILE``."""


class Pipes(msgspec.Struct):
    """The launcher's ends of a sandbox's pipes. They are closed here once they are sent."""

    output: int
    frames: int
    reports: int
    gate: int = -1
    asides: int = -1
    """Standard output and error of the other processes, with a gate only; without it they share the main one's."""

    def all(self) -> list[int]:
        return [fd for fd in (self.output, self.frames, self.reports, self.gate, self.asides) if fd >= 0]


class Running:
    """A sandbox that was started."""

    def __init__(self, launcher: Launcher, number: int) -> None:
        self.launcher = launcher
        self.number = number
        self.pid = 0
        """Of its first process, on the machine."""
        loop = asyncio.get_running_loop()
        self.started: asyncio.Future[None] = loop.create_future()
        self.ended: asyncio.Future[bool] = loop.create_future()
        """Done when all its processes are gone; whether that was for want of memory."""

    def kill(self) -> None:
        """End it with everything in it. ``ended`` tells when that is so."""
        if not self.ended.done():
            self.launcher.send({"kill": self.number})

    def warn(self) -> None:
        """Send its main process TERM."""
        if not self.ended.done():
            self.launcher.send({"warn": self.number})

    def peak_bytes(self) -> int:
        """Return the most memory its processes held, each at its own time; 0 where the machine does not tell."""
        return sum(_peak_bytes(pid) for pid in _descendants(self.pid)[1:])


class Launcher:
    """A launcher that runs. Everything here is called on the event loop that started it."""

    def __init__(
        self, process: subprocess.Popen[bytes], control: socket.socket, isolation: Isolation, *, watches_memory: bool
    ) -> None:
        self.process = process
        self.control = control
        self.isolation = isolation
        self.watches_memory = watches_memory
        """Whether sandboxes are ended when they want more memory than they may have."""
        self.has_ended = False
        self._loop = asyncio.get_running_loop()
        self._ids = count(1)
        self._running: dict[int, Running] = {}
        self._unsent: deque[tuple[bytes, list[int]]] = deque()
        self.control.setblocking(False)
        self._loop.add_reader(control.fileno(), self._receive)

    async def launch(self, plan: Plan, pipes: Pipes) -> Running:
        """Start a sandbox; its ``pipes`` are this process's no more, whatever happens.

        Raises ``NotStarted``, or ``NoLauncher`` when the launcher has ended.
        """
        fds = pipes.all()
        if self.has_ended:
            _close(fds)
            raise NoLauncher("the launcher has ended")
        running = Running(self, next(self._ids))
        self._running[running.number] = running
        message = msgspec.to_builtins(plan)
        message["launch"] = running.number
        self.send(message, fds)
        await asyncio.shield(running.started)
        return running

    def send(self, message: dict[str, Any], fds: list[int] | None = None) -> None:
        """Send now, or as soon as the launcher has read what was sent before; nothing when it has ended."""
        if self.has_ended:
            _close(fds or [])
            return
        self._unsent.append((msgspec.json.encode(message), fds or []))
        if len(self._unsent) == 1:
            self._send()

    async def stop(self) -> None:
        """End it, with all its sandboxes."""
        self._lose()
        try:
            await asyncio.wait_for(asyncio.to_thread(self.process.wait), STOP_FOR)
        except TimeoutError:
            self.process.kill()
            await asyncio.to_thread(self.process.wait)

    def _send(self) -> None:
        while self._unsent and not self.has_ended:
            data, fds = self._unsent[0]
            try:
                socket.send_fds(self.control, [data], fds)
            except BlockingIOError:
                self._loop.add_writer(self.control.fileno(), self._send)
                return
            except OSError:
                self._lose()
                return
            _close(fds)
            self._unsent.popleft()
        if not self.has_ended:
            self._loop.remove_writer(self.control.fileno())

    def _receive(self) -> None:
        while not self.has_ended:
            try:
                data = self.control.recv(MAX_MESSAGE)
            except BlockingIOError:
                return
            except OSError:
                data = b""
            if not data:
                self._lose()
                return
            self._hear(msgspec.json.decode(data))

    def _hear(self, message: dict[str, Any]) -> None:
        if "started" in message:
            running = self._running[message["started"]]
            running.pid = message["pid"]
            running.started.set_result(None)
        elif "failed" in message:
            running = self._running.pop(message["failed"])
            running.started.set_exception(NotStarted(message["why"]))
            running.ended.set_result(False)
        elif "ended" in message:
            self._running.pop(message["ended"]).ended.set_result(message["ran_out"])

    def _lose(self) -> None:
        if self.has_ended:
            return
        self.has_ended = True
        self._loop.remove_reader(self.control.fileno())
        self._loop.remove_writer(self.control.fileno())
        self.control.close()
        for _, fds in self._unsent:
            _close(fds)
        self._unsent.clear()
        for running in self._running.values():
            if not running.started.done():
                running.started.set_exception(NoLauncher("the launcher has ended"))
            if not running.ended.done():
                running.ended.set_result(False)
        self._running.clear()
        self._loop.run_in_executor(None, self.process.wait)  # else it stays in the process table


async def start_launcher(
    isolated: Shared, in_the_open: Shared, folder: Path, name: str, isolation: Isolation | None = None
) -> Launcher:
    """Start a launcher, with the strongest isolation the machine allows, or the one asked for.

    Sandboxes share what ``isolated`` says, or ``in_the_open`` where they cannot have file systems of their own.
    ``folder`` is the launcher's own, ``name`` is unique among this process's launchers. Raises ``NoLauncher``.
    """
    why = ""
    for each in (isolation,) if isolation else _likely():
        try:
            return await _start(in_the_open if each == "none" else isolated, folder, name, each)
        except NoLauncher as error:
            why = str(error)
            if each != "none" and isolation is None:
                _log.warning("sandboxes cannot be isolated as %s: %s", each, why)
    raise NoLauncher(why)


def _likely() -> tuple[Isolation, ...]:
    if sys.platform != "linux":
        return ("none",)
    return ISOLATIONS if os.getuid() == 0 else ISOLATIONS[1:]


async def _start(shared: Shared, folder: Path, name: str, isolation: Isolation) -> Launcher:
    root = folder / "root"
    root.mkdir(parents=True, exist_ok=True)
    found: list[str] = []
    if os.getuid() == 0 and sys.platform == "linux":
        found = controllers()
        sweep()
    config = {
        **msgspec.to_builtins(shared),
        "isolation": isolation,
        "root": str(root),
        "name": f"{PREFIX}{os.getpid()}-{name}",
        "controllers": found,
        "first_uid": FIRST_UID + hash(name) % 1000 * UIDS // 1000,
        "uids": UIDS // 1000,
    }
    ours, theirs = socket.socketpair(socket.AF_UNIX, getattr(socket, "SOCK_SEQPACKET", socket.SOCK_DGRAM))
    with theirs:
        process = subprocess.Popen(  # noqa: ASYNC220, S603 - forking is a matter of a millisecond
            [interpreter(), "-I", "-S", "-c", _PROGRAM.format(_SOURCE), str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            cwd="/",
            env={"PATH": os.defpath, "LANG": "C.UTF-8"},
        )
    loop = asyncio.get_running_loop()
    ours.setblocking(False)
    try:
        await loop.sock_sendall(ours, msgspec.json.encode(config))
        answer = await asyncio.wait_for(loop.sock_recv(ours, MAX_MESSAGE), READY_FOR)
        ready = msgspec.json.decode(answer) if answer else {"ready": False, "why": "its program did not run"}
    except (OSError, TimeoutError) as error:
        ready = {"ready": False, "why": str(error)}
    if not ready["ready"]:
        ours.close()
        process.kill()
        await asyncio.to_thread(process.wait)
        raise NoLauncher(ready["why"])
    return Launcher(process, ours, isolation, watches_memory="memory" in found)


def interpreter() -> str:
    """Return the interpreter a virtual environment stands on: it is where the standard library is."""
    found: str = getattr(sys, "_base_executable", sys.executable)
    return os.path.realpath(found)


def _close(fds: list[int]) -> None:
    for fd in fds:
        os.close(fd)


def _descendants(pid: int) -> list[int]:
    found = [pid]
    for each in found:
        found.extend(int(child) for child in _contents(f"/proc/{each}/task/{each}/children").split())
    return found


def _peak_bytes(pid: int) -> int:
    found = _contents(f"/proc/{pid}/status").partition(b"VmHWM:")[2].split(maxsplit=1)
    return int(found[0]) * 1024 if found else 0


def _contents(path: str) -> bytes:
    """Return what is in one of the kernel's small files; nothing when it is gone. Called after each invocation."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return b""
    try:
        return os.read(fd, 65536)
    except OSError:
        return b""
    finally:
        os.close(fd)
