"""Storage Lens: which configurations an account takes, what is counted of its buckets, and the lines of an export.

S3 user guide, "Understanding the Amazon S3 Storage Lens export schemas" and "Amazon S3 Storage Lens metrics glossary".
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import quote

from skyglobe.services.s3.rules.encryption import encryption_of

MAX_CONFIGURATIONS = 50  # of an account in a home region; S3 endpoints and quotas, "S3 Storage Lens"
DEFAULT_ID = "default-account-dashboard"
DEFAULT_REGION = "us-east-1"
"""Where the default dashboard is at home; user guide, "Default dashboard"."""
DAY = 86_400_000
COLUMNS = (
    "version_number",
    "configuration_id",
    "report_date",
    "aws_account_number",
    "aws_region",
    "storage_class",
    "record_type",
    "record_value",
    "bucket_name",
    "metric_name",
    "metric_value",
)

_BUCKET_ARN = re.compile(r"arn:[a-z-]+:s3:::([a-z0-9.-]{3,63})")


class BadLens(ValueError):
    """A configuration S3 does not take, and why; ``is_unbuilt`` where it asks for what is not built."""

    def __init__(self, message: str, *, is_unbuilt: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.is_unbuilt = is_unbuilt


class Place(NamedTuple):
    """What numbers are about: a storage class of a bucket; an empty class: what has none."""

    region: str
    bucket: str
    storage_class: str
    group: str = ""
    """The ARN of the one group that is counted; empty: everything is."""


Numbers = dict[Place, Counter[str]]
"""Metrics by their names."""


def default_configuration() -> dict[str, Any]:
    """Return what every account has from the beginning."""
    return {"Id": DEFAULT_ID, "AccountLevel": {"BucketLevel": {}}, "IsEnabled": True}


def check_configuration(id_: str, configuration: dict[str, Any]) -> None:
    """Raise BadLens for a configuration that is none, or asks for what is not built."""
    if configuration["Id"] != id_:
        raise BadLens("The configuration's Id must be the one in the path")
    for member in ("AwsOrg", "ExpandedPrefixesDataExport", "PrefixDelimiter"):
        if member in configuration:
            raise BadLens(f"{member} is not built yet.", is_unbuilt=True)
    level = configuration["AccountLevel"]
    _check_level(level)
    _check_level(level["BucketLevel"])
    include, exclude = configuration.get("Include"), configuration.get("Exclude")
    if include is not None and exclude is not None:
        raise BadLens("Include and Exclude must not be specified together")
    if id_ == DEFAULT_ID and (include or exclude):
        raise BadLens("The scope of the default dashboard cannot be changed")
    for arn in [*(include or {}).get("Buckets", ()), *(exclude or {}).get("Buckets", ())]:
        if not _BUCKET_ARN.fullmatch(arn):
            raise BadLens(f"Invalid bucket ARN: {arn}")
    _check_export(configuration.get("DataExport") or {})


def _check_level(level: dict[str, Any]) -> None:
    for member, given in level.items():
        if member == "StorageLensGroupLevel":
            criteria = (given or {}).get("SelectionCriteria") or {}
            if criteria.get("Include") and criteria.get("Exclude"):
                raise BadLens("Include and Exclude must not be specified together")
        elif member == "PrefixLevel" or (given or {}).get("IsEnabled"):
            raise BadLens(f"{member} is not built yet.", is_unbuilt=True)


def _check_export(export: dict[str, Any]) -> None:
    for member in ("CloudWatchMetrics", "StorageLensTableDestination"):
        if (export.get(member) or {}).get("IsEnabled"):
            raise BadLens(f"{member} is not built yet.", is_unbuilt=True)
    place = export.get("S3BucketDestination")
    if place is None:
        return
    if not _BUCKET_ARN.fullmatch(place["Arn"]):
        raise BadLens(f"Invalid bucket ARN: {place['Arn']}")
    if "Encryption" in place and encryption_of(place["Encryption"]) is None:
        raise BadLens("Encryption must say one of SSES3 and SSEKMS")


def is_looked_at(configuration: dict[str, Any], region: str, bucket_arn: str) -> bool:
    """Whether a configuration is about a bucket: by its region and its name."""
    include, exclude = configuration.get("Include") or {}, configuration.get("Exclude") or {}
    if include.get("Regions") and region not in include["Regions"]:
        return False
    if include.get("Buckets") and bucket_arn not in include["Buckets"]:
        return False
    return region not in exclude.get("Regions", ()) and bucket_arn not in exclude.get("Buckets", ())


def bucket_in(place: dict[str, Any]) -> str:
    match = _BUCKET_ARN.fullmatch(place["Arn"])
    assert match is not None, "checked when it was put"
    return match[1]


def lines_of(id_: str, account: str, date: str, numbers: Numbers) -> list[list[str]]:
    """Return the lines of one day: for each bucket, and for the account in each region; then so for each group."""
    of_account: Numbers = {}
    lines: list[list[str]] = []
    for place, metrics in sorted(numbers.items(), key=_group_first):
        of_account.setdefault(place._replace(bucket=""), Counter()).update(metrics)
        lines += _lines(id_, account, date, "BUCKET", place, metrics)
    for place, metrics in sorted(of_account.items(), key=_group_first):
        lines += _lines(id_, account, date, "ACCOUNT", place, metrics)
    return lines


def _group_first(counted: tuple[Place, Counter[str]]) -> tuple[str, Place]:
    return counted[0].group, counted[0]


def _lines(id_: str, account: str, date: str, kind: str, place: Place, metrics: Counter[str]) -> Iterable[list[str]]:
    kind, value = (f"STORAGE_LENS_GROUP_{kind}", quote(place.group, safe="")) if place.group else (kind, "")
    head = ["V_1", id_, date, account, place.region, place.storage_class, kind, value, place.bucket]
    return ([*head, name, str(number)] for name, number in sorted(metrics.items()))


def csv_of(lines: Iterable[list[str]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(lines)
    return out.getvalue().encode()


def manifest_of(account: str, id_: str, arn: str, date: str, form: str, file: dict[str, Any]) -> bytes:
    """Return the manifest of an export of one file."""
    schema = ",".join(COLUMNS)
    if form == "Parquet":
        fields = [f"required binary {name} (UTF8);" for name in COLUMNS[:-1]]
        schema = f"message s3.storage.lens {{ {' '.join(fields)} required int64 metric_value; }}"
    document = {
        "sourceAccountId": account,
        "configId": id_,
        "destinationBucket": arn,
        "reportVersion": "V_1",
        "reportDate": date,
        "reportFormat": form,
        "reportSchema": schema,
        "reportFiles": [file],
    }
    return json.dumps(document, indent=2).encode()


def date_of(at: int) -> str:
    return f"{datetime.fromtimestamp(at // 1000, UTC):%Y-%m-%d}"
