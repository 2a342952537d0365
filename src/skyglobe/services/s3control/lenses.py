"""Storage Lens at work: each midnight UTC an account's buckets are counted, and the numbers exported.

Nothing is counted for a dashboard that exports nothing: the export is all there is to see of it.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections import Counter
from collections.abc import Callable
from functools import partial
from hashlib import md5, sha256
from typing import Any, NamedTuple

from skyglobe.kernel.callers import ServiceCaller
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.outbox import Delivery, post
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.tables import Record, Table
from skyglobe.kernel.timers import cancel_timer, set_timer
from skyglobe.services.s3.access import bucket_arn
from skyglobe.services.s3.guards import keeping_of
from skyglobe.services.s3.inventory_files import load_pyarrow
from skyglobe.services.s3.records import Home, Object, Upload, details_of, homes, objects, parts, past, uploads
from skyglobe.services.s3.rules.encryption import encryption_of
from skyglobe.services.s3.rules.replication import COMPLETED
from skyglobe.services.s3control import s3control
from skyglobe.services.s3control.lens_groups import LensGroup, groups
from skyglobe.services.s3control.rules.lens_groups import Subject, chosen_of, means
from skyglobe.services.s3control.rules.lenses import (
    COLUMNS,
    DAY,
    DEFAULT_ID,
    DEFAULT_REGION,
    Numbers,
    Place,
    bucket_in,
    csv_of,
    date_of,
    default_configuration,
    is_looked_at,
    lines_of,
    manifest_of,
)

PAGE = 2_000  # records looked at in one transaction

_log = logging.getLogger(__name__)


class Lens(Record, frozen=True):
    """A dashboard's configuration, in its home region."""

    id: str
    text: str
    tags: dict[str, str]


lenses: Table[Lens] = Table("s3control.lenses", Lens, key=("id",))


def find_lens(scope: Scope, id_: str) -> Lens | None:
    """Return a dashboard; the default one is there from the beginning."""
    found = lenses.find(scope, id_)
    if found is None and id_ == DEFAULT_ID and scope.region == DEFAULT_REGION:
        return Lens(id=id_, text=json.dumps(default_configuration()), tags={})
    return found


def lens_arn(scope: Scope, id_: str) -> str:
    return f"arn:{scope.partition}:s3:{scope.region}:{scope.account}:storage-lens/{id_}"


def schedule(scope: Scope, lens: Lens) -> None:
    """Have a dashboard's numbers exported from the next midnight on; not while it is off or exports nothing."""
    configuration = json.loads(lens.text)
    if configuration["IsEnabled"] and "S3BucketDestination" in (configuration.get("DataExport") or {}):
        set_timer(scope, s3control.name, "lens", lens.id, (scope.now // DAY + 1) * DAY)
    else:
        cancel_timer(scope, s3control.name, "lens", lens.id)


def drop(scope: Scope, lens: Lens) -> None:
    lenses.delete(scope, lens)
    cancel_timer(scope, s3control.name, "lens", lens.id)


@s3control.timer("lens")
def fire(scope: Scope, key: str, payload: dict[str, Any]) -> None:
    lens = lenses.find(scope, key)
    if lens is not None:
        post(scope, s3control.name, "lens", {"id": key, "at": scope.now})
        schedule(scope, lens)


@s3control.consumer("lens")
async def export(delivery: Delivery, payload: dict[str, Any]) -> None:
    """Count, and write the export as storage-lens.s3.amazonaws.com, where the destination's policy lets it.

    An export that is made again replaces itself: its keys follow from its day.
    """
    lens = await delivery.transact(lambda scope: lenses.find(scope, payload["id"]))
    if lens is None:
        return
    configuration = json.loads(lens.text)
    numbers = await _count(delivery, configuration)
    date, place = date_of(payload["at"] - DAY), configuration["DataExport"]["S3BucketDestination"]
    lines = lines_of(lens.id, delivery.account, date, numbers)
    form = place["Format"]
    body = await asyncio.to_thread(_parquet_of if form == "Parquet" else csv_of, lines)
    start = [place["Prefix"].rstrip("/")] if place.get("Prefix") else []
    base = "/".join([*start, "StorageLens", delivery.account, lens.id, "V_1"])
    name = sha256(f"{base} {date}".encode()).hexdigest()
    name = f"{name[:8]}-{name[8:12]}-{name[12:16]}-{name[16:20]}-{name[20:32]}"
    key = f"{base}/reports/dt={date}/{name}.{'csv' if form == 'CSV' else 'par'}"
    file = {"key": key, "size": len(body), "md5Checksum": md5(body, usedforsecurity=False).hexdigest()}
    manifest = manifest_of(delivery.account, lens.id, place["Arn"], date, form, file)
    arn = await delivery.transact(lambda scope: lens_arn(scope, lens.id))
    caller = ServiceCaller(delivery.kernel, "storage-lens.s3", delivery.account, delivery.region, arn)
    encryption = encryption_of(place.get("Encryption")) or {}
    given = {
        **encryption,
        "Bucket": bucket_in(place),
        "ACL": "bucket-owner-full-control",
        "ExpectedBucketOwner": place["AccountId"],
    }
    try:
        await caller.call("s3", "PutObject", {**given, "Key": key, "Body": body})
        await caller.call(
            "s3", "PutObject", {**given, "Key": f"{base}/manifests/dt={date}/manifest.json", "Body": manifest}
        )
    except ServiceError as error:
        if error.status >= 500:
            raise
        _log.warning("the Storage Lens export %s is not delivered: %s", lens.id, error)


async def _count(delivery: Delivery, configuration: dict[str, Any]) -> Numbers:
    """Count what is in the buckets of an account that a dashboard is about, and what its groups mean of it."""
    numbers: Numbers = {}
    attached: list[LensGroup] = await delivery.transact(partial(_attached, configuration=configuration))
    now = await delivery.transact(lambda scope: scope.now)
    found = await delivery.transact(
        lambda scope: list(homes.scan_by(scope, "owner", scope.partition, delivery.account))
    )
    for home in found:
        if not is_looked_at(configuration, home.region, bucket_arn(home.region, home.name)):
            continue
        for table, count in _COUNTED:
            after: tuple[str, ...] | None = None
            while page := await delivery.transact(partial(_page, table=table, home=home, after=after)):
                for record, size in page:
                    count(_Places(numbers, home, _matched(attached, table, record, now)), record, size)
                after = _place_of(table, page[-1][0])
    return numbers


def _attached(scope: Scope, configuration: dict[str, Any]) -> list[LensGroup]:
    """Return the groups a dashboard is attached to, all at home in its region."""
    level = configuration["AccountLevel"].get("StorageLensGroupLevel")
    if level is None:
        return []
    found = {group.arn: group for group in groups.scan(scope)}
    return [found[arn] for arn in chosen_of(found, level)]


def _matched(attached: list[LensGroup], table: Table[Any], record: Any, now: int) -> list[str]:
    """Return the groups that mean a version of an object; none means delete markers and uploads."""
    if not attached or table is uploads or record.is_marker:
        return []
    age = max(0, now - record.modified_at) // DAY
    subject = Subject(record.key, details_of(record).tags, age, record.size_bytes)
    return [group.arn for group in attached if means(group.chosen, subject)]


def _place_of(table: Table[Any], record: Any) -> tuple[str, ...]:
    """Return the rest of a record's key, behind its bucket."""
    if table is past:
        return (record.key, record.rank)
    return (record.key, record.id) if table is uploads else (record.key,)


def _page(scope: Scope, table: Table[Any], home: Home, after: tuple[str, ...] | None) -> list[tuple[Any, int]]:
    """Return records of a bucket, each with the bytes it has."""
    there = scope.within(home.owner, home.region)
    found = list(table.scan(there, home.name, past=after, limit=PAGE))
    if table is uploads:
        return [(one, sum(part.size_bytes for part in parts.scan(there, one.id))) for one in found]
    return [(one, one.size_bytes) for one in found]


class _Places(NamedTuple):
    """Where a record counts: in its bucket, and in each group that means it."""

    numbers: Numbers
    home: Home
    groups: list[str]

    def add(self, storage_class: str, name: str, size: int) -> None:
        """Count ``StorageBytes`` and ``ObjectCount``, with what is said of them before the star, or behind it."""
        before, _, behind = name.partition("*")
        for group in ("", *self.groups):
            metrics = self.numbers.setdefault(Place(self.home.region, self.home.name, storage_class, group), Counter())
            metrics[f"{before}StorageBytes{behind}"] += size
            metrics[f"{before}ObjectCount{behind}"] += 1


def _count_current(places: _Places, found: Object, size: int) -> None:
    places.add(found.storage_class, "CurrentVersion*", size)
    _count_version(places, found, size)


def _count_past(places: _Places, found: Object, size: int) -> None:
    if found.is_marker:
        places.add("", "DeleteMarker*", size)
        return
    places.add(found.storage_class, "NonCurrentVersion*", size)
    _count_version(places, found, size)


def _count_version(places: _Places, found: Object, size: int) -> None:
    details, storage_class = details_of(found), found.storage_class
    places.add(storage_class, "*", size)
    replication = details.replication
    if replication is not None and replication.is_replica:
        places.add(storage_class, "Replicated*", size)
    elif replication is not None and replication.status == COMPLETED:
        places.add(storage_class, "Replicated*Source", size)
    places.add(storage_class, "Encrypted*" if details.encryption is not None else "Unencrypted*", size)
    if keeping_of(places.home.access).has_lock:
        places.add(storage_class, "ObjectLockEnabled*", size)


def _count_upload(places: _Places, upload: Upload, size: int) -> None:
    places.add(upload.storage_class, "IncompleteMultipartUpload*", size)


_COUNTED: tuple[tuple[Table[Any], Callable[[_Places, Any, int], None]], ...] = (
    (objects, _count_current),
    (past, _count_past),
    (uploads, _count_upload),
)


def _parquet_of(lines: list[list[str]]) -> bytes:
    arrow = load_pyarrow()
    from pyarrow import parquet

    arrays = [arrow.array([line[at] for line in lines], arrow.string()) for at in range(len(COLUMNS) - 1)]
    arrays.append(arrow.array([int(line[-1]) for line in lines], arrow.int64()))
    sink = arrow.BufferOutputStream()
    parquet.write_table(arrow.Table.from_arrays(arrays, names=list(COLUMNS)), sink)
    data: bytes = sink.getvalue().to_pybytes()
    return data
