"""Control groups of sandboxes: their memory, and their share of the processors.

Version 1's controllers are used where root has them mounted. Files in scratch folders are memory too, but are not held
against a sandbox: it is looked at whenever its memory and its files together pass a mark, and ended if it is memory.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

CONTROLLERS = ("memory", "cpu")
PREFIX = "skyglobe-"
"""What launchers' names start with; the process id of their cloud comes next."""
_MOUNTED_AT = "/sys/fs/cgroup"
_LEAST_STEP_BYTES = 2 << 20
"""How much more must be used, at least, before a sandbox is looked at again."""


def controllers() -> list[str]:
    """Return which controllers of version 1 this process can make groups of."""
    return [name for name in CONTROLLERS if _is_usable(f"{_MOUNTED_AT}/{name}")]


def _is_usable(folder: str) -> bool:
    return os.path.exists(f"{folder}/cgroup.procs") and os.access(folder, os.W_OK)


def sweep() -> None:
    """Remove the groups of launchers whose clouds have died with them. Harmless while others live."""
    for controller in CONTROLLERS:
        for name in _subfolders(f"{_MOUNTED_AT}/{controller}"):
            owner = name.removeprefix(PREFIX).partition("-")[0]
            if name.startswith(PREFIX) and owner.isdigit() and not os.path.exists(f"/proc/{owner}"):
                _clear(f"{_MOUNTED_AT}/{controller}/{name}")


class Groups:
    """The groups of one launcher, below one of its own in each controller."""

    def __init__(self, name: str, found: list[str]) -> None:
        self._folders = {controller: f"{_MOUNTED_AT}/{controller}/{name}" for controller in found}
        for folder in self._folders.values():
            os.makedirs(folder, exist_ok=True)

    def move(self, host: str) -> None:
        """Take note that the machine's root is at ``host`` now."""
        self._folders = {controller: host + folder for controller, folder in self._folders.items()}

    def make(self, name: str) -> Group:
        """Make the group of one sandbox, without limits yet."""
        folders = {controller: f"{folder}/{name}" for controller, folder in self._folders.items()}
        for folder in folders.values():
            os.mkdir(folder)
        return Group(folders)

    def remove(self) -> None:
        """Remove what is left of all groups; those with processes in them stay."""
        for folder in self._folders.values():
            _clear(folder)


class Group:
    """The group of one sandbox in each controller."""

    def __init__(self, folders: dict[str, str]) -> None:
        self._folders = folders
        self._memory_bytes = 0
        self.event = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK) if "memory" in folders else -1
        """Readable when it is time to look whether the sandbox has more memory than it may: see ``has_too_much``."""
        self._mark = (-1, -1)

    def limit(self, memory_bytes: int, scratch_bytes: int, cpu_shares: int) -> None:
        """Limit memory and scratch files together, and weigh its use of the processors. 0 stands for no limit."""
        if memory_bytes and "memory" in self._folders:
            self._memory_bytes = memory_bytes
            folder = self._folders["memory"]
            _write(folder, "memory.limit_in_bytes", memory_bytes + scratch_bytes)
            # Standing still at the limit, and not killed there, it is found by us, who know what to call it.
            _write(folder, "memory.oom_control", 1)
            self._tell_of("memory.oom_control", "")
        if cpu_shares and "cpu" in self._folders:
            _write(self._folders["cpu"], "cpu.shares", cpu_shares)

    def open_mark(self) -> None:
        """In the sandbox, while it still sees the machine's files: get ready for ``set_mark``."""
        if self.event >= 0:
            folder = self._folders["memory"]
            usage = os.open(f"{folder}/memory.usage_in_bytes", os.O_RDONLY | os.O_CLOEXEC)
            self._mark = (usage, os.open(f"{folder}/cgroup.event_control", os.O_WRONLY | os.O_CLOEXEC))

    def set_mark(self, memory_bytes: int) -> None:
        """In the sandbox: have the launcher told when so much is used. It takes the kernel some milliseconds."""
        usage, control = self._mark
        if memory_bytes and control >= 0:
            os.write(control, f"{self.event} {usage} {memory_bytes}".encode())

    def _tell_of(self, name: str, threshold: object) -> None:
        folder = self._folders["memory"]
        control = os.open(f"{folder}/{name}", os.O_RDONLY)
        try:
            _write(folder, "cgroup.event_control", f"{self.event} {control} {threshold}")
        finally:
            os.close(control)

    def join(self) -> None:
        """Put this process in."""
        for folder in self._folders.values():
            _write(folder, "cgroup.procs", 0)

    def has_too_much(self) -> bool:
        """Return whether the sandbox holds more memory than it may, scratch files aside. If not, look again later."""
        with contextlib.suppress(BlockingIOError):
            os.eventfd_read(self.event)
        folder = self._folders["memory"]
        own = _number(folder, "memory.stat", "rss ")
        if own > self._memory_bytes or _number(folder, "memory.oom_control", "under_oom "):
            return True
        used = _number(folder, "memory.usage_in_bytes")
        self._tell_of("memory.usage_in_bytes", used + max(self._memory_bytes - own, _LEAST_STEP_BYTES))
        return False

    def remove(self) -> None:
        """Remove the group when its processes have gone. Harmless when some have not yet: the launcher does so last."""
        if self.event >= 0:
            os.close(self.event)
            self.event = -1
        for folder in self._folders.values():
            _remove(folder)


def _number(folder: str, name: str, label: str = "") -> int:
    """Return the number in a file, or in its line that starts with ``label``."""
    with open(f"{folder}/{name}", encoding="ascii") as file:
        return next((int(line.removeprefix(label)) for line in file if line.startswith(label)), 0)


def _write(folder: str, name: str, value: object) -> None:
    with open(f"{folder}/{name}", "w", encoding="ascii") as file:
        file.write(str(value))


def _subfolders(folder: str) -> Iterator[str]:
    with contextlib.suppress(FileNotFoundError):
        yield from [entry.name for entry in os.scandir(folder) if entry.is_dir()]


def _clear(folder: str) -> None:
    for name in list(_subfolders(folder)):
        _remove(f"{folder}/{name}")
    _remove(folder)


def _remove(folder: str) -> None:
    with contextlib.suppress(OSError):
        os.rmdir(folder)
