"""What happens in a sandbox before and around what it is for: its first process, which starts the others and reaps.

The first process stays what it was, so that what runs in the sandbox can neither signal it nor write its reports; the
others get the sandbox's own user.
"""

from __future__ import annotations

import contextlib
import errno
import gc
import json
import os
import resource
import select
import signal
import socket
import sys
import traceback
from collections.abc import Callable
from typing import Any, NoReturn

from skyglobe.engines import linux
from skyglobe.engines.sandboxes.groups import Group
from skyglobe.engines.sandboxes.mounts import furnish

OUTPUT, FRAMES, REPORTS, GATE, ASIDES = range(5)
"""What the descriptors that come with a request are."""
FRAMES_AT = 3
"""The descriptor at which processes find the pipe for framed logs."""
MAX_MESSAGE = 256 * 1024
UNSTARTABLE = 127
"""The exit status of a process whose program could not be started, as shells have it."""


def live(
    handover: socket.socket,
    group: Group | None,
    start: Callable[[dict[str, Any]], None] | None,
    *,
    isolation: str,
    uid: int | None,
) -> NoReturn:
    """Be the sandbox's first process, from just after the fork to its end: ``handover`` says what it is for."""
    fds: list[int] = []
    try:
        gc.disable()
        _begin(group, isolation)
        data, fds, _, _ = socket.recv_fds(handover, MAX_MESSAGE, 8)
        if not data:
            os._exit(0)  # nobody wants it any more
        request = json.loads(data)
        if isolation != "none":
            furnish(request, has_pids=True)
        theirs = [fds[ASIDES], *fds[FRAMES:]] if len(fds) > ASIDES else fds
        others = {_spawn(request, each, theirs, uid, isolation, None): each["name"] for each in request["others"]}
        if len(fds) > GATE:
            _wait_at_gate(fds[GATE], others, fds[REPORTS])
        main = _spawn(request, request["main"], fds, uid, isolation, start)
        if group is not None:
            group.set_mark(request["memory_bytes"])
        _close_all_but(fds[REPORTS])
        _attend(main, others, fds[REPORTS])
    except BaseException:  # the process must end here, whatever it is: it must not go on as another launcher
        with contextlib.suppress(OSError):
            os.write(fds[OUTPUT] if fds else 2, traceback.format_exc().encode())
        os._exit(UNSTARTABLE)
    os._exit(0)


def stand_between(leave: Callable[[], None]) -> None:
    """Return in a child that is first in a new process-id namespace; this process waits for it, and ends as it does.

    For launchers that are not root: they could not return from the namespace their next child is born into.
    """
    try:
        signal.set_wakeup_fd(-1)
        linux.die_with_parent()
        os.setsid()
        leave()
        pid = os.fork()
        if pid == 0:
            return
        signal.signal(signal.SIGTERM, lambda *_: _warn(pid))
        os.closerange(0, 1 << 16)
        _, status = os.waitpid(pid, 0)
        os._exit(os.waitstatus_to_exitcode(status) & 0xFF)
    except BaseException:  # as in ``live``
        os._exit(UNSTARTABLE)


def _begin(group: Group | None, isolation: str) -> None:
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    linux.die_with_parent()
    os.setsid()
    if group is not None:
        group.join()
        group.open_mark()
    if isolation != "none":
        linux.unshare(linux.NEW_MOUNTS | linux.NEW_IPC)
    else:
        linux.adopt_orphans()


def _wait_at_gate(gate: int, others: dict[int, str], reports: int) -> None:
    """Wait for the word that those started first are ready, or that nobody is left to give it. Report who ends."""
    reader, writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(writer)
    while True:
        _reap_some(others, reports)
        ready, _, _ = select.select([gate, reader], [], [])
        if gate in ready:
            break
        os.read(reader, 4096)
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)


def _reap_some(others: dict[int, str], reports: int) -> None:
    with contextlib.suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            if pid in others:
                os.write(reports, f"{others.pop(pid)} {status}\n".encode())


def _attend(main: int, others: dict[int, str], reports: int) -> None:
    """Reap until nothing is left. Of those that matter, write how they ended: ``NAME STATUS``, one a line."""
    signal.signal(signal.SIGTERM, lambda *_: _warn(main))
    while True:
        try:
            pid, status = os.wait()
        except ChildProcessError:
            return
        if pid == main:
            os.write(reports, b"main %d\n" % status)
            if not others:
                return
        elif pid in others:
            os.write(reports, f"{others[pid]} {status}\n".encode())


def _warn(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)


def _spawn(
    request: dict[str, Any],
    process: dict[str, Any],
    fds: list[int],
    uid: int | None,
    isolation: str,
    start: Callable[[dict[str, Any]], None] | None,
) -> int:
    pid = os.fork()
    if pid:
        return pid
    status = UNSTARTABLE
    try:
        _become(request, process, fds, uid, isolation)
        if start is not None and "argv" not in process:
            start(process)
            status = 0
        else:
            os.execve(process["argv"][0], process["argv"], process["environment"])  # noqa: S606
    except SystemExit as error:
        status = _exit_status(error)
    except OSError as error:
        name = process["argv"][0] if "argv" in process else process["name"]
        os.write(2, f"{name}: {errno.errorcode.get(error.errno or 0, '')} {error.strerror}\n".encode())
    except BaseException:
        status = 1
        traceback.print_exc()
    finally:
        _leave(status)
    raise AssertionError("unreachable")


def _become(request: dict[str, Any], process: dict[str, Any], fds: list[int], uid: int | None, isolation: str) -> None:
    """Turn into what the sandbox's programs run as: descriptors, limits, user and folder."""
    nothing = os.open("/dev/null", os.O_RDONLY)
    os.dup2(nothing, 0)
    output, frames = os.dup(fds[OUTPUT]), os.dup(fds[FRAMES])
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.dup2(frames, FRAMES_AT)
    os.closerange(FRAMES_AT + 1, 1 << 16)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGPIPE):
        signal.signal(number, signal.SIG_DFL)
    limits = dict(request["limits"])
    if uid is not None and request["processes"]:
        limits["nproc"] = request["processes"]  # counted by user, and no other sandbox has this one
    for name, value in limits.items():
        kind = getattr(resource, f"RLIMIT_{name.upper()}")
        hard = resource.getrlimit(kind)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (value, value))
    if uid is not None:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    elif isolation == "user":
        linux.drop_capabilities()
    linux.gain_no_privileges()
    if isolation == "none":
        linux.die_with_parent()
    os.umask(0o022)
    os.chdir(process["folder"])


def _exit_status(error: SystemExit) -> int:
    if error.code is None:
        return 0
    if isinstance(error.code, int):
        return error.code & 0xFF
    sys.stderr.write(f"{error.code}\n")
    return 1


def _leave(status: int) -> NoReturn:
    """End as an interpreter does: what was registered to run at exit runs, what was printed is written."""
    import atexit
    import threading

    with contextlib.suppress(BaseException):
        threading._shutdown()  # type: ignore[attr-defined]
    with contextlib.suppress(BaseException):
        atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(BaseException):
            stream.flush()
    os._exit(status)


def _close_all_but(kept: int) -> None:
    os.closerange(0, kept)
    os.closerange(kept + 1, 1 << 16)
