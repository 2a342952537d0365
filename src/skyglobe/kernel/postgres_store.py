"""The store at scale: a PostgreSQL database, or any engine that speaks its protocol and serializes transactions."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from skyglobe.kernel.sqlite_store import SqliteStore, write_file
from skyglobe.kernel.store import Conflict, Pair, StoreFailure, WriteSet

try:
    import psycopg
    from psycopg import errors
    from psycopg.types.numeric import Int8
except ImportError as error:
    raise ImportError("a store in PostgreSQL needs the package psycopg: pip install skyglobe[postgres]") from error

MAX_KEY_BYTES = 2_600
"""PostgreSQL's b-tree takes entries of up to a third of its 8 KiB page (2,704 bytes with their header)."""
PAGE_PAIRS = 1_000  # pairs fetched at a time
LOAD_ATTEMPTS = 10  # of replacing everything while others write
CONNECT_FOR = 10  # seconds

_SCHEMA = "CREATE TABLE IF NOT EXISTS pairs (key bytea PRIMARY KEY, value bytea NOT NULL)"
_BEGIN = "BEGIN ISOLATION LEVEL SERIALIZABLE"
_GET = "SELECT value FROM pairs WHERE key = %b"
_SCAN = "SELECT key, value FROM pairs WHERE key >= %b AND key < %b ORDER BY key LIMIT %b"
_SCAN_BACK = "SELECT key, value FROM pairs WHERE key >= %b AND key < %b ORDER BY key DESC LIMIT %b"
_WRITE = (
    "WITH gone AS (DELETE FROM pairs WHERE key = ANY(%b::bytea[])) "
    "INSERT INTO pairs SELECT * FROM unnest(%b::bytea[], %b::bytea[]) "
    "ON CONFLICT (key) DO UPDATE SET value = excluded.value"
)
_SETTINGS = (
    "SET default_transaction_isolation = serializable",
    # A sequential scan of a small table would lock all of it, and so conflict with every other writer.
    "SET enable_seqscan = off",
    "SET enable_bitmapscan = off",
    "SET plan_cache_mode = force_generic_plan",
)


class PostgresStore:
    """A store in the table ``pairs`` of the database at ``dsn``, shared with whoever else writes there.

    Transactions are SERIALIZABLE. Writes stay here until the commit and travel with it in one round trip; a read
    costs one of its own. Keys have at most ``MAX_KEY_BYTES`` (ValueError).

    With ``fsync`` false the server acknowledges a commit before it is on its disk (``synchronous_commit = off``): it
    survives the death of this process, but when the database server itself dies the last 0.6 s (three times its
    ``wal_writer_delay``) may be lost, whole transactions from the end. With ``fsync`` true nothing acknowledged is.

    A lost connection fails the turn in which it is lost; the next one connects anew.
    """

    is_shared = True
    saves_beside = True

    def __init__(self, dsn: str, *, fsync: bool = False) -> None:
        """Connect, and make the table where it is missing. Raises ``StoreFailure``."""
        self._server = _Server(dsn, fsync=fsync)
        self._pending = WriteSet(self._server)
        with _translated():
            self._server.connect()

    def get(self, key: bytes) -> bytes | None:
        return self._pending.get(key)

    def scan(self, start: bytes, stop: bytes, *, limit: int | None = None, reverse: bool = False) -> Iterable[Pair]:
        return self._pending.scan(start, stop, limit=limit, reverse=reverse)

    def write(self, changes: Mapping[bytes, bytes | None]) -> None:
        for key in changes:
            if len(key) > MAX_KEY_BYTES:
                raise ValueError(f"a key of {len(key)} bytes: PostgreSQL takes {MAX_KEY_BYTES}")
        self._pending.changes.update(changes)

    def commit(self) -> None:
        changes, self._pending = self._pending.changes, WriteSet(self._server)
        try:
            self._server.commit(changes)
        except BaseException:
            self._server.rollback()
            raise

    def rollback(self) -> None:
        self._pending = WriteSet(self._server)
        self._server.rollback()

    def save(self, target: Path) -> None:
        with _translated(), self._server.another() as connection, connection.cursor() as cursor:
            cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            with cursor.copy("COPY (SELECT key, value FROM pairs ORDER BY key) TO STDOUT (FORMAT binary)") as copy:
                copy.set_types(["bytea", "bytea"])
                write_file(target, copy.rows())
            cursor.execute("COMMIT")

    def load(self, source: Path) -> None:
        self.rollback()
        origin = SqliteStore.open_readonly(source)
        try:
            origin.count()  # refuses what is no snapshot before anything is deleted
            for attempt in range(1, LOAD_ATTEMPTS + 1):
                try:
                    with _translated():
                        return self._replace_all(origin.pairs())
                except Conflict:
                    if attempt == LOAD_ATTEMPTS:
                        raise
        finally:
            origin.close()

    def close(self) -> None:
        self._server.close()

    def _replace_all(self, pairs: Iterable[Pair]) -> None:
        with self._server.another() as connection, connection.cursor() as cursor:
            cursor.execute(_BEGIN)
            cursor.execute("DELETE FROM pairs")
            with cursor.copy("COPY pairs (key, value) FROM STDIN (FORMAT binary)") as copy:
                copy.set_types(["bytea", "bytea"])
                for pair in pairs:
                    copy.write_row(pair)
            cursor.execute("COMMIT")


class _Server:
    """What is committed, seen through one connection and its open transaction."""

    def __init__(self, dsn: str, *, fsync: bool) -> None:
        self._dsn = dsn
        self._settings = (*_SETTINGS, f"SET synchronous_commit = {'on' if fsync else 'off'}")
        self._connection: psycopg.Connection[Any] | None = None
        self._cursor: psycopg.Cursor[Any] | None = None
        self._is_open = False
        self._is_lost = False

    def connect(self) -> psycopg.Cursor[Any]:
        """Return the cursor, connecting first where there is no connection."""
        if self._cursor is None:
            connection = psycopg.connect(self._dsn, autocommit=True, prepare_threshold=0, connect_timeout=CONNECT_FOR)
            for setting in self._settings:
                with contextlib.suppress(errors.Error):  # other engines have other settings
                    connection.execute(setting)
            with contextlib.suppress(errors.UniqueViolation, errors.DuplicateTable):  # two at once
                connection.execute(_SCHEMA)
            self._connection = connection
            self._cursor = connection.cursor(binary=True)
        return self._cursor

    @contextlib.contextmanager
    def another(self) -> Iterator[psycopg.Connection[Any]]:
        """A connection of its own, for use in another thread."""
        with contextlib.closing(psycopg.connect(self._dsn, autocommit=True, connect_timeout=CONNECT_FOR)) as connection:
            yield connection

    def get(self, key: bytes) -> bytes | None:
        row = self._read(_GET, (key,))
        return row[0][0] if row else None

    def scan(self, start: bytes, stop: bytes, *, limit: int | None = None, reverse: bool = False) -> Iterable[Pair]:
        if limit is not None and limit <= PAGE_PAIRS:
            return self._read(_SCAN_BACK if reverse else _SCAN, (start, stop, Int8(limit)))
        return self._pages(start, stop, limit, reverse)

    def commit(self, changes: Mapping[bytes, bytes | None]) -> None:
        """Write ``changes`` and end the transaction."""
        if not changes and not self._is_open and not self._is_lost:
            return
        with self._watched() as cursor:
            if not self._is_open:
                self._write(cursor, changes)  # a statement alone is a transaction
            elif changes:
                assert self._connection is not None
                with self._connection.pipeline():
                    self._write(cursor, changes)
                    cursor.execute("COMMIT")
            else:
                cursor.execute("COMMIT")
            self._is_open = False

    def rollback(self) -> None:
        self._is_lost = False
        if self._is_open and self._cursor is not None:
            try:
                self._cursor.execute("ROLLBACK")
            except psycopg.Error:
                self.close()
        self._is_open = False

    def close(self) -> None:
        """Disconnect; what was not committed is forgotten."""
        if self._connection is not None:
            self._connection.close()
        self._connection = self._cursor = None
        self._is_open = False

    def _pages(self, start: bytes, stop: bytes, limit: int | None, reverse: bool) -> Iterator[Pair]:
        left = limit
        while left is None or left > 0:
            size = PAGE_PAIRS if left is None else min(left, PAGE_PAIRS)
            page = self._read(_SCAN_BACK if reverse else _SCAN, (start, stop, Int8(size)))
            yield from page
            if len(page) < size:
                return
            left = None if left is None else left - size
            if reverse:
                stop = page[-1][0]
            else:
                start = page[-1][0] + b"\0"

    def _read(self, query: str, parameters: tuple[Any, ...]) -> list[Any]:
        with self._watched() as cursor:
            if not self._is_open:
                cursor.execute(_BEGIN)
                self._is_open = True
            return cursor.execute(query, parameters).fetchall()

    @staticmethod
    def _write(cursor: psycopg.Cursor[Any], changes: Mapping[bytes, bytes | None]) -> None:
        puts = {key: value for key, value in changes.items() if value is not None}
        gone = [key for key, value in changes.items() if value is None]
        cursor.execute(_WRITE, (gone, list(puts), list(puts.values())))

    @contextlib.contextmanager
    def _watched(self) -> Iterator[psycopg.Cursor[Any]]:
        if self._is_lost:
            raise StoreFailure("the connection was lost earlier in this turn")
        try:
            with _translated():
                yield self.connect()
        except StoreFailure:
            if self._connection is None or self._connection.closed:
                self.close()
                self._is_lost = True
            raise


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (errors.SerializationFailure, errors.DeadlockDetected, errors.InFailedSqlTransaction) as error:
        raise Conflict(str(error)) from error
    except psycopg.Error as error:
        raise StoreFailure(str(error).strip()) from error
