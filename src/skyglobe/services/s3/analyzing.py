"""Storage class analysis at work: reads are counted, each day what is stored, and told with what is advised.

Reads of a bucket without a configuration count nothing and cost nothing. A day's result is kept with its configuration
for as long as advice looks back; the export holds all of these days.
"""

from __future__ import annotations

import json
import logging
from functools import lru_cache, partial
from typing import Any

import msgspec

from skyglobe.kernel.callers import ServiceCaller
from skyglobe.kernel.clock import Instant
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.outbox import Delivery, post
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.tables import Record, Table
from skyglobe.kernel.timers import cancel_timer, set_timer
from skyglobe.services.s3 import s3
from skyglobe.services.s3.access import bucket_arn
from skyglobe.services.s3.configurations import Configuration
from skyglobe.services.s3.records import Home, Object, details_of, homes, objects
from skyglobe.services.s3.rules.analytics import (
    CLASSES,
    DAY,
    Filter,
    Group,
    advised_age,
    age_of,
    csv_of,
    export_in,
    filter_in,
    lines_of,
)

PAGE = 2_000  # objects read in one transaction
KEPT_DAYS = 400
"""Days an export goes back: more than a year. S3 states no bound."""

_log = logging.getLogger(__name__)


class Analysis(Configuration, frozen=True):
    """A configuration, where its bucket is."""


class Reads(Record, frozen=True):
    """What was read of a configuration's objects of one class and age since the last midnight."""

    bucket: str
    id: str
    storage_class: str
    age: int
    size_bytes: int = 0
    requests: int = 0


class Day(Record, frozen=True):
    """What a configuration saw on one day, and what was advised then."""

    bucket: str
    id: str
    at: Instant
    groups: list[Group]
    advised: int | None


analyses: Table[Analysis] = Table("s3.analyses", Analysis, key=("bucket", "id"))
reads: Table[Reads] = Table("s3.analysis_reads", Reads, key=("bucket", "id", "storage_class", "age"))
days: Table[Day] = Table("s3.analysis_days", Day, key=("bucket", "id", "at"))


def begin(scope: Scope, kept: Analysis) -> None:
    """Have a configuration's objects looked at every midnight UTC from the next one on."""
    set_timer(scope, s3.name, "analysis", f"{kept.bucket}/{kept.id}", (scope.now // DAY + 1) * DAY)


def drop(scope: Scope, kept: Analysis) -> None:
    """Forget a configuration and all it saw."""
    analyses.delete(scope, kept)
    reads.clear(scope, kept.bucket, kept.id)
    days.clear(scope, kept.bucket, kept.id)
    cancel_timer(scope, s3.name, "analysis", f"{kept.bucket}/{kept.id}")


def drop_all(scope: Scope, bucket: str) -> None:
    """Forget the configurations of a bucket that is going."""
    for kept in list(analyses.scan(scope, bucket)):
        drop(scope, kept)


@lru_cache(maxsize=1024)  # configurations in use
def _filter_of(text: str) -> Filter:
    return filter_in(json.loads(text))


def note_read(scope: Scope, found: Object, size_bytes: int) -> None:
    """Count a read of an object for each configuration it is meant by. ``scope`` stands where the bucket is."""
    if found.storage_class not in CLASSES:
        return
    tags, age = details_of(found).tags, age_of(found.modified_at, scope.now)
    for kept in list(analyses.scan(scope, found.bucket)):
        if _filter_of(kept.text).means(found.key, tags):
            named = (kept.bucket, kept.id, found.storage_class, age)
            old = reads.find(scope, *named) or Reads(*named)
            counted = msgspec.structs.replace(old, size_bytes=old.size_bytes + size_bytes, requests=old.requests + 1)
            reads.put(scope, counted)


@s3.timer("analysis")
def fire(scope: Scope, key: str, payload: dict[str, Any]) -> None:
    """Have a configuration's day summed up, and the next one tomorrow."""
    bucket, _, id_ = key.partition("/")
    kept = analyses.find(scope, bucket, id_)
    if kept is not None:
        read = [[one.storage_class, one.age, one.size_bytes, one.requests] for one in reads.scan(scope, bucket, id_)]
        reads.clear(scope, bucket, id_)
        post(scope, s3.name, "analysis", {"bucket": bucket, "id": id_, "at": scope.now, "reads": read})
        begin(scope, kept)


@s3.consumer("analysis")
async def sum_up(delivery: Delivery, payload: dict[str, Any]) -> None:
    """Look at a configuration's objects, keep the day, and export all days as s3.amazonaws.com where that is asked.

    What is done again replaces itself: a day is known by its instant, an export by its configuration.
    """
    bucket, id_, at = payload["bucket"], payload["id"], payload["at"]
    kept = await delivery.transact(lambda scope: analyses.find(scope, bucket, id_))
    home = await delivery.transact(lambda scope: homes.find(scope, scope.partition, bucket))
    if kept is None or home is None:
        return
    groups = {
        (storage_class, age): Group(storage_class, age, retrieved_bytes=size, requests=requests)
        for storage_class, age, size, requests in payload["reads"]
    }
    after = ""
    while page := await delivery.transact(partial(_page, home=home, after=after)):
        for found in page:
            _count(groups, found, _filter_of(kept.text), at)
        after = page[-1].key
    await delivery.transact(lambda scope: _keep(scope, kept, at, list(groups.values())))
    await _export(delivery, home, kept)


def _page(scope: Scope, home: Home, after: str) -> list[Object]:
    there = scope.within(home.owner, home.region)
    return list(objects.scan(there, home.name, past=(after,) if after else None, limit=PAGE))


def _count(groups: dict[tuple[str, int], Group], found: Object, chosen: Filter, now: int) -> None:
    if found.storage_class not in CLASSES or not chosen.means(found.key, details_of(found).tags):
        return
    age = age_of(found.modified_at, now)
    is_new = now - found.modified_at <= DAY
    size = found.size_bytes
    named = (found.storage_class, age)
    one = Group(*named, 1, size if is_new else 0, size)
    groups[named] = groups.get(named, Group(*named)).with_more(one)


def _keep(scope: Scope, kept: Analysis, at: int, groups: list[Group]) -> None:
    if analyses.find(scope, kept.bucket, kept.id) is None:
        return
    before = [day for day in days.scan(scope, kept.bucket, kept.id) if day.at < at]
    advised = advised_age([*(day.groups for day in before), groups])
    days.put(scope, Day(bucket=kept.bucket, id=kept.id, at=at, groups=groups, advised=advised))
    for old in before[: max(0, len(before) + 1 - KEPT_DAYS)]:
        days.delete(scope, old)


async def _export(delivery: Delivery, home: Home, kept: Analysis) -> None:
    configuration = json.loads(kept.text)
    place = export_in(configuration)
    if place is None:
        return
    bucket, prefix = place
    kept_days = await delivery.transact(lambda scope: list(days.scan(scope, kept.bucket, kept.id)))
    lines = [
        line
        for day in kept_days
        for line in lines_of(day.at - DAY, kept.id, filter_in(configuration), day.groups, day.advised)
    ]
    caller = ServiceCaller(delivery.kernel, "s3", delivery.account, delivery.region, bucket_arn(home.region, home.name))
    key = "/".join(filter(None, (prefix.rstrip("/"), home.name, f"{kept.id}.csv")))
    given = {"Bucket": bucket, "Key": key, "ACL": "bucket-owner-full-control"}
    try:
        await caller.call("s3", "PutObject", {**given, "Body": csv_of(lines)})
    except ServiceError as error:
        if error.status >= 500:
            raise
        _log.warning("the analysis %s of %s is not exported: %s", kept.id, home.name, error)
