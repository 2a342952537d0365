"""``skyglobe up -d``: a process of its own, waited for until it answers."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from skyglobe.cli.failures import Failure
from skyglobe.cli.options import UP_OPTIONS
from skyglobe.cli.plain import SHELL_LINE, Painter, home_spelled
from skyglobe.cli.runtime import runtime_folder
from skyglobe.cli.settings import Settings
from skyglobe.cli.up import READY_VARIABLE

PATIENCE_FOR = 60.0  # seconds: the first start on a machine reads every service model
LOG_MAX_BYTES = 16 * 1024 * 1024  # a longer log is set aside at the next start


def start(settings: Settings, options: Mapping[str, Any]) -> int:
    """Start a cloud in the background, wait until it listens and say where. Raises ``Failure``."""
    pid, log = spawn(settings, options)
    paint = Painter(sys.stdout)
    print(f"{paint('Skyglobe', 'bold', 'cyan')} is up at {paint(settings.config.endpoint, 'bold')} (process {pid})")
    folder = settings.config.folder
    print(f"  State    {home_spelled(folder) if folder is not None else 'in memory'}")
    print(f"  Log      {home_spelled(log)}")
    print(f"  Clients  {paint(SHELL_LINE, 'green')}")
    print(f"  Stop     {paint('skyglobe down', 'green')}")
    return 0


def spawn(settings: Settings, options: Mapping[str, Any]) -> tuple[int, Path]:
    """Start a cloud in the background and wait until it listens; return its process id and its log file.

    Raises ``Failure``: the child's own, or that it ended or said nothing.
    """
    log = _log_file(settings)
    reading, writing = os.pipe()
    os.set_inheritable(writing, True)
    try:
        with log.open("ab") as output:
            child = subprocess.Popen(
                [sys.executable, "-m", "skyglobe.cli", "up", *spelled(options)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=(writing,),
                start_new_session=True,
                env={**os.environ, READY_VARIABLE: str(writing), "SKYGLOBE_LOG": str(log)},
            )
    finally:
        os.close(writing)
    try:
        _wait(child, reading, log)
    finally:
        os.close(reading)
    return child.pid, log


def spelled(options: Mapping[str, Any]) -> list[str]:
    """Return ``options`` as words of a command line, without ``detach``."""
    words = []
    for option in UP_OPTIONS:
        value = options.get(option.name)
        if value is None or option.name == "detach":
            continue
        if option.kind in ("flag", "switch"):
            words += [option.spelled] if value else [f"--no-{option.name}"] if option.kind == "switch" else []
        else:
            words += [f"{option.spelled}={one}" for one in (value if option.kind == "list" else [value])]
    return words


def _log_file(settings: Settings) -> Path:
    """Return where the cloud writes what it has to say: into its folder, or beside the runtime file."""
    folder = settings.config.folder
    place = folder / "skyglobe.log" if folder is not None else runtime_folder(os.environ) / f"{settings.port}.log"
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        if place.exists() and place.stat().st_size > LOG_MAX_BYTES:
            place.replace(place.with_suffix(".log.1"))
        place.touch()
    except OSError as error:
        raise Failure(f"{place} cannot be written: {error.strerror}.", "Choose another folder with --folder.") from None
    return place


def _wait(child: subprocess.Popen[bytes], reading: int, log: Path) -> None:
    until = time.monotonic() + PATIENCE_FOR
    said = b""
    while remaining := max(0.0, until - time.monotonic()):
        if select.select([reading], [], [], remaining)[0]:
            piece = os.read(reading, 65_536)
            if not piece:
                break
            said += piece
    else:
        child.kill()
        raise Failure(f"The cloud did not answer within {PATIENCE_FOR:.0f} s.", f"Its log: {log}")
    answer = msgspec.json.decode(said) if said else {}
    if "pid" in answer:
        return
    child.wait()
    if "message" in answer:
        raise Failure(answer["message"], answer["advice"], answer["code"])
    raise Failure(f"The cloud ended with status {child.returncode} before it answered.", f"Its log: {log}")
