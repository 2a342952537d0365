"""Files of Parquet and ORC. Takes its time: for threads. The same rows give the same bytes."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from skyglobe.services.firehose.rules.conversion.reading import Row
from skyglobe.services.firehose.rules.conversion.schemas import Column, Type

EXTENSIONS = {"ParquetSerDe": ".parquet", "OrcSerDe": ".orc"}
MIB = 1 << 20
DEFAULT_PAGE_BYTES = MIB  # API reference, ParquetSerDe
DEFAULT_STRIPE_BYTES = 64 * MIB  # API reference, OrcSerDe
DEFAULT_STRIDE = 10_000  # the same
DEFAULT_FALSE_POSITIVES = 0.05  # the same


def missing_package() -> str:
    """Return the package that writing needs and is not there, or nothing."""
    return "pyarrow" if find_spec("pyarrow") is None else ""


def form_of(serializer: dict[str, Any]) -> str:
    """Return ``ParquetSerDe`` or ``OrcSerDe``, whichever a ``Serializer`` names."""
    return next(name for name in EXTENSIONS if name in serializer)


def file_of(columns: list[Column], rows: list[Row], serializer: dict[str, Any]) -> bytes:
    """Return rows as a file, with the options of a ``Serializer``."""
    import pyarrow as pa

    arrays = [
        pa.array([row[place] for row in rows], _arrow_type(pa, column.type)) for place, column in enumerate(columns)
    ]
    table = pa.Table.from_arrays(arrays, names=[column.name for column in columns])
    sink = pa.BufferOutputStream()
    form = form_of(serializer)
    options = serializer[form] or {}
    if form == "ParquetSerDe":
        _write_parquet(table, sink, options)
    else:
        _write_orc(table, sink, options, [column.name.lower() for column in columns])
    data: bytes = sink.getvalue().to_pybytes()
    return data


def _write_parquet(table: Any, sink: Any, options: dict[str, Any]) -> None:
    from pyarrow import parquet

    is_second = options.get("WriterVersion") == "V2"
    compression = options.get("Compression", "SNAPPY")
    parquet.write_table(
        table,
        sink,
        compression="NONE" if compression == "UNCOMPRESSED" else compression,
        version="2.6" if is_second else "1.0",
        data_page_version="2.0" if is_second else "1.0",
        data_page_size=options.get("PageSizeBytes", DEFAULT_PAGE_BYTES),
        use_dictionary=options.get("EnableDictionaryCompression", False),
        use_deprecated_int96_timestamps=True,  # as Hive's writer, which Firehose uses, has them
    )


def _write_orc(table: Any, sink: Any, options: dict[str, Any], names: list[str]) -> None:
    from pyarrow import orc

    compression = options.get("Compression", "SNAPPY")
    wanted = [name.lower() for name in options.get("BloomFilterColumns") or ()]
    orc.write_table(
        table,
        sink,
        file_version="0.11" if options.get("FormatVersion") == "V0_11" else "0.12",
        compression="UNCOMPRESSED" if compression == "NONE" else compression,
        stripe_size=options.get("StripeSizeBytes", DEFAULT_STRIPE_BYTES),
        row_index_stride=options.get("RowIndexStride", DEFAULT_STRIDE),
        dictionary_key_size_threshold=options.get("DictionaryKeyThreshold", 0.0),
        bloom_filter_columns=[names.index(name) for name in wanted if name in names] or None,
        bloom_filter_fpp=options.get("BloomFilterFalsePositiveProbability", DEFAULT_FALSE_POSITIVES),
    )


def _arrow_type(arrow: Any, type_: Type) -> Any:
    inner = [_arrow_type(arrow, one) for one in type_.inner]
    if type_.name == "array":
        return arrow.list_(inner[0])
    if type_.name == "map":
        return arrow.map_(inner[0], inner[1])
    if type_.name == "struct":
        return arrow.struct([arrow.field(name, one) for name, one in zip(type_.fields, inner, strict=True)])
    if type_.name == "decimal":
        return arrow.decimal128(type_.precision, type_.scale)
    return {
        "boolean": arrow.bool_(),
        "tinyint": arrow.int8(),
        "smallint": arrow.int16(),
        "int": arrow.int32(),
        "bigint": arrow.int64(),
        "float": arrow.float32(),
        "double": arrow.float64(),
        "binary": arrow.binary(),
        "date": arrow.date32(),
        "timestamp": arrow.timestamp("ns"),
    }.get(type_.name, arrow.string())
