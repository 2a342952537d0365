"""The default store: one SQLite file in WAL mode, or memory."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from pathlib import Path

from skyglobe.kernel.store import Pair, StoreFailure

_SCHEMA = "CREATE TABLE IF NOT EXISTS pairs (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID"
_GET = "SELECT value FROM pairs WHERE key = ?"
_PUT = "INSERT INTO pairs VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value"
_DELETE = "DELETE FROM pairs WHERE key = ?"
_SCAN = "SELECT key, value FROM pairs WHERE key >= ? AND key < ? ORDER BY key LIMIT ?"
_SCAN_BACK = "SELECT key, value FROM pairs WHERE key >= ? AND key < ? ORDER BY key DESC LIMIT ?"

PAGE_BYTES = 8192  # values up to about a quarter of a page stay in their leaf; measured best for 1 KiB values
CACHE_KIB = 16_384  # page cache; bounds the process's memory, the operating system caches the rest
CHECKPOINT_PAGES = 4_000  # about 32 MiB of log between checkpoints


class SqliteStore:
    """A store in one SQLite database.

    With ``path`` None it lives in memory. A commit survives the death of the process at once, and the loss of power
    when ``fsync`` is true (every commit is fsynced then). The folder's lock is the caller's affair.
    """

    def __init__(self, path: Path | None = None, *, fsync: bool = False) -> None:
        self._path = path
        self._fsync = fsync
        self._open()

    def _open(self) -> None:
        connection = sqlite3.connect(
            self._path or ":memory:", isolation_level=None, check_same_thread=False, cached_statements=16
        )
        connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")
        if self._path is not None:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(f"PRAGMA synchronous = {'FULL' if self._fsync else 'NORMAL'}")
            connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
        connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        connection.execute(_SCHEMA)
        self._connection = connection
        self._execute = connection.execute

    def get(self, key: bytes) -> bytes | None:
        self._begin()
        row = self._execute(_GET, (key,)).fetchone()
        return row[0] if row is not None else None

    def scan(self, start: bytes, stop: bytes, *, limit: int | None = None, reverse: bool = False) -> Iterable[Pair]:
        self._begin()
        return self._execute(_SCAN_BACK if reverse else _SCAN, (start, stop, -1 if limit is None else limit))

    def write(self, changes: Mapping[bytes, bytes | None]) -> None:
        self._begin()
        puts = [(key, value) for key, value in changes.items() if value is not None]
        try:
            if puts:
                self._connection.executemany(_PUT, puts)
            if len(puts) != len(changes):
                self._connection.executemany(_DELETE, [(key,) for key, value in changes.items() if value is None])
        except sqlite3.OperationalError as error:
            raise StoreFailure(str(error)) from error

    def commit(self) -> None:
        if self._connection.in_transaction:
            try:
                self._execute("COMMIT")
            except sqlite3.OperationalError as error:
                self.rollback()
                raise StoreFailure(str(error)) from error

    def rollback(self) -> None:
        if self._connection.in_transaction:
            self._execute("ROLLBACK")

    def _begin(self) -> None:
        if not self._connection.in_transaction:
            self._execute("BEGIN")

    def save(self, target: Path) -> None:
        if self._path is None:
            copy = sqlite3.connect(target)
            with copy:
                self._connection.backup(copy)
            copy.close()
            return
        reader = sqlite3.connect(self._path)
        try:
            reader.execute("VACUUM INTO ?", (str(target),))
        finally:
            reader.close()

    def load(self, source: Path) -> None:
        self.rollback()
        origin = sqlite3.connect(f"file:{source}?mode=ro", uri=True)
        try:
            origin.backup(self._connection)
        finally:
            origin.close()

    def close(self) -> None:
        self.rollback()
        self._connection.close()
