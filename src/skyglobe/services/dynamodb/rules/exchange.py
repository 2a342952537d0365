"""Files of exports and imports: lines of DynamoDB JSON, rows of CSV, manifests.

Developer guide, "DynamoDB table export output format" and "Amazon S3 import formats for DynamoDB".
"""

from __future__ import annotations

import base64
import csv
import gzip
import hashlib
import io
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from skyglobe.services.dynamodb.rules.values import Item

_encode = msgspec.json.Encoder().encode


def data_file(lines: Iterable[dict[str, Any]]) -> bytes:
    """Return the bytes of one data file: a JSON text a line, compressed. The same lines give the same bytes."""
    return gzip.compress(b"".join(_encode(line) + b"\n" for line in lines), compresslevel=6, mtime=0)


def manifest_line(key: str, data: bytes, count: int) -> bytes:
    """Return what a manifest says of one data file."""
    digest = hashlib.md5(data).digest()
    told = {
        "itemCount": count,
        "md5Checksum": base64.b64encode(digest).decode(),
        "etag": digest.hex(),
        "dataFileS3Key": key,
    }
    return _encode(told) + b"\n"


def json_text(value: dict[str, Any]) -> bytes:
    return _encode(value)


def read_items(content: bytes, form: str, attributes: dict[str, str], options: dict[str, Any]) -> Iterator[Item | None]:
    """Yield the items of a file; None for a line that holds none."""
    if form == "CSV":
        yield from _read_rows(content, attributes, options.get("Csv") or {})
        return
    for line in content.splitlines():
        if line.strip():
            yield _read_line(line)


def _read_line(line: bytes) -> Item | None:
    try:
        told = msgspec.json.decode(line)
        item = told["Item"]
        return {str(name): _unwired(value) for name, value in item.items()}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _unwired(value: dict[str, Any]) -> dict[str, Any]:
    """Return a value of JSON with its binaries decoded. Raises ValueError and its kin for what is none."""
    ((kind, content),) = value.items()
    if kind == "B":
        return {"B": base64.b64decode(content, validate=True)}
    if kind == "BS":
        return {"BS": [base64.b64decode(part, validate=True) for part in content]}
    if kind == "L":
        return {"L": [_unwired(element) for element in content]}
    if kind == "M":
        return {"M": {str(name): _unwired(element) for name, element in content.items()}}
    if kind not in _KINDS or not isinstance(content, _KINDS[kind]):
        raise ValueError(kind)
    return {kind: content}


_KINDS: dict[str, type] = {"S": str, "N": str, "BOOL": bool, "NULL": bool, "SS": list, "NS": list}


def _read_rows(content: bytes, attributes: dict[str, str], options: dict[str, Any]) -> Iterator[Item | None]:
    """Yield the items of CSV: every value is text, but for keys, which have their own types."""
    rows = csv.reader(io.StringIO(content.decode("utf-8", "replace")), delimiter=options.get("Delimiter", ","))
    header = options.get("HeaderList") or next(rows, [])
    for row in rows:
        if not row:
            continue
        if len(row) > len(header):
            yield None
            continue
        item: Item = {}
        for name, text in zip(header, row, strict=False):
            kind = attributes.get(name, "S")
            if text or kind == "S":
                item[name] = {"B": _bytes_of(text)} if kind == "B" else {kind: text}
        yield item


def _bytes_of(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return b""
