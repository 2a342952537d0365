"""Files of exports and imports: lines of DynamoDB JSON or Ion, rows of CSV, manifests.

Developer guide, "DynamoDB table export output format" and "Amazon S3 import formats for DynamoDB".
"""

from __future__ import annotations

import base64
import csv
import gzip
import hashlib
import io
import zlib
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from typing import Any

import msgspec

from skyglobe.services.dynamodb.rules.ion import ion_line, read_ion_line
from skyglobe.services.dynamodb.rules.ion import missing_package as missing_for_ion
from skyglobe.services.dynamodb.rules.values import Item

_encode = msgspec.json.Encoder().encode


def data_file(lines: Iterable[dict[str, Any]], form: str) -> bytes:
    """Return the bytes of one data file: a text a line, compressed. The same lines give the same bytes."""
    if form == "ION":
        content = b"".join(ion_line(line) for line in lines)
    else:
        content = b"".join(_encode(line) + b"\n" for line in lines)
    return gzip.compress(content, compresslevel=6, mtime=0)


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


def checksum(content: bytes) -> bytes:
    """Return what the checksum file beside a manifest holds."""
    return base64.b64encode(hashlib.md5(content).digest())


def decompressed(content: bytes, form: str) -> bytes | None:
    """Return a file's content; None when it is not compressed as it is said to be."""
    if form == "GZIP":
        try:
            return gzip.decompress(content)
        except (OSError, EOFError, zlib.error):
            return None
    if form == "ZSTD":
        import cramjam

        try:
            return bytes(cramjam.zstd.decompress(content))
        except cramjam.DecompressionError:
            return None
    return content


def missing_package(form: str, compression: str = "") -> str:
    """Return the package that a form or compression of files needs and is not there, or nothing."""
    if form == "ION" and (missing := missing_for_ion()):
        return missing
    return "cramjam" if compression == "ZSTD" and find_spec("cramjam") is None else ""


def json_text(value: dict[str, Any]) -> bytes:
    return _encode(value)


def read_items(content: bytes, form: str, attributes: dict[str, str], options: dict[str, Any]) -> Iterator[Item | None]:
    """Yield the items of a file; None for a line that holds none."""
    if form == "CSV":
        yield from _read_rows(content, attributes, options.get("Csv") or {})
        return
    read = read_ion_line if form == "ION" else _read_line
    for line in content.split(b"\n"):
        if line.strip():
            yield read(line)


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
