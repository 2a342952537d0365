"""Storage metrics: how much every bucket holds, each midnight (UTC), handed to CloudWatch.

User guide, "Amazon S3 daily storage metrics for buckets in CloudWatch". All versions count, delete markers as objects,
and so do the parts of uploads that are not complete. Directory buckets have none.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import Any, NamedTuple

from skyglobe.kernel.callers import ServiceCaller
from skyglobe.kernel.outbox import Delivery, post
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.tables import Table
from skyglobe.kernel.timers import set_timer
from skyglobe.services.s3 import archives, s3
from skyglobe.services.s3.records import (
    Home,
    Object,
    Part,
    Upload,
    buckets,
    details_of,
    homes,
    objects,
    parts,
    past,
    uploads,
)
from skyglobe.services.s3.rules import storage_metrics
from skyglobe.services.s3.rules.archiving import DAY
from skyglobe.services.s3.rules.request_metrics import NAMESPACE

PAGE = 1_000
"""Versions, uploads or parts looked at in one transaction."""
_TIMER = "storage"


def begin(scope: Scope, bucket: str) -> None:
    """Have a bucket measured from the next midnight on, until it is gone."""
    set_timer(scope, s3.name, _TIMER, bucket, (scope.now // DAY + 1) * DAY)


@s3.timer(_TIMER)
def fire(scope: Scope, key: str, payload: dict[str, Any]) -> None:
    """Have a bucket measured, and tomorrow again."""
    if buckets.find(scope, key) is not None:
        begin(scope, key)
        if scope.kernel.services.find("cloudwatch") is not None:
            post(scope, s3.name, "storage", {"bucket": key, "at": scope.now // DAY * DAY})


@s3.consumer("storage")
async def measure(delivery: Delivery, payload: dict[str, Any]) -> None:
    """Add up a bucket's versions and uploads, page by page, and put the metric data.

    What is put twice in a day says the same.
    """
    bucket = payload["bucket"]
    home = await delivery.transact(lambda scope: homes.find(scope, scope.partition, bucket))
    if home is None:
        return
    sizes, count = storage_metrics.nothing(), 0
    for table, names in ((objects, ("key",)), (past, ("key", "rank"))):
        after: tuple[Any, ...] | None = None
        while page := await delivery.transact(partial(_objects, table, home, after)):
            for found in page:
                if found.place:
                    storage_metrics.add_object(sizes, found.place, found.size_bytes)
            count += len(page)
            after = tuple(getattr(page[-1], name) for name in names)
    after = None
    while begun := await delivery.transact(partial(_uploads, bucket, after)):
        for upload in begun:
            number = 0
            while kept := await delivery.transact(partial(_parts, upload.id, number)):
                for part in kept:
                    storage_metrics.add_part(sizes, upload.storage_class, part.size_bytes)
                count += len(kept)
                number = kept[-1].number
        after = (begun[-1].key, begun[-1].id)
    await delivery.transact(lambda scope: _put(scope, payload, sizes, count))


class _Seen(NamedTuple):
    """A version, as far as it counts."""

    key: str
    rank: str
    place: str
    """Its class or tier; empty for a delete marker."""
    size_bytes: int


def _objects(table: Table[Object], home: Home, after: tuple[Any, ...] | None, scope: Scope) -> list[_Seen]:
    return [
        _Seen(found.key, found.rank, "" if found.is_marker else _place(scope, home, found), found.size_bytes)
        for found in table.scan(scope, home.name, past=after, limit=PAGE)
    ]


def _place(scope: Scope, home: Home, found: Object) -> str:
    if found.storage_class != archives.TIERING:
        return found.storage_class
    return archives.tier_in(scope, home, found, details_of(found))


def _uploads(bucket: str, after: tuple[Any, ...] | None, scope: Scope) -> list[Upload]:
    return list(uploads.scan(scope, bucket, past=after, limit=PAGE))


def _parts(upload: str, number: int, scope: Scope) -> list[Part]:
    return list(parts.scan(scope, upload, past=(number,), limit=PAGE))


def _put(scope: Scope, payload: dict[str, Any], sizes: dict[str, int], count: int) -> None:
    at = datetime.fromtimestamp(payload["at"] // 1000, UTC)
    data = [_datum("BucketSizeBytes", payload["bucket"], type_, size, at) for type_, size in sizes.items()]
    data.append(_datum("NumberOfObjects", payload["bucket"], "AllStorageTypes", count, at))
    caller = ServiceCaller(scope.kernel, s3.name, scope.account, scope.region)
    caller.call_within(scope, "cloudwatch", "PutMetricData", {"Namespace": NAMESPACE, "MetricData": data})


def _datum(name: str, bucket: str, storage: str, value: int, at: datetime) -> dict[str, Any]:
    dimensions = [{"Name": "BucketName", "Value": bucket}, {"Name": "StorageType", "Value": storage}]
    unit = "Bytes" if name == "BucketSizeBytes" else "Count"
    return {"MetricName": name, "Dimensions": dimensions, "Timestamp": at, "Value": float(value), "Unit": unit}
