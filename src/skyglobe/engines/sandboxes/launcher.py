"""The launcher's program: it forks one sandbox after another off itself and tells what becomes of them.

It is asked through a socket whose messages are JSON, with descriptors attached:

``{"launch": number, …}``  with the write ends for output, framed logs and reports, and the read end of a gate.
    Answered ``{"started": number, "pid": …}`` or ``{"failed": number, "why": …}``, and after the former, when all is
    over, ``{"ended": number, "ran_out": …}``.
``{"kill": number}``  ends a sandbox with everything in it.
``{"warn": number}``  sends its main process TERM.

When the socket closes, as it does when whoever started it dies, it ends and all its sandboxes with it. When it dies
itself, the kernel ends them.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import importlib.util
import json
import os
import selectors
import signal
import socket
import sys
from collections.abc import Callable
from typing import Any

from skyglobe.engines import linux
from skyglobe.engines.sandboxes import inside
from skyglobe.engines.sandboxes.groups import Group, Groups
from skyglobe.engines.sandboxes.mounts import HOST, make_root

MAX_MESSAGE = 256 * 1024

Start = Callable[[dict[str, Any]], None]


class Sandbox:
    """A sandbox: its first process is there, and waits to be told what it is for, or has been."""

    def __init__(self, pid: int, group: Group | None, handover: socket.socket) -> None:
        self.pid = pid
        self.group = group
        self.number = 0
        """What it was asked for as; 0 while it waits."""
        self.ran_out = False
        """Whether it was ended for want of memory."""
        self._handover = handover

    def begin(self, request: dict[str, Any], fds: list[int]) -> None:
        """Tell it what it is for. Raises ``OSError`` when it is no more, too."""
        if self.group is not None:
            scratch = sum(size for _, size in request["scratch"])
            self.group.limit(request["memory_bytes"], scratch, request["cpu_shares"])
        with self._handover:
            socket.send_fds(self._handover, [json.dumps(request).encode()], fds)
        self.number = request["launch"]

    def discard(self) -> None:
        self._handover.close()


class Launcher:
    """One launcher. ``config`` says how sandboxes are kept apart and what they share: see ``client.Shared``."""

    def __init__(self, config: dict[str, Any], control: socket.socket) -> None:
        self.control = control
        self.isolation: str = config["isolation"]
        self.sandboxes: dict[int, Sandbox] = {}
        self.by_pid: dict[int, Sandbox] = {}
        self.spares: list[Sandbox] = []
        """Sandboxes that wait to be told what they are for."""
        self.wanted_spares: int = config["spares"]
        self.made = 0
        self.next_uid: int = config["first_uid"]
        self.last_uid = self.next_uid + config["uids"]
        self.first_uid = self.next_uid
        self.preload: list[str] = list(config["preload"])
        self.selector = selectors.DefaultSelector()
        self.start = _load_start(config["start"])
        self.groups = self._open_groups(config)
        self.pids = -1
        if self.isolation != "none":
            self._isolate(config)
        sys.path[:] = [*config["paths"], *sys.path]

    def _open_groups(self, config: dict[str, Any]) -> Groups | None:
        if not config["controllers"]:
            return None
        return Groups(config["name"], config["controllers"])

    def _isolate(self, config: dict[str, Any]) -> None:
        uid, gid = os.getuid(), os.getgid()
        if self.isolation == "user":
            linux.unshare(linux.NEW_USER | linux.NEW_MOUNTS)
            for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
                with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
                    file.write(text)
        else:
            linux.unshare(linux.NEW_MOUNTS)
        self.pids = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
        make_root(config["root"], config)
        if self.groups is not None:
            self.groups.move(HOST)

    def run(self) -> None:
        """Serve until the socket closes."""
        reader, writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.set_wakeup_fd(writer)
        self.selector.register(self.control, selectors.EVENT_READ, self._take)
        self.selector.register(reader, selectors.EVENT_READ, lambda: self._reap(reader))
        self.say({"ready": True})
        try:
            while True:
                # What is done ahead of need is done while there is nothing else to do.
                ready = self.selector.select(0 if self.preload or len(self.spares) < self.wanted_spares else None)
                if not ready:
                    self._get_ahead()
                for key, _ in ready:
                    key.data()
        except EOFError:
            pass
        finally:
            self._end()

    def say(self, message: dict[str, Any]) -> None:
        try:
            self.control.sendall(json.dumps(message).encode())
        except OSError:
            raise EOFError from None  # nobody is there to be told, which is the end

    def _take(self) -> None:
        data, fds, _, _ = socket.recv_fds(self.control, MAX_MESSAGE, 8)
        if not data:
            raise EOFError
        message = json.loads(data)
        if "launch" in message:
            self._launch(message, fds)
            return
        sandbox = self.sandboxes.get(message.get("kill", message.get("warn")))
        if sandbox is not None:
            _signal(sandbox.pid, signal.SIGKILL if "kill" in message else signal.SIGTERM, whole="kill" in message)

    def _launch(self, request: dict[str, Any], fds: list[int]) -> None:
        number = request["launch"]
        try:
            sandbox = self._begin(request, fds)
        except OSError as error:
            self.say({"failed": number, "why": str(error)})
            return
        finally:
            for fd in fds:
                os.close(fd)
        self.sandboxes[number] = sandbox
        if sandbox.group is not None and sandbox.group.event >= 0:
            self.selector.register(sandbox.group.event, selectors.EVENT_READ, lambda: self._look(sandbox))
        self.say({"started": number, "pid": sandbox.pid})

    def _begin(self, request: dict[str, Any], fds: list[int]) -> Sandbox:
        """Return a sandbox that was given the request: one that waits for it, or else a new one."""
        while self.spares:
            sandbox = self.spares.pop()
            with contextlib.suppress(OSError):
                sandbox.begin(request, fds)
                return sandbox
        sandbox = self._make()
        sandbox.begin(request, fds)
        return sandbox

    def _make(self) -> Sandbox:
        self.made += 1
        group = self.groups.make(str(self.made)) if self.groups is not None else None
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET if linux.IS_LINUX else socket.SOCK_DGRAM)
        try:
            pid = self._fork(theirs, group)
        except OSError:
            ours.close()
            if group is not None:
                group.remove()
            raise
        finally:
            theirs.close()
        sandbox = self.by_pid[pid] = Sandbox(pid, group, ours)
        return sandbox

    def _fork(self, handover: socket.socket, group: Group | None) -> int:
        uid = self._next_uid() if self.isolation == "root" else None
        if self.isolation == "root":
            pid = self._fork_namespace()
        else:
            pid = os.fork()
            if pid == 0 and self.isolation == "user":
                inside.stand_between(lambda: linux.unshare(linux.NEW_PIDS))
        if pid == 0:
            inside.live(handover, group, self.start, isolation=self.isolation, uid=uid)
        return pid

    def _fork_namespace(self) -> int:
        """Fork the first process of a new process-id namespace, and stay out of it. Not allowed without being root."""
        linux.unshare(linux.NEW_PIDS)
        pid = -1
        try:
            pid = os.fork()
        finally:
            if pid != 0:
                linux.enter(self.pids, linux.NEW_PIDS)
        return pid

    def _next_uid(self) -> int:
        """Return a user id no other sandbox of late has."""
        uid = self.next_uid
        self.next_uid = uid + 1 if uid + 1 < self.last_uid else self.first_uid
        return uid

    def _look(self, sandbox: Sandbox) -> None:
        assert sandbox.group is not None
        if sandbox.number in self.sandboxes and sandbox.group.has_too_much():
            sandbox.ran_out = True
            _signal(sandbox.pid, signal.SIGKILL, whole=True)

    def _reap(self, wakeups: int) -> None:
        with contextlib.suppress(BlockingIOError):
            os.read(wakeups, 4096)
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            sandbox = self.by_pid.pop(pid, None)
            if sandbox is not None:
                self._forget(sandbox, status)
            elif self.pids < 0:
                _kill_strays(self.by_pid)  # those of the stray that just ended

    def _forget(self, sandbox: Sandbox, status: int) -> None:
        if self.pids < 0:
            _kill_strays(self.by_pid)
        if sandbox.group is not None:
            if sandbox.number and sandbox.group.event >= 0:
                self.selector.unregister(sandbox.group.event)
            sandbox.group.remove()
        if not sandbox.number:
            sandbox.discard()
            if sandbox in self.spares:
                self.spares.remove(sandbox)
            return
        del self.sandboxes[sandbox.number]
        self.say({"ended": sandbox.number, "status": status, "ran_out": sandbox.ran_out})

    def _get_ahead(self) -> None:
        """Load a module, or have one more sandbox wait; not yet while it would lack modules."""
        if self.preload:
            self._load_one()
            return
        try:
            self.spares.append(self._make())
        except OSError:
            self.wanted_spares = 0  # the machine has no more to give, which those who ask will be told

    def _load_one(self) -> None:
        name = self.preload.pop(0)
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
        if not self.preload:
            # What is there now is there for good: the collector need not touch, and so copy, it in every sandbox.
            gc.collect()
            gc.freeze()

    def _end(self) -> None:
        for pid in self.by_pid:
            _signal(pid, signal.SIGKILL, whole=True)
        self.by_pid.clear()
        with contextlib.suppress(ChildProcessError):
            while True:
                if self.pids < 0:
                    _kill_strays(self.by_pid)
                os.waitpid(-1, 0)
        if self.groups is not None:
            self.groups.remove()


def _signal(pid: int, number: int, *, whole: bool) -> None:
    """Signal a sandbox's first process, which takes its whole namespace with it, and its group where it has none."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
    if whole:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, number)


def _kill_strays(known: dict[int, Sandbox]) -> None:
    """Kill what a sandbox without a namespace left behind: having lost its parents, it is this process's child now."""
    try:
        names = os.listdir("/proc")
    except FileNotFoundError:
        return
    own = os.getpid()
    for name in names:
        if name.isdigit() and int(name) not in known and _parent_of(name) == own:
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(name), signal.SIGKILL)


def _parent_of(pid: str) -> int:
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return int(file.read().rpartition(b")")[2].split()[1])
    except (OSError, IndexError):
        return 0


def _load_start(path: str) -> Start | None:
    """Return ``start`` of the Python file that runs what is to run in this very interpreter."""
    if not path:
        return None
    spec = importlib.util.spec_from_file_location("skyglobe_start", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    start: Start = module.start
    return start


def main() -> None:
    """Run the launcher whose socket is named in the arguments; its configuration is the first message."""
    linux.adopt_orphans()
    control = socket.socket(fileno=int(sys.argv[1]))
    config = json.loads(control.recv(MAX_MESSAGE) or sys.exit(1))
    try:
        launcher = Launcher(config, control)
    except OSError as error:
        control.sendall(json.dumps({"ready": False, "why": str(error)}).encode())
        sys.exit(1)
    launcher.run()
