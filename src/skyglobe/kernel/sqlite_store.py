"""The default store: one SQLite file in WAL mode, or memory."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from skyglobe.kernel.checkpoints import MAX_LOG_PAGES, Checkpoints
from skyglobe.kernel.store import Pair, StoreFailure

_SCHEMA: Final = "CREATE TABLE IF NOT EXISTS pairs (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID"
_GET: Final = "SELECT value FROM pairs WHERE key = ?"
_PUT: Final = "INSERT INTO pairs VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value"
_DELETE: Final = "DELETE FROM pairs WHERE key = ?"
_SCAN: Final = "SELECT key, value FROM pairs WHERE key >= ? AND key < ? ORDER BY key LIMIT ?"
_SCAN_BACK: Final = "SELECT key, value FROM pairs WHERE key >= ? AND key < ? ORDER BY key DESC LIMIT ?"

PAGE_BYTES: Final = 8192  # values up to about a quarter of a page stay in their leaf; measured best for 1 KiB values
CACHE_KIB: Final = 16_384  # page cache; bounds the process's memory, the operating system caches the rest
MAX_RECENT: Final = 4_096  # keys whose values are remembered: what every request reads, such as its queue and its key
MAX_RECENT_BYTES: Final = 2_048  # larger values are not, so that all of them together stay below 8 MiB
MAX_PENDING: Final = 512  # pairs written that may wait for the commit: one executemany a turn takes an eighth off a put
MAX_FETCH: Final = 1_000  # pairs a limited scan takes at once, so that no cursor stays open behind it

_UNKNOWN: Final[Any] = object()


class SqliteStore:
    """A store in one SQLite database.

    With ``path`` None it lives in memory. A commit survives the death of the process at once, and the loss of power
    when ``fsync`` is true (every commit is fsynced then); without, a loss of power may cost the last commits but
    never leaves half of one. The folder's lock is the caller's affair.
    """

    is_shared = False

    @property
    def saves_beside(self) -> bool:
        return self._path is not None

    @classmethod
    def open_readonly(cls, path: Path) -> SqliteStore:
        """Open what ``save`` wrote for reading only. Raises ``StoreFailure`` when it cannot be read."""
        with _failures():
            return cls(path, opened=_connect_readonly(path))

    def __init__(
        self, path: Path | None = None, *, fsync: bool = False, opened: sqlite3.Connection | None = None
    ) -> None:
        self._path = path
        connection = self._connection = opened if opened is not None else _open(path, fsync)
        self._execute = connection.execute
        self._checkpoints = Checkpoints(path, connection) if path is not None and opened is None else None
        self._changed = 0
        self._pending: dict[bytes, bytes | None] = {}
        """What the transaction wrote and SQLite was not yet told."""
        self._recent: dict[bytes, bytes | None] = {}

    def get(self, key: bytes) -> bytes | None:
        known: Any = self._recent.get(key, _UNKNOWN)
        value: bytes | None
        if known is _UNKNOWN and self._pending:
            known = self._pending.get(key, _UNKNOWN)
        if known is not _UNKNOWN:
            value = known
            return value
        try:
            if not self._connection.in_transaction:
                self._execute("BEGIN")
            row = self._execute(_GET, (key,)).fetchone()
        except sqlite3.Error as error:
            raise StoreFailure(str(error)) from error
        value = row[0] if row is not None else None
        if value is None or len(value) <= MAX_RECENT_BYTES:
            if len(self._recent) >= MAX_RECENT:
                self._recent.clear()
            self._recent[key] = value
        return value

    def scan(self, start: bytes, stop: bytes, *, limit: int | None = None, reverse: bool = False) -> Iterable[Pair]:
        try:
            for key in self._pending:
                if start <= key < stop:
                    self._tell()
                    break
            if not self._connection.in_transaction:
                self._execute("BEGIN")
            found = self._execute(_SCAN_BACK if reverse else _SCAN, (start, stop, -1 if limit is None else limit))
            return found.fetchall() if limit is not None and limit <= MAX_FETCH else _guarded(found)
        except sqlite3.Error as error:
            raise StoreFailure(str(error)) from error

    def write(self, changes: Mapping[bytes, bytes | None]) -> None:
        recent = self._recent
        for key, value in changes.items():
            if key in recent:
                if value is None or len(value) <= MAX_RECENT_BYTES:
                    recent[key] = value
                else:
                    del recent[key]
        self._pending.update(changes)
        self._changed += len(changes)
        if len(self._pending) > MAX_PENDING:
            try:
                self._tell()
            except sqlite3.Error as error:
                raise StoreFailure(str(error)) from error

    def _tell(self) -> None:
        """Have SQLite write what is pending. Raises SQLite's own errors."""
        puts: list[tuple[bytearray, bytearray]] = []
        gone: list[tuple[bytearray]] = []
        for key, value in self._pending.items():
            # Bytes would be offered to Python's adapters first, each of them; byte arrays are bound as they are.
            if value is None:
                gone.append((bytearray(key),))
            else:
                puts.append((bytearray(key), bytearray(value)))
                if len(value) > PAGE_BYTES:
                    self._changed += len(value) // PAGE_BYTES  # pages of its own
        self._pending.clear()
        if not self._connection.in_transaction:
            self._execute("BEGIN")
        if puts:
            self._connection.executemany(_PUT, puts)
        if gone:
            self._connection.executemany(_DELETE, gone)

    def commit(self) -> None:
        try:
            if self._pending:
                self._tell()
            if self._connection.in_transaction:
                self._execute("COMMIT")
        except sqlite3.Error as error:
            self.rollback()
            raise StoreFailure(str(error)) from error
        if self._changed:
            if self._checkpoints is not None:
                self._checkpoints.note(self._changed)
            self._changed = 0

    def rollback(self) -> None:
        if self._changed:
            self._recent.clear()
            self._pending.clear()
        self._changed = 0
        # A transaction that SQLite itself gave up (disk full) is over already.
        with contextlib.suppress(sqlite3.Error):
            if self._connection.in_transaction:
                self._execute("ROLLBACK")

    def save(self, target: Path) -> None:
        """As ``Store.save``. In memory: call between two turns; it takes a copy at once and then writes it out."""
        with _failures():
            if self._path is None:
                target.write_bytes(self._connection.serialize())
            else:
                _copy(self._path, target)
        _sync(target)

    def count(self) -> int:
        """Return how many pairs there are. Looks at every page."""
        with _failures():
            found: int = self._execute("SELECT count(*) FROM pairs").fetchone()[0]
        return found

    def pairs(self) -> Iterator[Pair]:
        """Yield everything, in key order."""
        with _failures():
            yield from self._execute("SELECT key, value FROM pairs ORDER BY key")

    def load(self, source: Path) -> None:
        self.rollback()
        self._recent.clear()
        with _failures(), contextlib.closing(_connect_readonly(source)) as origin:
            origin.execute("SELECT key, value FROM pairs LIMIT 1")  # refuses what is no snapshot
            origin.backup(self._connection)
        if self._checkpoints is not None:
            self._checkpoints.finish()

    def close(self) -> None:
        self.rollback()
        if self._checkpoints is not None:
            self._checkpoints.close()
        self._connection.close()


def write_file(target: Path, pairs: Iterable[Pair]) -> None:
    """Write ``pairs``, which come in key order, to a new file of the form that ``SqliteStore.save`` writes."""
    with _failures(), contextlib.closing(sqlite3.connect(target, isolation_level=None)) as connection:
        for setting in (f"page_size = {PAGE_BYTES}", "journal_mode = OFF", "synchronous = OFF"):
            connection.execute(f"PRAGMA {setting}")
        connection.execute(_SCHEMA)
        connection.execute("BEGIN")
        connection.executemany("INSERT INTO pairs VALUES (?, ?)", pairs)
        connection.execute("COMMIT")
    _sync(target)


def _copy(path: Path, target: Path) -> None:
    """Copy a database page by page from one moment's state, while another connection goes on writing."""
    with contextlib.closing(sqlite3.connect(path)) as reader, contextlib.closing(sqlite3.connect(target)) as copy:
        copy.execute("PRAGMA synchronous = OFF")
        reader.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")  # one plain file, readable from read-only media


def _open(path: Path | None, fsync: bool) -> sqlite3.Connection:
    with _failures():
        connection = sqlite3.connect(
            path or ":memory:", isolation_level=None, check_same_thread=False, cached_statements=16
        )
        connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")
        if path is not None:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(f"PRAGMA synchronous = {'FULL' if fsync else 'NORMAL'}")
            connection.execute("PRAGMA wal_autocheckpoint = 0")
            connection.execute(f"PRAGMA journal_size_limit = {MAX_LOG_PAGES * PAGE_BYTES}")
        connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        connection.execute(_SCHEMA)
    return connection


def _connect_readonly(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)


def _sync(path: Path) -> None:
    with open(path, "rb") as file:
        os.fsync(file.fileno())


def _guarded(pairs: Iterable[Pair]) -> Iterator[Pair]:
    with _failures():
        yield from pairs


@contextlib.contextmanager
def _failures() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise StoreFailure(str(error)) from error
