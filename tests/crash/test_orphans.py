"""kill -9 of the cloud while functions and engines run: nothing of theirs is left, and what is wanted comes back."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

PROGRAM = Path(__file__).with_name("lambda_runner.py")
SECONDS = str(1_000_000 + os.getpid())
"""By which what functions and engines start is known from what other tests do."""


def running(folder: Path) -> list[int]:
    """Return the processes that have anything to do with a folder: by command line, or by the sleep they are."""
    found = []
    for name in os.listdir("/proc"):
        if not name.isdigit() or int(name) == os.getpid():
            continue
        try:
            command = Path(f"/proc/{name}/cmdline").read_bytes()
            state = Path(f"/proc/{name}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
        if state != "Z" and (str(folder).encode() in command or f"sleep\0{SECONDS}".encode() in command):
            found.append(int(name))
    return found


def until(holds: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end, what
        time.sleep(0.01)


@pytest.mark.parametrize("isolation", ["root", "user", "none"])
def test_nothing_is_left_after_kill_9_and_engines_come_back(tmp_path: Path, isolation: str) -> None:
    if isolation == "root" and os.geteuid() != 0:
        pytest.skip("needs root")
    for _ in range(2):
        cloud = subprocess.Popen(
            [sys.executable, PROGRAM, tmp_path, isolation, SECONDS],
            stdout=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
        )
        assert cloud.stdout is not None
        assert cloud.stdout.readline() == "runs\n"
        asleep = [pid for pid in running(tmp_path) if _is_sleep(pid)]
        assert len(asleep) >= 3
        launchers = _children(cloud.pid)
        assert len(launchers) == 2
        cloud.send_signal(signal.SIGKILL)
        cloud.wait()
        until(lambda: running(tmp_path) == [], "processes are left")
        until(lambda launchers=launchers: not any(map(_exists, launchers)), "launchers are left")


def _is_sleep(pid: int) -> bool:
    try:
        return SECONDS.encode() in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _exists(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
