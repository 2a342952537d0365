"""Manifests: the lists of objects that jobs work on.

S3 user guide, "Specifying a manifest": CSV files without a header, keys URL-encoded; or an inventory's manifest.json.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import zlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote_plus, unquote_plus


class BadManifest(ValueError):
    """A list that cannot be read, and why."""


class Row(NamedTuple):
    """One object of a list."""

    bucket: str
    key: str
    version: str = ""


class Listed(NamedTuple):
    """What an inventory's manifest tells."""

    bucket: str
    """Where the files are."""
    files: tuple[str, ...]
    fields: tuple[str, ...]


def rows_in(data: bytes, fields: Sequence[str]) -> Iterator[Row]:
    """Yield the rows of a CSV file whose columns are ``fields``. Raises BadManifest."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadManifest("The manifest is not UTF-8.") from error
    at = {name: fields.index(name) for name in ("Bucket", "Key", "VersionId") if name in fields}
    for number, columns in enumerate(csv.reader(io.StringIO(text)), 1):
        if not columns:
            continue
        if len(columns) != len(fields):
            raise BadManifest(f"Line {number} has {len(columns)} columns, the manifest declares {len(fields)}.")
        version = columns[at["VersionId"]] if "VersionId" in at else ""
        key = unquote_plus(columns[at["Key"]], errors="surrogateescape")
        if not key or not columns[at["Bucket"]]:
            raise BadManifest(f"Line {number} names no object.")
        yield Row(columns[at["Bucket"]], key, version)


def inventory_in(data: bytes) -> Listed:
    """Return what an inventory's manifest.json tells. Raises BadManifest."""
    try:
        document: dict[str, Any] = json.loads(data)
        if document["fileFormat"] != "CSV":
            raise BadManifest(f"Inventories in {document['fileFormat']} cannot be a manifest.")
        fields = tuple(name.strip() for name in document["fileSchema"].split(","))
        files = tuple(file["key"] for file in document["files"])
        bucket = document["destinationBucket"].rpartition(":")[2]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        if isinstance(error, BadManifest):
            raise
        raise BadManifest("The manifest is no inventory report's manifest.json.") from error
    if "Bucket" not in fields or "Key" not in fields:
        raise BadManifest("The inventory report names no buckets and keys.")
    return Listed(bucket, files, fields)


def unpacked(data: bytes) -> bytes:
    """Return a file of an inventory without gzip. Raises BadManifest."""
    try:
        return gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        raise BadManifest("A file of the inventory report is not compressed with GZIP.") from error


def list_of(rows: Iterable[Row]) -> bytes:
    """Return rows as a CSV file of Bucket, Key and VersionId."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n")
    for row in rows:
        writer.writerow([row.bucket, quote_plus(row.key, safe="/*-._", errors="surrogatepass"), row.version])
    return out.getvalue().encode()
