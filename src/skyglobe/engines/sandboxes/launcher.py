"""The launcher's program: it forks one sandbox after another off itself and tells what becomes of them.

It is asked through a socket whose messages are JSON, with descriptors attached:

``{"launch": id, …}``  with the write ends for output, framed logs and reports, and the read end of a gate.
    Answered ``{"started": id, "pid": …}`` or ``{"failed": number, "why": …}``, later ``{"ended": id, "ran_out": …}``.
``{"kill": id}``  ends a sandbox with everything in it.
``{"warn": id}``  sends its main process TERM.

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
    """A sandbox that runs."""

    def __init__(self, number: int, pid: int, group: Group | None) -> None:
        self.number = number
        self.pid = pid
        self.group = group
        self.ran_out = False
        """Whether it was ended for want of memory."""


class Launcher:
    """One launcher. ``config`` says how sandboxes are kept apart and what they share: see ``client.Shared``."""

    def __init__(self, config: dict[str, Any], control: socket.socket) -> None:
        self.control = control
        self.isolation: str = config["isolation"]
        self.sandboxes: dict[int, Sandbox] = {}
        self.by_pid: dict[int, Sandbox] = {}
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
                # What is loaded ahead of need is loaded while there is nothing else to do.
                ready = self.selector.select(0 if self.preload else None)
                if not ready:
                    self._load_one()
                for key, _ in ready:
                    key.data()
        except EOFError:
            pass
        finally:
            self._end()

    def say(self, message: dict[str, Any]) -> None:
        self.control.sendall(json.dumps(message).encode())

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
        group: Group | None = None
        pid = 0
        try:
            group = self._make_group(number, request)
            pid = self._fork(request, fds, group)
        except OSError as error:
            if group is not None:
                group.remove()
            self.say({"failed": number, "why": str(error)})
        finally:
            for fd in fds:
                os.close(fd)
        if pid:
            sandbox = self.sandboxes[number] = self.by_pid[pid] = Sandbox(number, pid, group)
            if group is not None and group.event >= 0:
                self.selector.register(group.event, selectors.EVENT_READ, lambda: self._look(sandbox))
            self.say({"started": number, "pid": pid})

    def _make_group(self, number: int, request: dict[str, Any]) -> Group | None:
        if self.groups is None:
            return None
        scratch = sum(size for _, size in request["scratch"])
        return self.groups.make(
            str(number),
            memory_bytes=request["memory_bytes"],
            scratch_bytes=scratch,
            cpu_shares=request["cpu_shares"],
            processes=request["processes"],
        )

    def _fork(self, request: dict[str, Any], fds: list[int], group: Group | None) -> int:
        uid = self._next_uid() if self.isolation == "root" else None
        if self.isolation == "root":
            pid = self._fork_namespace()
        else:
            pid = os.fork()
            if pid == 0 and self.isolation == "user":
                inside.stand_between(lambda: linux.unshare(linux.NEW_PIDS))
        if pid == 0:
            inside.live(request, fds, group, self.start, isolation=self.isolation, uid=uid)
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

    def _forget(self, sandbox: Sandbox, status: int) -> None:
        del self.sandboxes[sandbox.number]
        if self.pids < 0:
            _kill_strays(self.by_pid)
        if sandbox.group is not None:
            if sandbox.group.event >= 0:
                self.selector.unregister(sandbox.group.event)
            sandbox.group.remove()
        self.say({"ended": sandbox.number, "status": status, "ran_out": sandbox.ran_out})

    def _load_one(self) -> None:
        name = self.preload.pop(0)
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
        if not self.preload:
            # What is there now is there for good: the collector need not touch, and so copy, it in every sandbox.
            gc.collect()
            gc.freeze()

    def _end(self) -> None:
        for sandbox in list(self.sandboxes.values()):
            _signal(sandbox.pid, signal.SIGKILL, whole=True)
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
