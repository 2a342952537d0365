"""Running a query: the object laid out as a file, read into DuckDB, which then is shut in with it. For threads."""

from __future__ import annotations

import bz2
import csv
import io
import json
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from skyglobe.kernel.errors import ServiceError
from skyglobe.services.s3 import s3
from skyglobe.services.s3.selecting.expressions import query_of
from skyglobe.services.s3.selecting.requests import Selection

MEMORY = "512MB"  # of one query; what is more goes to a temporary folder
ROWS = 2_000  # fetched at a time
MAX_RECORDS_BYTES = 512 * 1024  # of one Records event: half of what a message can carry
_NOTHING_IS_NULL = "\x01null\x01"
"""What no CSV field says: an empty field is an empty string, only a missing one is null."""


def load_duckdb() -> Any:
    """Return the module. Raises NotImplemented (501), naming the package, when it is not installed."""
    try:
        import duckdb
    except ImportError as error:
        text = "Selecting needs DuckDB: pip install 'skyglobe[select]'."
        raise s3.error("NotImplemented", text, status=501) from error
    return duckdb


def check_expression(selection: Selection, now: int) -> None:
    """Raise S3's errors for a query that is none, before there is anything to run it over. Blocks: for threads."""
    connection = load_duckdb().connect(config={"threads": "1"})
    try:
        query_of(connection, selection.expression, now, is_of_archive=selection.is_of_archive)
    finally:
        connection.close()


class Running:
    """One query on its way. Everything here blocks."""

    def __init__(self, selection: Selection, now: int) -> None:
        self._selection = selection
        self._duckdb = load_duckdb()
        self._folder = tempfile.TemporaryDirectory(prefix="skyglobe-select-")
        self._path = Path(self._folder.name) / "object"
        self._connection = self._duckdb.connect(
            config={
                "memory_limit": MEMORY,
                "threads": "2",
                "temp_directory": str(Path(self._folder.name) / "spill"),
                "autoinstall_known_extensions": "false",
                "autoload_known_extensions": "false",
            }
        )
        self._now = now
        self._names: list[str] = []
        self.scanned_bytes = 0
        self.processed_bytes = 0
        self.returned_bytes = 0

    def begin(self, pieces: Iterable[bytes]) -> None:
        """Lay out the object and begin the query. Raises S3's errors for objects and queries that are none."""
        self._lay_out(pieces)
        query = query_of(
            self._connection, self._selection.expression, self._now, is_of_archive=self._selection.is_of_archive
        )
        try:
            self._connection.execute(f"CREATE TABLE s3object AS FROM {self._source()}")
        except self._duckdb.Error as error:
            code = {"CSV": "CSVParsingError", "JSON": "JSONParsingError", "Parquet": "ParquetParsingError"}
            text = f"Encountered an error parsing the {self._selection.form} file. Check the file and try again."
            raise s3.error(code[self._selection.form], text) from error
        self._connection.execute("SET enable_external_access = false")
        self._connection.execute("SET lock_configuration = true")
        try:
            self._connection.execute(query.sql)
        except self._duckdb.Error as error:
            raise self._refusal(error) from error
        self._names = query.names or [column[0] for column in self._connection.description]

    def next(self) -> bytes:
        """Return the next records, serialized; empty at the end."""
        try:
            rows = self._connection.fetchmany(ROWS)
        except self._duckdb.Error as error:
            raise self._refusal(error) from error
        data = self._csv(rows) if self._selection.answer == "CSV" else self._json(rows)
        self.returned_bytes += len(data)
        return data

    def close(self) -> None:
        self._connection.close()
        self._folder.cleanup()

    def _refusal(self, error: Exception) -> ServiceError:
        duckdb = self._duckdb
        if isinstance(error, duckdb.ConversionException):
            text = "Attempt to convert from one data type to another using CAST failed in the SQL expression."
            return s3.error("CastFailed", text)
        if isinstance(error, duckdb.BinderException) and _is_about_a_column(str(error)):
            text = "The column name or the path provided does not exist in the SQL query."
            return s3.error("EvaluatorBindingDoesNotExist", text)
        text = "Incorrect type of arguments in function call in the SQL expression."
        return s3.error("EvaluatorInvalidArguments", text)

    # the object, as a file

    def _lay_out(self, pieces: Iterable[bytes]) -> None:
        with self._path.open("wb") as file:
            for piece in self._plain(pieces):
                self.processed_bytes += len(piece)
                file.write(piece)
        if self._selection.has_range:
            self._cut()

    def _plain(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """Yield the object's bytes, decompressed. Raises InvalidCompressionFormat and TruncatedInput."""
        if self._selection.compression == "NONE":
            for piece in pieces:
                self.scanned_bytes += len(piece)
                yield piece
            return
        is_gzip = self._selection.compression == "GZIP"
        opened: Any = None
        try:
            for piece in pieces:
                self.scanned_bytes += len(piece)
                while piece:  # several members may follow each other
                    if opened is None or opened.eof:
                        opened = zlib.decompressobj(wbits=31) if is_gzip else bz2.BZ2Decompressor()
                    yield opened.decompress(piece)
                    piece = opened.unused_data
        except (zlib.error, OSError) as error:
            text = f"{self._selection.compression} is not applicable to the queried object. Please correct the request "
            raise s3.error("InvalidCompressionFormat", f"{text}and try again.") from error
        if opened is not None and not opened.eof:
            text = "Object decompression failed. Check that the object is properly compressed."
            raise s3.error("TruncatedInput", text)

    def _cut(self) -> None:
        """Leave only the records that begin in the scan range, and the header line where there is one."""
        data = self._path.read_bytes()
        start, end = self._selection.start, self._selection.end
        if start is None:
            start, end = max(0, len(data) - (end or 0)), len(data) - 1
        last = len(data) if end is None else min(end + 1, len(data))
        info = self._selection.reading.get("FileHeaderInfo", "NONE") if self._selection.form == "CSV" else "NONE"
        first = data.find(b"\n") + 1 if info != "NONE" else 0
        begin = _record_start(data, max(start, first))
        finish = max(begin, _record_start(data, last))
        kept = data[:first] + data[begin:finish]
        self._path.write_bytes(kept)
        self.scanned_bytes = self.processed_bytes = len(kept)

    def _source(self) -> str:
        """Return the table function that reads the object."""
        path = str(self._path).replace("'", "''")
        if self._selection.form == "Parquet":
            return f"read_parquet('{path}')"
        if self._selection.form == "JSON":
            return f"read_json('{path}', format = '{self._json_format()}', maximum_object_size = 16777216)"
        options = self._selection.reading
        header = options.get("FileHeaderInfo", "NONE")
        given = {
            "delim": options.get("FieldDelimiter") or ",",
            "quote": options.get("QuoteCharacter", '"'),
            "escape": options.get("QuoteEscapeCharacter") or options.get("QuoteCharacter", '"'),
            "nullstr": _NOTHING_IS_NULL,
        }
        if options.get("Comments"):
            given["comment"] = options["Comments"]
        told = ", ".join(f"{name} = '{value.replace(chr(39), chr(39) * 2)}'" for name, value in given.items())
        names = ""
        if header != "USE":
            names = f", names = {[f'_{at}' for at in range(1, self._columns(given) + 1)]!r}"
        skip = 1 if header == "IGNORE" else 0
        is_first = str(header == "USE").lower()
        return (
            f"read_csv('{path}', {told}, header = {is_first}, skip = {skip}, all_varchar = true, null_padding = true, "
            f"strict_mode = false, sample_size = -1{names})"
        )

    def _columns(self, given: dict[str, str]) -> int:
        """Return how many fields the first record has; at least one."""
        with self._path.open(encoding="utf-8", errors="replace", newline="") as file:
            quote = given["quote"]
            comment = given.get("comment")
            if quote:
                rows = csv.reader(file, delimiter=given["delim"], quotechar=quote)
            else:
                rows = csv.reader(file, delimiter=given["delim"], quoting=csv.QUOTE_NONE)
            for row in rows:
                if row and not (comment and row[0].startswith(comment)):
                    return len(row)
        return 1

    def _json_format(self) -> str:
        if self._selection.reading.get("Type") == "LINES":
            return "newline_delimited"
        with self._path.open("rb") as file:
            return "array" if file.read(1024).lstrip()[:1] == b"[" else "unstructured"

    # the answer

    def _csv(self, rows: list[tuple[Any, ...]]) -> bytes:
        options = self._selection.writing
        out = io.StringIO()
        quote = options.get("QuoteCharacter") or '"'
        escape = options.get("QuoteEscapeCharacter") or quote
        writer = csv.writer(
            out,
            delimiter=options.get("FieldDelimiter") or ",",
            quotechar=quote,
            doublequote=escape == quote,
            escapechar=None if escape == quote else escape,
            quoting=csv.QUOTE_ALL if options.get("QuoteFields") == "ALWAYS" else csv.QUOTE_MINIMAL,
            lineterminator=options.get("RecordDelimiter") or "\n",
        )
        writer.writerows([[_text(value) for value in row] for row in rows])
        return out.getvalue().encode("utf-8", "replace")

    def _json(self, rows: list[tuple[Any, ...]]) -> bytes:
        end = self._selection.writing.get("RecordDelimiter") or "\n"
        names = self._names
        records = ({n: v for n, v in zip(names, row, strict=True) if v is not None} for row in rows)
        return "".join(f"{_as_json(record)}{end}" for record in records).encode("utf-8", "replace")


def _is_about_a_column(reason: str) -> bool:
    return "does not have a column" in reason or "Referenced column" in reason or "Could not find key" in reason


def _record_start(data: bytes, at: int) -> int:
    """Return where the first record begins at or after ``at``."""
    if at <= 0:
        return 0
    found = data.find(b"\n", at - 1)
    return len(data) if found < 0 else found + 1


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict | list):
        return _as_json(value)
    return str(_plain_value(value) if isinstance(value, date | datetime | bytes) else value)


def _as_json(value: Any) -> str:
    return json.dumps(value, default=_plain_value, ensure_ascii=False, separators=(",", ":"))


def _plain_value(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return str(value)
