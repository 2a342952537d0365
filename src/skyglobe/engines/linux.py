"""Linux's system calls that Python has no names for: namespaces, mounts, and what a process may be told of itself.

Only the standard library is imported: sandboxes' own small processes load this too. Each function raises ``OSError``.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

IS_LINUX = sys.platform == "linux"

NEW_MOUNTS = 0x0002_0000  # CLONE_NEW…, from sched.h
NEW_IPC = 0x0800_0000
NEW_USER = 0x1000_0000
NEW_PIDS = 0x2000_0000

READ_ONLY = 0x1  # MS_…, from mount.h
NO_SETUID = 0x2
NO_DEVICES = 0x4
REMOUNT = 0x20
BIND = 0x1000
RECURSIVE = 0x4000
PRIVATE = 0x4_0000

_DETACH = 2
_SET_PARENT_DEATH_SIGNAL = 1  # PR_SET_…, from prctl.h
_SET_CHILD_SUBREAPER = 36
_SET_NO_NEW_PRIVILEGES = 38
_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
_CAPABILITIES_VERSION = 0x2008_0522

_libc = ctypes.CDLL(None, use_errno=True)


def _checked(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def unshare(flags: int) -> None:
    """Leave the namespaces that ``flags`` name for new ones; a new process-id namespace begins with the next child."""
    _checked(_libc.unshare(flags), "unshare")


def enter(descriptor: int, kind: int) -> None:
    """Enter the namespace an open ``/proc/…/ns/…`` names."""
    _checked(_libc.setns(descriptor, kind), "setns")


def mount(source: str, target: str, kind: str = "", flags: int = 0, data: str = "") -> None:
    arguments = (os.fsencode(source), os.fsencode(target), kind.encode() or None, ctypes.c_ulong(flags))
    _checked(_libc.mount(*arguments, os.fsencode(data) or None), f"mount {target}")


def bind(source: str, target: str, *, read_only: bool = True) -> None:
    """Show what is at ``source`` at ``target`` too, without what is mounted below it."""
    mount(source, target, flags=BIND)
    if read_only:
        mount("none", target, flags=BIND | REMOUNT | READ_ONLY | NO_SETUID | NO_DEVICES)


def detach(target: str) -> None:
    """Unmount ``target`` with all that is below it, whoever still uses it."""
    _checked(_libc.umount2(os.fsencode(target), _DETACH), f"umount {target}")


def pivot_root(root: str, old: str) -> None:
    """Make ``root``, a mount point, the root of this mount namespace, and put the old one at ``old``, below it."""
    number = _PIVOT_ROOT.get(os.uname().machine)
    if number is None:
        raise OSError(38, f"pivot_root: unknown on {os.uname().machine}")
    _checked(_libc.syscall(ctypes.c_long(number), os.fsencode(root), os.fsencode(old)), "pivot_root")


def die_with_parent(number: int = signal.SIGKILL) -> None:
    """Have this process sent a signal when the thread that made it ends. Changing user ids undoes it."""
    if IS_LINUX:
        _checked(_libc.prctl(_SET_PARENT_DEATH_SIGNAL, ctypes.c_ulong(number), 0, 0, 0), "prctl")


def adopt_orphans() -> None:
    """Become the parent of descendants whose own parents end."""
    if IS_LINUX:
        _checked(_libc.prctl(_SET_CHILD_SUBREAPER, ctypes.c_ulong(1), 0, 0, 0), "prctl")


def gain_no_privileges() -> None:
    """Have no program this process starts be more than it is: set-user-id bits lose their meaning."""
    if IS_LINUX:
        _checked(_libc.prctl(_SET_NO_NEW_PRIVILEGES, ctypes.c_ulong(1), 0, 0, 0), "prctl")


def drop_capabilities() -> None:
    """Give up all capabilities, as one has in a user namespace of one's own without being root there."""
    header = (ctypes.c_uint32 * 2)(_CAPABILITIES_VERSION, 0)
    none = (ctypes.c_uint32 * 6)()
    _checked(_libc.capset(header, none), "capset")
