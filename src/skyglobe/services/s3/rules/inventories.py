"""Inventories: which configurations a bucket takes, where their lists go, and manifests.

S3 user guide, "Cataloging and analyzing your data with S3 Inventory" and "Locating your inventory list".
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from skyglobe.services.s3.rules.encryption import encryption_of
from skyglobe.services.s3.rules.inventory_columns import OPTIONAL, Column, schema_of, utc

DAY = 86_400_000
_PERIODS = {"Daily": DAY, "Weekly": 7 * DAY}
_FIELDS = frozenset(column.name for column in OPTIONAL)
_ID = re.compile(r"[a-zA-Z0-9._-]{1,64}")
_BUCKET_ARN = re.compile(r"arn:[a-z-]+:s3:::([a-z0-9.-]{3,63})")


class BadInventory(ValueError):
    """A configuration S3 does not take."""


def check_inventory(id_: str, configuration: dict[str, Any]) -> None:
    """Raise BadInventory for a configuration that is none."""
    place = (configuration.get("Destination") or {}).get("S3BucketDestination") or {}
    if configuration.get("Id") != id_ or not _ID.fullmatch(id_) or not _BUCKET_ARN.fullmatch(place.get("Bucket", "")):
        raise BadInventory
    if (configuration.get("Schedule") or {}).get("Frequency") not in _PERIODS or "IsEnabled" not in configuration:
        raise BadInventory
    if configuration.get("IncludedObjectVersions") not in ("All", "Current"):
        raise BadInventory
    asked = configuration.get("OptionalFields") or ()
    if place.get("Format") not in ("CSV", "ORC", "Parquet") or not _FIELDS.issuperset(asked):
        raise BadInventory
    if "Encryption" in place and encryption_of(place["Encryption"]) is None:
        raise BadInventory


def period_of(configuration: dict[str, Any]) -> int:
    """Return how long it is between two lists, in milliseconds."""
    return _PERIODS[configuration["Schedule"]["Frequency"]]


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


class File(NamedTuple):
    """A file of a list."""

    key: str
    size_bytes: int
    md5: str


def manifest_of(source: str, arn: str, form: str, columns: Sequence[Column], at: int, file: File) -> bytes:
    """Return the manifest of a list of one file."""
    document = {
        "sourceBucket": source,
        "destinationBucket": arn,
        "version": "2016-11-30",
        "creationTimestamp": str(at),
        "fileFormat": form,
        "fileSchema": schema_of(form, columns),
        "files": [{"key": file.key, "size": file.size_bytes, "MD5checksum": file.md5}],
    }
    return json.dumps(document, indent=2).encode()


def stamp_of(at: int) -> str:
    """Return the folder of a list that was begun at an instant: ``2016-11-06T21-32Z``."""
    return f"{utc(at):%Y-%m-%dT%H-%MZ}"


def hive_key(base: str, at: int) -> str:
    """Return the key of the file that tells Hive where a list is."""
    return f"{base}/hive/dt={utc(at):%Y-%m-%d-%H-%M}/symlink.txt"
