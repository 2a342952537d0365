"""Storage class analysis: which configurations a bucket takes, groups by age, what is advised, and the export's lines.

S3 user guide, "Amazon S3 analytics - Storage Class Analysis".
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import reduce
from typing import Any, NamedTuple

DAY = 86_400_000
OBSERVED_FOR = 30
"""Days before anything is advised; user guide: "observes the access patterns … for 30 days or longer"."""
CLASSES = ("STANDARD", "STANDARD_IA")
AGES = (0, 15, 30, 45, 60, 75, 90, 120, 150, 180, 365, 730)
"""Days from which on the groups of the export go."""
MIN_AGE = 30  # days an object must be in STANDARD before STANDARD_IA takes it; "Transitioning objects"
HEADER = (
    "Date",
    "ConfigId",
    "Filter",
    "StorageClass",
    "ObjectAge",
    "ObjectCount",
    "DataUploaded_MB",
    "Storage_MB",
    "DataRetrieved_MB",
    "GetRequestCount",
    "CumulativeAccessRatio",
    "ObjectAgeForSIATransition",
    "RecommendedObjectAgeForSIATransition",
)

_ID = re.compile(r"[a-zA-Z0-9._-]{1,64}")
_BUCKET_ARN = re.compile(r"arn:[a-z-]+:s3:::([a-z0-9.-]{3,63})")
_MEGABYTE = 1_000_000


class BadAnalytics(ValueError):
    """A configuration S3 does not take."""


class Group(NamedTuple):
    """The objects of one class and age, on one day."""

    storage_class: str
    age: int
    """The first day of its group."""
    objects: int = 0
    uploaded_bytes: int = 0
    """Written on the day before."""
    stored_bytes: int = 0
    retrieved_bytes: int = 0
    requests: int = 0

    def with_more(self, other: Group) -> Group:
        """Return both together, under the name of the first."""
        return Group(
            self.storage_class,
            self.age,
            self.objects + other.objects,
            self.uploaded_bytes + other.uploaded_bytes,
            self.stored_bytes + other.stored_bytes,
            self.retrieved_bytes + other.retrieved_bytes,
            self.requests + other.requests,
        )


def check_configuration(id_: str, configuration: dict[str, Any]) -> None:
    """Raise BadAnalytics for a configuration that is none."""
    analysis = configuration.get("StorageClassAnalysis")
    if configuration.get("Id") != id_ or not _ID.fullmatch(id_) or analysis is None:
        raise BadAnalytics
    chosen = configuration.get("Filter")
    if chosen is not None:
        _check_filter(chosen)
    export = analysis.get("DataExport")
    if export is None:
        return
    place = (export.get("Destination") or {}).get("S3BucketDestination") or {}
    if export.get("OutputSchemaVersion") != "V_1" or place.get("Format") != "CSV":
        raise BadAnalytics
    if not _BUCKET_ARN.fullmatch(place.get("Bucket", "")):
        raise BadAnalytics


def _check_filter(chosen: dict[str, Any]) -> None:
    if len(chosen) != 1:
        raise BadAnalytics
    both = chosen.get("And")
    if both is not None and len(both.get("Tags") or ()) + ("Prefix" in both) < 2:
        raise BadAnalytics
    tags = (both.get("Tags") or ()) if both is not None else [chosen["Tag"]] if "Tag" in chosen else ()
    if any(not tag.get("Key") or "Value" not in tag for tag in tags):
        raise BadAnalytics


class Filter(NamedTuple):
    """Which objects a configuration is about."""

    prefix: str
    tags: tuple[tuple[str, str], ...]

    def means(self, key: str, tags: Mapping[str, str]) -> bool:
        return key.startswith(self.prefix) and all(tags.get(name) == value for name, value in self.tags)


def filter_in(configuration: dict[str, Any]) -> Filter:
    chosen = configuration.get("Filter") or {}
    both = chosen.get("And") or chosen
    tags = both.get("Tags") or ([both["Tag"]] if "Tag" in both else [])
    return Filter(both.get("Prefix", ""), tuple((tag["Key"], tag["Value"]) for tag in tags))


def export_in(configuration: dict[str, Any]) -> tuple[str, str] | None:
    """Return the bucket and prefix a configuration exports to; None when it does not."""
    export = configuration["StorageClassAnalysis"].get("DataExport")
    if export is None:
        return None
    place = export["Destination"]["S3BucketDestination"]
    match = _BUCKET_ARN.fullmatch(place["Bucket"])
    assert match is not None, "checked when it was put"
    return match[1], place.get("Prefix", "")


def age_of(modified_at: int, now: int) -> int:
    """Return the group of an object: the first day of its age."""
    days = max(0, now - modified_at) // DAY
    return max(age for age in AGES if age <= days)


def advised_age(days: Iterable[Iterable[Group]]) -> int | None:
    """Return from which age on objects should move to STANDARD_IA, or None, after what was observed day by day.

    Nothing before 30 days were. S3 tells no formula; here older objects count as infrequently accessed when, over the
    last 30 days, fewer bytes of them were retrieved than lay there on average: up to that, what STANDARD_IA costs less
    to keep is more than what it costs to read (0.0105 and 0.01 dollars a gigabyte; S3 pricing, us-east-1).
    """
    observed = [list(day) for day in days]
    if len(observed) < OBSERVED_FOR:
        return None
    last = observed[-OBSERVED_FOR:]
    for age in AGES:
        older = [g for day in last for g in day if g.storage_class == "STANDARD" and g.age >= age]
        stored = sum(group.stored_bytes for group in older) / len(last)
        if age >= MIN_AGE and stored and sum(group.retrieved_bytes for group in older) < stored:
            return age
    return None


def label_of(age: int) -> str:
    """Return how the export calls a group: ``015-029``, ``730+``."""
    at = AGES.index(age)
    return f"{age:03d}-{AGES[at + 1] - 1:03d}" if at + 1 < len(AGES) else f"{age}+"


def lines_of(day: int, id_: str, chosen: Filter, groups: Iterable[Group], advised: int | None) -> list[list[str]]:
    """Return the lines of one day: one for each class as a whole, and one for each of its groups."""
    date = f"{datetime.fromtimestamp(day // 1000, UTC):%Y-%m-%d}"
    named = [f"prefix={chosen.prefix}"] if chosen.prefix else []
    named += [f"tag={key}:{value}" for key, value in chosen.tags]
    head = [date, id_, ";".join(named)]
    found = sorted(groups, key=lambda group: (CLASSES.index(group.storage_class), group.age))
    lines = []
    for storage_class in CLASSES:
        of_class = [group for group in found if group.storage_class == storage_class]
        whole = reduce(Group.with_more, of_class, Group(storage_class, 0))
        advice = f"{advised:03d}" if advised is not None and storage_class == "STANDARD" else ""
        lines.append([*head, storage_class, "ALL", *_numbers(whole, of_class, 0), advice, advice])
        lines += [
            [*head, storage_class, label_of(group.age), *_numbers(group, of_class, group.age), "", ""]
            for group in of_class
        ]
    return lines


def _numbers(group: Group, of_class: list[Group], age: int) -> list[str]:
    older = [one for one in of_class if one.age >= age]
    stored = sum(one.stored_bytes for one in older)
    ratio = f"{sum(one.retrieved_bytes for one in older) / stored:.6f}" if stored else ""
    return [
        str(group.objects),
        _megabytes(group.uploaded_bytes),
        _megabytes(group.stored_bytes),
        _megabytes(group.retrieved_bytes),
        str(group.requests),
        ratio,
    ]


def _megabytes(size: int) -> str:
    return f"{size / _MEGABYTE:.6f}"


def csv_of(lines: Iterable[list[str]]) -> bytes:
    """Return an export: its header and all lines."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEADER)
    writer.writerows(lines)
    return out.getvalue().encode()
