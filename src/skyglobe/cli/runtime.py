"""Which clouds run on this machine: one small file a port, locked by the cloud's process for as long as it lives."""

from __future__ import annotations

import contextlib
import fcntl
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from skyglobe.kernel.folders import default_folder


class Running(msgspec.Struct, frozen=True, kw_only=True):
    """A running cloud, as its file in the runtime folder tells."""

    pid: int
    port: int
    endpoint: str
    hosts: tuple[str, ...]
    folder: str | None
    """The data folder; None when everything is in memory."""
    log: str | None
    """The log file of a cloud in the background."""
    started_at: float
    """Seconds since the epoch on the machine's clock."""
    version: str


def home(environ: Mapping[str, str]) -> Path:
    """Return the folder of everything that is kept for the user: data, runtime files, certificates."""
    return default_folder(environ)


def runtime_folder(environ: Mapping[str, str]) -> Path:
    """Return ``$SKYGLOBE_RUNTIME``, else ``skyglobe`` in ``$XDG_RUNTIME_DIR``, else ``run`` in the data home."""
    if chosen := environ.get("SKYGLOBE_RUNTIME"):
        return Path(chosen).expanduser().absolute()
    session = environ.get("XDG_RUNTIME_DIR", "")
    if os.path.isabs(session) and os.access(session, os.W_OK):
        return Path(session) / "skyglobe"
    return home(environ) / "run"


@contextlib.contextmanager
def announced(folder: Path, running: Running) -> Iterator[None]:
    """Have ``running`` found by commands until the block ends, or the process, however it ends."""
    folder.mkdir(parents=True, exist_ok=True)
    place = folder / f"{running.port}.json"
    # Locked before it gets its name, so that nobody ever sees it unlocked while the cloud lives.
    descriptor, made = tempfile.mkstemp(prefix=".new-", dir=folder)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        os.write(descriptor, msgspec.json.encode(running))
        os.replace(made, place)
        yield
    finally:
        with contextlib.suppress(OSError):
            if os.path.samestat(os.fstat(descriptor), place.stat()):
                place.unlink()
        os.close(descriptor)


def running_clouds(folder: Path) -> list[Running]:
    """Return the clouds that run, by port. Files that outlived their cloud are removed."""
    found = [_alive(place) for place in folder.glob("*.json")]
    return sorted((running for running in found if running is not None), key=lambda running: running.port)


def is_running(folder: Path, running: Running) -> bool:
    """Return whether the very process ``running`` describes still lives."""
    found = _alive(folder / f"{running.port}.json")
    return found is not None and found.pid == running.pid


def _alive(place: Path) -> Running | None:
    try:
        descriptor = os.open(place, os.O_RDWR)
    except OSError:
        return None
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return msgspec.json.decode(os.read(descriptor, 65_536), type=Running)
        with contextlib.suppress(OSError):
            place.unlink()
    except (OSError, msgspec.MsgspecError):
        pass
    finally:
        os.close(descriptor)
    return None
