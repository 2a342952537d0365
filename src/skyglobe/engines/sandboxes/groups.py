"""Control groups of sandboxes: their memory, their share of the processors, how many processes they may be.

Version 1's controllers are used where root has them mounted. Files in scratch folders are memory too, but are not held
against a sandbox: it is looked at whenever its memory and its files together pass a mark, and ended if it is memory.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

CONTROLLERS = ("memory", "cpu", "pids")
_MOUNTED_AT = "/sys/fs/cgroup"
_LEAST_STEP_BYTES = 2 << 20
"""How much more must be used, at least, before a sandbox is looked at again."""


def controllers() -> list[str]:
    """Return which controllers of version 1 this process can make groups of."""
    return [name for name in CONTROLLERS if _is_usable(f"{_MOUNTED_AT}/{name}")]


def _is_usable(folder: str) -> bool:
    return os.path.exists(f"{folder}/cgroup.procs") and os.access(folder, os.W_OK)


class Groups:
    """The groups of one launcher, below one of its own in each controller."""

    def __init__(self, name: str, found: list[str]) -> None:
        self._folders = {controller: f"{_MOUNTED_AT}/{controller}/{name}" for controller in found}
        for folder in self._folders.values():
            os.makedirs(folder, exist_ok=True)

    def move(self, host: str) -> None:
        """Take note that the machine's root is at ``host`` now."""
        self._folders = {controller: host + folder for controller, folder in self._folders.items()}

    def make(self, name: str, *, memory_bytes: int, scratch_bytes: int, cpu_shares: int, processes: int) -> Group:
        """Make the group of one sandbox. 0 stands for no limit."""
        folders = {controller: f"{folder}/{name}" for controller, folder in self._folders.items()}
        for folder in folders.values():
            os.mkdir(folder)
        group = Group(folders, memory_bytes, scratch_bytes)
        if memory_bytes and "memory" in folders:
            group.watch()
        if cpu_shares and "cpu" in folders:
            _write(folders["cpu"], "cpu.shares", cpu_shares)
        if processes and "pids" in folders:
            _write(folders["pids"], "pids.max", processes)
        return group

    def remove(self) -> None:
        """Remove what is left of all groups; those with processes in them stay."""
        for folder in self._folders.values():
            for name in _subfolders(folder):
                _remove(f"{folder}/{name}")
            _remove(folder)


class Group:
    """The group of one sandbox in each controller."""

    def __init__(self, folders: dict[str, str], memory_bytes: int, scratch_bytes: int) -> None:
        self._folders = folders
        self._memory_bytes = memory_bytes
        self._scratch_bytes = scratch_bytes
        self.event = -1
        """Readable when it is time to look whether the sandbox has more memory than it may: see ``has_too_much``."""

    def watch(self) -> None:
        """Limit memory and scratch files together, and be told when memory alone could be over its limit."""
        folder = self._folders["memory"]
        _write(folder, "memory.limit_in_bytes", self._memory_bytes + self._scratch_bytes)
        # Standing still at the limit, and not killed there, it is found by us, who know what to call it.
        _write(folder, "memory.oom_control", 1)
        self.event = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._tell_of("memory.oom_control", "")
        self._tell_of("memory.usage_in_bytes", self._memory_bytes)

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


def _remove(folder: str) -> None:
    with contextlib.suppress(OSError):
        os.rmdir(folder)
