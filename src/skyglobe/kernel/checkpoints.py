"""Carrying SQLite's write-ahead log over into the database, beside the event loop as far as that goes."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import threading
from pathlib import Path

CHECKPOINT_PAGES = 16_000
"""At most 128 MiB of log between two checkpoints, and mostly a third of it, since keys written together share pages.
Small enough for quick reads, large enough to carry a page over once that many turns changed: with a quarter of it
checkpoints took a seventh of the processor time of small S3 writes."""
MAX_LOG_PAGES = 2 * CHECKPOINT_PAGES
"""About 256 MiB. SQLite starts its log afresh only when it is carried over to the last page. Under unbroken writes
the thread never gets there: from this size on the writer itself carries over what came in since the thread's last pass.
"""
PASSES = 3  # of the thread before the writer finishes: each leaves only what came in during the one before

_CHECKPOINT = "PRAGMA wal_checkpoint(PASSIVE)"

_log = logging.getLogger(__name__)


class Checkpoints:
    """Keeps the log of the database at ``path`` short; ``writer`` is the one connection that writes to it."""

    def __init__(self, path: Path, writer: sqlite3.Connection) -> None:
        self._path = path
        self._writer = writer
        self._pages = 0
        self._thread: threading.Thread | None = None
        self._must_finish = False

    def note(self, changed: int) -> None:
        """Take note of a commit that changed about so many pages: one for each key, more for large values."""
        self._pages += changed
        if self._must_finish:
            self.finish()
        elif self._pages >= CHECKPOINT_PAGES and (self._thread is None or not self._thread.is_alive()):
            self._pages = 0
            self._thread = threading.Thread(target=self._run, name="checkpoint", daemon=True)
            self._thread.start()

    def finish(self) -> None:
        """Carry over everything now, in the calling thread."""
        self._must_finish = False
        try:
            self._writer.execute(_CHECKPOINT).fetchone()
        except sqlite3.Error as error:
            _log.warning("checkpoint failed: %s", error)  # the log is safe, and the next one tries again

    def close(self) -> None:
        """Wait for the thread."""
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        try:
            with contextlib.closing(sqlite3.connect(self._path)) as connection:
                for _ in range(PASSES):
                    _, pages, carried = connection.execute(_CHECKPOINT).fetchone()
                    if pages <= MAX_LOG_PAGES or carried < pages:
                        return  # short enough, or a reader (a copy being made) is in the way: later
            self._must_finish = True
        except sqlite3.Error as error:
            _log.warning("checkpoint failed: %s", error)
