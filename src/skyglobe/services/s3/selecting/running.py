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
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from skyglobe.kernel.errors import ServiceError
from skyglobe.services.s3 import s3
from skyglobe.services.s3.selecting.documents import MISSING, spread, values_in, walk
from skyglobe.services.s3.selecting.evaluating import unsupported
from skyglobe.services.s3.selecting.expressions import Query, query_of
from skyglobe.services.s3.selecting.requests import Selection

MEMORY = "512MB"  # of one query; what is more goes to a temporary folder
ROWS = 2_000  # fetched at a time
MAX_RECORDS_BYTES = 512 * 1024  # of one Records event: half of what a message can carry
_NOTHING_IS_NULL = "\x01null\x01"
"""What no CSV field says: an empty field is an empty string, only a missing one is null."""
_encode = msgspec.json.Encoder(decimal_format="number", enc_hook=str).encode


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
        parsed(connection, selection, now)
    finally:
        connection.close()


def parsed(connection: Any, selection: Selection, now: int) -> Query:
    """Return the query a selection asks for. Raises S3's errors."""
    kinds = {"is_of_archive": selection.is_of_archive, "is_of_documents": selection.form == "JSON"}
    try:
        return query_of(connection, selection.expression, now, **kinds)
    except RecursionError as error:
        raise unsupported("The expression is nested too deeply.") from error


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
        self._answer: BinaryIO | None = None
        """What was selected row by row, serialized."""
        self.scanned_bytes = 0
        self.processed_bytes = 0
        self.returned_bytes = 0

    def begin(self, pieces: Iterable[bytes]) -> None:
        """Lay out the object and begin the query. Raises S3's errors for objects and queries that are none."""
        self._lay_out(pieces)
        query = parsed(self._connection, self._selection, self._now)
        if self._selection.form == "JSON":
            self._evaluate(query, self._values(query))
            return
        self._tabulate()
        if query.plan is not None:
            self._evaluate(query, self._rows())
            return
        try:
            self._connection.execute(query.sql)
        except self._duckdb.Error as error:
            raise self._refusal(error) from error
        self._names = query.names or [column[0] for column in self._connection.description]

    def _tabulate(self) -> None:
        """Have the object lie in a table, and DuckDB shut in with it."""
        try:
            self._connection.execute(f"CREATE TABLE s3object AS FROM {self._source()}")
        except self._duckdb.Error as error:
            code = {"CSV": "CSVParsingError", "Parquet": "ParquetParsingError"}
            text = f"Encountered an error parsing the {self._selection.form} file. Check the file and try again."
            raise s3.error(code[self._selection.form], text) from error
        self._connection.execute("SET enable_external_access = false")
        self._connection.execute("SET lock_configuration = true")

    def _values(self, query: Query) -> Iterator[Any]:
        """Yield the rows of an object of documents."""
        values = values_in(self._path, has_lines=self._selection.reading.get("Type") == "LINES")
        if query.path is None:
            return spread(values)
        return (row for value in values for row in walk(value, query.path or ()))

    def _rows(self) -> Iterator[dict[str, Any]]:
        """Yield the rows of the table."""
        found = self._connection.execute("FROM s3object")
        names = [column[0] for column in found.description]
        while rows := found.fetchmany(ROWS):
            for row in rows:
                yield dict(zip(names, row, strict=True))

    def _evaluate(self, query: Query, rows: Iterator[Any]) -> None:
        """Write the whole answer down, so that what goes wrong on any row is told before the first event."""
        assert query.plan is not None, "what is about documents has a plan"
        selected = query.plan.run(rows)
        answer = Path(self._folder.name) / "answer"
        with answer.open("wb") as file:
            try:
                while some := list(islice(selected, ROWS)):
                    file.write(self._written(some))
            except RecursionError as error:
                raise unsupported("A document is nested too deeply.") from error
        self._answer = answer.open("rb")

    def _written(self, selected: list[dict[str, Any]]) -> bytes:
        if self._selection.answer == "CSV":
            return self._csv([tuple(row.values()) for row in selected])
        end = self._selection.writing.get("RecordDelimiter") or "\n"
        told = ({n: v for n, v in row.items() if v is not MISSING} for row in selected)
        return b"".join([as_json(row) + end.encode("utf-8", "replace") for row in told])

    def next(self) -> bytes:
        """Return the next records, serialized; empty at the end."""
        if self._answer is not None:
            data = self._answer.read(MAX_RECORDS_BYTES)
            self.returned_bytes += len(data)
            return data
        try:
            rows = self._connection.fetchmany(ROWS)
        except self._duckdb.Error as error:
            raise self._refusal(error) from error
        data = self._csv(rows) if self._selection.answer == "CSV" else self._json(rows)
        self.returned_bytes += len(data)
        return data

    def close(self) -> None:
        if self._answer is not None:
            self._answer.close()
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
    if value is None or value is MISSING:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict | list):
        return _as_json(value)
    return str(_plain_value(value) if isinstance(value, date | datetime | bytes) else value)


def as_json(value: Any) -> bytes:
    """Return a document as JSON: numbers with the digits they came with."""
    try:
        return _encode(value)
    except (UnicodeError, OverflowError):  # half a surrogate pair; integers of more than 64 bits, which are none here
        return _as_json(value).encode("utf-8", "replace")


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
