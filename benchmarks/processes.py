"""What /proc knows of a server and its children: CPU time and memory."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

MIB = 1 << 20
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


class Processes:
    """A process and all its descendants."""

    def __init__(self, pid: int) -> None:
        self.pid = pid

    def cpu(self) -> float:
        """Seconds of CPU used so far, those of children that ended included."""
        return sum(sum(map(int, stat[11:15])) for stat in self._stats().values()) / _TICKS

    def rss(self) -> float:
        """Resident MiB; pages that several share count for each."""
        return sum(int(stat[21]) for stat in self._stats().values()) * _PAGE_BYTES / MIB

    def forget_peak(self) -> None:
        """Let ``peak`` count from now."""
        for pid in self._stats():
            with contextlib.suppress(OSError):
                Path(f"/proc/{pid}/clear_refs").write_text("5")

    def peak(self) -> float:
        """The most MiB that were resident at once, summed over the processes."""
        total = 0
        for pid in self._stats():
            with contextlib.suppress(OSError):
                lines = Path(f"/proc/{pid}/status").read_text().splitlines()
                total += sum(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
        return total / 1024

    def _stats(self) -> dict[int, list[str]]:
        stats: dict[int, list[str]] = {}
        for path in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                stats[int(path.parts[2])] = path.read_text().rpartition(")")[2].split()
        members = {self.pid}
        while True:
            grown = members | {pid for pid, stat in stats.items() if int(stat[1]) in members}
            if grown == members:
                return {pid: stats[pid] for pid in members if pid in stats}
            members = grown
