"""Inventories: which configurations a bucket takes, the lines of a list, and its manifest.

S3 user guide, "Cataloging and analyzing your data with S3 Inventory" and "Locating your inventory list".
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import quote_plus

MAX_CONFIGURATIONS = 1_000  # of a bucket; API reference, PutBucketInventoryConfiguration
DAY = 86_400_000
_PERIODS = {"Daily": DAY, "Weekly": 7 * DAY}
_ID = re.compile(r"[a-zA-Z0-9._-]{1,64}")
_BUCKET_ARN = re.compile(r"arn:[a-z-]+:s3:::([a-z0-9.-]{3,63})")


class BadInventory(ValueError):
    """A configuration S3 does not take; ``header`` where it asks for what is not built."""

    def __init__(self, message: str = "", *, unbuilt: str = "") -> None:
        super().__init__(message)
        self.unbuilt = unbuilt


class Row(NamedTuple):
    """What a list tells of one object."""

    bucket: str
    key: str
    size_bytes: int
    modified_at: int
    """Milliseconds since the epoch."""
    etag: str
    storage_class: str
    algorithm: str
    is_multipart: bool
    encryption: str = ""
    """As ``x-amz-server-side-encryption`` says it, or ``SSE-C``; empty when the object is not encrypted."""
    has_bucket_key: bool = False


_ENCRYPTIONS = {"AES256": "SSE-S3", "aws:kms": "SSE-KMS", "aws:kms:dsse": "DSSE-KMS", "SSE-C": "SSE-C", "": "NOT-SSE"}

COLUMNS: dict[str, Callable[[Row], str]] = {
    "Size": lambda row: str(row.size_bytes),
    "LastModifiedDate": lambda row: f"{_utc(row.modified_at):%Y-%m-%dT%H:%M:%S}.000Z",
    "ETag": lambda row: row.etag,
    "StorageClass": lambda row: row.storage_class,
    "IsMultipartUploaded": lambda row: str(row.is_multipart).lower(),
    "EncryptionStatus": lambda row: _ENCRYPTIONS[row.encryption],
    "BucketKeyStatus": lambda row: "ENABLED" if row.has_bucket_key else "DISABLED",
    "ChecksumAlgorithm": lambda row: row.algorithm,
}
"""Optional fields and what they tell, in the order of S3's lists. Others are of what is not built."""


def check_inventory(id_: str, configuration: dict[str, Any], known: Iterable[str]) -> None:
    """Raise BadInventory for a configuration that is none, or asks for what is not built. ``known`` are the fields."""
    place = (configuration.get("Destination") or {}).get("S3BucketDestination") or {}
    if configuration.get("Id") != id_ or not _ID.fullmatch(id_) or not _BUCKET_ARN.fullmatch(place.get("Bucket", "")):
        raise BadInventory
    if (configuration.get("Schedule") or {}).get("Frequency") not in _PERIODS or "IsEnabled" not in configuration:
        raise BadInventory
    if configuration.get("IncludedObjectVersions") not in ("All", "Current"):
        raise BadInventory
    asked = configuration.get("OptionalFields") or ()
    if place.get("Format") not in ("CSV", "ORC", "Parquet") or not set(asked) <= {*known}:
        raise BadInventory
    if place["Format"] != "CSV":
        raise BadInventory(unbuilt=f"Inventories in {place['Format']}")
    if "Encryption" in place and encryption_of(place) is None:
        raise BadInventory
    if configuration["IncludedObjectVersions"] == "All":
        raise BadInventory(unbuilt="Inventories of all versions")
    unbuilt = [name for name in asked if name not in COLUMNS]
    if unbuilt:
        raise BadInventory(unbuilt=f"The inventory field {unbuilt[0]}")


def encryption_of(place: dict[str, Any]) -> dict[str, str] | None:
    """Return what a list is to be put with, as PutObject's members; None when what is said of encryption is nothing."""
    asked = place.get("Encryption") or {}
    if len(asked) != 1:
        return None
    if "SSES3" in asked:
        return {"ServerSideEncryption": "AES256"}
    key = (asked.get("SSEKMS") or {}).get("KeyId")
    return {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key} if key else None


def period_of(configuration: dict[str, Any]) -> int:
    """Return how long it is between two lists, in milliseconds."""
    return _PERIODS[configuration["Schedule"]["Frequency"]]


def fields_of(configuration: dict[str, Any]) -> list[str]:
    asked = set(configuration.get("OptionalFields") or ())
    return [name for name in COLUMNS if name in asked]


def list_of(rows: Iterable[Row], fields: list[str]) -> bytes:
    """Return the lines of a list: every value between quotes, keys URL-encoded, no header."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n")
    for row in rows:
        key = quote_plus(row.key, safe="/*-._", errors="surrogatepass")
        writer.writerow([row.bucket, key, *(COLUMNS[name](row) for name in fields)])
    return out.getvalue().encode()


class Destination(NamedTuple):
    """Where the lists of a configuration go."""

    bucket: str
    base: str
    """Keys begin with it: prefix, source bucket and the configuration's id."""


def destination_of(configuration: dict[str, Any], source: str) -> Destination:
    place = configuration["Destination"]["S3BucketDestination"]
    match = _BUCKET_ARN.fullmatch(place["Bucket"])
    assert match is not None, "checked when it was put"
    prefix = place.get("Prefix", "").rstrip("/")
    return Destination(match[1], f"{prefix}/{source}/{configuration['Id']}".lstrip("/"))


def manifest_of(source: str, arn: str, fields: list[str], at: int, key: str, size_bytes: int, md5: str) -> bytes:
    """Return the manifest of a list of one file."""
    document = {
        "sourceBucket": source,
        "destinationBucket": arn,
        "version": "2016-11-30",
        "creationTimestamp": str(at),
        "fileFormat": "CSV",
        "fileSchema": ", ".join(["Bucket", "Key", *fields]),
        "files": [{"key": key, "size": size_bytes, "MD5checksum": md5}],
    }
    return json.dumps(document, indent=2).encode()


def stamp_of(at: int) -> str:
    """Return the folder of a list that was begun at an instant: ``2016-11-06T21-32Z``."""
    return f"{_utc(at):%Y-%m-%dT%H-%MZ}"


def _utc(at: int) -> datetime:
    return datetime.fromtimestamp(at // 1000, UTC)
