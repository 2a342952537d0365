"""The data folder: what lies where, whose it is at the moment, and which format it has.

FOLDER/
  format          the number of the format, as text
  lock            held (flock) by the running cloud, whose process id it contains
  store.sqlite    the store, with its -wal and -shm
  blobs/          large values
  snapshots/      saved states, one folder each
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Mapping
from pathlib import Path

FORMAT = 3
"""Raise it when an older program could not read the folder any more. 2: the bytes of objects are encrypted; 3: data of
streams lies in blobs."""


class FolderError(Exception):
    """The data folder cannot be used; the message says why and what to do."""


class FolderLocked(FolderError):
    """Another cloud is running on the folder."""

    def __init__(self, folder: Path, pid: int | None) -> None:
        holder = f"process {pid}" if pid is not None else "another process"
        super().__init__(f"{folder} is in use by {holder}: stop it, or choose another folder")
        self.folder = folder
        self.pid = pid


class NewerFormat(FolderError):
    """The folder was written by a newer version of the program."""


def default_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """Return ``$SKYGLOBE_HOME``, else ``skyglobe`` in ``$XDG_DATA_HOME``, else ``~/.local/share/skyglobe``."""
    if home := environ.get("SKYGLOBE_HOME"):
        return Path(home).expanduser().absolute()
    data = environ.get("XDG_DATA_HOME", "")
    # The XDG specification tells programs to ignore relative paths.
    return (Path(data) if os.path.isabs(data) else Path.home() / ".local" / "share") / "skyglobe"


class DataFolder:
    """A folder this process has taken for itself. ``close`` gives it back, and so does the process's end."""

    def __init__(self, path: Path) -> None:
        """Make the folder where it is missing, and lock it.

        Raises ``FolderLocked``, ``NewerFormat``, or ``FolderError`` when it cannot be written.
        """
        self.path = path.absolute()
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self._lock = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise FolderError(f"{self.path} cannot be used: {error.strerror}") from error
        try:
            self._take()
            check_format(self.path)
        except BaseException:
            os.close(self._lock)
            raise

    @property
    def store(self) -> Path:
        return self.path / "store.sqlite"

    @property
    def blobs(self) -> Path:
        return self.path / "blobs"

    @property
    def snapshots(self) -> Path:
        return self.path / "snapshots"

    def close(self) -> None:
        """Let others have the folder. Harmless when done already."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def _take(self) -> None:
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise FolderLocked(self.path, _pid_in(self._lock)) from None
        os.ftruncate(self._lock, 0)
        os.pwrite(self._lock, f"{os.getpid()}\n".encode(), 0)


def check_format(path: Path) -> None:
    """Write the format's number into a new or older folder; refuse one of a newer format (``NewerFormat``)."""
    place = path / "format"
    try:
        found = int(place.read_text())
    except FileNotFoundError:
        found = 0
    except ValueError:
        raise FolderError(f"{place} does not contain a number: this is no data folder, or it is damaged") from None
    if found > FORMAT:
        raise NewerFormat(
            f"{path} has format {found}, and this version reads formats up to {FORMAT}: install a newer version"
        )
    if found < FORMAT:
        written = path / "format.new"
        written.write_text(f"{FORMAT}\n")
        written.rename(place)


def _pid_in(lock: int) -> int | None:
    try:
        return int(os.pread(lock, 32, 0))
    except ValueError:
        return None
