"""Storage metrics: how much every bucket holds, each midnight (UTC), handed to CloudWatch.

User guide, "Amazon S3 daily storage metrics for buckets in CloudWatch". All versions count, delete markers as objects;
parts of uploads that are not complete do not, though AWS's do. Directory buckets have none.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import Any

from skyglobe.kernel.callers import ServiceCaller
from skyglobe.kernel.outbox import Delivery, post
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.tables import Table
from skyglobe.kernel.timers import set_timer
from skyglobe.services.s3 import s3
from skyglobe.services.s3.records import Object, buckets, objects, past
from skyglobe.services.s3.rules.archiving import DAY
from skyglobe.services.s3.rules.request_metrics import NAMESPACE

PAGE = 1_000
"""Versions looked at in one transaction."""
_TIMER = "storage"
_TYPES = {
    "STANDARD": "StandardStorage",
    "REDUCED_REDUNDANCY": "ReducedRedundancyStorage",
    "STANDARD_IA": "StandardIAStorage",
    "ONEZONE_IA": "OneZoneIAStorage",
    "INTELLIGENT_TIERING": "IntelligentTieringFAStorage",
    "GLACIER_IR": "GlacierInstantRetrievalStorage",
    "GLACIER": "GlacierStorage",
    "DEEP_ARCHIVE": "DeepArchiveStorage",
}


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
    """Add up a bucket's versions, page by page, and put the metric data. What is put twice in a day says the same."""
    sizes: dict[str, int] = {"STANDARD": 0}
    count = 0
    for table, parts in ((objects, ("key",)), (past, ("key", "rank"))):
        after: tuple[Any, ...] | None = None
        while page := await delivery.transact(partial(_page, table, payload["bucket"], after)):
            for found in page:
                sizes[found.storage_class] = sizes.get(found.storage_class, 0) + found.size_bytes
            count += len(page)
            after = tuple(getattr(page[-1], part) for part in parts)
    await delivery.transact(lambda scope: _put(scope, payload, sizes, count))


def _page(table: Table[Object], bucket: str, after: tuple[Any, ...] | None, scope: Scope) -> list[Object]:
    return list(table.scan(scope, bucket, past=after, limit=PAGE))


def _put(scope: Scope, payload: dict[str, Any], sizes: dict[str, int], count: int) -> None:
    at = datetime.fromtimestamp(payload["at"] // 1000, UTC)
    data = [
        _datum("BucketSizeBytes", payload["bucket"], _TYPES.get(kind, kind), size, at) for kind, size in sizes.items()
    ]
    data.append(_datum("NumberOfObjects", payload["bucket"], "AllStorageTypes", count, at))
    caller = ServiceCaller(scope.kernel, s3.name, scope.account, scope.region)
    caller.call_within(scope, "cloudwatch", "PutMetricData", {"Namespace": NAMESPACE, "MetricData": data})


def _datum(name: str, bucket: str, storage: str, value: int, at: datetime) -> dict[str, Any]:
    dimensions = [{"Name": "BucketName", "Value": bucket}, {"Name": "StorageType", "Value": storage}]
    unit = "Bytes" if name == "BucketSizeBytes" else "Count"
    return {"MetricName": name, "Dimensions": dimensions, "Timestamp": at, "Value": float(value), "Unit": unit}
