"""The files of inventories: CSV with gzip, Parquet and ORC. Blocks: for threads."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from typing import Any

from skyglobe.services.s3 import errors
from skyglobe.services.s3.rules.inventory_columns import Column, Row, csv_of

ENDINGS = {"CSV": "csv.gz", "Parquet": "parquet", "ORC": "orc"}


def file_of(form: str, rows: list[Row], columns: Sequence[Column], at: int) -> bytes:
    """Return a list in a format. The same rows and instant give the same bytes."""
    if form == "CSV":
        return gzip.compress(csv_of(rows, columns), mtime=at // 1000)
    arrow = load_pyarrow()
    sink = arrow.BufferOutputStream()
    if form == "Parquet":
        from pyarrow import parquet

        parquet.write_table(_table(arrow, rows, columns), sink, coerce_timestamps="ms")
    else:
        from pyarrow import orc

        orc.write_table(_table(arrow, rows, columns), sink)
    data: bytes = sink.getvalue().to_pybytes()
    return data


def load_pyarrow() -> Any:
    """Import pyarrow. Raises NotImplemented (501), naming the extra, when it is not installed."""
    try:
        import pyarrow as pa
    except ImportError as error:
        text = "Inventories in Parquet and ORC need pyarrow: pip install 'skyglobe[inventory]'."
        raise errors.not_implemented("Format", text) from error
    return pa


def _table(arrow: Any, rows: list[Row], columns: Sequence[Column]) -> Any:
    types = {
        "text": arrow.string(),
        "number": arrow.int64(),
        "flag": arrow.bool_(),
        "time": arrow.timestamp("ms", tz="UTC"),
    }
    fields, arrays = [], []
    for column in columns:
        fields.append(arrow.field(column.field, types[column.kind]))
        values = [column.value(row) for row in rows]
        if column.kind == "text":
            values = [None if value is None else _readable(value) for value in values]
        arrays.append(arrow.array(values, types[column.kind]))
    return arrow.Table.from_arrays(arrays, schema=arrow.schema(fields))


def _readable(text: str) -> str:
    """Return text as UTF-8 can have it: a key may hold half of a character that none of its readers could decode."""
    return text.encode("utf-8", "replace").decode()
