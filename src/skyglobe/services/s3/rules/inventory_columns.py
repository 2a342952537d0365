"""The columns of inventories: what a list tells of a version, and how the three formats name and type it.

S3 user guide, "Amazon S3 Inventory list" and "Locating your inventory list".
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple
from urllib.parse import quote_plus

Kind = Literal["text", "number", "flag", "time"]


class Row(NamedTuple):
    """What a list tells of one version or delete marker."""

    bucket: str
    key: str
    rank: str
    """Its place among the versions of its key, the newest first."""
    version: str
    is_marker: bool
    size_bytes: int
    modified_at: int
    """Milliseconds since the epoch, as all instants here."""
    etag: str
    storage_class: str
    algorithm: str
    is_multipart: bool
    replication: str
    encryption: str
    """As ``x-amz-server-side-encryption`` says it, or ``SSE-C``; empty when the object is not encrypted."""
    has_bucket_key: bool
    locked_until: int
    lock_mode: str
    lock_hold: str
    owner: str
    acl: str
    expires_at: int
    tier: str
    """Of Intelligent-Tiering; empty in other classes."""
    is_latest: bool = True


class Column(NamedTuple):
    """A column: its name in configurations and CSV, its name in tables, its type, and what it has of a row."""

    name: str
    field: str
    kind: Kind
    value: Callable[[Row], Any]
    """None where there is nothing to tell."""


def _of_object(value: Callable[[Row], Any]) -> Callable[[Row], Any]:
    return lambda row: None if row.is_marker else value(row)


_ENCRYPTIONS = {"AES256": "SSE-S3", "aws:kms": "SSE-KMS", "aws:kms:dsse": "DSSE-KMS", "SSE-C": "SSE-C", "": "NOT-SSE"}

ALWAYS = (
    Column("Bucket", "bucket", "text", lambda row: row.bucket),
    Column("Key", "key", "text", lambda row: row.key),
)
OF_VERSIONS = (
    Column("VersionId", "version_id", "text", lambda row: row.version),
    Column("IsLatest", "is_latest", "flag", lambda row: row.is_latest),
    Column("IsDeleteMarker", "is_delete_marker", "flag", lambda row: row.is_marker),
)
"""Only where all versions are listed."""
OPTIONAL = (
    Column("Size", "size", "number", _of_object(lambda row: row.size_bytes)),
    Column("LastModifiedDate", "last_modified_date", "time", lambda row: row.modified_at),
    Column("ETag", "e_tag", "text", _of_object(lambda row: row.etag)),
    Column("StorageClass", "storage_class", "text", _of_object(lambda row: row.storage_class)),
    Column("IsMultipartUploaded", "is_multipart_uploaded", "flag", _of_object(lambda row: row.is_multipart)),
    Column("ReplicationStatus", "replication_status", "text", lambda row: row.replication or None),
    Column("EncryptionStatus", "encryption_status", "text", _of_object(lambda row: _ENCRYPTIONS[row.encryption])),
    Column("ObjectLockRetainUntilDate", "object_lock_retain_until_date", "time", lambda row: row.locked_until or None),
    Column("ObjectLockMode", "object_lock_mode", "text", lambda row: row.lock_mode or None),
    Column("ObjectLockLegalHoldStatus", "object_lock_legal_hold_status", "text", lambda row: row.lock_hold or None),
    Column("IntelligentTieringAccessTier", "intelligent_tiering_access_tier", "text", lambda row: row.tier or None),
    Column(
        "BucketKeyStatus",
        "bucket_key_status",
        "text",
        _of_object(lambda row: "ENABLED" if row.has_bucket_key else "DISABLED"),
    ),
    Column("ChecksumAlgorithm", "checksum_algorithm", "text", _of_object(lambda row: row.algorithm)),
    Column("ObjectAccessControlList", "object_access_control_list", "text", _of_object(lambda row: row.acl)),
    Column("ObjectOwner", "object_owner", "text", _of_object(lambda row: row.owner)),
    Column("LifecycleExpirationDate", "lifecycle_expiration_date", "time", lambda row: row.expires_at or None),
)
"""What configurations can ask for, in the order of S3's lists."""


def columns_of(configuration: dict[str, Any]) -> list[Column]:
    """Return the columns a configuration asks for."""
    asked = set(configuration.get("OptionalFields") or ())
    of_versions = OF_VERSIONS if configuration["IncludedObjectVersions"] == "All" else ()
    return [*ALWAYS, *of_versions, *(column for column in OPTIONAL if column.name in asked)]


def ranked(rows: Iterable[Row]) -> list[Row]:
    """Return rows by key and age, the newest of each key marked as the latest."""
    ordered = sorted(rows, key=lambda row: (row.key, row.rank))
    before = None
    for at, row in enumerate(ordered):
        if row.key == before:
            ordered[at] = row._replace(is_latest=False)
        before = row.key
    return ordered


def csv_of(rows: Iterable[Row], columns: Sequence[Column]) -> bytes:
    """Return the lines of a list: every value between quotes, keys URL-encoded, no header."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n")
    for row in rows:
        writer.writerow([_text(row, column) for column in columns])
    return out.getvalue().encode()


def _text(row: Row, column: Column) -> str:
    value = column.value(row)
    if value is None:
        return ""
    if column.name == "Key":
        return quote_plus(row.key, safe="/*-._", errors="surrogatepass")
    if column.kind == "flag":
        return str(value).lower()
    if column.kind == "time":
        return f"{utc(value):%Y-%m-%dT%H:%M:%S}.000Z"
    return str(value)


def schema_of(form: str, columns: Sequence[Column]) -> str:
    """Return a manifest's fileSchema, in the words of its format."""
    if form == "CSV":
        return ", ".join(column.name for column in columns)
    if form == "ORC":
        fields = ",".join(f"{column.field}:{_ORC[column.kind]}" for column in columns)
        return f"struct<{fields}>"
    lines = []
    for column in columns:
        need = "required" if column in ALWAYS else "optional"
        lines.append(f"{need} {_PARQUET[column.kind].format(column.field)};")
    return f"message s3.inventory {{ {' '.join(lines)} }}"


_ORC: dict[Kind, str] = {"text": "string", "number": "bigint", "flag": "boolean", "time": "timestamp"}
_PARQUET: dict[Kind, str] = {
    "text": "binary {} (UTF8)",
    "number": "int64 {}",
    "flag": "boolean {}",
    "time": "int64 {} (TIMESTAMP_MILLIS)",
}


def utc(at: int) -> datetime:
    return datetime.fromtimestamp(at // 1000, UTC)
